"""The rules of the engine, one input at a time: runs, their order, routes and memory."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import pytest

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.effects import (
    Emit,
    EndRun,
    IgnoreError,
    PutWaiting,
    RunAction,
    TakeWaiting,
    WriteMemory,
)
from flink_agents.engine.inputs import (
    Admitted,
    ElementArrived,
    RetryDue,
    WaitingTaken,
)
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import KeyState, dump_state
from flink_agents.engine.step import check_heard
from flink_agents.exceptions import (
    EnvironmentSetupError,
    ModelRequestError,
    ModelUnavailableError,
    NotStorableError,
    OutputSchemaError,
    StateFormatError,
    UnhandledEventError,
)
from tests.unit.engine.keys import (
    RETRY,
    STANDARD,
    First,
    Key,
    Lookup,
    Second,
    action,
    named,
    plan,
    started,
)

# Runs


def test_an_element_starts_a_run_with_the_action_that_listens_to_input() -> None:
    key = Key()
    (effect,) = key.arrive("hello", 7)
    assert isinstance(effect, RunAction)
    assert (effect.task, effect.action, effect.attempt) == (0, "read", 1)
    assert isinstance(effect.event, InputEvent)
    assert effect.event.input == "hello"
    assert effect.journal == ()
    assert effect.sensory == {}
    assert not key.state.is_idle


def test_a_run_ends_when_its_last_task_is_finished_and_leaves_nothing() -> None:
    key = Key()
    key.arrive()
    assert key.finish(0) == [EndRun()]
    assert key.state == KeyState()
    assert key.state.is_idle


def test_an_element_that_no_action_listens_to_ends_its_run_at_once() -> None:
    key = Key(plan(action("use", First)))
    assert key.arrive() == [EndRun()]
    assert key.state.is_idle


def test_outputs_carry_the_timestamp_of_their_input_element_in_order() -> None:
    key = Key()
    key.arrive("x", 123)
    assert key.finish(0, OutputEvent(output=1), OutputEvent(output=2)) == [
        Emit(1, 123),
        Emit(2, 123),
        EndRun(),
    ]


def test_an_output_event_is_emitted_and_also_heard_by_who_listens_to_it() -> None:
    key = Key(plan(action("read", InputEvent), action("count outputs", OutputEvent)))
    key.arrive()
    effects = key.finish(0, OutputEvent(output=1))
    assert effects[0] == Emit(1, None)
    assert started(effects) == [(1, "count outputs", 1)]


def test_memory_is_written_before_outputs_go_and_further_actions_start() -> None:
    key = Key()
    key.arrive()
    effects = key.finish(0, First(), OutputEvent(output=1), memory={"a": "1", "b": None})
    assert [type(effect) for effect in effects] == [WriteMemory, Emit, RunAction]
    assert effects[0] == WriteMemory({"a": "1", "b": None})


def test_what_an_action_did_is_not_applied_when_it_fails() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive()
    assert [type(effect) for effect in key.fail(0)] == [IgnoreError, EndRun]


# Waiting elements


def test_elements_of_a_busy_key_wait_and_start_in_the_order_of_their_arrival() -> None:
    key = Key()
    key.arrive("a", 1)
    assert key.arrive("b", 2) == [PutWaiting(0, "b", 2)]
    assert key.arrive("c", 3) == [PutWaiting(1, "c", 3)]
    assert key.state.waiting == 2
    assert key.finish(0) == [EndRun(), TakeWaiting(0)]
    (effect,) = key.feed(WaitingTaken("b", 2))
    assert isinstance(effect, RunAction)
    assert isinstance(effect.event, InputEvent)
    assert effect.event.input == "b"
    assert key.finish(0, OutputEvent(output="of b")) == [Emit("of b", 2), EndRun(), TakeWaiting(1)]
    assert key.state.waiting == 0
    key.feed(WaitingTaken("c", 3))
    assert key.finish(0) == [EndRun()]
    assert key.state.is_idle


def test_an_element_does_not_overtake_those_that_wait_when_no_run_is_under_way() -> None:
    key = Key()
    key.feed(ElementArrived("a", None, admit=False))
    assert key.arrive("b") == [PutWaiting(1, "b", None)]


def test_an_element_that_arrives_between_two_runs_waits_behind_the_others() -> None:
    key = Key()
    key.arrive("a")
    key.arrive("b")
    assert key.finish(0)[-1] == TakeWaiting(0)
    key.feed(WaitingTaken("b"))
    assert key.arrive("c") == [PutWaiting(0, "c", None)]


def test_places_in_the_queue_are_counted_anew_once_it_is_empty() -> None:
    key = Key()
    key.arrive("a")
    key.arrive("b")
    key.finish(0)
    key.feed(WaitingTaken("b"))
    assert (key.state.first_waiting, key.state.next_waiting) == (0, 0)


def test_an_element_that_is_not_admitted_waits_until_there_is_room() -> None:
    key = Key()
    assert key.feed(ElementArrived("a", 5, admit=False)) == [PutWaiting(0, "a", 5)]
    assert key.state.run is None
    assert not key.state.is_idle
    assert key.feed(Admitted()) == [TakeWaiting(0)]
    assert started(key.feed(WaitingTaken("a", 5))) == [(0, "read", 1)]


@pytest.mark.parametrize("elements", [0, 1])
def test_room_is_of_no_concern_to_a_key_that_is_idle_or_busy(elements: int) -> None:
    key = Key()
    for _ in range(elements):
        key.arrive()
    before = dump_state(key.state, Codec())
    assert key.feed(Admitted()) == []
    assert dump_state(key.state, Codec()) == before


def test_a_second_admission_does_not_start_a_second_run() -> None:
    key = Key()
    key.feed(ElementArrived("a", admit=False))
    key.feed(ElementArrived("b", admit=False))
    key.feed(Admitted())
    key.feed(WaitingTaken("a"))
    assert key.feed(Admitted()) == []
    assert key.state.waiting == 1


# Order and concurrency


def test_actions_of_the_user_run_one_at_a_time_in_the_order_of_their_events() -> None:
    key = Key()
    key.arrive()
    assert started(key.finish(0, First(n=1), First(n=2))) == [(1, "use", 1)]
    assert started(key.finish(1)) == [(2, "use too", 1)]
    assert started(key.finish(2)) == [(3, "use", 1)]
    assert started(key.finish(3)) == [(4, "use too", 1)]
    assert key.finish(4) == [EndRun()]


def test_events_sent_by_an_action_are_handled_after_those_sent_before() -> None:
    key = Key(plan(action("read", InputEvent), action("use", First)))
    key.arrive()
    key.finish(0, First(n=1), First(n=2))
    (effect,) = key.finish(1, First(n=3))
    assert isinstance(effect, RunAction)
    assert effect.event.get_attr("n") == 2
    (effect,) = key.finish(2)
    assert isinstance(effect, RunAction)
    assert effect.event.get_attr("n") == 3


def test_built_in_actions_start_at_once_beside_each_other_and_beside_those_of_the_user() -> None:
    key = Key()
    key.arrive()
    effects = key.finish(0, First(), Lookup(), Lookup())
    assert started(effects) == [(3, "look up", 1), (4, "look up", 1), (1, "use", 1)]


def test_built_in_actions_may_finish_in_any_order() -> None:
    key = Key()
    key.arrive()
    key.finish(0, Lookup(), Lookup())
    assert started(key.finish(2, First())) == [(3, "use", 1)]
    assert started(key.finish(1, First())) == []
    assert started(key.finish(3)) == [(4, "use too", 1)]


def test_a_run_does_not_end_while_a_built_in_action_is_under_way() -> None:
    key = Key()
    key.arrive()
    key.finish(0, First(), Lookup())
    key.finish(1)
    assert key.finish(2) == []
    assert key.arrive("b") == [PutWaiting(0, "b", None)]
    assert key.finish(3) == [EndRun(), TakeWaiting(0)]


def test_a_user_action_waits_behind_one_that_waits_for_its_retry() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.finish(0, First())
    key.fail(1)
    assert started(key.feed(RetryDue(1, 1, 2))) == [(1, "use", 2)]
    assert started(key.finish(1, attempt=2)) == [(2, "use too", 1)]


# Routing


def test_listening_to_a_class_means_listening_to_its_subclasses() -> None:
    key = Key()
    key.arrive()
    assert started(key.finish(0, Second())) == [(1, "use", 1)]
    narrow = Key(plan(action("read", InputEvent), action("use", Second)))
    narrow.arrive()
    assert narrow.finish(0, First()) == [EndRun()]


def test_events_are_heard_by_their_name() -> None:
    key = Key(plan(action("read", InputEvent), action("by name", "order.paid")))
    key.arrive()
    effects = key.finish(0, named("order.paid"), named("order.sent"))
    assert started(effects) == [(1, "by name", 1)]
    assert key.finish(1) == [EndRun()]


def test_an_event_class_may_name_all_its_events() -> None:
    class Named(Event):
        type: ClassVar[str] = "kind a"

    key = Key(plan(action("read", InputEvent), action("a", "kind a")))
    key.arrive()
    assert started(key.finish(0, Named())) == [(1, "a", 1)]


def test_event_classes_are_heard_by_their_dotted_name() -> None:
    key = Key(plan(action("read", InputEvent), action("by name", f"{First.__module__}.First")))
    key.arrive()
    assert started(key.finish(0, First())) == [(1, "by name", 1)]


def test_events_of_one_class_are_told_apart_by_a_name_of_their_own() -> None:
    """The class may have been seen with another name before."""
    key = Key(plan(action("read", InputEvent), action("a", "kind a"), action("b", "kind b")))
    key.arrive()
    effects = key.finish(0, *(named(f"kind {kind}", First) for kind in "abc"))
    assert started(effects) == [(1, "a", 1)]
    assert started(key.finish(1)) == [(2, "b", 1)]
    assert key.finish(2) == [EndRun()]


def test_an_action_with_two_matching_triggers_runs_once() -> None:
    key = Key(
        plan(action("read", InputEvent), action("use", First, Second, f"{First.__module__}.First"))
    )
    key.arrive()
    assert started(key.finish(0, Second())) == [(1, "use", 1)]
    assert key.finish(1) == [EndRun()]


def test_sending_what_nobody_hears_is_refused_and_names_event_and_action() -> None:
    with pytest.raises(UnhandledEventError, match=r"'read' of agent 'Reader'.*First.*listens"):
        check_heard(plan(action("read", InputEvent)), "read", First())
    check_heard(STANDARD, "read", First())
    check_heard(STANDARD, "read", OutputEvent(output=1))


# Sensory memory


def test_sensory_memory_lasts_for_the_run_and_is_gone_in_the_next() -> None:
    key = Key()
    key.arrive("a")
    key.arrive("b")
    (run,) = key.finish(0, First(), sensory={"x": "1", "y": "2"})
    assert isinstance(run, RunAction)
    assert run.sensory == {"x": "1", "y": "2"}
    (run,) = key.finish(1, sensory={"x": None, "z": "3"})
    assert isinstance(run, RunAction)
    assert run.sensory == {"y": "2", "z": "3"}
    key.finish(2)
    (run,) = key.feed(WaitingTaken("b"))
    assert isinstance(run, RunAction)
    assert run.sensory == {}


def test_removing_from_sensory_memory_what_is_not_there_is_no_error() -> None:
    key = Key()
    key.arrive()
    assert key.finish(0, sensory={"never": None}) == [EndRun()]


def test_sensory_memory_does_not_reach_short_term_memory() -> None:
    key = Key()
    key.arrive()
    assert key.finish(0, sensory={"x": "1"}) == [EndRun()]


def test_the_same_inputs_on_the_same_state_have_the_same_effects() -> None:
    event_id = UUID(int=7)

    def run() -> tuple[list[str], str]:
        key = Key(policy=RETRY)
        effects = [*key.arrive(), *key.finish(0, First(id=event_id), Lookup(id=event_id))]
        effects += [*key.fail(1), *key.feed(RetryDue(1, 1, 2)), *key.finish(3), *key.arrive("b")]
        shown = [repr(effect) for effect in effects if getattr(effect, "task", None) != 0]
        assert key.state.run is not None
        return shown, repr(list(key.state.run.tasks.values()))

    assert run() == run()


@pytest.mark.parametrize(
    "error",
    [
        EnvironmentSetupError("no SDK"),
        ModelRequestError("401"),
        OutputSchemaError("no"),
        NotStorableError("a lock"),
        StateFormatError("of an unknown kind"),
    ],
)
def test_an_error_that_would_come_again_is_not_retried(error: Exception) -> None:
    assert RETRY.retry_delay(1, 0, error) is None
    assert RETRY.retry_delay(1, 0, ModelUnavailableError("503")) is not None
