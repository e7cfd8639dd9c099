"""High availability on loopback: a JobManager that is killed finds its jobs again.

ZooKeeper is the one that Flink's distribution brings.
"""

from __future__ import annotations

from pathlib import Path

from tests.cluster.flink_home import free_ports

#: A session of a dead process is over after this many ticks; until then it stays the leader.
_SESSION_TICKS = 6
_TICK_MS = 500


def prepare(home: Path) -> dict[str, str | int]:
    """Write the configuration of ZooKeeper; gives the options of the cluster that uses it.

    Args:
        home: Of the cluster, as made by :func:`tests.cluster.flink_home.make_home`.
    """
    folder = home.parent / "high-availability"
    (port,) = free_ports(1)
    lines = [
        f"tickTime={_TICK_MS}",
        f"dataDir={folder / 'zookeeper'}",
        "clientPortAddress=127.0.0.1",
        f"clientPort={port}",
        "admin.enableServer=false",
        # Nobody takes the power away, and a busy disk would end sessions.
        "forceSync=no",
    ]
    (home / "conf" / "zoo.cfg").write_text("\n".join(lines) + "\n")
    return {
        "high-availability.type": "zookeeper",
        "high-availability.storageDir": (folder / "storage").as_uri(),
        "high-availability.zookeeper.quorum": f"127.0.0.1:{port}",
        "high-availability.zookeeper.client.session-timeout": _SESSION_TICKS * _TICK_MS,
        # A leader stays one while its session lasts.
        "high-availability.zookeeper.client.tolerate-suspended-connections": True,
        "zookeeper.heap.mb": 64,
    }


__all__ = ["prepare"]
