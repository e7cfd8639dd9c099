"""The rules of the engine when something fails, comes late, or comes back from a checkpoint."""

from __future__ import annotations

from uuid import UUID

import pytest

from flink_agents.api.core_options import ErrorHandlingStrategy
from flink_agents.api.events.chat_event import ChatRequestEvent, ChatResponseEvent
from flink_agents.api.events.event import InputEvent, OutputEvent
from flink_agents.engine.codec import Codec
from flink_agents.engine.effects import (
    Effect,
    Emit,
    EndRun,
    Fail,
    IgnoreError,
    RunAction,
    ScheduleRetry,
    SendDeadLetter,
    TakeWaiting,
)
from flink_agents.engine.inputs import (
    ActionFailed,
    ActionFinished,
    ActionResult,
    CallFinished,
    CallsRecalled,
    ElementArrived,
    EventStreamed,
    Input,
    RetryDue,
    WaitingTaken,
)
from flink_agents.engine.policy import ErrorPolicy
from flink_agents.engine.state import dump_state
from flink_agents.exceptions import (
    ActionError,
)
from tests.unit.engine.keys import (
    BOOM,
    RETRY,
    First,
    Key,
    Lookup,
    action,
    case_name,
    entry,
    plan,
    started,
)

# The journal


def test_finished_calls_are_kept_with_their_task_until_it_is_finished() -> None:
    key = Key()
    key.arrive()
    assert key.feed(CallFinished(1, 0, 1, entry("f"))) == []
    assert key.feed(CallFinished(1, 0, 1, entry("g"))) == []
    assert key.state.run is not None
    assert [e.call for e in key.state.run.tasks[0].journal] == ["f", "g"]
    key.finish(0, First())
    assert all(not task.journal for task in key.state.run.tasks.values())


def test_a_retry_is_given_the_calls_that_succeeded_but_not_those_that_failed() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.feed(CallFinished(1, 0, 1, entry("f")))
    key.feed(CallFinished(1, 0, 1, entry("g", ok=False)))
    key.fail(0)
    (effect,) = key.feed(RetryDue(1, 0, 2))
    assert isinstance(effect, RunAction)
    assert effect.journal == (entry("f"),)


def test_a_replay_is_given_the_calls_that_failed_too() -> None:
    key = Key()
    key.arrive()
    key.feed(CallFinished(1, 0, 1, entry("f", ok=False)))
    _, (effect,) = key.restored()
    assert isinstance(effect, RunAction)
    assert effect.journal == (entry("f", ok=False),)


def test_effects_do_not_share_their_journal_with_the_state() -> None:
    key = Key()
    (effect,) = key.arrive()
    key.feed(CallFinished(1, 0, 1, entry("f")))
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
    assert started(key.feed(RetryDue(1, 0, 2))) == [(0, "read", 2)]
    (second,) = key.fail(0, attempt=2)
    assert isinstance(second, ScheduleRetry)
    assert (second.task, second.attempt) == (0, 3)
    assert second.delay == 2 * first.delay
    key.feed(RetryDue(1, 0, 3))
    (last,) = key.fail(0, attempt=3)
    assert isinstance(last, Fail)
    assert "after 3 attempts" in str(last.error)


def test_a_retry_that_succeeds_goes_on_as_if_nothing_had_happened() -> None:
    key = Key(policy=RETRY)
    key.arrive("x", 5)
    key.fail(0)
    key.feed(RetryDue(1, 0, 2))
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
    key.feed(RetryDue(1, 1, 2))
    effects = key.fail(1, attempt=2)
    assert effects[0] == SendDeadLetter("use", event, {"id": 1}, BOOM, 2)
    assert started(effects) == [(2, "use too", 1)]


def test_the_next_element_starts_after_one_whose_run_was_given_up() -> None:
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive("a")
    key.arrive("b")
    assert key.fail(0) == [IgnoreError("read", BOOM), EndRun(), TakeWaiting(0)]


# Outcomes that nobody waits for any more

_FIRST_ATTEMPT: list[Input] = [
    CallFinished(1, 0, 1, entry("f")),
    CallsRecalled(1, 0, 1, [entry("f")]),
    EventStreamed(1, 0, 1, First()),
    ActionFinished(1, 0, 1, ActionResult([OutputEvent(output=1)], memory={"a": "1"})),
    ActionFailed(1, 0, 1, BOOM),
    RetryDue(1, 0, 1),
]


@pytest.mark.parametrize(
    "stale",
    [
        *_FIRST_ATTEMPT,
        CallFinished(1, 0, 3, entry("f")),
        ActionFinished(1, 0, 3, ActionResult()),
        RetryDue(1, 0, 3),
        CallFinished(1, 9, 2, entry("f")),
        ActionFinished(1, 9, 2, ActionResult()),
        ActionFailed(1, 9, 2, BOOM),
        RetryDue(1, 9, 2),
    ],
    ids=case_name,
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
    _FIRST_ATTEMPT,
    ids=case_name,
)
def test_the_outcome_of_another_run_of_the_key_changes_nothing(stale: Input) -> None:
    """The tasks of both runs have the same ids, and a call may outlive the run that made it."""
    key = Key(policy=ErrorPolicy(ErrorHandlingStrategy.IGNORE))
    key.arrive("a")
    key.fail(0)
    assert started(key.arrive("b")) == [(0, "read", 1)]
    before = dump_state(key.state, Codec())
    assert key.feed(stale) == []
    assert dump_state(key.state, Codec()) == before


@pytest.mark.parametrize(
    "stale",
    _FIRST_ATTEMPT,
    ids=case_name,
)
def test_an_outcome_for_an_idle_key_changes_nothing(stale: Input) -> None:
    key = Key()
    assert key.feed(stale) == []
    assert key.state.is_idle


def test_a_wait_that_is_over_twice_starts_the_action_once() -> None:
    key = Key(policy=RETRY)
    key.arrive()
    key.fail(0)
    assert started(key.feed(RetryDue(1, 0, 2))) == [(0, "read", 2)]
    assert key.feed(RetryDue(1, 0, 2)) == []


# Restoring


def test_a_restored_key_runs_again_what_was_under_way_with_its_journal() -> None:
    key = Key()
    key.arrive("x", 5)
    sent = First(n=1)
    key.finish(0, sent, Lookup(), sensory={"s": '"seen"'})
    key.feed(CallFinished(1, 1, 1, entry("f")))
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
    assert again.feed(CallFinished(1, 1, 1, entry("f"))) == []


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
    assert started(again.feed(RetryDue(1, 1, 2))) == [(1, "use", 2)]


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
