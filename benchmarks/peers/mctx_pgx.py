"""Gumbel AlphaZero on mctx and pgx: games in lockstep, search and rules jitted into one program.

The way of playing is that of the AlphaZero example of pgx: auto-reset, full Gumbel search at the
root and below (Danihelka et al. 2022), the actions' improved policy kept as a target.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import mctx
import pgx
from flax import linen as nn
from pgx.experimental import auto_reset

BATCH = 128
CHANNELS, BLOCKS = 32, 3
CONSIDERED = 16
"""Actions that the Gumbel root considers at most; Connect Four has seven."""
MOVES = 4
"""Of every game in a block."""
SPREAD = 60
"""Random moves beforehand, so that the games are at different stages."""

env = pgx.make("connect_four")
fresh = auto_reset(env.step, env.init)


class Convolution(nn.Module):
    """Convolution and batch normalisation with kept statistics, as in play."""

    channels: int
    size: int = 3

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(self.channels, (self.size, self.size), use_bias=False)(x)
        return nn.BatchNorm(use_running_average=True)(x)


class Network(nn.Module):
    """Policy logits [B, 7] and value [B] of boards [B, 6, 7, 2] (He et al. 2016, version 1)."""

    @nn.compact
    def __call__(self, boards):
        x = nn.relu(Convolution(CHANNELS)(boards.astype(jnp.float32)))
        for _ in range(BLOCKS):
            inner = nn.relu(Convolution(CHANNELS)(x))
            x = nn.relu(x + Convolution(CHANNELS)(inner))
        policy = nn.relu(Convolution(2, size=1)(x)).reshape(len(x), -1)
        value = nn.relu(Convolution(1, size=1)(x)).reshape(len(x), -1)
        value = nn.Dense(1)(nn.relu(nn.Dense(CHANNELS)(value)))
        return nn.Dense(env.num_actions)(policy), jnp.tanh(value[:, 0])


network = Network()


def step_and_evaluate(weights, key, action, state):
    """mctx's ``recurrent_fn``, with the true rules; the sign turns with the player."""
    del key
    mover = state.current_player
    state = jax.vmap(env.step)(state, action)
    logits, value = network.apply(weights, state.observation)
    reward = jnp.take_along_axis(state.rewards, mover[:, None], axis=1)[:, 0]
    found = mctx.RecurrentFnOutput(
        reward=reward,
        discount=jnp.where(state.terminated, 0.0, -1.0),
        prior_logits=jnp.where(state.legal_action_mask, logits, jnp.finfo(logits.dtype).min),
        value=jnp.where(state.terminated, 0.0, value),
    )
    return found, state


def move(weights, simulations, state, key):
    """One move in every game, and what a learner would keep of it."""
    search_key, reset_key = jax.random.split(key)
    logits, value = network.apply(weights, state.observation)
    chosen = mctx.gumbel_muzero_policy(
        weights,
        search_key,
        mctx.RootFnOutput(prior_logits=logits, value=value, embedding=state),
        step_and_evaluate,
        simulations,
        invalid_actions=~state.legal_action_mask,
        max_num_considered_actions=CONSIDERED,
    )
    keys = jax.random.split(reset_key, len(value))
    after = jax.vmap(fresh)(state, chosen.action, keys)
    return after, (state.observation, chosen.action_weights, after.rewards, after.terminated)


@jax.jit
def spread(state, key):
    """``SPREAD`` random moves in every game."""

    def random_move(state, key):
        action_key, reset_key = jax.random.split(key)
        allowed = jnp.where(state.legal_action_mask, 0.0, -jnp.inf)
        action = jax.random.categorical(action_key, allowed)
        return jax.vmap(fresh)(state, action, jax.random.split(reset_key, len(action))), None

    return jax.lax.scan(random_move, state, jax.random.split(key, SPREAD))[0]


@partial(jax.jit, static_argnums=1)
def play(weights, simulations, state, key):
    """``MOVES`` moves in every game."""
    keys = jax.random.split(key, MOVES)
    return jax.lax.scan(partial(move, weights, simulations), state, keys)


def self_play(batch: int, simulations: int):
    """A block of play: every call goes on with the same games [batch]."""
    key, start_key, spread_key, weights_key = jax.random.split(jax.random.PRNGKey(0), 4)
    state = spread(jax.vmap(env.init)(jax.random.split(start_key, batch)), spread_key)
    weights = network.init(weights_key, state.observation)

    def block() -> tuple[int, int]:
        nonlocal state, key
        key, now = jax.random.split(key)
        state, _targets = jax.block_until_ready(play(weights, simulations, state, now))
        return batch * MOVES * simulations, batch * MOVES * (simulations + 1)

    block()  # compiles
    return block
