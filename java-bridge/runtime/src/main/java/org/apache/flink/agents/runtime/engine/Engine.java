package org.apache.flink.agents.runtime.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.exceptions.ActionException;
import org.apache.flink.agents.api.exceptions.UnhandledEventException;
import org.apache.flink.agents.plan.ActionSpec;
import org.apache.flink.agents.plan.AgentPlan;

/**
 * The engine: a state machine per key, without a clock, a thread or a server.
 *
 * <p>{@link #step} changes the state it is given and returns what is to be done. The same inputs on
 * the same state always give the same effects. The engine never runs user code: it asks for it with
 * {@link Effect.RunAction} and is told the outcome, so a test can answer in its place.
 *
 * <p>Rules: one run per key at a time, further elements wait in order. Actions of users run one at a
 * time per key, in the order of their events; built-in ones, such as the one that asks a chat model,
 * run beside them and beside each other. What an action did is applied when it returns; one that
 * throws has done nothing. A run ends when no task is left.
 */
public final class Engine {
    private final AgentPlan plan;
    private final ErrorPolicy policy;
    private final Map<String, ActionSpec> actions = new HashMap<>();

    /**
     * The rules of one agent.
     *
     * @param plan the agent
     * @param policy what is done about errors
     */
    public Engine(AgentPlan plan, ErrorPolicy policy) {
        this.plan = plan;
        this.policy = policy;
        plan.actions().forEach(action -> actions.put(action.name(), action));
    }

    /**
     * Applies one input.
     *
     * @param state state of the key; it is changed
     * @param given what has happened
     * @return what is to be done, in order; empty for the outcome of a run or an attempt that is
     *     no longer waited for
     */
    public List<Effect> step(KeyState state, Input given) {
        List<Effect> effects = new ArrayList<>(4);
        if (given instanceof Input.ElementArrived arrived) {
            if (state.run == null && arrived.admit() && state.waiting() == 0) {
                start(state, arrived.value(), arrived.timestamp(), effects);
            } else {
                effects.add(
                        new Effect.PutWaiting(
                                state.nextWaiting++, arrived.value(), arrived.timestamp()));
            }
        } else if (given instanceof Input.WaitingTaken taken) {
            start(state, taken.value(), taken.timestamp(), effects);
        } else if (given instanceof Input.Admitted) {
            takeNext(state, effects);
        } else if (given instanceof Input.Restored) {
            restore(state, effects);
        } else if (given instanceof Input.OfTask outcome
                && state.run != null
                && state.run.number == outcome.run()) {
            Task task = state.run.tasks.get(outcome.task());
            if (task != null && task.attempt == outcome.attempt()) {
                go(state, state.run, task, outcome, effects);
            }
        }
        return effects;
    }

    /**
     * Refuses an event that would go nowhere.
     *
     * @throws UnhandledEventException if it is no output and no action listens to it
     */
    public static void checkHeard(AgentPlan plan, String action, Event event) {
        if (!(event instanceof OutputEvent) && plan.listeners(event).isEmpty()) {
            String type = event.getClass().getSimpleName();
            throw new UnhandledEventException(
                    String.format(
                            "Action '%s' of agent '%s' sent %s, to which no action listens. Add one"
                                    + " with @Action(listenEvents = {%s.class}), or do not send it.",
                            action, plan.agent(), event.getClass().getName(), type));
        }
    }

    private void go(
            KeyState state, Run run, Task task, Input.OfTask given, List<Effect> effects) {
        if (given instanceof Input.CallFinished finished) {
            task.journal.add(finished.entry());
            return;
        }
        if (given instanceof Input.RetryDue) {
            if (task.retryDelay >= 0) {
                task.retryDelay = -1;
                effects.add(runAction(run, task));
            }
            return;
        }
        if (given instanceof Input.ActionFailed failed) {
            if (retry(run, task, failed.error(), effects)) {
                return;
            }
            giveUp(run, task, failed.error(), effects);
        } else if (given instanceof Input.ActionFinished finished) {
            finish(run, task, finished.result(), effects);
        }
        advance(state, run, effects);
    }

    private void start(KeyState state, Object value, Long timestamp, List<Effect> effects) {
        Run run = state.run = new Run(value, timestamp, ++state.runs);
        dispatch(run, new InputEvent(value), effects);
        advance(state, run, effects);
    }

    private void takeNext(KeyState state, List<Effect> effects) {
        if (state.run == null && state.waiting() > 0) {
            effects.add(new Effect.TakeWaiting(state.firstWaiting++));
            if (state.waiting() == 0) {
                state.firstWaiting = state.nextWaiting = 0;
            }
        }
    }

    private void restore(KeyState state, List<Effect> effects) {
        Run run = state.run;
        if (run == null) {
            takeNext(state, effects);
            return;
        }
        for (Task task : run.tasks.values()) {
            if (task.retryDelay >= 0) {
                effects.add(new Effect.ScheduleRetry(
                                run.number, task.id, task.attempt, task.retryDelay));
            } else if (task.started) {
                effects.add(runAction(run, task));
            }
        }
        advance(state, run, effects);
    }

    private void finish(Run run, Task task, ActionResult result, List<Effect> effects) {
        run.tasks.remove(task.id);
        if (!result.memory().isEmpty()) {
            effects.add(new Effect.WriteMemory(result.memory()));
        }
        run.writeSensory(result.sensory());
        for (Event event : result.events()) {
            if (event instanceof OutputEvent output) {
                effects.add(new Effect.Emit(output.getOutput(), run.timestamp));
            }
            dispatch(run, event, effects);
        }
    }

    private void dispatch(Run run, Event event, List<Effect> effects) {
        event.setSourceTimestamp(run.timestamp);
        for (ActionSpec action : plan.listeners(event)) {
            Task task = new Task(run.nextTask++, action.name(), event);
            run.tasks.put(task.id, task);
            if (action.concurrent()) {
                effects.add(runAction(run, task));
            }
        }
    }

    /** Starts the next action of the user's, or ends the run. */
    private void advance(KeyState state, Run run, List<Effect> effects) {
        if (run.tasks.isEmpty()) {
            state.run = null;
            effects.add(new Effect.EndRun(run.timestamp));
            takeNext(state, effects);
            return;
        }
        for (Task task : run.tasks.values()) {
            if (!isConcurrent(task)) {
                if (!task.started) {
                    effects.add(runAction(run, task));
                }
                return;
            }
        }
    }

    private boolean retry(Run run, Task task, Throwable error, List<Effect> effects) {
        long seed = task.event.getId().getLeastSignificantBits();
        OptionalLong delay = policy.retryDelay(task.attempt, seed, error);
        if (delay.isEmpty()) {
            return false;
        }
        task.attempt++;
        task.retryDelay = delay.getAsLong();
        // What succeeded is not repeated; what failed is to be tried again.
        task.journal.removeIf(entry -> !entry.ok());
        effects.add(
                new Effect.ScheduleRetry(run.number, task.id, task.attempt, task.retryDelay));
        return true;
    }

    private void giveUp(Run run, Task task, Throwable error, List<Effect> effects) {
        switch (policy.strategy()) {
            case IGNORE -> effects.add(new Effect.IgnoreError(task.action, error));
            case DEAD_LETTER ->
                    effects.add(
                            new Effect.SendDeadLetter(
                                    task.action, task.event, run.value, error, task.attempt));
            default -> {
                effects.add(new Effect.Fail(failure(task, error)));
                return;
            }
        }
        run.tasks.remove(task.id);
        if (task.event instanceof ChatRequestEvent request && isConcurrent(task)) {
            // Whoever waits for the answer is told, so that no run hangs.
            Map<String, Object> told = new HashMap<>();
            told.put("error", describe(error));
            ChatMessage message =
                    new ChatMessage(MessageRole.ASSISTANT, "", new ArrayList<>(), told);
            dispatch(run, new ChatResponseEvent(request.getId(), message), effects);
        }
    }

    private ActionException failure(Task task, Throwable error) {
        String tries = task.attempt > 1 ? " after " + task.attempt + " attempts" : "";
        return new ActionException(
                String.format(
                        "Action '%s' of agent '%s' failed%s on %s %s: %s",
                        task.action,
                        plan.agent(),
                        tries,
                        task.event.getClass().getSimpleName(),
                        task.event.getId(),
                        describe(error)),
                error);
    }

    private boolean isConcurrent(Task task) {
        ActionSpec action = actions.get(task.action);
        if (action == null) {
            throw new ActionException(
                    String.format(
                            "State holds a task of action '%s', which agent '%s' does not have. Was"
                                    + " it renamed? Keep it under its old name until the state is"
                                    + " empty of it.",
                            task.action, plan.agent()));
        }
        return action.concurrent();
    }

    private static String describe(Throwable error) {
        return error.getClass().getSimpleName() + ": " + error.getMessage();
    }

    private static Effect.RunAction runAction(Run run, Task task) {
        task.started = true;
        return new Effect.RunAction(
                run.number,
                task.id,
                task.action,
                task.event,
                task.attempt,
                task.journal.isEmpty() ? List.of() : List.copyOf(task.journal),
                run.sensory);
    }
}
