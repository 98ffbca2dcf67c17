"""Nash and quantal response equilibria of normal forms with any number of players."""
