"""Runs that take a moment, and what is to be equal between two of them."""

import hashlib

import numpy as np
import safetensors.torch

import marl_kit as mk
from marl_kit.core.seeds import resolve_seed
from marl_kit.learn.alphazero import run_file
from marl_kit.learn.alphazero.options import AlphaZero
from marl_kit.learn.alphazero.training import Training, new_run

BOARD = "connect_four(rows=3,columns=3,x_in_row=3)"
TINY = {
    "network": "mlp",
    "width": 8,
    "depth": 1,
    "games": 4,
    "slots": 3,
    "simulations": 4,
    "random_plies": 0,
    "considered": 3,
    "window": 2,
    "updates": 3,
    "batch": 16,
    "evaluate_every": 0,
}


def train(game, path, **config):
    """``mk.train_alphazero`` with tiny options unless said otherwise."""
    return mk.train_alphazero(game, path, **(TINY | config))


def training(game, *, seed=0, path=None, **config):
    """A run that a test drives round by round."""
    number, root = resolve_seed(seed)
    return Training(new_run(mk.load_game(game), AlphaZero(**(TINY | config)), number, root), path)


def weights(path):
    """All tensors that training goes on from, as bytes: network, mean, optimiser."""
    tensors = safetensors.torch.load_file(path / run_file.STATE)
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def network_bits(network):
    return [tensor.numpy().tobytes() for tensor in network.state_dict().values()]


def game_bits(game):
    """Of a game of self-play, everything."""
    said = [[r.visits.tobytes(), r.policy.tobytes(), r.value.tobytes()] for r in game.results]
    return game.index, game.actions, game.plies, game.full, said, game.returns.tobytes()


def contents(folder):
    """What is in each file of a folder; the lock apart, which says who holds it."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "lock"
    }


def random_states(game, count, seed):
    """Positions at which a player moves, met by random play."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < count:
        state = game.new_initial_state()
        while not state.is_terminal():
            if not state.is_chance_node():
                found.append(state.clone())
            state.apply_action(int(rng.choice(state.legal_actions())))
    return found[:count]


def seen_in(states):
    """Observations of the players to move, float32 [B, C], and who they are."""
    players = np.array([state.current_player() for state in states])
    seen = [s.observation_tensor(int(p)) for s, p in zip(states, players, strict=True)]
    return np.array(seen, np.float32), players
