"""Networks with opinions: an untrained one says nearly the same of everything."""

import torch

import marl_kit as mk
from marl_kit.learn.networks.architecture import Architecture, new_network
from marl_kit.learn.networks.view import view_of

MLP = Architecture("mlp", 24, 2)
RESIDUAL = Architecture("residual", 8, 2)


def opinionated(game, architecture, seed=0):
    """Seeded weights of ordinary size everywhere."""
    view = view_of(mk.load_game(game))
    network = new_network(architecture, view.shape, view.num_actions, view.num_players, seed)
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for theta in network.parameters():
            fan = max(1, theta[0].numel())
            theta.copy_(torch.randn(theta.shape, generator=draws) * (2 / fan) ** 0.5)
    return network.eval(), view
