"""Results as a file: kept after each run, so that a run that is cut goes on where it was."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison, Outcome

_VERSION = 1


@dataclass
class Measured:
    """An outcome, and where it comes from.

    Attributes:
        case: Name of the benchmark.
        scale: Of its sizes.
        outcome: The figures.
        date: When it was begun.
        commit: Of the project, then.
        load: Of the machine, then: the average over one minute.
        failure: Why a run failed, or empty.
    """

    case: str
    scale: float
    outcome: Outcome
    date: str = ""
    commit: str = ""
    load: float = 0.0
    failure: str = ""

    @property
    def title(self) -> str:
        """Of the comparison."""
        return self.outcome.comparison.title

    @property
    def key(self) -> tuple[str, float, str]:
        """Tells it from others."""
        return self.case, self.scale, self.title


@dataclass
class Results:
    """All that was measured.

    Attributes:
        machine: What it ran on.
        measured: By their keys, in the order of the report.
    """

    machine: dict[str, str] = field(default_factory=dict)
    measured: dict[tuple[str, float, str], Measured] = field(default_factory=dict)

    def seconds_per_run(self, case: str, title: str) -> float | None:
        """What one run of a comparison took, both sides, or None if that is not known."""
        for found in self.measured.values():
            if (found.case, found.title) == (case, title) and found.outcome.agent:
                return found.outcome.seconds / len(found.outcome.agent)
        return None

    def save(self, path: Path) -> None:
        """Write the file."""
        kept = {
            "version": _VERSION,
            "machine": self.machine,
            "measured": [_to_json(it) for it in self.measured.values()],
        }
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(json.dumps(kept, indent=1) + "\n")
        beside.replace(path)


def load(path: Path, names: tuple[str, ...]) -> Results:
    """Read the file.

    Figures and bars are not in it: they are those of the benchmarks as they are now. What no
    benchmark measures any more is left out.

    Args:
        path: The file; if there is none, nothing was measured.
        names: Of all benchmarks, in the order of the report.
    """
    if not path.exists():
        return Results()
    kept = json.loads(path.read_text())
    if kept["version"] != _VERSION:
        raise ValueError(f"{path} has version {kept['version']}, not {_VERSION}: measure anew.")
    stored = {(it["case"], it["scale"], it["title"]): it for it in kept["measured"]}
    results = Results(kept["machine"])
    for case in names:
        for scale in sorted({scale for name, scale, _ in stored if name == case}):
            for comparison in comparisons(case, scale):
                if found := stored.get((case, scale, comparison.title)):
                    measured = _from_json(found, comparison)
                    results.measured[measured.key] = measured
    return results


def comparisons(case: str, scale: float) -> Iterator[Comparison]:
    """Those of a benchmark."""
    yield from importlib.import_module(f"benchmarks.cases.{case}").comparisons(scale)


def _to_json(measured: Measured) -> dict[str, Any]:
    outcome = measured.outcome
    return {
        "case": measured.case,
        "title": measured.title,
        "scale": measured.scale,
        "date": measured.date,
        "commit": measured.commit,
        "load": measured.load,
        "failure": measured.failure,
        "seconds": round(outcome.seconds, 1),
        "agent": [dict(run) for run in outcome.agent],
        "baseline": [dict(run) for run in outcome.baseline],
    }


def _from_json(kept: Mapping[str, Any], comparison: Comparison) -> Measured:
    outcome = Outcome(comparison, list(kept["agent"]), list(kept["baseline"]), kept["seconds"])
    about = {name: kept[name] for name in ("date", "commit", "load", "failure")}
    return Measured(kept["case"], kept["scale"], outcome, **about)
