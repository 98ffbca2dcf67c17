"""Speed against the peers, each in the same process on the same work. `make bench` runs them."""
