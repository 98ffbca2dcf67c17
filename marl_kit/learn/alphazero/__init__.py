"""AlphaZero: a network and a search that learn from each other (Silver et al. 2018)."""
