package org.apache.flink.agents.runtime.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.runtime.ScriptedModel;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Parts of the jobs in tests. */
final class TestJobs {
    static final int KEYS = 50;
    static final AtomicInteger ACTION_FAILURES = new AtomicInteger();
    static final AtomicInteger MODEL_FAILURES = new AtomicInteger();
    static final AtomicInteger SNAPSHOT_FAILURES = new AtomicInteger();
    static final AtomicInteger CHECKPOINTS = new AtomicInteger();

    private TestJobs() {}

    static StreamExecutionEnvironment flink(int parallelism, String... settings) {
        Map<String, String> given = new HashMap<>();
        given.put("restart-strategy.type", "fixed-delay");
        given.put("restart-strategy.fixed-delay.attempts", "1000");
        given.put("restart-strategy.fixed-delay.delay", "10 ms");
        given.put("rest.port", "0");
        for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
        }
        return StreamExecutionEnvironment.createLocalEnvironment(
                parallelism, Configuration.fromMap(given));
    }

    /** The numbers from 0 on. */
    static DataStream<Long> numbers(StreamExecutionEnvironment env, long count, int perSecond) {
        DataGeneratorSource<Long> source =
                new DataGeneratorSource<>(
                        number -> number,
                        count,
                        RateLimiterStrategy.perSecond(perSecond),
                        Types.LONG);
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), "numbers")
                .setParallelism(1)
                .uid("numbers");
    }

    static void reset(ScriptedModel.Script script) {
        ScriptedModel.reset(script);
        ACTION_FAILURES.set(0);
        MODEL_FAILURES.set(0);
        SNAPSHOT_FAILURES.set(0);
        CHECKPOINTS.set(0);
    }

    /** Counts one of the failures that are left; fails if there was one. */
    static void maybeFail(AtomicInteger left, String what) {
        if (left.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            throw new IllegalStateException("injected: " + what);
        }
    }

    static void assertNoThreadIsLeft() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("flink-agents-")
                    || thread.getName().startsWith("scripted-model-")) {
                thread.join(TimeUnit.SECONDS.toMillis(20));
                assertFalse(thread.isAlive(), thread.getName());
            }
        }
    }

    /**
     * Checks outputs {@code "number/count of its key/echo"}: each number once, those of a key in
     * order, and counted without a gap.
     */
    static void assertExactlyOnce(List<?> outputs, int numbers) {
        Map<Long, Long> last = new HashMap<>();
        Map<Long, Integer> counts = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        for (Object output : outputs) {
            String[] parts = output.toString().split("/");
            long number = Long.parseLong(parts[0]);
            long key = number % KEYS;
            int count = counts.merge(key, 1, Integer::sum);
            Long before = last.put(key, number);
            boolean isNext = before == null ? number == key : number == before + KEYS;
            if (!isNext || Integer.parseInt(parts[1]) != count || !parts[2].equals(parts[0])) {
                wrong.add(output + " after " + before);
            }
        }
        assertEquals(List.of(), wrong);
        assertEquals(numbers, outputs.size());
    }

    /** Asks the model for each number, and counts the answers of the key in memory. */
    public static class CountingAgent extends Agent {
        @ChatModelConnection
        public static ResourceDescriptor connection() {
            return ScriptedModel.connection();
        }

        @ChatModelSetup
        public static ResourceDescriptor model() {
            return ScriptedModel.setup();
        }

        @Action(listenEvents = {InputEvent.class})
        public static void ask(InputEvent event, RunnerContext context) {
            maybeFail(ACTION_FAILURES, "action");
            String number = String.valueOf(event.getInput());
            context.getSensoryMemory().set("number", number);
            context.sendEvent(new ChatRequestEvent("model", List.of(ChatMessage.user(number))));
        }

        @Action(listenEvents = {ChatResponseEvent.class})
        public static void say(ChatResponseEvent event, RunnerContext context) {
            MemoryObject memory = context.getShortTermMemory();
            MemoryObject stored = memory.get("count");
            int count = stored == null ? 1 : (Integer) stored.getValue() + 1;
            memory.set("count", count);
            Object number = context.getSensoryMemory().get("number").getValue();
            String echo = event.getResponse().getContent();
            context.sendEvent(new OutputEvent(number + "/" + count + "/" + echo));
        }
    }

    /** Counts completed checkpoints, and fails at snapshots if it is to. */
    static final class Watch<T> implements MapFunction<T, T>, CheckpointedFunction, CheckpointListener {
        private static final long serialVersionUID = 1L;

        @Override
        public T map(T value) {
            return value;
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) {
            maybeFail(SNAPSHOT_FAILURES, "snapshot");
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {}

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            CHECKPOINTS.incrementAndGet();
        }
    }

    static ScriptedModel.Script echo() {
        return messages -> ChatMessage.assistant(messages.get(0).getContent());
    }

    static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }
}
