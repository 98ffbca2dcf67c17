"""Kinds of leagues, each by the options in which it differs."""

from __future__ import annotations

from marl_kit.core.errors import UnknownNameError
from marl_kit.league.options import META, NOBODY, Options

PRESETS: dict[str, Options] = {
    # every pair of the given members plays a block in each wave
    "round_robin": Options(oracle=NOBODY),
    # each learner trains against its newest self alone; nothing keeps it from forgetting
    "self_play": Options(matchmaking="latest", meta_solver="latest"),
    # against everybody that there has been, alike: fictitious play with learners
    "fictitious": Options(matchmaking="uniform", meta_solver="uniform"),
    # half against itself, half against those that it loses to (Vinyals et al. 2019, figure 1)
    "pfsp": Options(matchmaking="0.5*latest + 0.5*pfsp(weighting=squared)", more_games=100),
    # against the meta-strategy of the empirical game (Lanctot et al. 2017)
    "psro": Options(matchmaking=META, more_games=100),
    # the same with exact best responses (McMahan, Gordon and Blum 2003): it ends in an equilibrium
    "double_oracle": Options(oracle="best_response", matchmaking=META, exact=True),
}


def find_preset(name: str) -> Options:
    """The options of a preset; unknown ones have near misses."""
    if not isinstance(name, str) or name not in PRESETS:
        raise UnknownNameError("preset", str(name), PRESETS)
    return PRESETS[name]
