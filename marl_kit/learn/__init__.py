"""Oracles and learners: who answers a population with a new player.

Reading order: ``oracle`` (what is asked and answered), ``registry`` (their specs). Exact answers
on the sequence form: ``mixture`` (what the opponents play together), ``best_response``, ``cfr``.
Learning from games: ``episodes`` (games against drawn opponents), ``rows`` (what is kept of an
infoset), ``q_learning``, ``policy_gradient``. Answers that need no learning: ``uct``,
``scripted``.
"""
