"""Step 5: one position, and where the search's simulations go."""

from __future__ import annotations

import pandas as pd

import marl_kit as mk
from marl_kit.core.seeds import child, resolve_seed
from marl_kit.plot.board import board_size, plot_board
from marl_kit.plot.report import Block, Code, Picture, Table, Text
from marl_kit.plot.style import detached_axes, figure_of
from marl_kit.search.result import SearchResult
from marl_kit.search.search import search
from marl_kit.search.uct import UCT
from marl_kit.tour.league import GAME
from marl_kit.tour.step import Say, Setting

MOVES = (3, 3, 2, 2)
"""Columns played so far; x, to move, can now make a row of three that is open on both sides."""
OPTIONS = UCT(simulations=5000)
LEARNED = "alphazero:connect_four(simulations=64)"
INTRODUCTION = (
    f"After the moves {', '.join(map(str, MOVES))} (columns, from 0) x is to move. A third disc "
    "beside its two in the bottom row threatens a fourth on either side of them, and o can stop "
    f"only one. The search looks at {OPTIONS.simulations:,} lines of play, each ended at random, "
    "and plays the move that it visited most. Beside it stands a network that has learned the game "
    "by self-play: what it would play by itself, and after a search of 64 positions."
)


def one_move(say: Say, setting: Setting) -> list[Block]:
    """Search a position and draw what came of it."""
    say("searching")
    game = mk.load_game(GAME)
    state = game.new_initial_state()
    for move in MOVES:
        state.apply_action(move)
    _, root = resolve_seed(setting.seed)
    key = int(child(root, "tour", "one move").generate_state(1, "uint64")[0])
    found = search(game, state, OPTIONS, key)
    say("asking a network")
    player = mk.make_player(LEARNED, game)
    learned = search(game, state, player.options, key, player.evaluator)
    return [
        Text(INTRODUCTION),
        _board(state, found),
        _table(state, found, learned),
        Text("To play against them:"),
        Code(
            f'marl-kit play {GAME} human "mcts(simulations={OPTIONS.simulations})"\n'
            f'marl-kit play {GAME} human "{LEARNED}"'
        ),
    ]


def _board(state: mk.State, found: SearchResult) -> Picture:
    rows = str(state).split()
    shares = dict(zip(found.actions.tolist(), found.shares.tolist(), strict=True))
    ax = plot_board(rows, shares, ax=detached_axes(board_size(rows, shares)))
    return Picture(figure_of(ax), "the position, with the share of visits above each column")


def _table(state: mk.State, found: SearchResult, learned: SearchResult) -> Table:
    player = state.current_player()
    frame = pd.DataFrame(
        {
            "column": found.actions,
            "visits": found.visits,
            "share": found.shares,
            "mean result for x": found.values[:, player],
            "network": learned.priors,
            "and search": learned.policy,
        }
    )
    return Table(
        frame.sort_values("visits", ascending=False, kind="stable"),
        caption="1: every line of play was won, -1: lost",
        formats={
            "share": ".1%",
            "mean result for x": ".3f",
            "network": ".1%",
            "and search": ".1%",
        },
    )
