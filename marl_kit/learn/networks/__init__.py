"""Networks with a policy and a value head: what they see, what they are made of, their files."""
