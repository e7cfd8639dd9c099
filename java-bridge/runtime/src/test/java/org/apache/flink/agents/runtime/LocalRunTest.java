package org.apache.flink.agents.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.agents.ErrorHandlingStrategy;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.context.DurableCallable;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.event.ToolRequestEvent;
import org.apache.flink.agents.api.event.ToolResponseEvent;
import org.apache.flink.agents.api.exceptions.ActionException;
import org.apache.flink.agents.api.exceptions.MemoryPathException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ToolRoundsException;
import org.apache.flink.agents.api.exceptions.UnhandledEventException;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.runtime.env.LocalExecutionEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalRunTest {
    record Sum(int sum) {}

    private final LocalExecutionEnvironment environment =
            (LocalExecutionEnvironment) AgentsExecutionEnvironment.getExecutionEnvironment();

    @BeforeEach
    void reset() {
        ScriptedModel.reset(messages -> ChatMessage.assistant("?"));
        environment.getConfig().set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Duration.ofMillis(1));
    }

    @AfterEach
    void noThreadIsLeft() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("flink-agents-")
                    || thread.getName().startsWith("scripted-model-")) {
                thread.join(TimeUnit.SECONDS.toMillis(5));
                assertFalse(thread.isAlive(), thread.getName());
            }
        }
    }

    @Test
    void elementsOfAKeyComeOutInOrder() throws Exception {
        ScriptedModel.reset(messages -> ChatMessage.assistant("a:" + messages.get(0).getContent()));
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            items.add(Map.of("k", "key" + i % 7, "v", i));
        }
        List<Map<Object, Object>> outputs = run(new ChatAgent(), items);
        Map<Object, Integer> last = new HashMap<>();
        for (Map<Object, Object> output : outputs) {
            Map.Entry<Object, Object> pair = output.entrySet().iterator().next();
            int number = Integer.parseInt(pair.getValue().toString().substring(2));
            assertTrue(last.getOrDefault(pair.getKey(), -1) < number);
            last.put(pair.getKey(), number);
        }
        assertEquals(200, outputs.size());
    }

    @Test
    void aThousandModelCallsAreUnderWayAtOnceWithoutAThreadEach() throws Exception {
        ScriptedModel.holdUntil(1000);
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            items.add(Map.of("k", i, "v", "q"));
        }
        assertEquals(1000, run(new ChatAgent(), items).size());
        assertEquals(1000, ScriptedModel.MOST_UNDER_WAY.get());
    }

    @Test
    void theLimitOfCallsInFlightIsKept() throws Exception {
        ScriptedModel.delayMillis = 1;
        environment.getConfig().set(AgentExecutionOptions.MAX_IN_FLIGHT, 3);
        environment
                .getConfig()
                .set(AgentExecutionOptions.BACK_PRESSURE_WAIT, Duration.ofMillis(2));
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            items.add(Map.of("k", i % 50, "v", "q"));
        }
        assertEquals(100, run(new ChatAgent(), items).size());
        assertEquals(3, ScriptedModel.MOST_UNDER_WAY.get());
    }

    @Test
    void elementsBehindABusyKeyHoldTheInputUpOnceThereAreTooMany() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger mostAhead = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        ScriptedModel.reset(
                messages -> {
                    int ahead = taken.get() - answered.incrementAndGet();
                    mostAhead.accumulateAndGet(ahead, Math::max);
                    return ChatMessage.assistant("yes");
                });
        Map<String, String> element =
                new HashMap<>(Map.of("k", "hot", "v", "q")) {
                    @Override
                    public String get(Object field) {
                        taken.addAndGet("k".equals(field) ? 1 : 0);
                        return super.get(field);
                    }
                };
        assertEquals(15_000, run(new ChatAgent(), Collections.nCopies(15_000, element)).size());
        assertTrue(mostAhead.get() > 1_000, "the elements have to wait: " + mostAhead);
        assertTrue(mostAhead.get() <= 10_010, "elements taken before their turn: " + mostAhead);
    }

    @Test
    void withoutAsyncOneKeyIsDoneBeforeTheNext() throws Exception {
        ScriptedModel.delayMillis = 1;
        environment.getConfig().set(AgentExecutionOptions.CHAT_ASYNC, false);
        assertEquals(20, run(new ChatAgent(), Collections.nCopies(20, "q")).size());
        assertEquals(1, ScriptedModel.MOST_UNDER_WAY.get());
    }

    @Test
    void aCallThatTakesTooLongIsGivenUp() {
        ScriptedModel.delayMillis = TimeUnit.HOURS.toMillis(1);
        environment.getConfig().set(AgentExecutionOptions.CALL_TIMEOUT, Duration.ofMillis(5));
        ActionException error =
                assertThrows(
                        ActionException.class, () -> run(new ChatAgent(), List.of("q")));
        assertInstanceOf(ModelTimeoutException.class, error.getCause());
        assertTrue(error.getMessage().contains("call-timeout"), error.getMessage());
    }

    @Test
    void blockingConnectionsRunOnThePool() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        ScriptedModel.reset(
                messages -> {
                    both.countDown();
                    assertTrue(both.await(10, TimeUnit.SECONDS));
                    return ChatMessage.assistant(Thread.currentThread().getName());
                });
        Agent agent =
                new Agent()
                        .addResource(
                                "connection",
                                ResourceType.CHAT_MODEL_CONNECTION,
                                ScriptedModel.blockingConnection())
                        .addResource("model", ResourceType.CHAT_MODEL, ScriptedModel.setup())
                        .addAction("ask", InputEvent.class, ChatAgent::ask)
                        .addAction("say", ChatResponseEvent.class, ChatAgent::say);
        for (Map<Object, Object> output : run(agent, List.of("a", "b"))) {
            assertTrue(value(output).toString().startsWith("flink-agents-call-"));
        }
    }

    @Test
    void toolsAreCalledAndTheModelIsToldWhatFails() throws Exception {
        ScriptedModel.reset(
                messages -> {
                    if (messages.size() == 1) {
                        return ChatMessage.assistant(
                                "",
                                List.of(
                                        call("1", "add", Map.of("a", 1, "b", 2)),
                                        call("2", "nothing", Map.of()),
                                        call("3", "add", "{broken"),
                                        call("4", "fail", Map.of()),
                                        call("5", "add", Map.of("a", "x", "b", 2))));
                    }
                    StringBuilder told = new StringBuilder();
                    for (ChatMessage message : messages.subList(2, messages.size())) {
                        assertEquals(MessageRole.TOOL, message.getRole());
                        Map<String, Object> extra = message.getExtraArgs();
                        told.append(extra.get("external_id"))
                                .append(extra.getOrDefault("is_error", ""))
                                .append(message.getContent())
                                .append('\n');
                    }
                    return ChatMessage.assistant(told.toString());
                });
        String told = value(run(new ChatAgent(), List.of("q")).get(0)).toString();
        String[] lines = told.split("\n");
        assertEquals("o13", lines[0]);
        assertTrue(lines[1].contains("there is no tool 'nothing'. The tools are: add, fail"), told);
        assertTrue(lines[2].contains("no JSON object"), told);
        assertTrue(lines[3].contains("broken tool"), told);
        assertTrue(lines[4].startsWith("o5true"), told);
    }

    @Test
    void aModelThatKeepsCallingToolsIsStopped() {
        ScriptedModel.reset(
                messages ->
                        ChatMessage.assistant(
                                "", List.of(call("1", "add", Map.of("a", 1, "b", 2)))));
        ActionException error =
                assertThrows(
                        ActionException.class, () -> run(new ChatAgent(), List.of("q")));
        assertInstanceOf(ToolRoundsException.class, error.getCause());
        assertEquals(17, ScriptedModel.CALLS.get());
    }

    @Test
    void toolRequestsAreAnswered() throws Exception {
        Agent asking =
                new Agent()
                        .addResource(
                                "add",
                                ResourceType.TOOL,
                                org.apache.flink.agents.api.tools.Tool.fromMethod(
                                        ChatAgent.class.getMethod("add", int.class, int.class)))
                        .addAction(
                                "ask",
                                InputEvent.class,
                                (event, context) ->
                                        context.sendEvent(
                                                new ToolRequestEvent(
                                                        "m",
                                                        List.of(
                                                                call(
                                                                        "7",
                                                                        "add",
                                                                        Map.of("a", 2, "b", 3))))))
                        .addAction(
                                "say",
                                ToolResponseEvent.class,
                                (event, context) ->
                                        context.sendEvent(
                                                new OutputEvent(
                                                        event.getResponses().get("7").result()
                                                                + event.getExternalIds()
                                                                        .get("7"))));
        assertEquals("5o7", value(run(asking, List.of(1)).get(0)));
    }

    @Test
    void answersAreReadByTheSchemaAfterACorrection() throws Exception {
        ScriptedModel.reset(
                messages ->
                        ChatMessage.assistant(messages.size() > 2 ? "{\"sum\": 3}" : "three"));
        assertEquals(3, value(run(schemaAgent(), List.of("q")).get(0)));
        assertEquals(2, ScriptedModel.CALLS.get());
    }

    @Test
    void aSchemaIsGivenToConnectionsThatKeepToIt() throws Exception {
        ScriptedModel.reset(messages -> ChatMessage.assistant("{\"sum\": " + messages.size() + "}"));
        ScriptedModel.isNative = true;
        assertEquals(1, value(run(schemaAgent(), List.of("q")).get(0)));
        assertTrue(ScriptedModel.lastArguments.get("output_schema").toString().contains("sum"));
    }

    @Test
    void aFailedRequestIsRetriedAndItsToolCallsAreNotRepeated() throws Exception {
        AtomicInteger failures = new AtomicInteger(2);
        ScriptedModel.reset(
                messages -> {
                    if (messages.size() == 1) {
                        return ChatMessage.assistant(
                                "", List.of(call("1", "add", Map.of("a", 1, "b", 2))));
                    }
                    if (failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("down");
                    }
                    return ChatMessage.assistant("up");
                });
        strategy(ErrorHandlingStrategy.RETRY);
        assertEquals("up", value(run(new ChatAgent(), List.of("q")).get(0)));
        assertEquals(1, ScriptedModel.CALLS_BY_QUESTION.get("q").get());
        assertEquals(3, ScriptedModel.CALLS_BY_QUESTION.get("3").get());
    }

    @Test
    void withTheStrategyFailTheErrorNamesAgentActionEventAndKey() {
        ScriptedModel.reset(
                messages -> {
                    throw new ModelRequestException("no such model");
                });
        String told =
                assertThrows(
                                ActionException.class,
                                () -> run(new ChatAgent(), List.of(Map.of("k", "K", "v", 1))))
                        .getMessage();
        for (String part :
                List.of("chat_model_action", "ChatAgent", "ChatRequestEvent", "no such", "K")) {
            assertTrue(told.contains(part), told);
        }
    }

    @Test
    void withTheStrategyIgnoreTheRunGoesOn() throws Exception {
        ScriptedModel.reset(
                messages -> {
                    throw new IllegalStateException("down");
                });
        strategy(ErrorHandlingStrategy.IGNORE);
        assertEquals(
                "IllegalStateException: down",
                value(run(new ChatAgent(), List.of("q")).get(0)));
        assertEquals(1, ScriptedModel.CALLS.get());
    }

    @Test
    void memoryIsKeptPerKeyAndSensoryMemoryPerRun() throws Exception {
        Agent agent =
                new Agent()
                        .addAction(
                                "count",
                                InputEvent.class,
                                (event, context) -> {
                                    MemoryObject memory = context.getShortTermMemory();
                                    MemoryObject seen = memory.get("user.seen");
                                    int count = seen == null ? 1 : (Integer) seen.getValue() + 1;
                                    memory.set("user.seen", count);
                                    MemoryObject sensory = context.getSensoryMemory();
                                    assertFalse(sensory.isExist("x"));
                                    sensory.set("x", event.getInput());
                                    assertThrows(
                                            MemoryPathException.class,
                                            () -> memory.set("user", 1));
                                    assertThrows(
                                            MemoryPathException.class, () -> memory.get("a..b"));
                                    context.sendEvent(
                                            new OutputEvent(memory.get("user").getFields()));
                                });
        List<Map<Object, Object>> outputs =
                run(
                        agent,
                        List.of(
                                Map.of("key", 1, "value", "a"),
                                Map.of("key", 2, "value", "b"),
                                Map.of("key", 1, "value", "c")));
        assertEquals(
                List.of(
                        Map.of(1, Map.of("seen", 1)),
                        Map.of(2, Map.of("seen", 1)),
                        Map.of(1, Map.of("seen", 2))),
                outputs);
    }

    static final AtomicInteger ATTEMPTS = new AtomicInteger();
    static final AtomicInteger DURABLE_CALLS = new AtomicInteger();

    @Test
    void anActionThatFailsHasDoneNothing() throws Exception {
        ATTEMPTS.set(0);
        DURABLE_CALLS.set(0);
        strategy(ErrorHandlingStrategy.RETRY);
        for (boolean async : new boolean[] {false, true}) {
            ATTEMPTS.set(0);
            DURABLE_CALLS.set(0);
            Agent agent =
                    new Agent()
                            .addAction(
                                    "act",
                                    List.of(InputEvent.class),
                                    (event, context) -> {
                                        assertFalse(context.getShortTermMemory().isExist("x"));
                                        context.getShortTermMemory().set("x", 1);
                                        int result = context.durableExecute(new Durable());
                                        context.sendEvent(new OutputEvent(result));
                                        if (ATTEMPTS.incrementAndGet() < 3) {
                                            throw new IllegalStateException("again");
                                        }
                                    },
                                    Map.of(),
                                    async);
            LocalExecutionEnvironment local = new LocalExecutionEnvironment();
            local.getConfig()
                    .set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.RETRY);
            local.getConfig().set(AgentConfigOptions.RETRY_WAIT_INTERVAL, Duration.ofMillis(1));
            List<Map<Object, Object>> outputs = local.fromList(List.of(1)).apply(agent).toList();
            local.execute();
            assertEquals(List.of(41), outputs.stream().map(LocalRunTest::value).toList());
            assertEquals(3, ATTEMPTS.get());
            assertEquals(1, DURABLE_CALLS.get());
        }
    }

    private static final class Durable implements DurableCallable<Integer> {
        @Override
        public String getId() {
            return "forty-one";
        }

        @Override
        public Class<Integer> getResultClass() {
            return Integer.class;
        }

        @Override
        public Integer call() {
            DURABLE_CALLS.incrementAndGet();
            return 41;
        }
    }

    @Test
    void anEventThatNobodyListensToIsAnError() {
        Agent agent =
                new Agent()
                        .addAction(
                                "act",
                                InputEvent.class,
                                (event, context) ->
                                        context.sendEvent(
                                                new ChatResponseEvent(null, new ChatMessage())));
        ActionException error =
                assertThrows(ActionException.class, () -> run(agent, List.of(1)));
        assertInstanceOf(UnhandledEventException.class, error.getCause());
    }

    @Test
    void anElementThatCannotBeKeptIsRefusedWhenItHasToWait() {
        Object odd = new Object();
        String told =
                assertThrows(
                                ActionException.class,
                                () -> run(new ChatAgent(), List.of(Map.of("k", 1, "v", odd))))
                        .getMessage();
        assertTrue(told.contains("java.lang.Object"), told);
    }

    @Test
    void countsHaveTheNamesThatDashboardsKnow() throws Exception {
        ScriptedModel.reset(
                messages ->
                        new ChatMessage(
                                MessageRole.ASSISTANT,
                                "x",
                                Map.of("promptTokens", 3, "completionTokens", 4)));
        run(new ChatAgent(), List.of("a", "b"));
        LocalMetricGroup metrics = environment.metrics();
        assertEquals(2, metrics.getCounter("numOfEventProcessed").getCount());
        assertEquals(6, metrics.getCounter("numOfActionsExecuted").getCount());
        assertEquals(
                2,
                metrics.getSubGroup("action")
                        .getSubGroup("ask")
                        .getCounter("numOfActionsExecuted")
                        .getCount());
        assertEquals(
                6,
                metrics.getSubGroup("action")
                        .getSubGroup("chat_model_action")
                        .getSubGroup("model")
                        .getSubGroup("scripted")
                        .getCounter("promptTokens")
                        .getCount());
    }

    @Test
    void anEnvironmentRunsOneAgentOnce() throws Exception {
        AgentBuilder builder = environment.fromList(List.of(1));
        assertThrows(IllegalStateException.class, () -> environment.fromList(List.of(1)));
        assertThrows(IllegalStateException.class, environment::execute);
        builder.apply(new ChatAgent());
        assertThrows(IllegalStateException.class, () -> builder.apply(new ChatAgent()));
        environment.execute();
        assertThrows(IllegalStateException.class, environment::execute);
    }

    static Map<String, Object> call(String id, String name, Object arguments) {
        return Map.of(
                "id",
                id,
                "type",
                "function",
                "function",
                Map.of("name", name, "arguments", arguments),
                "original_id",
                "o" + id);
    }

    private static Agent schemaAgent() {
        return new Agent()
                .addResource(
                        "connection",
                        ResourceType.CHAT_MODEL_CONNECTION,
                        ScriptedModel.connection())
                .addResource("model", ResourceType.CHAT_MODEL, ScriptedModel.setup())
                .addAction(
                        "ask",
                        InputEvent.class,
                        (event, context) ->
                                context.sendEvent(
                                        new ChatRequestEvent(
                                                "model",
                                                List.of(ChatMessage.user("q")),
                                                Sum.class)))
                .addAction(
                        "say",
                        ChatResponseEvent.class,
                        (event, context) -> {
                            Object sum =
                                    event.getResponse()
                                            .getExtraArgs()
                                            .get(Agent.STRUCTURED_OUTPUT);
                            context.sendEvent(new OutputEvent(((Sum) sum).sum()));
                        });
    }

    private void strategy(ErrorHandlingStrategy strategy) {
        environment.getConfig().set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, strategy);
    }

    private List<Map<Object, Object>> run(Agent agent, List<?> items) throws Exception {
        List<Map<Object, Object>> outputs = environment.fromList(items).apply(agent).toList();
        environment.execute();
        return outputs;
    }

    private static Object value(Map<Object, Object> output) {
        return output.values().iterator().next();
    }
}
