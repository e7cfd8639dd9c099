"""Rules of the runtime that can be broken, to see that a test which relies on them turns red."""

from __future__ import annotations

from collections.abc import Callable


def patch(name: str, current: Callable[[], str]) -> None:
    """Patch the product in this process so that a rule does not hold.

    Args:
        name: The rule.
        current: Gives the rule that is broken in the job that runs now.
    """
    raise ValueError(f"there is no rule {name!r}")


__all__ = ["patch"]
