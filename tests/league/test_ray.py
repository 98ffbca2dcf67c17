"""A Ray cluster of two nodes writes the log that this process would have written."""

import threading

import pytest

import marl_kit as mk
from marl_kit.league.executors.ray_cluster import RayCluster
from tests.league.rows import rows
from tests.league.test_executors import learning, round_robin

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")


@pytest.fixture
def cluster():
    """Two nodes of one core each, beside a head that only organises."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        cluster.add_node(num_cpus=1)
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.mark.filterwarnings("ignore")  # ray's own
@pytest.mark.parametrize("league", [round_robin, learning])
def test_two_nodes(tmp_path, cluster, league):
    league(tmp_path / "inline")
    league(tmp_path / "ray", RayCluster(cluster.address))
    assert rows(tmp_path / "inline") == rows(tmp_path / "ray")
    with mk.League.open(tmp_path / "ray", read_only=True) as run:
        assert run._log.sessions()[-1][1] == f"ray(address={cluster.address})"
        workers = {name for (name,) in run._log._rows("SELECT worker FROM done")}
    assert all(name.startswith("ray ") for name in workers)


@pytest.mark.filterwarnings("ignore")
def test_a_node_that_is_lost(tmp_path, cluster):
    """Its jobs are given to the other one."""
    node = list(cluster.list_all_nodes())[-1]
    killer = threading.Timer(4.0, cluster.remove_node, (node,), {"allow_graceful": False})
    round_robin(tmp_path / "inline", waves=600)
    killer.start()
    round_robin(tmp_path / "ray", RayCluster(cluster.address), waves=600)
    assert killer.finished.is_set()  # in the middle of it
    killer.join()
    assert rows(tmp_path / "inline") == rows(tmp_path / "ray")


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nonsense", "auto"])
def test_nobody_at_the_address(tmp_path, address, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(mk.InvalidOptionError, match="no Ray cluster can be reached"):
        round_robin(tmp_path, RayCluster(address))
