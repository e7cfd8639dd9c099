"""The rules of the engine, one input at a time."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import pytest

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import Event, InputEvent, OutputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.effects import (
    Effect,
    Emit,
    EndRun,
    Fail,
    IgnoreError,
    PutWaiting,
    RunAction,
    ScheduleRetry,
    SendDeadLetter,
    TakeWaiting,
    WriteMemory,
)
from flink_agents.engine.inputs import (
    ActionFailed,
    ActionFinished,
    ActionResult,
    Admitted,
    CallFinished,
    ElementArrived,
    Input,
    Restored,
    RetryDue,
    WaitingTaken,
)
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import JournalEntry, KeyState, dump_state, load_state
from flink_agents.engine.step import Engine, check_heard
from flink_agents.exceptions import (
    ActionError,
    ModelRequestError,
    ModelUnavailableError,
    NotStorableError,
    OutputSchemaError,
    UnhandledEventError,
)
from flink_agents.plan.agent_plan import ActionSpec, AgentPlan


class First(Event):
    n: int = 0


class Second(First):
    """Heard by those who listen to First, too."""


class Lookup(Event):
    """Heard by a built-in action."""


def action(name: str, *triggers: Any, concurrent: bool = False) -> ActionSpec:
    return ActionSpec(name, lambda event, ctx: None, triggers, concurrent=concurrent)


def plan(*actions: ActionSpec) -> AgentPlan:
    return AgentPlan("Reader", actions, {})


STANDARD = plan(
    action("read", InputEvent),
    action("use", First),
    action("use too", First),
    action("look up", Lookup, concurrent=True),
    action("ask", ChatRequestEvent, concurrent=True),
    action("hear", ChatResponseEvent),
)
RETRY = ErrorPolicy(ErrorHandlingStrategy.RETRY, max_retries=2, wait=1.0, max_wait=60.0)
BOOM = ValueError("boom")


class Key:
    """An engine with the state of one key."""

    def __init__(self, of: AgentPlan = STANDARD, policy: ErrorPolicy | None = None) -> None:
        self.engine = Engine(of, policy)
        self.state = KeyState()

    def feed(self, given: Input) -> list[Effect]:
        return self.engine.step(self.state, given)

    def arrive(self, value: Any = "x", timestamp: int | None = None) -> list[Effect]:
        return self.feed(ElementArrived(value, timestamp))

    def finish(self, task: int, *events: Event, attempt: int = 1, **result: Any) -> list[Effect]:
        return self.feed(ActionFinished(task, attempt, ActionResult(list(events), **result)))

    def fail(self, task: int, attempt: int = 1, error: Exception = BOOM) -> list[Effect]:
        return self.feed(ActionFailed(task, attempt, error))

    def restored(self) -> tuple[Key, list[Effect]]:
        """The key as it comes back from a checkpoint, and what is done first."""
        again = Key()
        again.engine = self.engine
        again.state = load_state(dump_state(self.state, Codec()), Codec())
        return again, again.feed(Restored())


def named(name: str, of: type[Event] = Event) -> Event:
    return of.model_validate({"type": name, "attributes": {"n": 1}})


def started(effects: list[Effect]) -> list[tuple[int, str, int]]:
    return [(e.task, e.action, e.attempt) for e in effects if isinstance(e, RunAction)]


def entry(call: str, attempt: int = 1, ok: bool = True) -> JournalEntry:
    return JournalEntry(call, f"digest of {call}", attempt, ok, "value")


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
    assert started(key.feed(RetryDue(1, 2))) == [(1, "use", 2)]
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
    key = Key(plan(action("read", InputEvent), action("by name", f"{__name__}.First")))
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
    key = Key(plan(action("read", InputEvent), action("use", First, Second, f"{__name__}.First")))
    key.arrive()
    assert started(key.finish(0, Second())) == [(1, "use", 1)]
    assert key.finish(1) == [EndRun()]


def test_sending_what_nobody_hears_is_refused_and_names_event_and_action() -> None:
    with pytest.raises(UnhandledEventError, match=r"'read' of agent 'Reader'.*First.*listens"):
        check_heard(plan(action("read", InputEvent)), "read", First())
    check_heard(STANDARD, "read", First())
    check_heard(STANDARD, "read", OutputEvent(output=1))


# The journal


def test_finished_calls_are_kept_with_their_task_until_it_is_finished() -> None:
    key = Key()
    key.arrive()
    assert key.feed(CallFinished(0, 1, entry("f"))) == []
    assert key.feed(CallFinished(0, 1, entry("g"))) == []
    assert key.state.run is not None
    assert [e.call for e in key.state.run.tasks[0].journal] == ["f", "g"]
    key.finish(0, First())
    assert all(not task.journal for task in key.state.run.tasks.values())


def test_a_retry_is_given_the_calls_that_succeeded_but_not_those_that_failed() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.feed(CallFinished(0, 1, entry("f")))
    key.feed(CallFinished(0, 1, entry("g", ok=False)))
    key.fail(0)
    (effect,) = key.feed(RetryDue(0, 2))
    assert isinstance(effect, RunAction)
    assert effect.journal == (entry("f"),)


def test_a_replay_is_given_the_calls_that_failed_too() -> None:
    key = Key()
    key.arrive()
    key.feed(CallFinished(0, 1, entry("f", ok=False)))
    _, (effect,) = key.restored()
    assert isinstance(effect, RunAction)
    assert effect.journal == (entry("f", ok=False),)


def test_effects_do_not_share_their_journal_with_the_state() -> None:
    key = Key()
    (effect,) = key.arrive()
    key.feed(CallFinished(0, 1, entry("f")))
    assert isinstance(effect, RunAction)
    assert effect.journal == ()


# Errors


def test_fail_names_agent_action_event_and_cause() -> None:
    key = Key()
    (run,) = key.arrive()
    (effect,) = key.fail(0)
    assert isinstance(effect, Fail)
    assert isinstance(effect.error, ActionError)
    assert effect.error.__cause__ is BOOM
    text = str(effect.error)
    assert isinstance(run, RunAction)
    for part in ("'read'", "'Reader'", "InputEvent", str(run.event.id), "ValueError: boom"):
        assert part in text
    assert "attempts" not in text


def test_a_failed_action_is_tried_again_after_growing_waits_until_the_job_fails() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    (first,) = key.fail(0)
    assert isinstance(first, ScheduleRetry)
    assert (first.task, first.attempt) == (0, 2)
    assert 0.5 < first.delay <= 1.0
    assert started(key.feed(RetryDue(0, 2))) == [(0, "read", 2)]
    (second,) = key.fail(0, attempt=2)
    assert isinstance(second, ScheduleRetry)
    assert (second.task, second.attempt) == (0, 3)
    assert second.delay == 2 * first.delay
    key.feed(RetryDue(0, 3))
    (last,) = key.fail(0, attempt=3)
    assert isinstance(last, Fail)
    assert "after 3 attempts" in str(last.error)


def test_a_retry_that_succeeds_goes_on_as_if_nothing_had_happened() -> None:
    key = Key(policy=RETRY)
    key.arrive("x", 5)
    key.fail(0)
    key.feed(RetryDue(0, 2))
    assert key.finish(0, OutputEvent(output=1), attempt=2) == [Emit(1, 5), EndRun()]


def test_the_wait_is_the_same_for_the_same_event_and_differs_between_events() -> None:
    seeds = [UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).int for n in range(200)]
    delays = [RETRY.retry_delay(1, seed, OSError()) for seed in seeds]
    assert delays == [RETRY.retry_delay(1, seed, OSError()) for seed in seeds]
    assert len(set(delays)) > 100
    assert all(delay is not None and 0.5 < delay <= 1.0 for delay in delays)


def test_the_wait_does_not_exceed_its_bound_however_often_it_is_doubled() -> None:
    policy = ErrorPolicy(ErrorHandlingStrategy.RETRY, max_retries=10**6, wait=1.0, max_wait=8.0)
    for attempt in (4, 5, 100, 2000, 10**6):
        delay = policy.retry_delay(attempt, 12345, OSError())
        assert delay is not None
        assert 4.0 < delay <= 8.0


@pytest.mark.parametrize("strategy", [ErrorHandlingStrategy.FAIL, ErrorHandlingStrategy.IGNORE])
def test_fail_and_ignore_do_not_retry(strategy: ErrorHandlingStrategy) -> None:
    assert ErrorPolicy(strategy, max_retries=5).retry_delay(1, 0, OSError()) is None


def test_no_retries_means_that_retry_fails_at_once() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.RETRY, max_retries=0))
    key.arrive()
    assert [type(effect) for effect in key.fail(0)] == [Fail]


def test_ignore_drops_the_task_and_the_run_goes_on() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive()
    key.finish(0, First())
    effects = key.fail(1)
    assert effects[0] == IgnoreError("use", BOOM)
    assert started(effects) == [(2, "use too", 1)]
    assert key.finish(2) == [EndRun()]


@pytest.mark.parametrize(
    ("strategy", "effect"),
    [
        (ErrorHandlingStrategy.IGNORE, IgnoreError),
        (ErrorHandlingStrategy.DEAD_LETTER, SendDeadLetter),
    ],
)
def test_a_chat_request_that_is_given_up_is_answered_with_the_error(
    strategy: ErrorHandlingStrategy, effect: type[Effect]
) -> None:
    key = Key(policy=ErrorPolicy(strategy, max_retries=0))
    key.arrive()
    request = ChatRequestEvent(model="m", messages=[])
    key.finish(0, request)
    given_up, run = key.fail(1)
    assert isinstance(given_up, effect)
    assert isinstance(run, RunAction)
    assert run.action == "hear"
    assert isinstance(run.event, ChatResponseEvent)
    assert run.event.request_id == request.id
    assert run.event.response.content == ""
    assert run.event.response.extra_args == {"error": "ValueError: boom"}
    assert key.finish(2) == [EndRun()]


def test_a_user_action_that_listens_to_chat_requests_and_fails_answers_nobody() -> None:
    watching = plan(
        action("read", InputEvent),
        action("watch", ChatRequestEvent),
        action("hear", ChatResponseEvent),
    )
    key = Key(watching, ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive()
    key.finish(0, ChatRequestEvent(model="m", messages=[]))
    assert key.fail(1) == [IgnoreError("watch", BOOM), EndRun()]


def test_dead_letters_tell_action_event_input_error_and_attempts_after_the_retries() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.DEAD_LETTER, max_retries=1))
    key.arrive({"id": 1})
    event = First(n=3)
    key.finish(0, event)
    (retry,) = key.fail(1)
    assert isinstance(retry, ScheduleRetry)
    key.feed(RetryDue(1, 2))
    effects = key.fail(1, attempt=2)
    assert effects[0] == SendDeadLetter("use", event, {"id": 1}, BOOM, 2)
    assert started(effects) == [(2, "use too", 1)]


def test_the_next_element_starts_after_one_whose_run_was_given_up() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive("a")
    key.arrive("b")
    assert key.fail(0) == [IgnoreError("read", BOOM), EndRun(), TakeWaiting(0)]


# Outcomes that nobody waits for any more


@pytest.mark.parametrize(
    "stale",
    [
        CallFinished(0, 1, entry("f")),
        ActionFinished(0, 1, ActionResult([OutputEvent(output=1)], memory={"a": "1"})),
        ActionFailed(0, 1, BOOM),
        RetryDue(0, 1),
        CallFinished(0, 3, entry("f")),
        ActionFinished(0, 3, ActionResult()),
        RetryDue(0, 3),
        CallFinished(9, 2, entry("f")),
        ActionFinished(9, 2, ActionResult()),
        ActionFailed(9, 2, BOOM),
        RetryDue(9, 2),
    ],
    ids=repr,
)
def test_the_outcome_of_another_attempt_or_task_changes_nothing(stale: Input) -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.fail(0)  # now attempt 2 is waited for
    before = dump_state(key.state, Codec())
    assert key.feed(stale) == []
    assert dump_state(key.state, Codec()) == before


@pytest.mark.parametrize(
    "stale",
    [
        CallFinished(0, 1, entry("f")),
        ActionFinished(0, 1, ActionResult([OutputEvent(output=1)])),
        ActionFailed(0, 1, BOOM),
        RetryDue(0, 1),
    ],
    ids=repr,
)
def test_an_outcome_for_an_idle_key_changes_nothing(stale: Input) -> None:
    key = Key()
    assert key.feed(stale) == []
    assert key.state.is_idle


def test_a_wait_that_is_over_twice_starts_the_action_once() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.fail(0)
    assert started(key.feed(RetryDue(0, 2))) == [(0, "read", 2)]
    assert key.feed(RetryDue(0, 2)) == []


# Restoring


def test_a_restored_key_runs_again_what_was_under_way_with_its_journal() -> None:
    key = Key()
    key.arrive("x", 5)
    sent = First(n=1)
    key.finish(0, sent, Lookup(), sensory={"s": '"seen"'})
    key.feed(CallFinished(1, 1, entry("f")))
    again, effects = key.restored()
    assert started(effects) == [(1, "use", 1), (3, "look up", 1)]
    run = effects[0]
    assert isinstance(run, RunAction)
    assert run.event == sent
    assert run.journal == (entry("f"),)
    assert run.sensory == {"s": '"seen"'}
    assert started(again.finish(1, OutputEvent(output=1))) == [(2, "use too", 1)]


def test_a_restored_key_does_not_start_user_actions_before_their_turn() -> None:
    key = Key()
    key.arrive()
    key.finish(0, First(), First())
    again, effects = key.restored()
    assert started(effects) == [(1, "use", 1)]
    assert again.feed(CallFinished(1, 1, entry("f"))) == []


def test_a_restored_key_starts_the_user_action_whose_turn_it_is() -> None:
    """It may not have been started: a built-in action was ahead of it in the effects."""
    key = Key()
    key.arrive()
    key.finish(0, Lookup())
    key.finish(1, First())
    assert key.state.run is not None
    key.state.run.tasks[2].started = False
    _, effects = key.restored()
    assert started(effects) == [(2, "use", 1)]


def test_a_restored_key_waits_again_for_a_retry_and_for_as_long() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.finish(0, First(), Lookup())
    (schedule,) = key.fail(1)
    again, effects = key.restored()
    assert effects[0] == schedule
    assert started(effects) == [(3, "look up", 1)]
    assert started(again.feed(RetryDue(1, 2))) == [(1, "use", 2)]


def test_a_restored_key_takes_its_waiting_elements_up_only_when_its_run_has_ended() -> None:
    key = Key()
    key.arrive("a")
    key.arrive("b")
    again, effects = key.restored()
    assert started(effects) == [(0, "read", 1)]
    assert again.finish(0) == [EndRun(), TakeWaiting(0)]


def test_a_restored_key_with_waiting_elements_only_starts_the_oldest() -> None:
    key = Key()
    key.feed(ElementArrived("a", admit=False))
    key.feed(ElementArrived("b", admit=False))
    again, effects = key.restored()
    assert effects == [TakeWaiting(0)]
    assert started(again.feed(WaitingTaken("a"))) == [(0, "read", 1)]
    assert again.finish(0) == [EndRun(), TakeWaiting(1)]


def test_a_restored_key_with_nothing_open_stays_idle() -> None:
    again, effects = Key().restored()
    assert effects == []
    assert again.state.is_idle


def test_restoring_twice_asks_for_the_same_twice() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.finish(0, First(), Lookup())
    again, first = key.restored()
    _, second = again.restored()
    assert first == second


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
        effects += [*key.fail(1), *key.feed(RetryDue(1, 2)), *key.finish(3), *key.arrive("b")]
        shown = [repr(effect) for effect in effects if getattr(effect, "task", None) != 0]
        assert key.state.run is not None
        return shown, repr(list(key.state.run.tasks.values()))

    assert run() == run()


@pytest.mark.parametrize(
    "error", [ModelRequestError("401"), OutputSchemaError("no"), NotStorableError("a lock")]
)
def test_an_error_that_would_come_again_is_not_retried(error: Exception) -> None:
    assert RETRY.retry_delay(1, 0, error) is None
    assert RETRY.retry_delay(1, 0, ModelUnavailableError("503")) is not None
