package example;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
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
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;

/**
 * A Java job with a Python model, whose action fails eight times and whose companion Python is
 * killed four times: {@code ChaosJob FOLDER NUMBERS}. Prints what became of the numbers.
 */
public final class ChaosJob {
    private static final int KEYS = 50;
    private static final int FAILURES = 8;
    private static final AtomicInteger ANSWERS = new AtomicInteger();
    private static final int KILLS = 4;
    private static final AtomicInteger FAILED = new AtomicInteger();
    private static final AtomicInteger KILLED = new AtomicInteger();

    private ChaosJob() {}

    @SuppressWarnings("try") // closing may be interrupted, which ends the program
    public static void main(String[] arguments) throws Exception {
        long numbers = Long.parseLong(arguments[1]);
        StreamExecutionEnvironment flink =
                StreamExecutionEnvironment.getExecutionEnvironment(
                        Configuration.fromMap(
                                Map.of(
                                        "rest.port", "0",
                                        "parallelism.default", "2",
                                        "restart-strategy.type", "fixed-delay",
                                        "restart-strategy.fixed-delay.attempts", "1000",
                                        "restart-strategy.fixed-delay.delay", "10 ms",
                                        "execution.checkpointing.interval", "100 ms",
                                        "execution.checkpointing.dir", arguments[0])));
        DataStream<Long> source =
                flink.fromSource(
                                new DataGeneratorSource<>(
                                        number -> number,
                                        numbers,
                                        RateLimiterStrategy.perSecond(400),
                                        Types.LONG),
                                WatermarkStrategy.noWatermarks(),
                                "numbers")
                        .setParallelism(1);
        DataStream<String> outputs =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink)
                        .fromDataStream(source, number -> number % KEYS)
                        .apply(new Counting())
                        .toDataStream(Types.STRING);
        List<String> found = new ArrayList<>();
        try (CloseableIterator<String> results = outputs.collectAsync()) {
            JobClient job = flink.executeAsync();
            while (results.hasNext()) {
                found.add(results.next());
            }
            job.getJobExecutionResult().get();
        }
        report(found, numbers);
    }

    /** Lost and duplicated numbers, and keys whose counter is not the number of their outputs. */
    private static void report(List<String> found, long numbers) {
        Set<String> seen = new HashSet<>();
        Map<Long, Integer> counts = new HashMap<>();
        int miscounted = 0;
        for (String output : found) {
            String[] parts = output.split("/");
            seen.add(parts[0]);
            int count = counts.merge(Long.parseLong(parts[0]) % KEYS, 1, Integer::sum);
            miscounted += count == Integer.parseInt(parts[1]) ? 0 : 1;
        }
        System.out.printf(
                "lost %d, duplicated %d, miscounted %d%n",
                numbers - seen.size(), found.size() - seen.size(), miscounted);
        System.out.printf("failures %d, killed %d%n", FAILED.get(), KILLED.get());
    }

    /** Asks the model for each number, and counts the answers of the key in memory. */
    public static class Counting extends Agent {
        @ChatModelConnection
        public static ResourceDescriptor connection() {
            return ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_CONNECTION)
                    .addInitialArgument("python_clazz", "echo_models.EchoConnection")
                    .addInitialArgument("python_path", System.getenv("PYTHON_MODELS"))
                    .build();
        }

        @ChatModelSetup
        public static ResourceDescriptor model() {
            return ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_SETUP)
                    .addInitialArgument("python_clazz", "echo_models.EchoSetup")
                    .addInitialArgument("python_path", System.getenv("PYTHON_MODELS"))
                    .addInitialArgument("connection", "connection")
                    .addInitialArgument("model", "m")
                    .build();
        }

        @Action(listenEvents = {InputEvent.class})
        public static void ask(InputEvent event, RunnerContext context) {
            String number = String.valueOf(event.getInput());
            context.sendEvent(new ChatRequestEvent("model", List.of(ChatMessage.user(number))));
        }

        @Action(listenEvents = {ChatResponseEvent.class})
        public static void say(ChatResponseEvent event, RunnerContext context) {
            int answers = ANSWERS.incrementAndGet();
            if (answers % 150 == 75 && KILLED.get() < KILLS) {
                // Calls of other keys are in flight there.
                ProcessHandle.current()
                        .children()
                        .filter(ProcessHandle::destroyForcibly)
                        .forEach(process -> KILLED.incrementAndGet());
            }
            if (answers % 150 == 0 && FAILED.get() < FAILURES) {
                FAILED.incrementAndGet();
                throw new IllegalStateException("injected");
            }
            MemoryObject memory = context.getShortTermMemory();
            MemoryObject stored = memory.get("count");
            int count = stored == null ? 1 : (Integer) stored.getValue() + 1;
            memory.set("count", count);
            context.sendEvent(new OutputEvent(event.getResponse().getContent() + "/" + count));
        }
    }
}
