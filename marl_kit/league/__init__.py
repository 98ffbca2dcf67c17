"""Floor 6: populations that play each other. The append-only match log is the only truth; pay-offs
and ratings are pure functions of it."""
