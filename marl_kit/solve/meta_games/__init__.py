"""Rankings of strategies from an empirical game: Nash averaging and alpha-rank."""
