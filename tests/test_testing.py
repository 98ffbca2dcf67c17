"""The conformance check accepts real games and finds broken promises."""

import pytest

import marl_kit as mk
from marl_kit.games.openspiel import OpenSpielGame

GOOFSPIEL = "goofspiel(num_cards=3,imp_info=True,points_order=descending,returns_type=win_loss)"


@pytest.mark.parametrize("spec", ["kuhn_poker", "liars_dice(dice_sides=3)", GOOFSPIEL])
def test_openspiel_games_pass(spec: str) -> None:
    assert mk.testing.check_game(spec).tree().num_nodes > 0


@pytest.mark.parametrize("info", mk.list_games(), ids=lambda info: info.name)
def test_every_game_of_the_catalogue_passes(info: mk.GameInfo) -> None:
    assert mk.testing.check_game(info.name).num_players == info.players


class _Wrong:
    """A state that hides its last legal action."""

    def __init__(self, state):
        self._state = state

    def __getattr__(self, name):
        return getattr(self._state, name)

    def legal_actions(self):
        return self._state.legal_actions()[:-1]


def test_a_broken_promise_is_named() -> None:
    game = mk.load_game("kuhn_poker")
    assert isinstance(game, OpenSpielGame)
    game.tree()
    start = game.new_initial_state
    game.new_initial_state = lambda: _Wrong(start())  # type: ignore[method-assign]
    with pytest.raises(mk.InvalidGameError, match="legal actions differ after the history"):
        mk.testing.check_game(game)
