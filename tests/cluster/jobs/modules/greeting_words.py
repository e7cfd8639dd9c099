"""A module of a job's own, which travels with the job by ``-pyfs``."""

from __future__ import annotations


def greeting(name: str) -> str:
    """Words for somebody."""
    return f"Hello {name}"
