"""What the actions of one subtask share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import Any

from flink_agents.api.blocking import event_loop, thread_pool
from flink_agents.api.configuration import ConfigOption, ReadableConfiguration
from flink_agents.api.core_options import AgentConfigOptions, AgentExecutionOptions
from flink_agents.api.resource import action_metrics
from flink_agents.engine.codec import Codec
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.exceptions import ModelTimeoutError
from flink_agents.plan.agent_plan import AgentPlan
from flink_agents.runtime.loop import SharedLoop
from flink_agents.runtime.metrics import AgentMetrics
from flink_agents.runtime.resources import ResourceCache

OPTIONS = tuple(
    option
    for group in (AgentConfigOptions, AgentExecutionOptions)
    for option in vars(group).values()
    if isinstance(option, ConfigOption)
)

#: Seconds. A file of the durable journal is written to for 20 s.
_LEAST_KEEP = 60


def check_options(config: ReadableConfiguration) -> None:
    """Read every option once, so that a wrong value is found before a job is submitted.

    Raises:
        ValueError: If a value is not of the option's type or range; names the option.
    """
    for option in OPTIONS:
        config.get(option)
    for option in (AgentExecutionOptions.MAX_IN_FLIGHT, AgentExecutionOptions.NUM_ASYNC_THREADS):
        if config.get(option) < 1:
            raise ValueError(f"Option {option.get_key()!r} must be at least 1.")
    folder = config.get(AgentExecutionOptions.DURABLE_JOURNAL)
    if folder is not None and not re.match(r"/|[a-z][a-z0-9+.-]*:/", folder):
        raise ValueError(
            f"Option {AgentExecutionOptions.DURABLE_JOURNAL.get_key()!r} is {folder!r}. Give an "
            "absolute path or a URI, such as file:///mnt/journal: workers have other folders."
        )
    if (keep := config.get(AgentExecutionOptions.DURABLE_JOURNAL_KEEP)) < _LEAST_KEEP:
        raise ValueError(
            f"Option {AgentExecutionOptions.DURABLE_JOURNAL_KEEP.get_key()!r} is {keep:g} s. Give "
            f"at least {_LEAST_KEEP} s: other subtasks may still write to what is deleted then."
        )


class Services:
    """Resources, limits and settings of one subtask; opened and closed with it.

    Args:
        plan: The agent.
        config: The job's configuration.
        metrics: Where the subtask reports to.
        codec: Encodes the agent's values.
    """

    def __init__(
        self, plan: AgentPlan, config: ReadableConfiguration, metrics: AgentMetrics, codec: Codec
    ) -> None:
        self.plan = plan
        self.config = config
        self.metrics = metrics
        self.codec = codec
        self.max_in_flight = config.get(AgentExecutionOptions.MAX_IN_FLIGHT)
        self.policy = ErrorPolicy(
            config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY),
            config.get(AgentConfigOptions.MAX_RETRIES),
            config.get(AgentConfigOptions.RETRY_WAIT_INTERVAL),
            config.get(AgentConfigOptions.RETRY_MAX_WAIT),
        )
        self.resources = ResourceCache(plan, config, self.max_in_flight)
        self.resources.warm_up()  # in the subtask's own thread, not on the event loop
        self.threads = ThreadPoolExecutor(
            config.get(AgentExecutionOptions.NUM_ASYNC_THREADS), "flink-agents-call"
        )
        self._timeout = config.get(AgentExecutionOptions.CALL_TIMEOUT)
        self._limit = asyncio.Semaphore(self.max_in_flight)
        self.shared_loop = SharedLoop.acquire()
        self._scopes: dict[str, Context] = {}

    def scope(self, action: str) -> Context:
        """The context variables that an action runs with."""
        if (scope := self._scopes.get(action)) is None:
            scope = self._scopes[action] = copy_context()
            scope.run(thread_pool.set, self.threads)
            scope.run(event_loop.set, self.shared_loop.loop)
            scope.run(action_metrics.set, self.metrics.of_action(action))
        return scope

    async def limited(self, call: Coroutine[Any, Any, Any], name: str) -> Any:
        """Run a call within the limits on calls in flight and on its time.

        Raises:
            ModelTimeoutError: If it takes longer than ``call-timeout``.
        """
        try:
            await self._limit.acquire()
        except asyncio.CancelledError:
            call.close()  # it has not begun
            raise
        task = asyncio.ensure_future(call)
        try:
            await asyncio.wait({task}, timeout=self._timeout)
            if not task.done():
                raise ModelTimeoutError(
                    f"{name} gave no answer within {self._timeout:g} s and was given up. The limit "
                    f"is the option {AgentExecutionOptions.CALL_TIMEOUT.get_key()!r}."
                )
            return task.result()
        finally:
            task.cancel()
            self._limit.release()
            # An error of the task has this frame: a circle, with all that was sent.
            del task

    def close(self) -> None:
        """Close what has been opened; safe to call in any state, once."""
        created = self.resources.created()
        try:
            self.shared_loop.run(_close_on_loop(created), timeout=30)
        finally:
            self.threads.shutdown(wait=False, cancel_futures=True)
            self.shared_loop.release()
        for resource in created:
            resource.close()


async def _close_on_loop(resources: list[Any]) -> None:
    for resource in resources:
        await resource.aclose()
