"""Runs an agent for the keys of one subtask: carries out what the engine wants done.

A host gives it a :class:`KeyStore` and feeds it elements; everything else, from order to
retries, is the engine's. Both hosts use this class as it is.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

from flink_agents.api.core_options import AgentExecutionOptions
from flink_agents.engine.inputs import (
    ActionFailed,
    Admitted,
    ElementArrived,
    Input,
    Restored,
)
from flink_agents.engine.state import KeyState, dump_state, load_state
from flink_agents.engine.step import Engine
from flink_agents.exceptions import NotStorableError, StateFormatError
from flink_agents.runtime.background import Background
from flink_agents.runtime.durable_calls import DurableCalls
from flink_agents.runtime.durable_runs import DurableRuns
from flink_agents.runtime.effect_handlers import EffectHandlers
from flink_agents.runtime.host import Host, KeyStore
from flink_agents.runtime.open_key import OpenKey
from flink_agents.runtime.refusals import Refusals, is_storable
from flink_agents.runtime.services import Services

logger = logging.getLogger(__name__)

#: Elements that wait in state, of all keys of the subtask, before the input waits, too: what the
#: buffers before an operator hold of small records, so that a barrier behind them passes.
_MAX_WAITING = 10_000
#: Keys to remember as looked up, some 10 MB; beyond that the runner begins anew.
_MAX_LOOKED_UP = 100_000


class AgentRunner:
    """The agent at work in one subtask. Not thread-safe: its owner is the operator's thread.

    Args:
        services: What the actions share; closed with the runner.
        store: State of the current key.
        host: Switches keys, takes outputs.
        durable: Keeps finished calls outside of the store, too; closed with the runner.
    """

    def __init__(
        self,
        services: Services,
        store: KeyStore,
        host: Host,
        durable: DurableCalls | None = None,
    ) -> None:
        self._services = services
        self._store = store
        self._host = host
        self._engine = Engine(services.plan, services.policy)
        self._actions = services.plan.actions_by_name
        self._metrics = services.metrics
        self._codec = services.codec
        self._open: dict[Hashable, OpenKey] = {}
        # Only this runner changes their state, so there is nothing to find a second time. In
        # process mode to look is a round trip to Java.
        self._looked_up: set[Hashable] = set()
        self._parked: deque[OpenKey] = deque()
        self._waiting = 0  # elements, behind busy keys and for room
        self._sets_aside = False  # the last element found no room
        self._background: Background[OpenKey] = Background(services)
        self._durable = DurableRuns(durable, self._metrics) if durable is not None else None
        self._refusals = Refusals(services, host)
        self._idle_key = OpenKey("", None, KeyState())
        self._carry_out = EffectHandlers(
            services, store, host, self._background, self._own, self._durable
        ).by_type
        option = services.config.get
        self._patience = option(AgentExecutionOptions.BACK_PRESSURE_WAIT)
        self._one_by_one = not (
            option(AgentExecutionOptions.CHAT_ASYNC)
            and option(AgentExecutionOptions.TOOL_CALL_ASYNC)
        )

    @property
    def open_keys(self) -> int:
        """Keys that have open work."""
        return len(self._open)

    @property
    def in_flight(self) -> int:
        """Tasks under way in the background, waits for a retry included."""
        return self._background.open

    @property
    def has_background_work(self) -> bool:
        """Whether :meth:`pump` may find something."""
        return self._background.open > 0 or bool(self._parked)

    def is_open(self, key: Hashable) -> bool:
        """Whether a key of this subtask is known to have open work."""
        return key in self._open

    def handle_of(self, key: Hashable) -> Any:
        """The host's handle of a key that has open work."""
        return self._open[key].handle

    def element(
        self,
        key: Hashable,
        handle: Callable[[], Any],
        value: Any,
        timestamp: int | None,
        stored: bool,
    ) -> None:
        """Take an element of the current key.

        Args:
            key: The key.
            handle: Gives what the host needs to switch back to the key later.
            value: The element.
            timestamp: Its event time in milliseconds, or None.
            stored: Whether the key may have state that was restored and not been resumed.
        """
        self._metrics.events += 1
        if self._durable is not None:
            if self.has_background_work:
                self._durable.tick()
            else:
                self._durable.applied(self._durable.reported)
        admit = (
            self._background.open < self._services.max_in_flight and self._waiting < _MAX_WAITING
        ) or self._make_room(handle)
        self._sets_aside = not admit
        entry = self._open.get(key)
        if entry is None and stored and key not in self._looked_up:
            if len(self._looked_up) >= _MAX_LOOKED_UP:
                self._looked_up.clear()
                if self._durable is not None:
                    self._durable.forget_runs()
            entry = self._resume(key, handle)
            self._looked_up.add(key)
        if entry is None:
            # Most elements of agents without model calls are done within this call: they share
            # one entry, which becomes the key's own as soon as something stays open.
            entry = self._idle_key
            entry.key = key
            entry.handle = handle
            entry.state.runs = self._durable.runs_of(key) if self._durable is not None else 0
        if not (admit and entry.state.is_idle) and not self._refusals.can_be_kept(key, value):
            return
        self._feed(entry, ElementArrived(value, timestamp, admit))
        if not admit and entry.state.run is None:
            self._parked.append(self._open[key])
        if self._one_by_one:
            self.drain_key(key)

    def pump(self, wait: float = 0.0) -> bool:
        """Apply what has happened in the background.

        Args:
            wait: Seconds to wait if nothing has happened yet.

        Returns:
            Whether anything had happened.
        """
        durable = self._durable
        reported = durable.reported if durable is not None else 0
        inputs: dict[int, tuple[OpenKey, list[Input]]] = {}
        for outcome in self._background.collect(wait):
            inputs.setdefault(id(outcome.key), (outcome.key, []))[1].append(outcome.given)
        for entry, given in inputs.values():
            if self._open.get(entry.key) is not entry:
                continue  # a call that was still under way when its action had failed
            self._host.switch(entry.handle)
            self._feed(entry, *given)
        while self._parked and self._background.open < self._services.max_in_flight:
            entry = self._parked.popleft()
            if self._open.get(entry.key) is entry:
                self._host.switch(entry.handle)
                self._feed(entry, Admitted())
        if durable is not None:
            durable.applied(reported)
        return bool(inputs)

    def resume(self, key: Hashable, handle: Callable[[], Any]) -> bool:
        """Go on with the current key if a checkpoint left open work of it.

        Returns:
            Whether the key has open work now.
        """
        return key in self._open or self._resume(key, handle) is not None

    def drain(self) -> None:
        """Wait until no key of this subtask has open work."""
        while self._open:
            self.pump(wait=0.1)

    def drain_key(self, key: Hashable) -> None:
        """Wait until one key has no open work."""
        while key in self._open:
            self.pump(wait=0.1)

    def close(self) -> None:
        """Cancel what is under way and release all resources."""
        try:
            self._background.close()
        finally:
            # The handlers refer to this runner. With them in a circle it would live on, and the
            # store with all its state, until Python looks for circles, which may be never.
            self._carry_out.clear()
            if self._durable is not None:
                self._durable.journal.close()
            self._services.close()

    def _make_room(self, handle: Callable[[], Any]) -> bool:
        """Hold the input up until there is room, but not so long that a checkpoint would wait.

        Once a wait was in vain, the elements behind are set aside at once, up to a limit: the
        barrier of a checkpoint has thousands of them before it, which cannot each wait. At the
        limit one is taken for each that goes, whether they wait for room or behind a busy key:
        so the state of a job that is given too much does not grow on and on.
        """
        max_in_flight = self._services.max_in_flight
        is_crowded = self._waiting >= _MAX_WAITING
        if self._sets_aside and not is_crowded:
            return False
        current = handle()
        left = self._patience
        deadline = time.monotonic() + left
        while left > 0 and (
            self._waiting >= _MAX_WAITING if is_crowded else self._background.open >= max_in_flight
        ):
            self.pump(wait=left)
            left = deadline - time.monotonic()
        self._host.switch(current)
        return self._background.open < max_in_flight

    def _resume(self, key: Hashable, handle: Callable[[], Any]) -> OpenKey | None:
        text = self._store.load()
        if text is None:
            return None
        try:
            return self._go_on(key, handle, load_state(text, self._codec))
        except StateFormatError as error:
            raise StateFormatError(f"Key {key!r}: {error}") from error

    def _go_on(self, key: Hashable, handle: Callable[[], Any], state: KeyState) -> OpenKey | None:
        if self._durable is not None:
            self._durable.found(key, state)
        if state.is_idle:
            return None
        self._waiting += state.waiting
        entry = self._open[key] = OpenKey(key, handle(), state, saved=True)
        self._feed(entry, Restored())
        return self._open.get(key)

    def _feed(self, entry: OpenKey, *given: Input) -> None:
        """Step the engine until nothing is left to do at once, then keep what is open."""
        inputs = deque(given)
        waiting = entry.state.waiting
        while inputs:
            for effect in self._engine.step(entry.state, inputs.popleft()):
                if follows := self._carry_out[type(effect)](entry, effect):
                    inputs.extend(follows)
        self._waiting += entry.state.waiting - waiting
        if entry.state.is_idle:
            if self._durable is not None:
                # How many runs there were is all that is left, and cannot be told from elsewhere.
                self._durable.keep_runs(entry.key, entry.state.runs)
                self._store.save(dump_state(entry.state, self._codec))
            elif entry.saved:
                self._store.clear()
            entry.saved = False
            if entry is not self._idle_key:
                del self._open[entry.key]
                if entry.announced:
                    entry.announced = False
                    self._host.idle(entry.key)
        else:
            entry = self._own(entry)
            self._save(entry)
            # Nothing is open any more if what could not be kept was all there was.
            if not entry.announced and not entry.state.is_idle:
                entry.announced = True
                self._host.opened(entry.key)

    def _save(self, entry: OpenKey) -> None:
        """Keep the state; what cannot be kept fails for the action that sent it."""
        state = entry.state
        try:
            self._store.save(dump_state(state, self._codec))
        except NotStorableError as error:
            assert state.run is not None
            for task in state.run.tasks.values():
                if not is_storable(self._codec, task.event):
                    self._feed(entry, ActionFailed(state.run.number, task.id, task.attempt, error))
                    return
            self._refusals.refuse(entry.key, state.run.value, error)
            state.run = None  # what it still has under way is not waited for
            self._feed(entry, Admitted())
            return
        entry.saved = True

    def _own(self, entry: OpenKey) -> OpenKey:
        """Make the shared entry the key's own, as something of the key stays open."""
        if entry is self._idle_key:
            self._idle_key = OpenKey("", None, KeyState())
            entry.handle = entry.handle()
        self._open[entry.key] = entry
        return entry
