package org.apache.flink.agents.plan;

import static org.apache.flink.agents.plan.PlanFixtures.compile;
import static org.apache.flink.agents.plan.PlanFixtures.connection;
import static org.apache.flink.agents.plan.PlanFixtures.setup;
import static org.apache.flink.agents.plan.PlanFixtures.travelled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.annotation.Prompt;
import org.apache.flink.agents.api.annotation.Tool;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.ToolParameters;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentPlanCompilerTest {
    private static final List<String> CALLS = new ArrayList<>();

    public static class Special extends InputEvent {
        public Special() {
            super("special");
        }
    }

    public static class Base extends Agent {
        @ChatModelConnection
        public static ResourceDescriptor service() {
            return connection().build();
        }

        @Prompt
        public static org.apache.flink.agents.api.prompt.Prompt greeting() {
            return org.apache.flink.agents.api.prompt.Prompt.fromText("Hi");
        }

        @Action(listenEvents = {InputEvent.class})
        public static void first(InputEvent event, RunnerContext ctx) throws Exception {
            CALLS.add("first of base");
        }

        @Action(listenEvents = {InputEvent.class})
        public static void dropped(InputEvent event, RunnerContext ctx) {}
    }

    public static class Derived extends Base {
        @ChatModelSetup
        public static ResourceDescriptor writer() {
            return setup("service")
                    .addInitialArgument("prompt", "greeting")
                    .addInitialArgument("tools", List.of("add"))
                    .build();
        }

        @Tool(description = "Adds.")
        public static int add(int a, int b) {
            return a + b;
        }

        @Action(listenEvents = {InputEvent.class}, async = true)
        public static void first(InputEvent event, RunnerContext ctx) throws Exception {
            CALLS.add("first of derived");
            throw new java.io.IOException("on purpose");
        }

        public static void dropped(InputEvent event, RunnerContext ctx) {}

        @Action(listenEvents = {Special.class, OutputEvent.class})
        public static void second(Event event, RunnerContext ctx) {
            CALLS.add("second");
        }
    }

    @BeforeEach
    void forgetCalls() {
        CALLS.clear();
    }

    private static List<String> names(List<ActionSpec> actions) {
        return actions.stream().map(ActionSpec::name).toList();
    }

    @Test
    void membersOfBaseClassesBelongToTheAgentUnlessTheyAreDeclaredAgain() {
        AgentPlan plan = compile(new Derived());
        assertEquals("Derived", plan.agent());
        assertEquals(List.of("first", "second"), names(plan.actions()));
        assertEquals(
                Set.of(
                        new ResourceKey(ResourceType.CHAT_MODEL_CONNECTION, "service"),
                        new ResourceKey(ResourceType.PROMPT, "greeting"),
                        new ResourceKey(ResourceType.CHAT_MODEL, "writer"),
                        new ResourceKey(ResourceType.TOOL, "add")),
                plan.resources().keySet());
        assertTrue(plan.action("first").orElseThrow().async());
    }

    @Test
    void anEventStartsTheActionsOfItsClassAndBaseClasses() {
        AgentPlan plan = compile(new Derived());
        assertEquals(List.of("first"), names(plan.listeners(new InputEvent(1))));
        assertEquals(List.of("first", "second"), names(plan.listeners(new Special())));
        assertEquals(List.of("second"), names(plan.listeners(new OutputEvent(1))));
    }

    @Test
    void anActionThrowsWhatItsMethodThrows() {
        ActionSpec action = compile(new Derived()).action("first").orElseThrow();
        assertThrows(java.io.IOException.class, () -> action.invoke(new InputEvent(1), null));
        assertEquals(List.of("first of derived"), CALLS);
    }

    @Test
    void actionsAndResourcesCanBeAddedAndSharedByTheEnvironment() throws Exception {
        Agent agent =
                new Agent()
                        .addAction("count", InputEvent.class, (event, ctx) -> CALLS.add("count"))
                        .addResource("writer", ResourceType.CHAT_MODEL, setup("shared").build());
        Map<ResourceType, Map<String, Object>> environment =
                Map.of(
                        ResourceType.CHAT_MODEL_CONNECTION,
                        Map.of("shared", connection().build()));
        ActionSpec builtIn =
                ActionSpec.builtIn(
                        "built-in", List.of(OutputEvent.class), (event, ctx) -> {}, true, true);
        AgentPlan plan = AgentPlanCompiler.compile(agent, environment, List.of(builtIn));
        assertEquals(List.of("count", "built-in"), names(plan.actions()));
        assertTrue(plan.actions().get(1).concurrent());
        assertEquals(2, plan.resources().size());
        plan.actions().get(0).invoke(new InputEvent(1), null);
        assertEquals(List.of("count"), CALLS);
    }

    @Test
    void anAddedMethodIsAnActionOfItsNameWithSettings() throws Exception {
        Agent agent =
                new Agent()
                        .addAction(
                                List.of(InputEvent.class),
                                Base.class.getMethod(
                                        "first", InputEvent.class, RunnerContext.class),
                                Map.of("limit", 3));
        ActionSpec action = compile(agent).actions().get(0);
        assertEquals("first", action.name());
        assertEquals(Map.of("limit", 3), action.config());
    }

    @Test
    void aPlanTravelsToAWorker() throws Exception {
        Agent agent = new Derived();
        agent.addAction("count", InputEvent.class, (event, ctx) -> CALLS.add("count"));
        AgentPlan plan = travelled(compile(agent));

        assertEquals(List.of("first", "second", "count"), names(plan.actions()));
        plan.action("second").orElseThrow().invoke(new OutputEvent(1), null);
        plan.action("count").orElseThrow().invoke(new InputEvent(1), null);
        assertEquals(List.of("second", "count"), CALLS);
        Object tool = plan.resources().get(new ResourceKey(ResourceType.TOOL, "add"));
        assertEquals(
                3,
                ((org.apache.flink.agents.api.tools.Tool) tool)
                        .call(new ToolParameters(Map.of("a", 1, "b", 2)))
                        .result());
    }
}
