"""Every fact that the catalogue states is checked here, with code that the library does not share.

A fact without a check fails, and so does a game without facts.
"""

import functools
import inspect
import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from marl_kit.core.errors import UnknownNameError
from marl_kit.core.spec import parse_spec
from marl_kit.games import catalogue
from marl_kit.games.load import load_game
from marl_kit.games.python_file import python_module
from tests.reference import trees
from tests.reference.bimatrix import extreme_equilibria
from tests.reference.boards import ConnectFour, TicTacToe
from tests.reference.hex import Hex
from tests.reference.othello import Othello
from tests.reference.pig import Pig

NAMES = catalogue.catalogue_names()
FILES = [name for name in NAMES if catalogue.catalogue_path(name).suffix in (".nfg", ".efg")]
BOARDS = [name for name in NAMES if catalogue.catalogue_path(name).parent.name == "boards"]
TEAMS = [name for name in NAMES if catalogue.catalogue_path(name).parent.name == "teams"]
CASES = [(name, fact) for name in FILES + BOARDS + TEAMS for fact in catalogue.facts(name)]


def payoff(game, player, profile):
    """What a player gets under mixed strategies, summed over all cells."""
    total = Fraction(0)
    for cell in itertools.product(*map(range, game.num_actions)):
        weight = Fraction(1)
        for strategy, action in zip(profile, cell, strict=True):
            weight *= strategy[action]
        total += weight * game.exact_payoffs[(player, *cell)]
    return total


def gain(game, player, profile):
    """What a player gains by its best pure deviation."""
    size = game.num_actions[player]
    replies = []
    for action in range(size):
        pure = [Fraction(a == action) for a in range(size)]
        replies.append(payoff(game, player, [*profile[:player], pure, *profile[player + 1 :]]))
    return max(replies) - payoff(game, player, profile)


def nash_conv(game, profile):
    return sum(gain(game, player, profile) for player in range(game.num_players))


def fractions(strategies):
    return [tuple(map(Fraction, strategy)) for strategy in strategies]


@functools.cache
def extreme_of(name):
    A, B = load_game(name).exact_payoffs.tolist()
    return extreme_equilibria(A, B)


def extreme(game):
    return extreme_of(game.spec)


def node_lines(game, kinds):
    """The lines of a catalogue file with nodes of these kinds: one a line."""
    lines = catalogue.catalogue_path(game.spec).read_text().splitlines()
    return [line for line in map(str.lstrip, lines) if line[1:2] == " " and line[0] in kinds]


class NormalForm:
    """Checks of the facts of games in normal form; each answers whether the fact holds."""

    def title(game, value):
        return game.name == value

    def source(game, value):
        return len(value) > 10

    def players(game, value):
        return game.num_players == value

    def actions(game, value):
        return list(game.num_actions) == value

    def zero_sum(game, value):
        return value == all(total == 0 for total in game.exact_payoffs.sum(axis=0).ravel())

    def value(game, value):
        return {payoff(game, 0, profile) for profile in extreme(game)} == {Fraction(value)}

    def pure_equilibria(game, value):
        found = []
        for cell in itertools.product(*map(range, game.num_actions)):
            pure = [
                [Fraction(a == c) for a in range(n)]
                for c, n in zip(cell, game.num_actions, strict=True)
            ]
            if nash_conv(game, pure) == 0:
                found.append(list(cell))
        return sorted(found) == sorted(value)

    def equilibria(game, value):
        return all(nash_conv(game, fractions(profile)) == 0 for profile in value)

    def equilibria_complete(game, value):
        listed = [tuple(fractions(p)) for p in catalogue.facts(game.spec)["equilibria"]]
        return value == (set(listed) == extreme(game)) and len(set(listed)) == len(listed)

    def num_extreme_equilibria(game, value):
        return len(extreme(game)) == value

    def uniform_nash_conv(game, value):
        uniform = [[Fraction(1, n)] * n for n in game.num_actions]
        return nash_conv(game, uniform) == Fraction(value)


class Extensive:
    """Checks of the facts of game trees."""

    title, source, players = NormalForm.title, NormalForm.source, NormalForm.players

    def nodes(game, value):
        return value == len(node_lines(game, "cpt"))

    def leaves(game, value):
        return value == len(node_lines(game, "t"))

    def infosets(game, value):
        """Different pairs of player and number after the node's label."""
        heads = (line.split('"')[2].split()[:2] for line in node_lines(game, "p"))
        return value == len(set(map(tuple, heads)))

    def zero_sum(game, value):
        return value == all(sum(row) == 0 for row in game.tree().exact.payoffs)

    def perfect_recall(game, value):
        """By definition: equal own moves and infosets on the way to all nodes of an infoset."""
        tree, memories = game.tree(), {}
        for node in range(tree.num_nodes):
            memory, below = [], node
            while tree.parent[below] >= 0:
                above = int(tree.parent[below])
                if tree.player[above] == tree.player[node]:
                    memory.append((int(tree.infoset[above]), int(tree.action[below])))
                below = above
            if tree.player[node] >= 0:
                memories.setdefault(int(tree.infoset[node]), set()).add(tuple(memory))
        return value == all(len(found) == 1 for found in memories.values())

    def perfect_information(game, value):
        return value == ((game.tree().player >= 0).sum() == game.tree().num_infosets)

    def value(game, value):
        """Certified by the listed optimal strategies, or by play backwards from the end."""
        known = catalogue.facts(game.spec)
        if "backward_induction" in known:
            return trees.backward_induction(game.tree())[0] == Fraction(value)
        payoffs = {profile["payoffs"][0] for profile in known["equilibria"]}
        return known["zero_sum"] and payoffs == {value}

    def equilibria(game, value):
        for listed in value:
            profile = {k: list(map(Fraction, v)) for k, v in listed["strategies"].items()}
            assert set(profile) == set(game.tree().infoset_keys)
            assert all(sum(p) == 1 and min(p) >= 0 for p in profile.values())
            assert trees.nash_conv(game.tree(), profile) == 0
            assert trees.expected(game.tree(), profile) == list(map(Fraction, listed["payoffs"]))
        return len(value) > 0

    def backward_induction(game, value):
        return trees.backward_induction(game.tree()) == tuple(map(Fraction, value))

    def uniform_nash_conv(game, value):
        return trees.nash_conv(game.tree(), trees.uniform(game.tree())) == Fraction(value)

    def optimal_plan(game, value):
        """No other behaviour strategy of the driver on a fine grid does as well."""
        plan = {key: list(map(Fraction, p)) for key, p in value.items()}
        best = trees.expected(game.tree(), plan)[0]
        grid = [Fraction(k, 600) for k in range(601)]
        values = {p: trees.expected(game.tree(), {"0:1": [p, 1 - p]})[0] for p in grid}
        return [p for p in grid if values[p] >= best] == [plan["0:1"][0]]

    def optimal_value(game, value):
        plan = catalogue.facts(game.spec)["optimal_plan"]
        exact = {key: list(map(Fraction, p)) for key, p in plan.items()}
        return trees.expected(game.tree(), exact) == [Fraction(value)]


@functools.cache
def twin(spec):
    """The same game on lists of rows; the whole of tic-tac-toe takes seconds, so it is kept."""
    name, params = parse_spec(spec)
    if name == "hex":
        side = params.get("board_size", 11)
        return Hex(params.get("num_rows", side), params.get("num_cols", side))
    kinds = {
        "tic_tac_toe": TicTacToe,
        "connect_four": ConnectFour,
        "othello": Othello,
        "pig": Pig,
    }
    return kinds[name](**params)


class Board:
    """Checks of the facts of board games, by the slow rules of ``tests/reference/boards.py``."""

    source, players = NormalForm.source, NormalForm.players

    def title(game, value):
        return value.lower().replace("-", "_").replace(" ", "_") == game.name

    def size(game, value):
        slow = twin(game.spec)
        if game.name == "pig":
            return value == f"to {slow.goal}"
        rows, columns = sorted(game.observation_shape[1:])  # planes of cells
        return value == f"{slow.rows}x{slow.columns}" == f"{rows}x{columns}"

    def value(game, value):
        slow = twin(game.spec)
        return slow.value(slow.start()) == Fraction(value)

    def nodes(game, value):
        slow = twin(game.spec)
        return slow.nodes(slow.start()) == value

    def positions(game, value):
        return len(twin(game.spec).positions()) == value

    def terminal_histories(game, value):
        slow = twin(game.spec)
        return slow.terminal_histories(slow.start()) == value

    def histories(game, value):
        slow = twin(game.spec)
        return [slow.histories(slow.start(), n + 1) for n in range(len(value))] == value

    def small(game, value):
        """The same rules on a board that is enumerated in no time."""
        small = load_game(value)
        same = small.form == "board" and small.rules._numba_type_ == game.rules._numba_type_
        return same and small.tree().num_nodes == twin(value).nodes(twin(value).start()) < 100_000

    def small_value(game, value):
        return Board.value(load_game(catalogue.facts(game.spec)["small"]), value)


def joint_plans(game):
    """Every way to fix each agent's action in every step of an episode."""
    steps, actions = game.sizes.horizon, game.sizes.actions.tolist()
    return np.array(list(itertools.product(itertools.product(*map(range, actions)), repeat=steps)))


def team_returns(game, plans):
    """The first agent's return of plans [plans, steps, N]."""
    team = game.environment(len(plans), 0)
    team.reset()
    return sum(team.step(plans[:, step]).rewards[:, 0] for step in range(plans.shape[1]))


class Team:
    """Checks of the facts of teams' games."""

    source, players = NormalForm.source, NormalForm.players

    def title(game, value):
        known = value.lower().replace("-", "_").replace(" ", "_")
        return known.removeprefix("level_based_").removesuffix("_game") == game.name

    def size(game, value):
        sizes, seen = game.sizes, " and ".join(map(str, dict.fromkeys(game.rules.lengths.tolist())))
        actions = " and ".join(map(str, dict.fromkeys(sizes.actions.tolist())))
        told = {
            "foraging": "8x8, 2 foods, {a} actions, {t} steps",
            "repeated_stag_hunt": "{a}x{a}, {t} rounds",
            "two_step": "{d} states, {a} actions, {t} steps",
        }.get(game.name, "{d} numbers seen, {a} actions, {t} steps")
        return value == told.format(a=actions, t=sizes.horizon, d=seen)

    def optimum(game, value):
        """By trying every plan; of a repeated game every constant one."""
        if game.name == "foraging":
            return value == Team.foraged(game)
        if game.name == "two_step":
            return value == team_returns(game, joint_plans(game)).max()
        return value == team_returns(game, Team.constant(game)).max()

    def safe(game, value):
        """What a team gets that fears the others' choice most."""
        if game.name == "two_step":
            first = np.array([[[0, 0], [a, b]] for a in (0, 1) for b in (0, 1)])
            return value == team_returns(game, first).min()
        hares = np.ones((1, game.sizes.horizon, 2), int)
        return value == team_returns(game, hares)[0]

    def constant(game):
        cells = np.array(list(itertools.product((0, 1), repeat=2)))
        return np.repeat(cells[:, None], game.sizes.horizon, axis=1)

    def foraged(game):
        """All foods, each loaded by whoever stands beside it: shares of their levels add up."""
        world = game.rules.start(np.random.default_rng(0).random((64, game.rules.draws)))
        world["field"][:] = 0
        world["field"][:, 4, 4] = world["levels"].sum(axis=1)
        world["spawned"] = world["field"].sum(axis=(1, 2))
        world["players"][:] = [[4, 3], [4, 5]]
        outcome = game.rules.step(world, np.full((64, 2), 5))
        assert outcome.ended.all()
        return outcome.rewards.sum(axis=1).round(12).max()


@pytest.mark.parametrize(("name", "fact"), CASES)
def test_fact(name, fact):
    game = load_game(name)
    kinds = {"normal": NormalForm, "extensive": Extensive, "board": Board, "team": Team}
    check = getattr(kinds[game.form], fact, None)
    assert check is not None, f"{name} states {fact!r}, which nothing here checks"
    assert check(game, catalogue.facts(name)[fact])


@pytest.mark.parametrize("name", NAMES)
def test_every_game_has_facts_and_loads(name):
    path = catalogue.catalogue_path(name)
    assert {"title", "source", "players"} <= set(catalogue.facts(name))
    assert name == path.stem == name.lower()
    assert name.replace("_", "").isalnum()
    game = load_game(name)
    assert game.spec == name
    assert game.form == catalogue.FOLDERS[path.parent.name]


def test_size_of_the_catalogue_and_no_strays():
    assert len(FILES) >= 27
    folders = [catalogue.catalogue_root() / f for f in ("normal_form", "extensive_form")]
    stems = [path.stem for folder in folders for path in folder.glob("*.toml")]
    assert sorted(stems) == sorted(FILES)


def test_names_do_not_hide_openspiels():
    """But for boards, which are OpenSpiel's games: the same parameters and defaults."""
    import pyspiel

    shared = set(NAMES) & set(pyspiel.registered_names())
    assert shared == set(BOARDS)
    kinds = {kind.short_name: kind for kind in pyspiel.registered_games()}
    for name in shared:
        load = python_module(catalogue.catalogue_path(name)).load
        ours = {p.name: p.default for p in inspect.signature(load).parameters.values()}
        theirs = kinds[name].parameter_specification
        assert ours.keys() == theirs.keys()
        # None: what another parameter says
        assert {k: theirs[k] if v is None else v for k, v in ours.items()} == theirs


def test_list_games():
    games = {info.name: info for info in catalogue.list_games()}
    assert list(games) == NAMES
    chicken = games["chicken"]
    assert (chicken.form, chicken.players, chicken.size) == ("normal", 2, "2x2")
    assert "Aumann" in chicken.source
    assert games["kuhn_1950"].size == "55 nodes, 12 infosets"
    assert {info.form for info in catalogue.list_games("extensive")} == {"extensive"}
    boards = {info.name: info.size for info in catalogue.list_games("board")}
    assert boards == {
        "connect_four": "6x7",
        "hex": "11x11",
        "othello": "8x8",
        "pig": "to 100",
        "tic_tac_toe": "3x3",
    }
    with pytest.raises(UnknownNameError, match="'normal'"):
        catalogue.list_games("norml")
    with pytest.raises(UnknownNameError, match="'chicken'"):
        catalogue.catalogue_path("chiken")


def test_listing_needs_no_openspiel():
    code = (
        "import sys; from marl_kit.games.catalogue import list_games; assert list_games();"
        "assert not {'pyspiel', 'numba', 'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
