"""A soak: a job with mixed agents, faults throughout, and an eye on what it loses and keeps."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.faults import struck
from tests.chaos.ledger import Ledger
from tests.chaos.observer import observing
from tests.providers import openai_protocol
from tests.providers.recorded_server import RecordedServer
from tests.servers.model_control import model_server
from tests.soak import schedule
from tests.soak.faulty_model import FaultyModel
from tests.soak.findings import Findings, find
from tests.soak.progress import Progress
from tests.soak.sampler import ProcessSeries, Sampler
from tests.soak.settings import AGENTS, ASKING, DESK, SoakSettings
from tests.soak.soaked_job import CheckpointCounts, Recovery, SoakedJob, soak_cluster

#: Seconds from the submission of the job until the first element is due.
_RUN_UP = 5.0


@dataclass(frozen=True)
class SoakOptions:
    """What kind of soak.

    Attributes:
        minutes: How long elements are due.
        seed: Of all that is left to chance.
        per_second: Elements for all agents.
        mode: Python execution mode of the job, ``thread`` or ``process``.
    """

    minutes: float = 10.0
    seed: int = 7
    per_second: float = 50.0
    mode: str = "thread"


@dataclass(frozen=True)
class Soaked:
    """What came out of a soak.

    Attributes:
        options: What kind it was.
        seconds: How long it took.
        findings: What became of its elements.
        faults: How often what was made to go wrong.
        restores: How often the job went back to a checkpoint or savepoint.
        recoveries: How it went on after what was done to the cluster.
        checkpoints: How they went.
        series: The processes.
    """

    options: SoakOptions
    seconds: float
    findings: Findings
    faults: dict[str, int]
    restores: int
    recoveries: tuple[Recovery, ...]
    checkpoints: CheckpointCounts
    series: tuple[ProcessSeries, ...]


def soak(options: SoakOptions, say: Callable[[str], None]) -> Soaked:
    """Run a soak to its end.

    Args:
        options: What kind.
        say: Is given a line every 10 seconds, and what is remarkable.

    Raises:
        AssertionError: If the job did not go on, or did not end.
    """
    begin = time.monotonic()
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(made)).resolve()
        settings = _settings(options, folder)
        _make_folders(settings)
        cluster = stack.enter_context(soak_cluster(options.mode))
        history = stack.enter_context(observing(cluster.rest_url))
        desk = stack.enter_context(model_server(folder, Ledger(settings.of(DESK).ledger)))
        server = stack.enter_context(RecordedServer(openai_protocol.check))
        ledgers = {agent: Ledger(settings.of(agent).ledger) for agent in AGENTS}
        model = FaultyModel(ledgers, options.seed)
        server.always(model)
        sampler = Sampler(settings.python_memory)
        settings = replace(settings, desk_url=desk.url, faulty_url=server.url)
        job = SoakedJob(cluster, settings, history, sampler)
        stack.callback(job.close)
        job.start(begins_in=_RUN_UP)
        progress = stack.enter_context(Progress(job, sampler, server, say))
        _strike(options, job, say)
        progress.stop()
        job.note_failures()
        counts = job.checkpoints()
        findings = find(job.settings, history)
        problems = [f"not injected: {failure}" for failure in job.unexpected_failures]
        if server.refusals:
            problems.append(f"model server: {len(server.refusals)} bad: {server.refusals[0]}")
        findings = replace(findings, problems=(*findings.problems, *problems))
        return Soaked(
            options,
            time.monotonic() - begin,
            findings,
            _faults(settings, job, model),
            len(history.restores),
            tuple(job.recoveries),
            counts,
            tuple(sampler.series),
        )


def _settings(options: SoakOptions, folder: Path) -> SoakSettings:
    seconds = options.minutes * 60
    elements = max(1, round(seconds * options.per_second / len(AGENTS)))
    return SoakSettings(str(folder), "", "", 0.0, options.per_second, elements)


def _make_folders(settings: SoakSettings) -> None:
    for agent in AGENTS:
        settings.of(agent).marks.mkdir(parents=True)
    settings.of(DESK).marks.rename(settings.disarmed)
    settings.python_memory.mkdir()


def _strike(options: SoakOptions, job: SoakedJob, say: Callable[[str], None]) -> None:
    """Strike when it is time, then let the job come to its end."""
    seconds = options.minutes * 60
    to_come = schedule.strikes(seconds, options.seed)
    while to_come:
        strike = to_come.pop(0)
        now = time.time() - job.settings.start
        if any(other.kind == strike.kind and other.at < now for other in to_come):
            continue  # it took too long to recover from others
        time.sleep(max(0.0, strike.at - now))
        say(f"strike: {strike.kind}")
        job.strike(strike.kind)
        say(f"the job went on {job.recoveries[-1].seconds:.1f} s after the {strike.kind}")
        job.wait_for_checkpoint()
    time.sleep(max(0.0, job.settings.start + seconds - time.time()))
    job.finish()


def _faults(settings: SoakSettings, job: SoakedJob, model: FaultyModel) -> dict[str, int]:
    faults: Counter[str] = Counter({f"model: {what}": n for what, n in model.made.items()})
    for mark in struck(settings.disarmed):
        faults[f"thrown: {mark.partition('-')[0]}"] += 1
    faults["thrown: action, tried again"] = len(struck(settings.of(ASKING).marks))
    faults.update(f"cluster: {recovery.kind}" for recovery in job.recoveries)
    return dict(sorted(faults.items()))


__all__ = ["SoakOptions", "Soaked", "soak"]
