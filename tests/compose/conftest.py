"""One compose project for all tests of this folder, with an engine where none runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.compose.cluster import CLUSTER, Cluster, compose_project
from tests.compose.engine import build_images, start_engine
from tests.flink.secret_canaries import Canary
from tests.servers.guarded_server import ServerMissingError, is_required
from tests.servers.model_server import Behaviour


@pytest.fixture(scope="session")
def api_key() -> Canary:
    """The key that the compose file is given for models."""
    return Canary("OPENAI_API_KEY", "canary00composekey7q")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, api_key: Canary) -> Iterator[Cluster]:
    """A project with nothing in it, but with images of all that could be."""
    with pytest.MonkeyPatch.context() as patch:
        try:
            for name, text in start_engine().items():
                patch.setenv(name, text)
            build_images()
        except ServerMissingError as missing:
            (pytest.fail if is_required() else pytest.skip)(str(missing))
        keys = {"OPENAI_API_KEY": api_key.text}
        with compose_project(tmp_path_factory.mktemp("compose"), keys) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def cluster(project: Cluster) -> Cluster:
    """A running cluster without a job, with the model server of the tests."""
    project.up(*CLUSTER, "model-server")
    return project


@pytest.fixture
def quiet(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[None]:
    """No job and a model server of usual speed, before a test and after it.

    If the test fails, prints what the cluster has logged last.
    """
    before = request.session.testsfailed
    cluster.model.behave(Behaviour())
    yield
    if request.session.testsfailed > before:
        print(cluster.logs()[-20_000:])
    cluster.model.behave(Behaviour())
    for job in cluster.flink.running_jobs():
        cluster.flink.cancel(job)
