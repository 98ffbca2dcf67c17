"""One copy of the packages' environments that our batched ones are compared with, in float64."""

import numpy as np


class Mpe:
    """An environment of mpe2 that begins where one of our copies does."""

    def __init__(self, module, **options):
        self.env = module.parallel_env(**options)
        self.raw = self.env.aec_env.unwrapped

    def begin(self, place):
        """``place(world)`` puts everything where it belongs."""
        self.env.reset(seed=0)
        place(self.raw.world)

    def step(self, actions):
        """Rewards of all agents, and whether the episode is over: ended, cut off."""
        agents = list(self.env.agents)  # after the last step it is empty
        _, rewards, terminated, truncated, _ = self.env.step(
            dict(zip(agents, actions, strict=True))
        )
        over = any(terminated.values()), any(truncated.values())
        return [rewards[agent] for agent in agents], over

    def observations(self):
        """Those of the scenario: the environment rounds them to float32."""
        world = self.raw.world
        return [self.raw.scenario.observation(agent, world) for agent in world.agents]

    def state(self):
        return self.raw.state()


class Forage:
    """An environment of lbforaging that begins where one of our copies does."""

    def __init__(self, **options):
        from lbforaging.foraging.environment import ForagingEnv

        self.env = ForagingEnv(**options)

    def begin(self, players, levels, field):
        env = self.env
        env.reset(seed=0)
        for player, position, level in zip(env.players, players.tolist(), levels, strict=True):
            player.setup(tuple(position), int(level), env.field_size)
        env.field = field.astype(np.int32)
        env._food_spawned = env.field.sum()
        env._gen_valid_moves()

    def step(self, actions):
        _, rewards, over, _, _ = self.env.step(actions.tolist())
        return rewards, over

    def observations(self):
        return [np.asarray(seen, float) for seen in self.env._make_gym_obs()]

    def mask(self):
        valid = self.env._valid_actions
        return [[a in {x.value for x in valid[p]} for a in range(6)] for p in self.env.players]
