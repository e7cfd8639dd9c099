"""The benchmarks as they are run, at the smallest size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import clean_environment

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.flink, pytest.mark.slow, pytest.mark.timeout(900)]


def bench(*arguments: str | Path) -> str:
    """Run the benchmarks; gives what they say of their progress."""
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_sweep_becomes_a_report_with_a_plot_and_results_that_are_not_measured_twice(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "report"
    size = (
        "by_record_size",
        "--match",
        ",000 bytes",
        "--scale",
        "0.01",
        "--runs",
        "1",
        "--output",
        folder,
    )
    assert "run 1/1, agent" in bench(*size)
    stored = json.loads((folder / "results.json").read_text())["measured"]
    for measured in stored:
        (agent,), (baseline,) = measured["agent"], measured["baseline"]
        assert agent["rate"] > 0 and baseline["rate"] > 0
    text = (folder / "report.md").read_text()
    (plot,) = folder.glob("*.png")
    assert f"({plot.name})" in text
    assert "| 1,000 | " in text and "| 10,000 | " in text
    assert len(stored) == 2

    plot.unlink()
    assert "run 1/1" not in bench(*size, "--only-missing")
    assert json.loads((folder / "results.json").read_text())["measured"] == stored
    assert plot.exists()
