"""The Python packages of this machine, by what packages themselves say that they need."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from flink_agents.cli.doctor.check import Check, ok, problem

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_OWN = "pyflink-agents"
_EXTRAS = ("openai", "anthropic", "ollama", "tongyi", "azure", "embedded")
#: PyFlink, and what brings requirements that its own do not tell: protobuf's upper bound.
_FLINK = ("apache-flink", "apache-beam")
_PIP = f"{sys.executable} -m pip install"


def own_packages() -> Iterator[Check]:
    """PyFlink and what else this package needs."""
    if not _can_judge():
        yield problem(
            "packages",
            "PyFlink is not installed for this Python, nor what it needs",
            f"{_PIP} {_OWN}",
        )
        return
    for requirement in _requirements(_OWN):
        yield _judged(requirement)


def flink_packages() -> Iterator[Check]:
    """What PyFlink and Beam need, Py4J, pemja and protobuf among it."""
    if not _can_judge():
        return
    good: list[str] = []
    seen: dict[tuple[str, str], Check] = {}
    for name in _FLINK:
        for requirement in _requirements(name):
            check = _judged(requirement)
            if check.status == "ok":
                good.append(f"{requirement.name} {_version(requirement.name)}")
            else:
                seen.setdefault((requirement.name, check.found), check)
    yield from seen.values()
    shown = [each for each in good if each.split()[0] in ("py4j", "pemja", "protobuf")]
    yield ok("PyFlink's packages", f"{len(good)} fit: {', '.join(dict.fromkeys(shown))} and others")


def sdks() -> Iterator[Check]:
    """The SDKs of the model providers that are installed."""
    if not _can_judge():
        return
    there: list[str] = []
    missing: list[str] = []
    for extra in _EXTRAS:
        needed = list(_requirements(_OWN, extra))
        absent = [each.name for each in needed if _version(each.name) is None]
        wrong = [each for each in map(_judged, needed) if each.status != "ok"]
        if absent or not needed:
            missing.append(extra)
        elif wrong:
            for check in wrong:
                fix = f'{_PIP} "{_OWN}[{extra}]" --upgrade'
                yield problem(check.name, check.found, fix)
        else:
            there.append(extra)
    text = f"for {', '.join(there) or 'none'}"
    if missing:
        text += f'; not for {", ".join(missing)} (pip install "{_OWN}[{missing[0]}]")'
    yield ok("model SDKs", text)


def _judged(requirement: Requirement) -> Check:
    version = _version(requirement.name)
    wanted = f"{requirement.name}{requirement.specifier}"
    fix = f'{_PIP} "{wanted}"'
    if version is None:
        return problem(requirement.name, f"is not installed; needed is {wanted}", fix)
    if not requirement.specifier.contains(version, prereleases=True):
        return problem(requirement.name, f"{version} does not fit; needed is {wanted}", fix)
    return ok(requirement.name, version)


def _requirements(distribution: str, extra: str = "") -> Iterator[Requirement]:
    from packaging.requirements import Requirement

    try:
        texts = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return
    for text in texts:
        requirement = Requirement(text)
        marker = requirement.marker
        needs_extra = marker is not None and "extra" in str(marker)
        if needs_extra != bool(extra):
            continue
        if marker is None or marker.evaluate({"extra": extra}):
            yield requirement


def _can_judge() -> bool:
    # Beam brings it, so it is missing only where all is.
    return importlib.util.find_spec("packaging") is not None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


__all__ = ["flink_packages", "own_packages", "sdks"]
