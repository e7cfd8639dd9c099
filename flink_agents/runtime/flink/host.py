"""The Flink host: an agent in one subtask of a Flink job.

Three kinds of timers drive it beside the elements:

* the *pump*, one per subtask: a processing-time timer that is armed only while something is under
  way in the background; it applies what has finished, for any key;
* a *lease* per key with open work: a processing-time timer a few seconds ahead. It is part of
  every checkpoint, so after a restore it fires and finds a key with open work that nobody works
  on; that key goes on;
* the *end* of a bounded input: event-time timers that no watermark reaches before. The first of
  them makes each restored key go on, the second waits until nothing is open. What is put out then
  carries the timer's time, which sinks write down: so it is one near the clock's, even for the
  first and odd for the second, and set anew if a watermark comes that far. With event time
  outputs have timestamps of their own, and these timers the highest ones there are.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from typing import Any

from pyflink.datastream import KeyedProcessFunction, RuntimeContext, TimeDomain, TimerService

from flink_agents.api.configuration import Configuration
from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.exceptions import AgentsError
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.runtime.agent_runner import AgentRunner
from flink_agents.runtime.dead_letter import DeadLetter
from flink_agents.runtime.flink.dead_letters import DEAD_LETTERS
from flink_agents.runtime.flink.deferred_writes import DeferredWrites
from flink_agents.runtime.flink.journal.checkpoints import see_job, this_subtask
from flink_agents.runtime.flink.journal.durable_journal import DurableJournal, JournalSettings
from flink_agents.runtime.flink.key_switch import KeySwitch
from flink_agents.runtime.flink.keyed_state import DeferredKeyStore, FlinkKeyStore
from flink_agents.runtime.flink.keys import KeyText, hashable
from flink_agents.runtime.flink.metrics import FlinkMetricGroup
from flink_agents.runtime.flink.row_codec import flink_codec
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.services import Services

_END = 2**63 - 1
_RESUME_AT_END = _END - 1
#: Milliseconds from the clock, or the watermark if that is ahead, to the timers for the end.
_END_AHEAD_MS = 60_000
#: Leases fall on whole seconds and pumps never do: so a timer's time tells what it is for.
_LEASE_GRID = 1000
#: A lease that is renewed lasts twice as long, up to this many times the interval: so work goes on
#: after a restore at the latest in about the time that it had been open.
_MAX_LEASE_FACTOR = 16
#: The pump waits for this part of the time since it last found something: that is the most that it
#: adds to how long a call takes, and a job that only waits for long calls costs next to nothing.
_PUMP_PART = 1 / 32
_MAX_PUMP_MS = 64
#: Counts are passed on to Flink after so many elements, and while something is under way at least
#: after so many milliseconds.
_FLUSH_EVERY = 2000
_FLUSH_MS = 1000
#: Keys to remember the times of held outputs of, some 30 MB; beyond that they are looked at again.
_MAX_HELD = 100_000


class FlinkHost:
    """Keeps an agent going with Flink's state, timers and outputs.

    Args:
        context: Of the operator, in ``open()``.
        plan: The agent.
        config: The job's options for agents.
        text_keys: Whether keys are texts of :class:`KeyText`, else whatever the user's stream has.
        with_keys: Whether outputs are dicts ``{key: output}`` instead of plain outputs.
        journal: Settings of the durable journal, or None if there is none.
        writes: Where changes of state and timers are noted; None if they are made at once.
    """

    def __init__(
        self,
        context: RuntimeContext,
        plan: AgentPlan,
        config: Configuration,
        text_keys: bool,
        with_keys: bool,
        journal: JournalSettings | None = None,
        writes: DeferredWrites | None = None,
    ) -> None:
        self._agent = plan.agent
        self._text_keys = text_keys
        self._with_keys = with_keys
        self._codec = flink_codec(plan.data_types)
        self._key_text = KeyText(self._codec)
        self._keys = KeySwitch.of(context)
        self._store: FlinkKeyStore | DeferredKeyStore = FlinkKeyStore(context)
        if writes is not None:
            self._keys = writes.key_switch(self._keys)
            self._store = DeferredKeyStore(self._store, writes)
        self._metrics = AgentMetrics(FlinkMetricGroup(context.get_metrics_group()))
        self._event_time = config.get(AgentExecutionOptions.EVENT_TIME)
        self._lease_ms = int(config.get(AgentExecutionOptions.LEASE_INTERVAL) * 1000)
        self._pump_ms = max(1, int(config.get(AgentExecutionOptions.PUMP_INTERVAL) * 1000))
        self._pump_at: int | None = None
        self._found_at = 0
        self._timers: TimerService | None = None
        self._leases: dict[Hashable, tuple[int, int]] = {}  # when due, and how long it lasts
        self._ends: dict[Hashable, int] = {}
        self._outputs: list[Any] = []
        self._emitting_at: tuple[Hashable, int | None] = ("", None)
        self._held: dict[Hashable, set[int]] = {}  # timestamps at which outputs wait, by key
        self._unreported = 0
        self._flush_at = 0
        services = Services(plan, config, self._metrics, self._codec)
        durable = None
        try:
            durable = self._open_journal(context, services, journal) if journal else None
            self._runner = AgentRunner(services, self._store, self, durable)
        except BaseException:
            if durable is not None:
                durable.close()
            services.close()
            raise

    def element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[Any]:
        """Take an element of the current key; returns what is to go downstream."""
        runner = self._runner
        if self._timers is None:
            self._timers = ctx.timer_service()
        key = self._key(ctx.get_current_key())
        timestamp = held_at = None
        if self._event_time:
            timestamp = self._timestamp(ctx)
            self._emitting_at = (key, timestamp)
            if self._held_of(key):
                held_at = self._keys.current()
        in_flight = runner.in_flight
        runner.element(key, self._keys.current, value, timestamp, stored=True)
        if timestamp is not None and (held_at is not None or runner.is_open(key)):
            self._keys.switch(runner.handle_of(key) if held_at is None else held_at)
            self._timers.register_event_time_timer(timestamp)
        if runner.in_flight > in_flight or (self._pump_at is None and runner.has_background_work):
            self._pump_soon()
        self._unreported += 1
        if self._unreported >= _FLUSH_EVERY:
            self.flush()
        return self._take_outputs()

    def timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterable[Any]:
        """Take a timer of the current key; returns what is to go downstream."""
        runner = self._runner
        if self._timers is None:
            self._timers = ctx.timer_service()
        key = self._key(ctx.get_current_key())
        if ctx.time_domain() == TimeDomain.PROCESSING_TIME:
            self._emitting_at = ("", None)
            if timestamp % _LEASE_GRID == 0:
                self._on_lease(key, timestamp)
            else:
                self._on_pump(timestamp)
        elif self._event_time and timestamp < _RESUME_AT_END:
            self._on_watermark(key, timestamp)
        elif timestamp % 2 == 0:
            self._on_end(key)
        else:
            while runner.open_keys and self._watermark() == _END:
                runner.pump(wait=0.1)
                self._flush_if_due(int(time.time() * 1000))
        return self._take_outputs()

    def close(self) -> None:
        """Cancel what is under way and release all resources, once. Safe from any thread."""
        try:
            self._runner.close()
        finally:
            # It refers to this host. With both in a circle Flink's state of this attempt would stay
            # in Java's heap beside that of the next.
            del self._runner

    # What the runner asks of its host.

    def switch(self, handle: Any) -> None:
        self._keys.switch(handle)

    def opened(self, key: Hashable) -> None:
        self._register_lease(key, self._lease_ms)
        self._register_end(key)

    def idle(self, key: Hashable) -> None:
        timers = self._timer_service
        due, _ = self._leases.pop(key)
        timers.delete_processing_time_timer(due)
        timers.delete_event_time_timer(self._ends.pop(key))

    def emit(self, key: Hashable, value: Any, timestamp: int | None) -> None:
        output = {key: value} if self._with_keys else value
        if timestamp is None:
            self._outputs.append(output)
            return
        waiting = self._held_of(key)
        is_now = self._emitting_at == (key, timestamp)
        # What is held of earlier elements goes first, so that outputs keep the order of elements.
        if is_now and not any(held <= timestamp for held in waiting):
            self._outputs.append(output)
            return
        waiting.add(timestamp)
        held = self._store.held(timestamp)
        outputs = self._codec.loads(held) if held is not None else []
        self._store.hold(timestamp, self._codec.dumps([*outputs, output]))

    def dead_letter(self, letter: DeadLetter) -> None:
        self._outputs.append((DEAD_LETTERS, letter.to_json()))

    # Timers.

    @property
    def _timer_service(self) -> TimerService:
        assert self._timers is not None
        return self._timers

    def _on_pump(self, timestamp: int) -> None:
        runner = self._runner
        if self._pump_at is not None and timestamp != self._pump_at:
            return  # left over from before a restore, or an earlier one has taken its place
        if runner.pump():
            self._found_at = timestamp
        self._pump_at = None
        if runner.has_background_work:
            self._arm_pump()
            self._flush_if_due(timestamp)
        else:
            self.flush()

    def _on_lease(self, key: Hashable, timestamp: int) -> None:
        runner = self._runner
        current = self._keys.current()
        if runner.resume(key, self._keys.current):
            due, lasts = self._leases.get(key, (0, 0))
            if due == timestamp:
                self._keys.switch(current)
                self._register_lease(key, min(2 * lasts, _MAX_LEASE_FACTOR * self._lease_ms))
        if self._pump_at is None and runner.has_background_work:
            self._pump_soon()
        self.flush()

    def _on_watermark(self, key: Hashable, timestamp: int) -> None:
        """Let out what belongs before the watermark: what is held, and what is still open."""
        runner = self._runner
        self._emitting_at = (key, timestamp)
        # First what has been waiting, so that outputs keep the order of their elements.
        held = self._store.held(timestamp)
        if held is not None:
            self._store.release(timestamp)
            self._held_of(key).discard(timestamp)
            self._outputs.extend(self._codec.loads(held))
        current = self._keys.current()
        runner.resume(key, self._keys.current)
        runner.drain_key(key)
        self._keys.switch(current)

    def _on_end(self, key: Hashable) -> None:
        current = self._keys.current()
        if not self._runner.resume(key, self._keys.current):
            return
        self._keys.switch(current)
        if self._watermark() != _END:
            self._register_end(key)
        elif self._event_time:
            self._timer_service.register_event_time_timer(_END)
        else:
            # Behind the first timers of all keys, so that restored ones work side by side.
            self._timer_service.register_event_time_timer(self._end_ahead() + _END_AHEAD_MS + 1)

    def _register_end(self, key: Hashable) -> None:
        due = _RESUME_AT_END if self._event_time else self._end_ahead()
        self._ends[key] = due
        self._timer_service.register_event_time_timer(due)

    def _end_ahead(self) -> int:
        now, watermark = int(time.time() * 1000), self._watermark()
        due = (now if watermark == _END else max(now, watermark)) + _END_AHEAD_MS
        return due - due % 2

    def _watermark(self) -> int:
        # In process mode there is none before the first one has come.
        return self._timer_service.current_watermark() or 0

    def _pump_soon(self) -> None:
        """Arm the pump for work that has just begun."""
        self._found_at = now = int(time.time() * 1000)
        if self._pump_at is None or self._pump_at > now + 2 * self._pump_ms:
            self._arm_pump()

    def _arm_pump(self) -> None:
        now = int(time.time() * 1000)
        quiet = int((now - self._found_at) * _PUMP_PART)
        due = now + max(self._pump_ms, min(quiet, _MAX_PUMP_MS))
        self._pump_at = due + 1 if due % _LEASE_GRID == 0 else due
        self._timer_service.register_processing_time_timer(self._pump_at)

    def _register_lease(self, key: Hashable, lasts: int) -> None:
        due = int(time.time() * 1000) + lasts
        due += _LEASE_GRID - due % _LEASE_GRID
        self._leases[key] = due, lasts
        self._timer_service.register_processing_time_timer(due)

    # Small things.

    def _open_journal(
        self, context: RuntimeContext, services: Services, settings: JournalSettings
    ) -> DurableJournal:
        return DurableJournal(
            settings,
            this_subtask(context),
            see_job(context),
            services.shared_loop.loop,
            self._codec,
            self._key_text.to_text,
            self._metrics,
        )

    def _held_of(self, key: Hashable) -> set[int]:
        """The timestamps at which outputs of the current key wait."""
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= _MAX_HELD:
                self._held.clear()
            held = self._held[key] = self._store.held_timestamps()
        return held

    def _key(self, key: Any) -> Hashable:
        if self._text_keys:
            return self._key_text.from_text(key)
        return hashable(key, repr(key))

    def _timestamp(self, ctx: Any) -> int:
        timestamp = ctx.timestamp()
        if timestamp is None or timestamp <= -(2**63):
            raise AgentsError(
                f"Option {AgentExecutionOptions.EVENT_TIME.get_key()!r} is on, but an element of "
                f"agent {self._agent!r} has no timestamp. Assign timestamps and watermarks "
                "to the stream before the agent."
            )
        return timestamp

    def _take_outputs(self) -> Iterable[Any]:
        outputs = self._outputs
        if not outputs:
            return ()
        self._outputs = []
        return outputs

    def _flush_if_due(self, now: int) -> None:
        if now >= self._flush_at:
            self._flush_at = now + _FLUSH_MS
            self.flush()

    def flush(self) -> None:
        """Pass all counts on to Flink."""
        self._unreported = 0
        self._metrics.flush(self._runner.in_flight, self._runner.open_keys)
