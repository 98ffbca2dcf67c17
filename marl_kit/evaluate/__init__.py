"""Floor 2: exact values, best responses, NashConv. Shares no code with any solver."""
