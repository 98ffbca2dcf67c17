"""Floor 0: errors, seeds, results and the registry. No game knowledge lives here."""
