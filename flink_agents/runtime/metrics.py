"""What a subtask counts, under the names that dashboards know."""

from __future__ import annotations

from flink_agents.api.metric_group import MetricGroup


class AgentMetrics:
    """Counts in plain numbers and passes them on now and then: an event costs an addition.

    Args:
        root: The operator's metrics.
    """

    def __init__(self, root: MetricGroup) -> None:
        self.agent = root
        self.events = 0
        #: Calls that the durable journal has answered.
        self.calls_recalled = 0
        #: Calls of the durable journal that do not fit what the replay does.
        self.journal_differences = 0
        #: Entries of the durable journal that cannot be read.
        self.journal_damages = 0
        self._actions: dict[str, int] = {}
        self._groups: dict[str, MetricGroup] = {}
        self._reported: dict[str, int] = {}

    def of_action(self, name: str) -> MetricGroup:
        """The metrics of an action."""
        if (group := self._groups.get(name)) is None:
            group = self._groups[name] = self.agent.get_sub_group("action").get_sub_group(name)
        return group

    def action_started(self, name: str) -> None:
        """Count an attempt of an action."""
        self._actions[name] = self._actions.get(name, 0) + 1

    def flush(self, in_flight: int, open_keys: int) -> None:
        """Pass the counts on.

        Args:
            in_flight: Tasks under way in the background.
            open_keys: Keys with open work.
        """
        self._pass_on(self.agent, "numOfEventProcessed", self.events, "event")
        self._pass_on(self.agent, "numOfActionsExecuted", sum(self._actions.values()), "actions")
        self._pass_on(self.agent, "numOfCallsRecalled", self.calls_recalled, "recalled")
        self._pass_on(self.agent, "numOfJournalDifferences", self.journal_differences, "differ")
        self._pass_on(self.agent, "numOfJournalDamages", self.journal_damages, "damages")
        for name, count in self._actions.items():
            self._pass_on(self.of_action(name), "numOfActionsExecuted", count, f"action {name}")
        self.agent.get_gauge("numOfTasksInFlight").update(in_flight)
        self.agent.get_gauge("numOfOpenKeys").update(open_keys)

    def _pass_on(self, group: MetricGroup, name: str, total: int, what: str) -> None:
        if new := total - self._reported.get(what, 0):
            self._reported[what] = total
            group.get_counter(name).inc(new)
            group.get_meter(f"{name}PerSec").mark(new)
