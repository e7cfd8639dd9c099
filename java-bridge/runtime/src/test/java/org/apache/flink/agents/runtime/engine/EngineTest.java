package org.apache.flink.agents.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.agents.ErrorHandlingStrategy;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ReplayMismatchException;
import org.apache.flink.agents.api.exceptions.StateFormatException;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.plan.AgentPlanCompiler;
import org.apache.flink.agents.runtime.ChatAgent;
import org.apache.flink.agents.runtime.actions.BuiltInActions;
import org.apache.flink.agents.runtime.state.StateCodec;
import org.junit.jupiter.api.Test;

class EngineTest {
    private static final StateCodec CODEC = new StateCodec(EngineTest.class.getClassLoader());
    private static final int QUESTIONS = 3;
    private static final int ELEMENTS = 4;

    private static AgentPlan plan(Agent agent) {
        return AgentPlanCompiler.compile(agent, Map.of(), BuiltInActions.specs());
    }

    private static ErrorPolicy policy(ErrorHandlingStrategy strategy) {
        return new ErrorPolicy(strategy, 2, 1000, 5000);
    }

    /** A key whose actions answer by a script, and that can crash between two steps. */
    private static final class Simulation {
        final Engine engine = new Engine(plan(new ChatAgent()), policy(ErrorHandlingStrategy.RETRY));
        final Deque<Input> happened = new ArrayDeque<>();
        final Map<Long, String> waiting = new HashMap<>();
        final List<Object> outputs = new ArrayList<>();
        final Map<String, Integer> calls = new HashMap<>();
        KeyState state = new KeyState();
        int steps;
        int failures;

        /** Runs all elements; crashes after the given step, or never. */
        void run(int crashAfter) {
            int element = 0;
            while (element < ELEMENTS || !happened.isEmpty()) {
                Input next =
                        element < ELEMENTS && (steps % 3 == 0 || happened.isEmpty())
                                ? new Input.ElementArrived("e" + element++, 5L, true)
                                : happened.poll();
                step(next);
                steps++;
                if (steps == crashAfter) {
                    happened.clear();
                    state = StateText.load(StateText.dump(state, CODEC), CODEC);
                    step(new Input.Restored());
                }
            }
        }

        private void step(Input first) {
            Deque<Input> inputs = new ArrayDeque<>(List.of(first));
            while (!inputs.isEmpty()) {
                for (Effect effect : engine.step(state, inputs.poll())) {
                    if (effect instanceof Effect.RunAction run) {
                        inputs.addAll(runAction(run));
                    } else if (effect instanceof Effect.Emit emit) {
                        assertEquals(5L, emit.timestamp());
                        outputs.add(emit.value());
                    } else if (effect instanceof Effect.PutWaiting put) {
                        waiting.put(put.index(), CODEC.dumps(put.value()));
                    } else if (effect instanceof Effect.TakeWaiting take) {
                        Object value = CODEC.loads(waiting.remove(take.index()));
                        inputs.add(new Input.WaitingTaken(value, 5L));
                    } else if (effect instanceof Effect.ScheduleRetry retry) {
                        happened.add(new Input.RetryDue(retry.run(), retry.task(), retry.attempt()));
                    }
                }
            }
        }

        /** Plain actions end at once, model calls later. */
        private List<Input> runAction(Effect.RunAction run) {
            int number = run.run();
            int task = run.task();
            int attempt = run.attempt();
            if (run.event() instanceof InputEvent input) {
                List<Event> asked = new ArrayList<>();
                for (int i = 0; i < QUESTIONS; i++) {
                    String question = input.getInput() + "q" + i;
                    asked.add(
                            new ChatRequestEvent("model", List.of(ChatMessage.user(question))));
                }
                return List.of(finished(number, task, attempt, asked));
            }
            if (run.event() instanceof ChatResponseEvent response) {
                String answer = response.getResponse().getContent();
                return List.of(finished(number, task, attempt, List.of(new OutputEvent(answer))));
            }
            ChatRequestEvent request = (ChatRequestEvent) run.event();
            String question = request.getMessages().get(0).getContent();
            TaskJournal journal = new TaskJournal(run.action(), run.journal(), attempt);
            for (String part : List.of("a", "b")) {
                if (journal.claim(part, part).finished() == null) {
                    calls.merge(question + part, 1, Integer::sum);
                    JournalEntry entry =
                            new JournalEntry(part, part, attempt, true, TextNode.valueOf(part));
                    happened.add(new Input.CallFinished(number, task, attempt, entry));
                }
            }
            if (question.endsWith("q1") && attempt == 1) {
                failures++;
                Exception error = new IllegalStateException("x");
                happened.add(new Input.ActionFailed(number, task, attempt, error));
                return List.of();
            }
            ChatMessage answer = ChatMessage.assistant(question);
            Event response = new ChatResponseEvent(request.getId(), answer);
            happened.add(finished(number, task, attempt, List.of(response)));
            return List.of();
        }

        private static Input finished(int run, int task, int attempt, List<Event> events) {
            return new Input.ActionFinished(
                    run, task, attempt, new ActionResult(events, Map.of(), Map.of()));
        }
    }

    @Test
    void aCrashAfterAnyStepChangesNoOutput() {
        Simulation whole = new Simulation();
        whole.run(-1);
        assertTrue(whole.state.isIdle());
        assertEquals(ELEMENTS * QUESTIONS, whole.outputs.size());
        assertTrue(whole.calls.values().stream().allMatch(count -> count == 1));
        for (int crash = 1; crash <= whole.steps; crash++) {
            Simulation crashed = new Simulation();
            crashed.run(crash);
            assertTrue(crashed.state.isIdle());
            assertEquals(sorted(whole.outputs), sorted(crashed.outputs), "crash after " + crash);
            assertEquals(elements(whole.outputs), elements(crashed.outputs));
        }
    }

    @Test
    void finishedCallsAreNotRepeatedAfterACrash() {
        Engine engine = new Engine(plan(new ChatAgent()), policy(ErrorHandlingStrategy.FAIL));
        KeyState state = new KeyState();
        engine.step(state, new Input.ElementArrived("e", null, true));
        ChatRequestEvent request = new ChatRequestEvent("model", List.of(ChatMessage.user("q")));
        List<Effect> effects =
                engine.step(state, Simulation.finished(1, 0, 1, List.of(request)));
        Effect.RunAction run = (Effect.RunAction) effects.get(0);
        JournalEntry entry = new JournalEntry("call", "d", 1, true, TextNode.valueOf("r"));
        engine.step(state, new Input.CallFinished(1, run.task(), 1, entry));

        KeyState restored = StateText.load(StateText.dump(state, CODEC), CODEC);
        Effect.RunAction again =
                (Effect.RunAction) engine.step(restored, new Input.Restored()).get(0);
        assertEquals(List.of(entry), again.journal());
        assertEquals(request.getId(), again.event().getId());
    }

    @Test
    void outcomesOfAnEarlierAttemptAreIgnored() {
        Engine engine = new Engine(plan(new ChatAgent()), policy(ErrorHandlingStrategy.RETRY));
        KeyState state = new KeyState();
        engine.step(state, new Input.ElementArrived("e", null, true));
        engine.step(state, new Input.ActionFailed(1, 0, 1, new IllegalStateException()));
        assertEquals(List.of(), engine.step(state, Simulation.finished(1, 0, 1, List.of())));
        assertEquals(1, engine.step(state, new Input.RetryDue(1, 0, 2)).size());
    }

    /** The tasks of both runs have the same ids, and a call may outlive the run that made it. */
    @Test
    void outcomesOfAnEarlierRunAreIgnored() {
        Engine engine = new Engine(plan(new ChatAgent()), policy(ErrorHandlingStrategy.IGNORE));
        KeyState state = new KeyState();
        engine.step(state, new Input.ElementArrived("a", null, true));
        Exception error = new IllegalStateException();
        engine.step(state, new Input.ActionFailed(1, 0, 1, error));
        engine.step(state, new Input.ElementArrived("b", null, true));
        String before = StateText.dump(state, CODEC);

        JournalEntry entry = new JournalEntry("call", "d", 1, true, TextNode.valueOf("r"));
        for (Input stale :
                List.of(
                        new Input.CallFinished(1, 0, 1, entry),
                        Simulation.finished(1, 0, 1, List.of(new OutputEvent("a"))),
                        new Input.ActionFailed(1, 0, 1, error))) {
            assertEquals(List.of(), engine.step(state, stale));
            assertEquals(before, StateText.dump(state, CODEC));
        }
        assertEquals(1, engine.step(state, Simulation.finished(2, 0, 1, List.of())).size());
        assertTrue(state.isIdle());
    }

    @Test
    void anIgnoredChatRequestIsStillAnswered() {
        Engine engine = new Engine(plan(new ChatAgent()), policy(ErrorHandlingStrategy.IGNORE));
        KeyState state = new KeyState();
        engine.step(state, new Input.ElementArrived("e", null, true));
        ChatRequestEvent request = new ChatRequestEvent("model", List.of());
        engine.step(state, Simulation.finished(1, 0, 1, List.of(request)));
        List<Effect> effects =
                engine.step(state, new Input.ActionFailed(1, 1, 1, new RuntimeException("down")));
        Effect.RunAction run = (Effect.RunAction) effects.get(1);
        ChatResponseEvent response = (ChatResponseEvent) run.event();
        assertEquals(request.getId(), response.getRequestId());
        assertEquals(
                "RuntimeException: down", response.getResponse().getExtraArgs().get("error"));
    }

    @Test
    void waitsDoubleAndLastingErrorsAreNotRetried() {
        ErrorPolicy policy = new ErrorPolicy(ErrorHandlingStrategy.RETRY, 5, 1000, 3000);
        Exception error = new IllegalStateException();
        assertEquals(OptionalLong.of(1000), policy.retryDelay(1, 0, error));
        assertEquals(OptionalLong.of(2000), policy.retryDelay(2, 0, error));
        assertEquals(OptionalLong.of(3000), policy.retryDelay(3, 0, error));
        assertEquals(OptionalLong.empty(), policy.retryDelay(6, 0, error));
        assertEquals(
                OptionalLong.empty(), policy.retryDelay(1, 0, new ModelRequestException("no")));
        for (long seed = -50; seed < 50; seed++) {
            long wait = policy.retryDelay(1, seed, error).getAsLong();
            assertTrue(wait > 500 && wait <= 1000);
        }
    }

    @Test
    void anActionThatCallsSomethingElseOnReplayIsStopped() {
        JournalEntry entry = new JournalEntry("first", "d", 1, true, TextNode.valueOf("r"));
        TaskJournal journal = new TaskJournal("act", List.of(entry), 1);
        assertTrue(journal.claim("second", "other").finished() == null);
        String told =
                assertThrows(ReplayMismatchException.class, () -> journal.checkSequential("second"))
                        .getMessage();
        assertTrue(told.contains("first") && told.contains("second"), told);
        assertThrows(ReplayMismatchException.class, journal::checkComplete);
        // What an earlier attempt had called need not be called again.
        new TaskJournal("act", List.of(entry), 2).checkComplete();
    }

    @Test
    void equalCallsAnswerInTheirOrder() {
        TaskJournal journal =
                new TaskJournal(
                        "act",
                        List.of(
                                new JournalEntry("c", "d#1", 1, true, TextNode.valueOf("second")),
                                new JournalEntry("c", "d", 1, true, TextNode.valueOf("first"))),
                        1);
        assertEquals("first", journal.claim("c", "d").finished().value().asText());
        assertEquals("second", journal.claim("c", "d").finished().value().asText());
        assertEquals("d#2", journal.claim("c", "d").digest());
    }

    @Test
    void stateOfAnotherVersionIsRefused() {
        assertThrows(
                StateFormatException.class,
                () -> StateText.load("{\"v\":2,\"q\":[0,0]}", CODEC));
        assertThrows(StateFormatException.class, () -> StateText.load("{\"v\":1}", CODEC));
    }

    private static List<Object> sorted(List<Object> outputs) {
        return outputs.stream().sorted().toList();
    }

    /** The elements in the order of their outputs: runs of one key never mix. */
    private static List<String> elements(List<Object> outputs) {
        return outputs.stream().map(text -> text.toString().substring(0, 2)).toList();
    }
}
