"""Who works on the jobs of a stage: this process, others on this machine, or a Ray cluster.

Reading order: ``executor`` (the protocol and the names), ``inline``, ``parcels`` (how many jobs
travel together), ``processes`` with its ``worker``, ``ray_cluster``.
"""
