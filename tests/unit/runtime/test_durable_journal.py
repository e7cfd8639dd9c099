"""A runner with a durable journal: what it gives back after a crash, and what it refuses."""

from __future__ import annotations

import asyncio
import copy
import errno
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flink_agents.api.agents.agent import Agent
from flink_agents.api.configuration import Configuration
from flink_agents.api.events.event import Event, InputEvent
from flink_agents.api.runner_context import RunnerContext
from flink_agents.engine.codec import Codec
from flink_agents.exceptions import ActionError, DurableJournalError, EnvironmentSetupError
from flink_agents.plan.compile import compile_agent
from flink_agents.runtime.actions import BUILT_IN_ACTIONS
from flink_agents.runtime.agent_runner import AgentRunner
from flink_agents.runtime.flink.journal.checkpoints import SeenJob, Subtask
from flink_agents.runtime.flink.journal.committer import Committer
from flink_agents.runtime.flink.journal.durable_journal import DurableJournal, JournalSettings
from flink_agents.runtime.flink.journal.folder import LocalFolder, open_folder
from flink_agents.runtime.local_environment import LocalHost
from flink_agents.runtime.local_metrics import LocalMetricGroup
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.services import Services, check_options
from tests.unit.runtime.scripted import acting, put_out

pytestmark = pytest.mark.timeout(60)


class Calls:
    """Calls that the test counts, and of which it lets some hang."""

    made: ClassVar[Counter[str]] = Counter()
    hang: ClassVar[set[str]] = set()
    away: ClassVar[set[str]] = set()
    suffix: ClassVar[str] = ""

    @staticmethod
    async def make(name: str) -> str:
        Calls.made[name] += 1
        while name in Calls.hang:
            await asyncio.sleep(0.005)
        return f"{name} {Calls.made[name]}"

    @staticmethod
    def make_now(name: str) -> str:
        Calls.made[name] += 1
        return f"{name} {Calls.made[name]}"

    @staticmethod
    async def answer(name: str) -> str:
        Calls.made[name] += 1
        if name in Calls.away:
            raise ConnectionError(f"{name} is away")
        return f"{name} {Calls.made[name]}"

    @staticmethod
    async def refuse(name: str) -> str:
        Calls.made[name] += 1
        raise ValueError(f"no {name}")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Calls.made.clear()
    Calls.hang = set()
    Calls.away = set()
    Calls.suffix = ""


_SUBTASK = Subtask(0, True)


class Another(Event):
    """Sent by an action to another one."""


class Job:
    """A job: a folder for its journal, and attempts that begin with what a checkpoint has."""

    def __init__(
        self, folder: Path, agent: Agent, seen: SeenJob | None = None, **options: Any
    ) -> None:
        self.settings = JournalSettings.of(str(folder), "agent", None, 3600.0)
        self.folder = folder / "agent"
        self.metrics = AgentMetrics(LocalMetricGroup())
        self.outputs: list[Any] = []
        self._agent = agent
        self._seen = seen or SeenJob(None, 1)
        self._config = Configuration({n.replace("_", "-"): v for n, v in options.items()})

    @contextmanager
    def attempt(self, checkpoint: LocalHost, subtask: Subtask = _SUBTASK) -> Iterator[AgentRunner]:
        """A runner on a copy of the checkpoint. To leave the block is the crash."""
        self.store = copy.deepcopy(checkpoint)
        self.outputs = self.store.outputs
        self.metrics = AgentMetrics(LocalMetricGroup())
        plan = compile_agent(self._agent, {}, BUILT_IN_ACTIONS)
        codec = Codec(plan.data_types)
        services = Services(plan, self._config, self.metrics, codec)
        try:
            durable = DurableJournal(
                self.settings,
                subtask,
                self._seen,
                services.shared_loop.loop,
                codec,
                str,
                self.metrics,
            )
        except BaseException:
            services.close()
            raise
        runner = AgentRunner(services, self.store, self.store, durable)
        self.store.switch("k")
        try:
            yield runner
        finally:
            runner.close()

    def journal(self) -> list[Path]:
        """The files of the journal that have something in them."""
        return sorted(self.folder.glob("*.journal"))


def feed(runner: AgentRunner, *values: Any) -> None:
    for value in values:
        runner.element("k", lambda: "k", value, None, True)


def pump_until(runner: AgentRunner, done: Callable[[], bool]) -> None:
    while not done():
        runner.pump(0.01)


def checkpoint_at(job: Job, call: str, crash_at: str, *elements: Any) -> LocalHost:
    """What a checkpoint has while a call is open, of a job that crashes while another one is."""
    Calls.hang = {call}
    with job.attempt(LocalHost()) as runner:
        feed(runner, *elements)
        pump_until(runner, lambda: Calls.made[call] == 1)
        checkpoint = copy.deepcopy(job.store)
        Calls.hang = {crash_at}
        pump_until(runner, lambda: Calls.made[crash_at] == 1)
    Calls.hang = set()
    return checkpoint


def go_on(job: Job, checkpoint: LocalHost) -> None:
    """Let the open work of a checkpoint come to its end."""
    with job.attempt(checkpoint) as runner:
        runner.resume("k", lambda: "k")
        runner.drain()


async def two_calls(event: InputEvent, ctx: RunnerContext) -> None:
    first = await ctx.durable_execute_async(Calls.make, f"{event.input}1{Calls.suffix}")
    second = await ctx.durable_execute_async(Calls.make, f"{event.input}2")
    put_out(ctx, [first, second])


def a_call_now(event: InputEvent, ctx: RunnerContext) -> None:
    put_out(ctx, ctx.durable_execute(Calls.make_now, event.input + Calls.suffix))


def test_what_was_finished_since_the_checkpoint_is_not_called_again(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(two_calls))
    Calls.hang = {"b2"}
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
        pump_until(runner, lambda: Calls.made["b2"] == 1)
    Calls.hang = set()
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b", "c")
        runner.drain()
    assert job.outputs == [{"k": [f"{n}1 1", f"{n}2 {1 + (n == 'b')}"]} for n in "abc"]
    assert Calls.made == {"a1": 1, "a2": 1, "b1": 1, "b2": 2, "c1": 1, "c2": 1}
    assert job.metrics.calls_recalled == 3
    assert job.metrics.journal_differences == 0


def test_an_open_run_goes_on_with_what_was_finished_after_the_checkpoint(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(two_calls))
    checkpoint = checkpoint_at(job, "a1", "b2", "a", "b")
    go_on(job, checkpoint)
    assert [output["k"][0] for output in job.outputs] == ["a1 1", "b1 1"]
    assert Calls.made == {"a1": 1, "a2": 1, "b1": 1, "b2": 2}
    assert job.metrics.journal_differences == 0


def test_runs_that_were_over_at_the_checkpoint_are_not_answered_again(tmp_path: Path) -> None:
    """The same element once more is another run, and calls anew."""
    job = Job(tmp_path, acting(two_calls))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
        checkpoint = copy.deepcopy(job.store)
    with job.attempt(checkpoint) as runner:
        feed(runner, "a")
        runner.drain()
    assert Calls.made == {"a1": 2, "a2": 2}
    assert job.metrics.calls_recalled == 0
    assert job.metrics.journal_differences == 0


def test_the_calls_of_a_plain_action_are_kept_too(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b", "c")
    assert job.outputs == [{"k": "a 1"}, {"k": "b 1"}, {"k": "c 1"}]
    assert Calls.made == {"a": 1, "b": 1, "c": 1}


def test_many_crashes_repeat_nothing(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(two_calls))
    for last in "abcd":
        Calls.hang = {f"{last}2"}
        before = Calls.made[f"{last}2"]
        with job.attempt(LocalHost()) as runner:
            feed(runner, *"abcd")
            pump_until(runner, lambda now=before, name=f"{last}2": Calls.made[name] > now)
    assert Calls.made == {"a1": 1, "b1": 1, "c1": 1, "d1": 1, "a2": 2, "b2": 2, "c2": 2, "d2": 1}


def test_a_call_that_failed_fails_again_without_being_made(tmp_path: Path) -> None:
    async def refused(event: InputEvent, ctx: RunnerContext) -> None:
        try:
            await ctx.durable_execute_async(Calls.refuse, "a")
        except ValueError as error:
            put_out(ctx, str(error))

    job = Job(tmp_path, acting(refused))
    for _ in range(2):
        with job.attempt(LocalHost()) as runner:
            feed(runner, "a")
            runner.drain()
        assert job.outputs == [{"k": "no a"}]
    assert Calls.made == {"a": 1}


@pytest.mark.parametrize("strategy", ["fail", "retry"])
def test_a_call_that_failed_the_job_is_tried_again_after_the_restart(
    tmp_path: Path, strategy: str
) -> None:
    """Else a server that was away for a moment would fail the job for ever."""

    async def needs_both(event: InputEvent, ctx: RunnerContext) -> None:
        first = await ctx.durable_execute_async(Calls.make, "first")
        put_out(ctx, [first, await ctx.durable_execute_async(Calls.answer, "second")])

    options = {"error_handling_strategy": strategy, "max_retries": 1, "retry_wait_interval": 0.01}
    job = Job(tmp_path, acting(needs_both), **options)
    Calls.away = {"second"}
    tries = 1 if strategy == "fail" else 2
    for restart in range(2):
        with job.attempt(LocalHost()) as runner, pytest.raises(ActionError, match="second is away"):
            feed(runner, "a")
            runner.drain()
        # As often as the strategy says, then once in each attempt of the job.
        assert Calls.made == {"first": 1, "second": tries + restart}
    Calls.away = set()
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
    assert job.outputs == [{"k": ["first 1", f"second {tries + 2}"]}]
    assert Calls.made["first"] == 1


def test_a_retried_attempt_finds_its_own_calls(tmp_path: Path) -> None:
    async def fails_once(event: InputEvent, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(Calls.make, "first")
        try:
            await ctx.durable_execute_async(Calls.refuse, "second")
        except ValueError:
            if Calls.made["second"] % 2:
                raise
        put_out(ctx, await ctx.durable_execute_async(Calls.make, "third"))

    job = Job(
        tmp_path, acting(fails_once), error_handling_strategy="retry", retry_wait_interval=0.01
    )
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
    assert Calls.made == {"first": 1, "second": 2, "third": 1}


@pytest.mark.parametrize("action", [two_calls, a_call_now])
def test_a_call_with_another_request_is_made_and_the_difference_is_reported(
    tmp_path: Path, action: Any, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job(tmp_path, acting(action))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
    Calls.suffix = "x"
    with caplog.at_level(logging.WARNING), job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
    assert job.metrics.journal_differences == 1
    assert max(Calls.made.values()) == 1
    assert "did not on replay" in caplog.text


def test_elements_in_another_order_get_no_results_of_each_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def same_call(event: InputEvent, ctx: RunnerContext) -> None:
        put_out(ctx, [event.input, await ctx.durable_execute_async(Calls.make, "same")])

    job = Job(tmp_path, acting(same_call))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
        runner.drain()
    with caplog.at_level(logging.WARNING), job.attempt(LocalHost()) as runner:
        feed(runner, "b", "a")
        runner.drain()
    assert Calls.made == {"same": 4}
    assert job.metrics.journal_differences == 2
    assert "same order" in caplog.text


def test_a_run_that_calls_nothing_any_more_is_reported(tmp_path: Path) -> None:
    async def some(event: InputEvent, ctx: RunnerContext) -> None:
        if not Calls.suffix:
            await ctx.durable_execute_async(Calls.make, "a")

    job = Job(tmp_path, acting(some))
    for suffix, differences in (("", 0), ("x", 1)):
        Calls.suffix = suffix
        with job.attempt(LocalHost()) as runner:
            feed(runner, "a")
            runner.drain()
        assert job.metrics.journal_differences == differences


def test_what_an_open_run_had_called_after_the_checkpoint_and_does_not_again_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also in a task that was not there yet at the checkpoint."""

    async def sends_another(event: InputEvent, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(Calls.make, "a1")
        if not Calls.suffix:
            ctx.send_event(Another())

    async def of_another(event: Another, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(Calls.make, "a2")
        await ctx.durable_execute_async(Calls.make, "a3")

    job = Job(tmp_path, acting(sends_another, (Another, of_another)))
    checkpoint = checkpoint_at(job, "a1", "a3", "a")
    Calls.suffix = "x"
    with caplog.at_level(logging.WARNING):
        go_on(job, checkpoint)
    assert Calls.made == {"a1": 1, "a2": 1, "a3": 1}
    assert job.metrics.journal_differences == 1
    assert "did not on replay" in caplog.text


def test_the_calls_of_tasks_that_were_over_at_the_checkpoint_are_no_difference(
    tmp_path: Path,
) -> None:
    async def one(event: InputEvent, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(Calls.make, "one")

    async def other(event: InputEvent, ctx: RunnerContext) -> None:
        await ctx.durable_execute_async(Calls.make, "other")

    job = Job(tmp_path, acting(one, (InputEvent, other)))
    checkpoint = checkpoint_at(job, "other", "other", "a")
    go_on(job, checkpoint)
    assert Calls.made == {"one": 1, "other": 2}
    assert job.metrics.journal_differences == 0


_A, _B = "a" * 32, "b" * 32
_CHECKPOINT = "file:///checkpoints/{}/chk-7"


@pytest.mark.parametrize(
    ("restored_from", "job", "goes_on", "has"),
    [
        (None, "c" * 32, False, ""),
        (None, "c" * 32, True, ""),
        (None, _A, False, ""),
        (None, _A, True, "a"),
        (_CHECKPOINT.format(_A), "c" * 32, False, "a"),
        (_CHECKPOINT.format(_B), "c" * 32, True, "b"),
        ("s3://savepoints/savepoint-aaaaaa-0123456789ab", "c" * 32, False, "a"),
        ("/savepoints/a-copy", "c" * 32, False, "b"),
        ("/savepoints/a-copy", _A, True, "a"),
    ],
)
def test_a_job_uses_the_calls_of_the_job_that_it_goes_on_from_and_of_no_other(
    tmp_path: Path, restored_from: str | None, job: str, goes_on: bool, has: str
) -> None:
    """Two jobs have begun afresh in the same folder: each has made the first call of its own."""
    for element, id in (("a", _A), ("b", _B)):
        Calls.suffix = "" if element == "b" else "-"
        earlier = Job(tmp_path, acting(a_call_now), SeenJob(None, 1, id))
        with earlier.attempt(LocalHost()) as runner:
            feed(runner, "ab"[: 1 + (element == "b")])
        assert earlier.metrics.calls_recalled == 0
    later = Job(tmp_path, acting(a_call_now), SeenJob(None, 1, job, goes_on))
    later.settings = JournalSettings.of(str(tmp_path), "agent", restored_from, 3600.0)
    for restart in range(2):
        Calls.suffix = "-" if has == "a" else ""
        with later.attempt(LocalHost()) as runner:
            feed(runner, "ab" if has == "b" else "a")
        assert later.metrics.calls_recalled == (1 if has or restart else 0)


def test_a_damaged_entry_is_reported_and_its_call_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
    [file] = job.journal()
    file.write_bytes(file.read_bytes().replace(b'"a"', b'"z"', 1).replace(b"a 1", b"z 1", 1))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
    assert Calls.made == {"a": 2, "b": 1}
    assert job.metrics.journal_damages == 1
    assert "1 damaged entries" in caplog.text


def test_an_entry_that_was_torn_off_is_no_more_than_a_call_that_was_not_finished(
    tmp_path: Path,
) -> None:
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
    [file] = job.journal()
    os.truncate(file, file.stat().st_size - 5)
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
    assert Calls.made == {"a": 1, "b": 2}
    assert job.metrics.journal_damages == 0


def test_a_result_is_in_the_journal_before_the_action_sees_it(tmp_path: Path) -> None:
    seen: list[bool] = []

    async def looks(event: InputEvent, ctx: RunnerContext) -> None:
        result = await ctx.durable_execute_async(Calls.make, "a")
        seen.append(any(result.encode() in file.read_bytes() for file in job.journal()))

    job = Job(tmp_path, acting(looks))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        runner.drain()
    assert seen == [True]


class _ObjectStore(LocalFolder):
    """Files that are written once, and only by the thread that made the folder, as with Java."""

    appends = False
    any_thread = False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._owner = threading.get_ident()

    def write(self, name: str, data: bytes) -> None:
        assert threading.get_ident() == self._owner
        assert name not in self.names()
        super().write(name, data)


@pytest.mark.parametrize("action", [two_calls, a_call_now])
def test_where_only_the_operators_thread_can_write_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Any
) -> None:
    monkeypatch.setattr("flink_agents.runtime.flink.journal.folder.LocalFolder", _ObjectStore)
    job = Job(tmp_path, acting(action))
    for _ in range(2):
        with job.attempt(LocalHost()) as runner:
            feed(runner, "a", "b")
            runner.drain()
        assert len(job.outputs) == 2
    assert max(Calls.made.values()) == 1


class _FullFolder(LocalFolder):
    """A disk that has become full."""

    def write(self, name: str, data: bytes) -> None:
        if name.endswith(".journal"):
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(name, data)


@pytest.mark.parametrize("action", [two_calls, a_call_now])
@pytest.mark.parametrize("strategy", ["fail", "ignore"])
def test_the_job_fails_when_a_call_cannot_be_kept_whatever_is_done_about_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Any, strategy: str
) -> None:
    monkeypatch.setattr("flink_agents.runtime.flink.journal.folder.LocalFolder", _FullFolder)
    job = Job(tmp_path, acting(action), error_handling_strategy=strategy)
    match = r"No space left on device.*'durable-journal'"
    with job.attempt(LocalHost()) as runner, pytest.raises(DurableJournalError, match=match):
        feed(runner, "a")
        runner.drain()
    assert job.outputs == []


def test_a_folder_that_cannot_be_written_to_is_refused_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DurableJournalError, match=r"cannot be written to .*file/agent"):
        open_folder(f"{file}/agent", thread_mode=True)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(a_call_now))
    job.folder.mkdir()
    (job.folder / f"{job.settings.submission}-000001-00000-abc-000001.v2.journal").touch()
    with pytest.raises(DurableJournalError, match="another version"), job.attempt(LocalHost()):
        pass


def test_flinks_file_systems_need_thread_mode() -> None:
    with pytest.raises(EnvironmentSetupError, match=r"s3://bucket/j.*python\.execution-mode"):
        open_folder("s3://bucket/j", thread_mode=False)


@pytest.mark.parametrize("folder", ["journal", "./journal", "~/journal", ""])
def test_a_folder_without_an_absolute_path_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match=r"durable-journal.*absolute path"):
        check_options(Configuration({"durable-journal": folder}))


def test_a_time_to_keep_in_which_others_may_still_write_is_refused() -> None:
    with pytest.raises(ValueError, match=r"durable-journal\.keep' is 20 s.*at least 60 s"):
        check_options(Configuration({"durable-journal.keep": "20 s"}))
    check_options(Configuration({"durable-journal.keep": "1 min"}))


def test_an_attempt_that_was_given_up_keeps_nothing_once_its_successor_reads(
    tmp_path: Path,
) -> None:
    job = Job(tmp_path, acting(two_calls))
    Calls.hang = {"a1"}
    with job.attempt(LocalHost()) as zombie:
        feed(zombie, "a")
        pump_until(zombie, lambda: Calls.made["a1"] == 1)
        with job.attempt(LocalHost()) as runner:
            Calls.hang = set()
            feed(runner, "a")
            runner.drain()
            assert job.outputs == [{"k": ["a1 2", "a2 1"]}]
        with pytest.raises(DurableJournalError, match="a folder of its own"):
            zombie.drain()
    # The first attempt has made its first call to the end, and no action has seen the result.
    assert Calls.made == {"a1": 2, "a2": 1}


def test_the_threads_of_a_journal_end_with_it(tmp_path: Path) -> None:
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a")
        assert any(t.name == "flink-agents-journal" for t in threading.enumerate())
    assert not any(t.name == "flink-agents-journal" for t in threading.enumerate())


@pytest.mark.parametrize("graph", ["g", ""], ids=["graph", "no graph"])
@pytest.mark.parametrize("numbers", [(0, 1), (1, 0)])
def test_the_subtasks_of_an_attempt_let_each_other_live_in_whatever_order_they_open(
    tmp_path: Path, graph: str, numbers: tuple[int, int]
) -> None:
    job = Job(tmp_path, acting(a_call_now))
    one, other = (Subtask(number, True, graph) for number in numbers)
    with job.attempt(LocalHost(), one) as first, job.attempt(LocalHost(), other) as second:
        feed(first, "a")
        feed(second, "b")
    assert Calls.made == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    "later",
    [Subtask(0, True, "h"), Subtask(1, True, "h"), Subtask(0, True, "g"), Subtask(0, True)],
    ids=["new graph", "new graph, other subtask", "same graph", "no graph"],
)
def test_a_later_attempt_ends_what_is_earlier_in_its_process(
    tmp_path: Path, later: Subtask
) -> None:
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost(), Subtask(0, True, "g")) as zombie:
        with job.attempt(LocalHost(), later) as runner:
            feed(runner, "a")
        with pytest.raises(DurableJournalError, match="a folder of its own"):
            feed(zombie, "b")
    assert Calls.made == {"a": 1}


def test_an_element_that_an_action_has_changed_is_still_the_same_one_after_a_restore(
    tmp_path: Path,
) -> None:
    async def of_another(event: Another, ctx: RunnerContext) -> None:
        put_out(ctx, await ctx.durable_execute_async(Calls.make, "a"))
        await ctx.durable_execute_async(Calls.make, "b")

    def marks(event: InputEvent, ctx: RunnerContext) -> None:
        event.input["checked"] = True
        ctx.send_event(Another())

    job = Job(tmp_path, acting(marks, (Another, of_another)))
    checkpoint = checkpoint_at(job, "a", "b", {"name": "a"})
    go_on(job, checkpoint)
    assert Calls.made == {"a": 1, "b": 2}
    assert job.metrics.journal_differences == 0


def test_the_runs_of_a_key_are_numbered_on_when_the_memory_of_keys_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flink_agents.runtime.agent_runner._MAX_LOOKED_UP", 1)
    job = Job(tmp_path, acting(a_call_now))
    with job.attempt(LocalHost()) as runner:
        feed(runner, "a", "b")
        checkpoint = copy.deepcopy(job.store)
    # The first key fills the memory; with the second one it is begun anew.
    with job.attempt(checkpoint) as runner:
        job.store.switch("other")
        runner.element("other", lambda: "other", "x", None, True)
        job.store.switch("k")
        feed(runner, "c")
    with job.attempt(checkpoint) as runner:
        feed(runner, "c")
    assert Calls.made == {"a": 1, "b": 1, "x": 1, "c": 1}


class _TornFolder(LocalFolder):
    """A disk that takes half of a write, fails when it is told to, and takes the next write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writes = threading.Event()
        self.fail = threading.Event()

    def write(self, name: str, data: bytes) -> None:
        if self.writes.is_set():
            super().write(name, data)
            return
        super().write(name, data[: len(data) // 2])
        self.writes.set()
        self.fail.wait(30)
        raise OSError(errno.ENOSPC, "No space left on device")


def test_nothing_is_written_behind_half_a_line(tmp_path: Path) -> None:
    """Also not what came before the failure was seen."""
    folder = _TornFolder(tmp_path)
    loop = asyncio.new_event_loop()
    committer = Committer(folder, "p-", ".v1.journal", loop)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(committer.keep_now, b"first line\n")
        assert folder.writes.wait(30)
        second = pool.submit(committer.keep_now, b"second line\n")
        while not committer._batch.lines:
            time.sleep(0.001)
        folder.fail.set()
        for kept in (first, second):
            with pytest.raises(DurableJournalError, match="No space left"):
                kept.result(30)
    committer.close()
    loop.close()
    [file] = tmp_path.glob("*.journal")
    assert file.read_bytes() == b"first"


def test_a_plain_call_in_an_async_action_is_refused_where_the_operators_thread_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(event: InputEvent, ctx: RunnerContext) -> None:
        put_out(ctx, ctx.durable_execute(Calls.make_now, "a"))

    monkeypatch.setattr("flink_agents.runtime.flink.journal.folder.LocalFolder", _ObjectStore)
    job = Job(tmp_path, acting(waits))
    with (
        job.attempt(LocalHost()) as runner,
        pytest.raises(ActionError, match=r"await ctx\.durable_execute_async"),
    ):
        feed(runner, "a")
        runner.drain()
    assert Calls.made == {}
