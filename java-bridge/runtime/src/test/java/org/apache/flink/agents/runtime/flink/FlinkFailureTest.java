package org.apache.flink.agents.runtime.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.context.DurableCallable;
import org.apache.flink.agents.runtime.ChatAgent;
import org.apache.flink.agents.runtime.ScriptedModel;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class FlinkFailureTest {
    private static final int NUMBERS = 4000;
    /** Keys of the rescaled job whose oldest open number is answered in one stage. */
    private static final int ANSWERED_PER_STAGE = 17;

    private static final Queue<String> SEEN = new ConcurrentLinkedQueue<>();

    @AfterEach
    void noThreadIsLeft() throws InterruptedException {
        TestJobs.assertNoThreadIsLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hashmap", "rocksdb"})
    void failuresLoseAndRepeatNothing(String backend, @TempDir Path folder) throws Exception {
        TestJobs.reset(
                messages -> {
                    TestJobs.maybeFail(TestJobs.MODEL_FAILURES, "model");
                    return ChatMessage.assistant(messages.get(0).getContent());
                });
        ScriptedModel.delayMillis = 5;
        StreamExecutionEnvironment flink =
                TestJobs.flink(
                        2,
                        "state.backend.type",
                        backend,
                        "execution.checkpointing.interval",
                        "100 ms",
                        "execution.checkpointing.dir",
                        folder.toUri().toString());
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        DataStream<String> outputs =
                environment
                        .fromDataStream(
                                TestJobs.numbers(flink, NUMBERS, 500),
                                number -> number % TestJobs.KEYS)
                        .apply(new TestJobs.CountingAgent())
                        .toDataStream(Types.STRING)
                        .map(new TestJobs.Watch<>())
                        .returns(Types.STRING)
                        .setParallelism(1);
        List<String> found = new ArrayList<>();
        List<AtomicInteger> kinds =
                List.of(
                        TestJobs.ACTION_FAILURES,
                        TestJobs.MODEL_FAILURES,
                        TestJobs.SNAPSHOT_FAILURES);
        int injected = 0;
        CloseableIterator<String> results = outputs.collectAsync();
        try {
            JobClient job = flink.executeAsync();
            Random random = new Random(7);
            while (results.hasNext()) {
                found.add(results.next());
                if (found.size() % 250 == 0 && found.size() < NUMBERS - 500) {
                    kinds.get(random.nextInt(kinds.size())).set(1);
                    injected++;
                }
            }
            job.getJobExecutionResult().get();
        } finally {
            results.close();
        }
        TestJobs.assertExactlyOnce(found, NUMBERS);
        int left = kinds.stream().mapToInt(AtomicInteger::get).sum();
        System.out.printf(
                "%s: %d failures, %d checkpoints, %d calls for %d numbers%n",
                backend,
                injected - left,
                TestJobs.CHECKPOINTS.get(),
                ScriptedModel.CALLS.get(),
                NUMBERS);
        assertTrue(injected - left > 5, "failures: " + (injected - left));
    }

    private static final AtomicInteger DURABLE_CALLS = new AtomicInteger();

    @Test
    void afterARestartFinishedCallsAreNotRepeated(@TempDir Path folder) throws Exception {
        DURABLE_CALLS.set(0);
        AtomicInteger failures = new AtomicInteger(1);
        TestJobs.reset(
                messages -> {
                    if (messages.size() == 1) {
                        return ChatMessage.assistant(
                                "",
                                List.of(
                                        Map.of(
                                                "id",
                                                "1",
                                                "type",
                                                "function",
                                                "function",
                                                Map.of(
                                                        "name",
                                                        "add",
                                                        "arguments",
                                                        Map.of("a", 1, "b", 2)))));
                    }
                    // Two more checkpoints have the first call in their journal.
                    awaitCheckpoints(TestJobs.CHECKPOINTS.get() + 2);
                    TestJobs.maybeFail(failures, "second call");
                    return ChatMessage.assistant("done");
                });
        assertEquals(List.of("done"), run(new ChatAgent(), folder));
        assertEquals(1, ScriptedModel.CALLS_BY_QUESTION.get("0").get());
        assertEquals(2, ScriptedModel.CALLS_BY_QUESTION.get("3").get());
    }

    @Test
    void afterARestartDurableCallsOfAnAsyncActionAreNotRepeated(@TempDir Path folder)
            throws Exception {
        DURABLE_CALLS.set(0);
        TestJobs.reset(TestJobs.echo());
        TestJobs.ACTION_FAILURES.set(1);
        Agent agent =
                new Agent()
                        .addAction(
                                "act",
                                List.of(InputEvent.class),
                                (event, context) -> {
                                    String result = context.durableExecute(new Durable());
                                    awaitCheckpoints(TestJobs.CHECKPOINTS.get() + 2);
                                    TestJobs.maybeFail(TestJobs.ACTION_FAILURES, "action");
                                    context.sendEvent(new OutputEvent(result));
                                },
                                Map.of(),
                                true);
        assertEquals(List.of("result"), run(agent, folder));
        assertEquals(1, DURABLE_CALLS.get());
    }

    private static final class Durable implements DurableCallable<String> {
        @Override
        public String getId() {
            return "call";
        }

        @Override
        public Class<String> getResultClass() {
            return String.class;
        }

        @Override
        public String call() {
            DURABLE_CALLS.incrementAndGet();
            return "result";
        }
    }

    /** Runs an agent for the number 0, with a stream beside it that goes on for a while. */
    private static List<String> run(Agent agent, Path folder) throws Exception {
        StreamExecutionEnvironment flink =
                TestJobs.flink(
                        1,
                        "execution.checkpointing.interval",
                        "50 ms",
                        "execution.checkpointing.dir",
                        folder.toUri().toString());
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        DataStream<Long> numbers = TestJobs.numbers(flink, 1_000_000, 1000);
        DataStream<String> outputs =
                environment
                        .fromDataStream(
                                numbers.map(new TestJobs.Watch<>())
                                        .returns(Types.LONG)
                                        .filter(number -> number == 0),
                                number -> number)
                        .apply(agent)
                        .toDataStream(Types.STRING);
        List<String> found = new ArrayList<>();
        CloseableIterator<String> results = outputs.collectAsync();
        try {
            JobClient job = flink.executeAsync();
            found.add(results.next());
            job.cancel().get();
            assertThrows(Exception.class, () -> job.getJobExecutionResult().get());
        } finally {
            results.close();
        }
        return found;
    }

    private static void awaitCheckpoints(int count) throws InterruptedException {
        while (TestJobs.CHECKPOINTS.get() < count) {
            Thread.sleep(5); // ends with the thread when the job is cancelled
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hashmap", "rocksdb"})
    void callsInFlightSurviveRescaling(String backend, @TempDir Path folder) throws Exception {
        int numbers = 300;
        SEEN.clear();
        TestJobs.reset(TestJobs.echo());
        String savepoint = null;
        int[] parallelisms = {1, 2, 1};
        for (int stage = 0; stage < parallelisms.length; stage++) {
            boolean isLast = stage == parallelisms.length - 1;
            // A few are answered in each stage, the others are in flight at its end.
            int stageNow = stage;
            ScriptedModel.script =
                    messages -> {
                        int number = Integer.parseInt(messages.get(0).getContent());
                        while (!isLast && number % 3 != stageNow) {
                            Thread.sleep(10_000); // in flight until the stage is over
                        }
                        return ChatMessage.assistant(messages.get(0).getContent());
                    };
            List<String> settings =
                    new ArrayList<>(List.of("state.backend.type", backend));
            if (savepoint != null) {
                settings.addAll(List.of("execution.state-recovery.path", savepoint));
            }
            StreamExecutionEnvironment flink =
                    TestJobs.flink(parallelisms[stage], settings.toArray(new String[0]));
            AgentsExecutionEnvironment environment =
                    AgentsExecutionEnvironment.getExecutionEnvironment(flink);
            environment
                    .fromDataStream(
                            TestJobs.numbers(flink, Long.MAX_VALUE, 2000)
                                    .filter(number -> number < numbers)
                                    .uid("filter"),
                            number -> number % TestJobs.KEYS)
                    .apply(new BlockingAgent())
                    .toDataStream(Types.STRING)
                    .map(
                            text -> {
                                SEEN.add(text);
                                return text;
                            })
                    .returns(Types.STRING)
                    .uid("seen")
                    .sinkTo(new DiscardingSink<>())
                    .uid("sink");
            JobClient job = flink.executeAsync();
            if (isLast) {
                while (SEEN.size() < numbers) {
                    Thread.onSpinWait();
                }
                job.cancel().get();
                assertThrows(Exception.class, () -> job.getJobExecutionResult().get());
            } else {
                int before = SEEN.size();
                while (SEEN.size() < before + ANSWERED_PER_STAGE) {
                    Thread.onSpinWait();
                }
                savepoint =
                        job.stopWithSavepoint(
                                        false,
                                        folder.toUri().toString(),
                                        SavepointFormatType.CANONICAL)
                                .get(60, TimeUnit.SECONDS);
                job.getJobExecutionResult().get();
                assertTrue(SEEN.size() < numbers);
            }
        }
        TestJobs.assertExactlyOnce(List.copyOf(SEEN), numbers);
    }

    /** As the counting agent, with a connection that blocks a thread of the pool. */
    public static class BlockingAgent extends Agent {
        public BlockingAgent() {
            addResource(
                    "connection",
                    org.apache.flink.agents.api.resource.ResourceType.CHAT_MODEL_CONNECTION,
                    ScriptedModel.blockingConnection());
            addResource(
                    "model",
                    org.apache.flink.agents.api.resource.ResourceType.CHAT_MODEL,
                    ScriptedModel.setup());
            addAction("ask", InputEvent.class, TestJobs.CountingAgent::ask);
            addAction(
                    "say",
                    org.apache.flink.agents.api.event.ChatResponseEvent.class,
                    TestJobs.CountingAgent::say);
        }
    }
}
