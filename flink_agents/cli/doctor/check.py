"""What a check found, and how checks are run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

Status = Literal["ok", "warning", "problem"]
Place = Literal["client", "cluster", "worker"]


@dataclass(frozen=True)
class Check:
    """What was looked at, and how it is.

    Args:
        name: What was looked at, in a word or two.
        status: ``problem``: a job will fail or must not run so. ``warning``: some jobs will, or
            it is worth knowing.
        found: What is there.
        remedy: What to do, with the exact command or option. Empty if nothing is to be done.
        place: Where; set by `examine`.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""
    place: Place = "client"


# The doctor also runs, as far as it can, with a Python that is too old for such types.
if TYPE_CHECKING:
    Outcome = Check | Iterable[Check] | None
    """What a check gives: one result, several, or none if it does not apply."""


def ok(name: str, found: str) -> Check:
    """Nothing to do."""
    return Check(name, "ok", found)


def warning(name: str, found: str, remedy: str) -> Check:
    """Something that some jobs stumble over."""
    return Check(name, "warning", found, remedy)


def problem(name: str, found: str, remedy: str) -> Check:
    """Something that must be put right."""
    return Check(name, "problem", found, remedy)


def examine(place: Place, checks: Iterable[tuple[str, Callable[[], Outcome]]]) -> Iterator[Check]:
    """Run checks one after another.

    A check that raises is a problem of its own, and the next one is run. Secrets that a text has
    caught, as the password of a URL, are replaced by stars.

    Args:
        place: Where they look.
        checks: Name and function of each.
    """
    for name, check in checks:
        try:
            outcome = check()
            found = [outcome] if isinstance(outcome, Check) else list(outcome or ())
        except Exception as error:
            text = f"the check itself failed: {type(error).__name__}: {error}"
            found = [problem(name, text[:600], "Look at it by hand, and report this as a bug.")]
        for each in found:
            yield replace(
                each,
                place=place,
                found=without_secrets(each.found),
                remedy=without_secrets(each.remedy),
            )


_IN_URL = re.compile(r"(://)[^/@\s]+@")
_NAMED = re.compile(
    r"(?i)([\w.-]*(?:password|passwd|secret|token|credential|api[-_.]?key|access[-_.]?key)"
    r"[\w.-]*[\"']?\s*[=:]\s*[\"']?)[^\s&,;\"']+"
)


def without_secrets(text: str) -> str:
    """The text with stars for users and passwords of URLs and for values of secret names."""
    return _NAMED.sub(r"\1***", _IN_URL.sub(r"\1***@", text))
