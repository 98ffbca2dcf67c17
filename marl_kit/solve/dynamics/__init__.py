"""Learning and evolution on normal forms: trajectories, and the methods that average them."""
