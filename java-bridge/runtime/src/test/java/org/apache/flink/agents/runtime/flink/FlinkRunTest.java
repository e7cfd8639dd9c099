package org.apache.flink.agents.runtime.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.agents.ErrorHandlingStrategy;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.runtime.ScriptedModel;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.AllWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FlinkRunTest {
    record Reading(String sensor, int value) {}

    @BeforeEach
    void reset() {
        TestJobs.reset(TestJobs.echo());
    }

    @AfterEach
    void noThreadIsLeft() throws InterruptedException {
        TestJobs.assertNoThreadIsLeft();
    }

    @Test
    void aListRunsAsAJobWithTypedKeysAndValues() throws Exception {
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(TestJobs.flink(2));
        Agent agent =
                new Agent()
                        .addAction(
                                "twice",
                                InputEvent.class,
                                (event, context) -> {
                                    Reading reading = (Reading) event.getInput();
                                    context.sendEvent(
                                            new OutputEvent(
                                                    new Reading(
                                                            reading.sensor(),
                                                            reading.value() * 2)));
                                });
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            items.add(Map.of("key", (long) i % 3, "value", new Reading("s", i)));
        }
        List<Map<Long, Reading>> outputs = environment.fromList(items).apply(agent).toList();
        environment.execute();
        Map<Long, List<Integer>> byKey = new HashMap<>();
        for (Map<Long, Reading> output : outputs) {
            output.forEach(
                    (key, reading) ->
                            byKey.computeIfAbsent(key, k -> new ArrayList<>())
                                    .add(reading.value()));
        }
        assertEquals(List.of(0, 6, 12, 18, 24, 30, 36), byKey.get(0L));
        assertEquals(20, outputs.size());
    }

    @Test
    void aThousandCallsAreUnderWayInOneSubtask() throws Exception {
        ScriptedModel.holdUntil(1000);
        StreamExecutionEnvironment flink = TestJobs.flink(1);
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            items.add(Map.of("k", i, "v", i));
        }
        List<Map<Object, Object>> outputs =
                environment.fromList(items).apply(new TestJobs.CountingAgent()).toList();
        environment.execute();
        assertEquals(1000, outputs.size());
        assertEquals(1000, ScriptedModel.MOST_UNDER_WAY.get());
    }

    @Test
    void windowsBehindTheAgentGetEveryOutputInTime() throws Exception {
        ScriptedModel.delayMillis = 30;
        StreamExecutionEnvironment flink =
                TestJobs.flink(2, "pipeline.auto-watermark-interval", "5 ms");
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        DataStream<Long> numbers =
                TestJobs.numbers(flink, 600, 600)
                        .assignTimestampsAndWatermarks(
                                WatermarkStrategy.<Long>forMonotonousTimestamps()
                                        .withTimestampAssigner((number, time) -> number * 10));
        OutputTag<String> late = new OutputTag<>("late", Types.STRING);
        SingleOutputStreamOperator<Integer> counts =
                environment
                        .fromDataStream(numbers, number -> number % 20)
                        .apply(new TestJobs.CountingAgent())
                        .toDataStream(Types.STRING)
                        .windowAll(TumblingEventTimeWindows.of(Duration.ofMillis(100)))
                        .sideOutputLateData(late)
                        .apply(
                                (AllWindowFunction<String, Integer, TimeWindow>)
                                        (window, values, out) -> {
                                            int count = 0;
                                            for (String value : values) {
                                                count++;
                                            }
                                            out.collect(count);
                                        },
                                Types.INT);
        CloseableIterator<Integer> counted = counts.collectAsync();
        CloseableIterator<String> lateOnes = counts.getSideOutput(late).collectAsync();
        JobClient job = flink.executeAsync();
        List<Integer> windows = new ArrayList<>();
        counted.forEachRemaining(windows::add);
        assertEquals(60, windows.size());
        assertTrue(windows.stream().allMatch(count -> count == 10), windows.toString());
        assertTrue(!lateOnes.hasNext());
        job.getJobExecutionResult().get();
        counted.close();
        lateOnes.close();
    }

    @Test
    void deadLettersLeaveByASideOutput() throws Exception {
        TestJobs.reset(
                messages -> {
                    String question = messages.get(0).getContent();
                    if (question.equals("3")) {
                        throw new IllegalStateException("bad question");
                    }
                    return ChatMessage.assistant(question);
                });
        StreamExecutionEnvironment flink = TestJobs.flink(1);
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        environment
                .getConfig()
                .set(
                        AgentConfigOptions.ERROR_HANDLING_STRATEGY,
                        ErrorHandlingStrategy.DEAD_LETTER);
        environment.getConfig().set(AgentConfigOptions.MAX_RETRIES, 1);
        environment.getConfig().set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Duration.ofMillis(1));
        AgentBuilder builder =
                environment
                        .fromDataStream(TestJobs.numbers(flink, 5, 1000), n -> n)
                        .apply(new TestJobs.CountingAgent());
        DataStream<String> outputs = builder.toDataStream(Types.STRING);
        CloseableIterator<String> letters = builder.toDeadLetters().collectAsync();
        CloseableIterator<String> out = outputs.collectAsync();
        flink.executeAsync();
        List<String> texts = new ArrayList<>();
        letters.forEachRemaining(texts::add);
        List<String> values = new ArrayList<>();
        out.forEachRemaining(values::add);
        assertEquals(5, values.size()); // the request that failed was answered, too
        assertEquals(1, texts.size());
        assertTrue(texts.get(0).contains("\"attempts\":2"), texts.get(0));
        assertTrue(texts.get(0).contains("bad question"), texts.get(0));
        letters.close();
        out.close();
    }

    @Test
    void tablesComeInAndGoOut() throws Exception {
        StreamExecutionEnvironment flink = TestJobs.flink(1);
        StreamTableEnvironment tables = StreamTableEnvironment.create(flink);
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink, tables);
        // Of one source: `fromValues` makes one of each row, which come in any order.
        Table input =
                tables.fromDataStream(
                        flink.fromData(
                                Types.ROW_NAMED(
                                        new String[] {"id", "n"}, Types.STRING, Types.INT),
                                Row.of("a", 1),
                                Row.of("b", 2),
                                Row.of("a", 3)));
        Agent agent =
                new Agent()
                        .addAction(
                                "sum",
                                InputEvent.class,
                                (event, context) -> {
                                    Row row = (Row) event.getInput();
                                    var stored = context.getShortTermMemory().get("sum");
                                    int sum = stored == null ? 0 : (Integer) stored.getValue();
                                    sum += (Integer) row.getField("n");
                                    context.getShortTermMemory().set("sum", sum);
                                    context.sendEvent(
                                            new OutputEvent(
                                                    Row.of(row.getField("id"), sum)));
                                });
        Table output =
                environment
                        .fromTable(input, row -> ((Row) row).getField("id"))
                        .apply(agent)
                        .toTable(
                                Schema.newBuilder()
                                        .column("id", DataTypes.STRING())
                                        .column("total", DataTypes.INT())
                                        .build());
        List<String> rows = new ArrayList<>();
        CloseableIterator<Row> found = output.execute().collect();
        found.forEachRemaining(row -> rows.add(row.toString()));
        found.close();
        rows.sort(null);
        assertEquals(List.of("+I[a, 1]", "+I[a, 4]", "+I[b, 2]"), rows);
    }

    @Test
    void aCheckpointWaitsForNoCallEvenAtTheLimit(@TempDir java.nio.file.Path folder)
            throws Exception {
        ScriptedModel.delayMillis = TimeUnit.HOURS.toMillis(1);
        StreamExecutionEnvironment flink =
                TestJobs.flink(1, "max-in-flight", "1000", "back-pressure-wait", "200 ms");
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        environment
                .fromDataStream(TestJobs.numbers(flink, Long.MAX_VALUE, 1000), n -> n)
                .apply(new TestJobs.CountingAgent())
                .toDataStream(Types.STRING)
                .print();
        JobClient job = flink.executeAsync();
        while (ScriptedModel.UNDER_WAY.get() < 1000) {
            Thread.onSpinWait();
        }
        job.triggerSavepoint(folder.toUri().toString(), SavepointFormatType.CANONICAL)
                .get(60, TimeUnit.SECONDS);
        assertEquals(1000, ScriptedModel.UNDER_WAY.get());
        job.cancel().get();
        assertThrows(Exception.class, () -> job.getJobExecutionResult().get());
    }

    @Test
    void aCancelledJobLeavesNoThread() throws Exception {
        ScriptedModel.delayMillis = TimeUnit.HOURS.toMillis(1);
        StreamExecutionEnvironment flink = TestJobs.flink(2);
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink);
        environment
                .fromDataStream(TestJobs.numbers(flink, 500, 10_000), n -> n)
                .apply(new TestJobs.CountingAgent())
                .toDataStream(Types.STRING)
                .print();
        JobClient job = flink.executeAsync();
        while (ScriptedModel.UNDER_WAY.get() < 500) {
            Thread.onSpinWait();
        }
        job.cancel().get();
        assertThrows(Exception.class, () -> job.getJobExecutionResult().get());
    }
}
