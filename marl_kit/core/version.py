"""The release; the same as in pyproject.toml (a test says so)."""

VERSION = "0.1.0"
