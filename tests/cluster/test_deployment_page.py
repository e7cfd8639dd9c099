"""The commands of docs/deployment.md, run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyflink
import pytest

from tests.cluster.standalone_cluster import standalone_cluster

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = Path(__file__).parents[2] / "docs" / "deployment.md"
FLINK_PYTHON = sorted(Path(pyflink.__path__[0], "opt").glob("flink-python-*.jar"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def options_of_the_page() -> dict[str, str]:
    """What the page says is set in the configuration file."""
    lines = re.findall(r"^ {7}([\w.-]+): (\S+)$", PAGE.read_text(), re.MULTILINE)
    assert lines
    return dict(lines)


def test_the_commands_of_the_page_run_its_job(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("".join(blocks("python")))
    commands = blocks("bash")
    assert len(commands) == 2
    with standalone_cluster(1, options=options_of_the_page(), jars=FLINK_PYTHON) as cluster:
        path = os.pathsep.join(
            [str(cluster.home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        for number, command in enumerate(commands, 1):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=tmp_path,
                env={**cluster.environment, "PATH": path},
                capture_output=True,
                text=True,
                timeout=600,
            )
            assert done.returncode == 0, done.stdout + done.stderr + cluster.tail()
            assert cluster.log.count("Hello Ada, visit 1") == number
