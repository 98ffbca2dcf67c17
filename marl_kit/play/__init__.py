"""Floor 4: players and matches.

Reading order: ``player`` (the protocol), ``registry`` (players from a spec string), one player a
file, ``match`` (the loop) and ``result`` (what it returns).
"""
