"""What the doctor is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """The options of the command.

    Args:
        rest_url: Address of the cluster's REST API, without a last slash; None: this machine only.
        python: Interpreter on the workers; None: what the configuration names.
        archive: File of a Python environment that travels with jobs, as ``-pyarch`` takes it.
        model_server: Address that workers have to reach.
        timeout: Seconds that the job in the workers may take.
        probe: Whether to run a job on the cluster.
        deep: Whether to run a job on this machine.
    """

    rest_url: str | None = None
    python: str | None = None
    archive: str | None = None
    model_server: str | None = None
    timeout: float = 120.0
    probe: bool = True
    deep: bool = False
