"""Faults that travel with a job and strike where it runs, each once.

A fault is told by its kind and the element that it waits for:

=============  ====================================================================================
``action``     the action that takes the element raises
``answer``     the action that takes the model's answer raises, after it has seen that
``model``      the model connection raises while it is awaited, after the server has answered
``write``      to write the element's open work, or in thread mode to note it for Java, raises
``restore``    the action raises; then ``open()`` of the next attempt; then, in the attempt after
               that, the read of what the checkpoint has of a key
``close``      ``close()`` raises, at the end of the job, whatever the element
=============  ====================================================================================

The last three are in code of the product and are patched into it where the job arrives: see
:class:`Chaos`. The interpreter of a worker outlives the job, so a fault strikes only as long as the
folder of its marks exists.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import sabotage
from tests.chaos.ledger import FAILED, Ledger
from tests.chaos.tally import order_at


class InjectedError(Exception):
    """What is raised."""


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        kind: See above.
        element: Number of the element among all, from 0.
    """

    kind: str
    element: int


@dataclass(frozen=True)
class Plan:
    """What is to go wrong in a job.

    Attributes:
        marks: Folder for what has struck; nothing strikes without it.
        ledger: File of the ledger, which is told.
        run: What the names of the job's model calls begin with.
        keys: How many customers there are.
        faults: What is to strike.
        sabotage: Name of a rule of the runtime that does not hold in this job, see
            :mod:`tests.chaos.sabotage`; empty if all hold.
    """

    marks: str
    ledger: str
    run: str
    keys: int
    faults: tuple[Fault, ...] = ()
    sabotage: str = ""

    @property
    def is_on(self) -> bool:
        """Whether something may strike still."""
        return os.path.isdir(self.marks)

    def of_kind(self, kind: str) -> list[Fault]:
        """The faults of one kind."""
        return [fault for fault in self.faults if fault.kind == kind]

    def call_of(self, fault: Fault) -> str:
        """Name of the model call of the order that a fault waits for."""
        return order_at(fault.element, self.run, self.keys).call

    def strike(self, fault: Fault, step: str = "") -> None:
        """Raise if the fault has not struck yet.

        Args:
            fault: The fault.
            step: Which of its strikes, if there are more than one.

        Raises:
            InjectedError: Then.
        """
        name = f"{fault.kind}-{fault.element}{step}"
        try:
            os.close(os.open(f"{self.marks}/{name}", os.O_CREAT | os.O_EXCL))
        except OSError:
            return  # it has struck, or the run is over
        Ledger(self.ledger).note(FAILED, name)
        raise InjectedError(f"injected: {name}")

    def strike_call(self, kind: str, call: str) -> None:
        """Raise if a fault of a kind waits for the order of this call and has not struck yet."""
        for fault in self.of_kind(kind):
            if self.call_of(fault) == call:
                self.strike(fault)

    def has_struck(self, fault: Fault, step: str = "") -> bool:
        """Whether a fault has struck."""
        return os.path.exists(f"{self.marks}/{fault.kind}-{fault.element}{step}")


def struck(marks: Path) -> set[str]:
    """Names of all that has struck."""
    return {mark.name for mark in marks.iterdir()}


class Chaos:
    """A plan as the agent's actions use it. When it arrives at a worker, it patches the product.

    Args:
        plan: What is to go wrong.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __reduce__(self) -> Any:
        return _arrive, (self.plan,)

    def taken(self, call: str) -> None:
        """The action has been given the order that this model call is made for."""
        self.plan.strike_call("action", call)
        self.plan.strike_call("restore", call)

    def answered(self, call: str) -> None:
        """The action has seen the answer."""
        self.plan.strike_call("answer", call)


_active: Plan | None = None
_is_patched = False


def active() -> Plan | None:
    """The plan of the job that has come to this worker last, if that goes on."""
    return _active if _active is not None and _active.is_on else None


def _arrive(plan: Plan) -> Chaos:
    global _active
    _active = plan
    _patch()
    if plan.sabotage:
        sabotage.patch(plan.sabotage, _broken_rule)
    return Chaos(plan)


def _broken_rule() -> str:
    plan = active()
    return plan.sabotage if plan is not None else ""


def _patch() -> None:
    from flink_agents.runtime.flink.host import FlinkHost
    from flink_agents.runtime.flink.operator import AgentFunction

    global _is_patched
    if _is_patched:
        return
    _is_patched = True
    open_host, close_function = FlinkHost.__init__, AgentFunction.close

    def break_store(store: Any) -> None:
        save, load = store.save, store.load

        def saved(text: str) -> None:
            if (plan := active()) is not None:
                for fault in plan.of_kind("write"):
                    # The order is text within the text.
                    if f'{plan.call_of(fault)}\\"' in text:
                        plan.strike(fault)
            save(text)

        def loaded() -> str | None:
            text = load()
            if text is not None and (plan := active()) is not None:
                for fault in plan.of_kind("restore"):
                    if plan.has_struck(fault, "-open"):
                        plan.strike(fault, "-load")
            return text

        store.save, store.load = saved, loaded

    def host_opened(self: FlinkHost, *arguments: Any, **named: Any) -> None:
        if (plan := active()) is not None:
            for fault in plan.of_kind("restore"):
                if plan.has_struck(fault):
                    plan.strike(fault, "-open")
        open_host(self, *arguments, **named)
        break_store(self._store)

    def function_closed(self: AgentFunction) -> None:
        close_function(self)
        if (plan := active()) is not None:
            for fault in plan.of_kind("close"):
                plan.strike(fault)

    FlinkHost.__init__ = host_opened  # pyright: ignore[reportAttributeAccessIssue]
    AgentFunction.close = function_closed


__all__ = ["Chaos", "Fault", "InjectedError", "Plan", "active", "struck"]
