"""A crash after any step of any program changes nothing: not the outputs, not memory, not order.

And the checker can tell: it finds what goes wrong when the journal or the order per key is off.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.event import InputEvent
from flink_agents.engine.inputs import ElementArrived
from flink_agents.engine.step import Engine
from tests.unit.engine.programs import ActionProgram, Call, Program, programs
from tests.unit.engine.simulation import (
    Simulation,
    Violation,
    crash_after_each_step,
    crash_everywhere,
)

_thorough = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
_search = settings(_thorough, max_examples=2000, phases=[Phase.generate], database=None)


@settings(_thorough, max_examples=1000)
@given(programs())
def test_a_crash_after_any_step_leaves_outcome_and_finished_calls_as_they_were(
    program: Program,
) -> None:
    crash_everywhere(program)


@settings(_thorough, max_examples=300)
@given(programs(pure=True))
def test_a_crash_is_harmless_when_things_happen_in_another_order_after_it(
    program: Program,
) -> None:
    crash_everywhere(program, reschedule=True)


@settings(_thorough, max_examples=300)
@given(programs())
def test_a_run_that_crashes_after_each_of_its_steps_ends_as_if_nothing_had_happened(
    program: Program,
) -> None:
    crash_after_each_step(program)


@settings(_thorough, max_examples=200)
@given(programs(pure=True))
def test_the_schedule_changes_the_order_within_a_run_only(program: Program) -> None:
    first, second = Simulation(program), Simulation(program, schedule=program.schedule + 1)
    first.run()
    second.run()
    for name in first.keys:
        assert sorted(first.keys[name].outputs, key=repr) == sorted(
            second.keys[name].outputs, key=repr
        )
    assert first.finished == second.finished
