"""The key of a model server gets to the workers of the compose file, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compose.cluster import CLUSTER, Cluster
from tests.compose.orders_run import SAVEPOINTS, feeding
from tests.flink.secret_canaries import Canary, find_secrets
from tests.servers.model_server import digest_of_key

pytestmark = [
    pytest.mark.docker,
    pytest.mark.flink,
    pytest.mark.slow,
    # Without what the engine and the images take, which the first test waits for.
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.usefixtures("quiet"),
]


def write_evidence(cluster: Cluster, job: str, folder: Path) -> None:
    """Write down what the REST interface, the logs and the checkpoints tell of a running job."""
    asked = ["/jobmanager/config", "/jobmanager/environment", "/jobmanager/log", "/taskmanagers"]
    asked += [f"/jobs/{job}{part}" for part in ("", "/config", "/plan", "/exceptions")]
    asked += [f"/jobs/{job}/checkpoints{part}" for part in ("", "/config")]
    for worker in cluster.flink.get("/taskmanagers")["taskmanagers"]:
        asked += [f"/taskmanagers/{worker['id']}{part}" for part in ("", "/log", "/thread-dump")]
    for number, path in enumerate(asked):
        name = f"{number}{path.replace('/', '-').replace(':', '-')}"
        (folder / name).write_text(cluster.flink.text(path))
    (folder / "logs").write_text(cluster.logs())
    cluster.run("cp", "jobmanager:/checkpoints", str(folder / "checkpoints"))
    cluster.run("cp", "jobmanager:/opt/flink/conf", str(folder / "conf"))


def test_the_key_of_the_workers_is_told_nowhere(
    cluster: Cluster, api_key: Canary, tmp_path: Path
) -> None:
    with feeding(cluster, "secret", count=300, keys=60, per_second=50) as run:
        job = cluster.submit(*run.arguments)
        run.wait_for_answers(50, timeout=180)
        cluster.flink.savepoint(job, SAVEPOINTS)
        write_evidence(cluster, job, tmp_path)
        run.finish(cluster, job)
    (tmp_path / "answers").write_text("\n".join(text for _, text in run.reader.read))
    assert cluster.model.stats().keys == [digest_of_key(api_key.text)]
    assert find_secrets(tmp_path, {api_key.place: api_key}) == []
    # There was something to tell: the state of customers, and the job that names the variable.
    told = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"customer-7" in told and b"OrderDesk" in told


def test_only_containers_of_workers_are_given_the_key(cluster: Cluster, api_key: Canary) -> None:
    given = [
        service
        for service in (*CLUSTER, "model-server")
        if api_key.text in json.dumps(cluster.inspect(service))
    ]
    assert given == ["taskmanager-1", "taskmanager-2"]
