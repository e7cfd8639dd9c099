"""What docker-compose.yml and what belongs to it promise, without starting anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = ("topics", "reviews", "job")
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "agents.json").read_text())
DEMO = (
    *("jobmanager", "taskmanager-1", "taskmanager-2", "kafka"),
    *("ollama", "topics", "reviews", "job", "results"),
)

#: What the dashboard shows of Flink's own, as its reporter for Prometheus names them.
FLINK_METRICS = {
    "flink_jobmanager_job_lastCheckpointDuration",
    "flink_jobmanager_job_lastCheckpointFullSize",
    "flink_jobmanager_job_numberOfCompletedCheckpoints",
    "flink_jobmanager_job_numberOfFailedCheckpoints",
    "flink_jobmanager_job_numRestarts",
    "flink_jobmanager_numRegisteredTaskManagers",
    "flink_jobmanager_taskSlotsAvailable",
    "flink_taskmanager_job_task_backPressuredTimeMsPerSecond",
    "flink_taskmanager_job_task_busyTimeMsPerSecond",
    "flink_taskmanager_job_task_operator_pendingRecords",
    "flink_taskmanager_Status_JVM_Memory_Heap_Used",
}


def queries() -> list[str]:
    """All queries of the dashboard."""
    targets = (panel.get("targets", []) for panel in DASHBOARD["panels"])
    return [target["expr"] for panel in targets for target in panel]


def own_metrics() -> set[str]:
    """Names of the metrics that the library registers."""
    package = ROOT / "flink_agents"
    code = "\n".join(path.read_text() for path in sorted(package.rglob("*.py")))
    plain = set(re.findall(r'get_(?:counter|gauge|meter)\(\s*"(\w+)"', code))
    counted = set(re.findall(r'_pass_on\([^"]*"(\w+)"', code))
    return plain | counted | {f"{name}PerSec" for name in counted}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_does_not_run_as_root(name: str) -> None:
    assert str(SERVICES[name].get("user", "root")).split(":")[0] not in ("root", "0", "")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_an_image_of_a_fixed_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_runs_for_long_is_checked_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"] == "on-failure"
        return
    assert service["restart"] == "unless-stopped"
    if service["image"].startswith("pyflink-agents:") and "healthcheck" not in service:
        assert "\nHEALTHCHECK " in (DEPLOY / "docker" / "Dockerfile").read_text()
    else:
        assert service["healthcheck"]["test"]


def test_ports_are_those_of_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) >= 4
    for port in ports:
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+", port), port


def test_the_demo_is_what_has_no_profile() -> None:
    assert {name for name, it in SERVICES.items() if "profiles" not in it} == set(DEMO)
    assert SERVICES["model-server"]["profiles"] == ["test"]
    for name in ("prometheus", "grafana"):
        assert SERVICES[name]["profiles"] == ["monitoring"]


def test_all_flink_containers_share_the_checkpoints() -> None:
    for name in ("jobmanager", "taskmanager-1", "taskmanager-2"):
        assert "checkpoints:/checkpoints" in SERVICES[name]["volumes"]
        options = yaml.safe_load(SERVICES[name]["environment"]["FLINK_PROPERTIES"])
        assert options["execution.checkpointing.dir"] == "file:///checkpoints"


def test_nothing_secret_is_written_into_the_file() -> None:
    for service in SERVICES.values():
        for name, text in service.get("environment", {}).items():
            if re.search(r"KEY|TOKEN|PASSWORD|SECRET", name):
                assert text == f"${{{name}:-}}"


def test_what_is_mounted_from_the_project_is_there_and_read_only() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, _, mode = volume.partition(":")[0], *volume.rpartition(":")[1:]
            if source.startswith("./"):
                assert mode == "ro", volume
                # Made by scripts/build-images.
                assert source.startswith("./build/") or (ROOT / source).exists(), volume


def test_the_images_of_this_project_have_its_version() -> None:
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project
    own = {it["image"] for it in SERVICES.values() if it["image"].startswith("pyflink-agents")}
    assert own == {f"pyflink-agents:{project[1]}"}


def test_the_dashboard_asks_only_for_metrics_that_exist() -> None:
    asked = {name for query in queries() for name in re.findall(r"\bflink_[\w.+()|]+", query)}
    assert len(asked) > len(FLINK_METRICS)
    ours = own_metrics()
    for name in asked - FLINK_METRICS:
        known = re.fullmatch(
            r"flink_taskmanager_job_task_operator_"
            r"(?:action_\(?\.\+\)?_)?(?:model_\(?\.\+\)?_)?([a-zA-Z]+|\(prompt\|completion\)Tokens)",
            name,
        )
        assert known, name
        last = known[1]
        names = [f"{kind}Tokens" for kind in ("prompt", "completion")] if "(" in last else [last]
        assert set(names) <= ours, name


def test_the_dashboard_shows_every_metric_of_the_runtime() -> None:
    shown = " ".join(queries())
    for name in ("numOfEventProcessed", "numOfTasksInFlight", "numOfOpenKeys"):
        assert name in own_metrics()
        assert name in shown


def test_grafana_finds_the_dashboard_and_its_source() -> None:
    provisioning = DEPLOY / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())
    uid = source["datasources"][0]["uid"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == uid
    provider = yaml.safe_load((provisioning / "dashboards" / "agents.yml").read_text())
    mounted = [volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]]
    assert provider["providers"][0]["options"]["path"] in mounted


def test_prometheus_looks_for_the_name_that_all_flink_containers_have() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (found,) = config["scrape_configs"][0]["dns_sd_configs"]
    for name in ("jobmanager", "taskmanager-1", "taskmanager-2"):
        assert SERVICES[name]["networks"]["default"]["aliases"] == found["names"]
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text()
    assert f"metrics.reporter.prometheus.port={found['port']}" in dockerfile


@pytest.mark.docker
def test_compose_accepts_the_file() -> None:
    settings = subprocess.run(
        [ROOT / "scripts" / "docker-engine", "env"], capture_output=True, text=True, check=False
    )
    if settings.returncode or not shutil.which("bash"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(settings.stderr.strip())
    program = 'eval "$0" && exec docker compose --profile "*" config --services'
    done = subprocess.run(
        ["bash", "-c", program, settings.stdout], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == set(SERVICES)
