"""The manifests for Kubernetes are what Kubernetes, the operator, Flink and this library know."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.product_reviews import kafka_job
from flink_agents.api.core_options import AgentConfigOptions, AgentExecutionOptions
from flink_agents.cli.plan.flink_options import flink_options
from flink_agents.cli.plan.sizing import plan
from flink_agents.cli.plan.workload import Workload
from tests.deploy.kubernetes_manifests import Manifest, manifests, problems

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
FILES = sorted(FOLDER.rglob("*.y*ml"))
#: Of the operator and of a reporter's factory: they are in no options class of Flink.
OTHER_OPTIONS = re.compile(r"(job\.autoscaler|metrics\.reporter\.prometheus)\.[\w.-]+$")
AUTOSCALER = {
    "job.autoscaler.enabled",
    "job.autoscaler.stabilization.interval",
    "job.autoscaler.metrics.window",
    "job.autoscaler.utilization.target",
    "job.autoscaler.scale-down.interval",
    "job.autoscaler.vertex.max-parallelism",
    "job.autoscaler.restart.time",
}


def _deployments() -> list[Manifest]:
    found = [m for file in FILES for m in manifests(file) if m["kind"] == "FlinkDeployment"]
    assert found
    return found


def _application() -> Manifest:
    return next(copy.deepcopy(m) for m in _deployments() if "job" in m["spec"])


def _own_options() -> set[str]:
    return {
        value.get_key()
        for options in (AgentConfigOptions, AgentExecutionOptions)
        for name, value in vars(options).items()
        if name.isupper()
    }


def _documented() -> set[str]:
    """Options of Flink that the page names, as code or in YAML."""
    page = (FOLDER.parents[1] / "docs/operations.md").read_text()
    kinds = r"(?:taskmanager|jobmanager|pipeline|state|execution|python|restart-strategy|heartbeat"
    found = re.findall(rf"(?:`|^){kinds}|high-availability)\.[\w.-]*\w", page, re.M)
    return {text.strip("`") for text in found}


def _options() -> set[str]:
    return {key for m in _deployments() for key in m["spec"]["flinkConfiguration"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_manifest_is_valid(file: Path) -> None:
    documents = manifests(file)
    assert documents
    assert {m["kind"]: problems(m) for m in documents if problems(m)} == {}


def _break(path: str, value: Any) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        *parents, last = path.split("/")
        at: Any = manifest
        for name in parents:
            at = at[int(name)] if isinstance(at, list) else at[name]
        at[last] = value

    return change


_CONTAINER = "spec/podTemplate/spec/containers/0"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_break("spec/flinkVersion", "v9_9"), "v9_9"),
        (_break("spec/jobManger", {}), "jobManger"),
        (_break("spec/taskManager/resource/cpu", "much"), "much"),
        (_break("spec/job/upgradeMode", "hope"), "hope"),
        (_break("spec/image", "pyflink-agents:latest"), "pinned"),
        (_break("spec/podTemplate/spec/contaners", []), "contaners"),
        (_break(f"{_CONTAINER}/ports/0/containerPort", "many"), "many"),
        (_break(f"{_CONTAINER}/env", [{"name": "API_KEY", "value": "sk-123"}]), "literal"),
        (_break("spec/podTemplate/spec/securityContext", {}), "root"),
        (_break("spec/flinkConfiguration/s3.secret-key", "abc"), "s3.secret-key"),
    ],
)
def test_a_wrong_manifest_is_refused(change: Callable[[Manifest], None], problem: str) -> None:
    manifest = _application()
    assert problems(manifest) == []
    change(manifest)
    assert any(problem in found for found in problems(manifest)), problems(manifest)


def test_a_secret_in_a_file_is_refused() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {}}
    assert problems(secret)


def test_every_file_is_in_a_kustomization() -> None:
    named: set[Path] = set()
    for file in FOLDER.rglob("kustomization.yaml"):
        for resource in yaml.safe_load(file.read_text())["resources"]:
            target = (file.parent / resource).resolve()
            assert target.exists(), f"{file} names {resource}"
            named.add(target)
    files = {file for file in FILES if file.name != "kustomization.yaml"}
    assert {file.resolve() for file in files} <= named


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
@pytest.mark.parametrize("name", ["application", "session", "ollama", "monitoring"])
def test_a_kustomization_builds(name: str) -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(problems(m) == [] for m in yaml.safe_load_all(done.stdout))


@pytest.mark.flink
def test_the_options_of_flink_exist() -> None:
    known = _flink_options()
    assert "pipeline.max-parallelism" in known & _documented()
    options = _options() | flink_options(*_default_plan()).keys() | _documented()
    others = {key for key in options if OTHER_OPTIONS.match(key)}
    assert {key for key in others if key.startswith("job.autoscaler")} <= AUTOSCALER
    assert options - known - others - _own_options() == set()


def test_our_own_options_exist() -> None:
    own = _own_options()
    assert "max-in-flight" in own
    flink = ("taskmanager.", "jobmanager.", "pipeline.", "state.", "execution.", "python.")
    more = ("high-availability.", "restart-strategy.", "metrics.", "job.", "classloader.")
    assert {key for key in _options() if not key.startswith((*flink, *more))} <= own


def test_the_programs_take_their_arguments() -> None:
    submit = manifests(FOLDER / "session/submit.yaml")[0]["spec"]["template"]["spec"]
    for arguments in (_application()["spec"]["job"]["args"], submit["containers"][0]["args"]):
        module = arguments[arguments.index("-pym") + 1]
        assert module == kafka_job.__name__
        parsed = kafka_job.parse_arguments(arguments[arguments.index(module) + 1 :])
        assert parsed.kafka == "kafka:9092"


def test_the_sizes_are_those_of_the_plan() -> None:
    workload, result = _default_plan()
    planned = flink_options(workload, result)
    spec = _application()["spec"]
    given = dict(spec["flinkConfiguration"])
    given["taskmanager.memory.process.size"] = spec["taskManager"]["resource"]["memory"]
    given["jobmanager.memory.process.size"] = spec["jobManager"]["resource"]["memory"]
    given["parallelism.default"] = str(spec["job"]["parallelism"])
    for key, value in planned.items():
        if key != "execution.checkpointing.interval":  # written in another unit
            assert given[key] == value, key


def _default_plan() -> tuple[Workload, Any]:
    workload = Workload(rate=500, latency=2)
    return workload, plan(workload)


def _flink_options() -> set[str]:
    """The keys of all options that Flink's own classes declare."""
    import pyflink
    from pyflink.java_gateway import get_gateway

    home = Path(pyflink.__file__).parent
    jars = [*home.glob("lib/flink-dist-*.jar"), *home.glob("opt/flink-python-*.jar")]
    pattern = re.compile(
        r"org/apache/flink/(configuration|python|kubernetes/\w+)/\w+Options\.class"
    )
    jvm: Any = get_gateway().jvm
    loader = jvm.Thread.currentThread().getContextClassLoader()
    keys: set[str] = set()
    for jar in jars:
        for name in filter(pattern.fullmatch, zipfile.ZipFile(jar).namelist()):
            java = jvm.Class.forName(name.removesuffix(".class").replace("/", "."), False, loader)
            for field in java.getFields():
                if field.getType().getSimpleName() == "ConfigOption":
                    keys.add(field.get(None).key())
    return keys
