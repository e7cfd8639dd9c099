package org.apache.flink.agents.plan;

import static org.apache.flink.agents.plan.PlanFixtures.compile;
import static org.apache.flink.agents.plan.PlanFixtures.connection;
import static org.apache.flink.agents.plan.PlanFixtures.setup;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.Prompt;
import org.apache.flink.agents.api.annotation.Tool;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.exceptions.ActionSignatureException;
import org.apache.flink.agents.api.exceptions.DuplicateNameException;
import org.apache.flink.agents.api.exceptions.NotPortableException;
import org.apache.flink.agents.api.exceptions.PlanException;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.exceptions.ResourceCycleException;
import org.apache.flink.agents.api.exceptions.ResourceTypeException;
import org.apache.flink.agents.api.exceptions.UnknownResourceException;
import org.apache.flink.agents.api.resource.Reference;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.FunctionTool;
import org.apache.flink.agents.plan.PlanFixtures.Connection;
import org.apache.flink.agents.plan.PlanFixtures.Listening;
import org.apache.flink.agents.plan.PlanFixtures.Setup;
import org.junit.jupiter.api.Test;

class PlanErrorsTest {
    public static class NotStatic extends Agent {
        @Action(listenEvents = {InputEvent.class})
        public void process(InputEvent event, RunnerContext ctx) {}
    }

    public static class NotPublic extends Agent {
        @Action(listenEvents = {InputEvent.class})
        static void process(InputEvent event, RunnerContext ctx) {}
    }

    public static class WrongParameters extends Agent {
        @Action(listenEvents = {InputEvent.class})
        public static void process(RunnerContext ctx, InputEvent event) {}
    }

    public static class WrongEvent extends Agent {
        @Action(listenEvents = {InputEvent.class, OutputEvent.class})
        public static void process(InputEvent event, RunnerContext ctx) {}
    }

    public static class NoEvent extends Agent {
        @Action(listenEvents = {})
        public static void process(InputEvent event, RunnerContext ctx) {}
    }

    public static class TwoOfOneName extends Agent {
        @Action(listenEvents = {InputEvent.class})
        public static void process(InputEvent event, RunnerContext ctx) {}

        @Action(listenEvents = {OutputEvent.class})
        public static void process(OutputEvent event, RunnerContext ctx) {}
    }

    public static class FailingResource extends Listening {
        @ChatModelConnection
        public static ResourceDescriptor service() {
            throw new IllegalStateException("no host");
        }
    }

    public static class WrongResource extends Listening {
        @Prompt
        public static String greeting() {
            return "Hi";
        }
    }

    public static class WrongTool extends Listening {
        @Tool(description = "Waits.")
        public static void await(Thread thread) {}
    }

    public static class Calculator {
        public static int abs(int number) {
            return Math.abs(number);
        }
    }

    @Reference(argument = "other", type = ResourceType.CHAT_MODEL_CONNECTION)
    public static class Wrapper extends Connection {
        public Wrapper() {
            super(connection().build(), null);
        }
    }

    private static <E extends PlanException> void fails(
            Class<E> type, String message, Agent agent) {
        assertEquals(message, assertThrows(type, () -> compile(agent)).getMessage());
    }

    private static Agent with(ResourceType type, String name, Object resource) {
        return new Listening().addResource(name, type, resource);
    }

    private static ResourceDescriptor wrapper(String other) {
        return ResourceDescriptor.Builder.newBuilder(Wrapper.class.getName())
                .addInitialArgument("other", other)
                .build();
    }

    @Test
    void anAgentThatDoesNotListenToItsInputIsRefused() {
        fails(
                ActionSignatureException.class,
                "Agent 'Agent', the agent: has no action that listens to InputEvent, so its input"
                        + " would be lost. Annotate a public static method with"
                        + " @Action(listenEvents = {InputEvent.class}), or call addAction.",
                new Agent());
    }

    @Test
    void anActionThatCannotBeCalledIsRefused() {
        String fix =
                ". Declare it as `public static void name(InputEvent event, RunnerContext ctx)`.";
        Class<ActionSignatureException> type = ActionSignatureException.class;
        fails(
                type,
                "Agent 'NotStatic', action 'process': is not public and static" + fix,
                new NotStatic());
        fails(
                type,
                "Agent 'NotPublic', action 'process': is not public and static" + fix,
                new NotPublic());
        fails(
                type,
                "Agent 'WrongParameters', action 'process': takes (RunnerContext, InputEvent), not"
                        + " (event, RunnerContext)"
                        + fix,
                new WrongParameters());
        fails(
                type,
                "Agent 'WrongEvent', action 'process': listens to OutputEvent but takes InputEvent."
                        + " Declare it as `public static void name(Event event, RunnerContext ctx)`.",
                new WrongEvent());
        fails(
                type,
                "Agent 'NoEvent', action 'process': listens to no event, so it would never run."
                        + " Name one: @Action(listenEvents = {InputEvent.class}).",
                new NoEvent());
    }

    @Test
    void aNameThatIsDeclaredTwiceIsRefused() {
        fails(
                DuplicateNameException.class,
                "Agent 'TwoOfOneName', @Action process: is the name of two methods of TwoOfOneName."
                        + " The method's name is the name in the agent: rename one of them.",
                new TwoOfOneName());
        fails(
                DuplicateNameException.class,
                "Agent 'Listening', action 'process': is declared more than once, or has the name of"
                        + " a built-in action. Give it another name.",
                new Listening().addAction("process", InputEvent.class, (event, ctx) -> {}));
        Agent agent = with(ResourceType.CHAT_MODEL_CONNECTION, "a", connection().build());
        Map<ResourceType, Map<String, Object>> environment =
                Map.of(ResourceType.CHAT_MODEL_CONNECTION, Map.of("a", connection().build()));
        assertThrows(
                DuplicateNameException.class,
                () -> AgentPlanCompiler.compile(agent, environment, List.of()));
    }

    @Test
    void aResourceThatNobodyDeclaredIsRefusedWithWhatWasProbablyMeant() {
        Agent agent = with(ResourceType.CHAT_MODEL, "writer", setup("openai_conection").build());
        String problem =
                "Agent 'Listening', chat_model 'writer': needs the chat_model_connection"
                        + " 'openai_conection', which is not declared. ";
        fails(
                UnknownResourceException.class,
                problem + "Declare it with @ChatModelConnection, or with addResource.",
                agent);
        agent.addResource(
                "openaiConnection", ResourceType.CHAT_MODEL_CONNECTION, connection().build());
        fails(
                UnknownResourceException.class,
                problem + "Did you mean 'openaiConnection'?",
                agent);
    }

    @Test
    void aNameInTheOtherSpellingIsFoundAlsoWhenItIsFarFromIt() {
        Agent agent = with(ResourceType.CHAT_MODEL, "writer", setup("m_y_c_o_n").build());
        agent.addResource("mYCoN", ResourceType.CHAT_MODEL_CONNECTION, connection().build());
        agent.addResource("other", ResourceType.CHAT_MODEL_CONNECTION, connection().build());
        String problem =
                assertThrows(UnknownResourceException.class, () -> compile(agent)).getMessage();
        assertEquals("Did you mean 'mYCoN'?", problem.substring(problem.indexOf("Did")));
    }

    @Test
    void aResourceOfThatNameButAnotherTypeIsNamed() {
        Agent agent = with(ResourceType.CHAT_MODEL, "a", setup("b").build());
        agent.addResource("b", ResourceType.CHAT_MODEL, setup("a").build());
        fails(
                UnknownResourceException.class,
                "Agent 'Listening', chat_model 'a': needs the chat_model_connection 'b', which is not"
                        + " declared. There is a chat_model of that name; a chat_model_connection is"
                        + " needed here.",
                agent);
    }

    @Test
    void resourcesThatNeedEachOtherAreRefused() {
        Agent agent = with(ResourceType.CHAT_MODEL_CONNECTION, "a", wrapper("b"));
        agent.addResource("b", ResourceType.CHAT_MODEL_CONNECTION, wrapper("a"));
        fails(
                ResourceCycleException.class,
                "Agent 'Listening', chat_model_connection 'a': needs itself: a -> b -> a. Remove one"
                        + " of these references.",
                agent);
    }

    @Test
    void aSetupWhoseClassIsAConnectionIsRefused() {
        fails(
                ResourceTypeException.class,
                "Agent 'Listening', chat_model 'writer': "
                        + Connection.class.getName()
                        + " is a chat_model_connection, not a chat_model. Use the chat_model class of"
                        + " this provider.",
                with(ResourceType.CHAT_MODEL, "writer", connection().build()));
    }

    @Test
    void theConstantThatWasMeantIsNamed() {
        assertEquals(
                "Use Constant.OLLAMA_CHAT_MODEL_SETUP.",
                DescriptorCheck.otherClass(
                        "org.apache.flink.agents.integrations.chatmodels.ollama"
                                + ".OllamaChatModelConnection",
                        ResourceType.CHAT_MODEL));
    }

    @Test
    void aClassThatIsMissingOrNoResourceIsRefused() {
        fails(
                ResourceTypeException.class,
                "Agent 'Listening', chat_model 'writer': its class no.such.Model cannot be loaded"
                        + " (no.such.Model). Use a name of"
                        + " org.apache.flink.agents.api.resource.Constant with the jar"
                        + " flink-agents-dist, or YourClass.class.getName().",
                with(
                        ResourceType.CHAT_MODEL,
                        "writer",
                        ResourceDescriptor.Builder.newBuilder("no.such.Model").build()));
        fails(
                ResourceTypeException.class,
                "Agent 'Listening', chat_model 'writer': java.lang.String is not a resource class."
                        + " Extend Resource.",
                with(
                        ResourceType.CHAT_MODEL,
                        "writer",
                        ResourceDescriptor.Builder.newBuilder("java.lang.String").build()));
    }

    @Test
    void aReferenceThatIsMissingOrNoNameIsRefused() {
        fails(
                ResourceArgumentException.class,
                "Agent 'Listening', chat_model 'writer': its argument 'connection' is missing. Give"
                        + " the name of a chat_model_connection.",
                with(
                        ResourceType.CHAT_MODEL,
                        "writer",
                        ResourceDescriptor.Builder.newBuilder(Setup.class.getName()).build()));
        Agent agent =
                with(
                        ResourceType.CHAT_MODEL,
                        "writer",
                        setup("a").addInitialArgument("tools", List.of(5)).build());
        assertThrows(ResourceArgumentException.class, () -> compile(agent));
    }

    @Test
    void aMethodThatDoesNotGiveItsResourceIsRefused() {
        fails(
                PlanException.class,
                "Agent 'FailingResource', chat_model_connection 'service': the method threw"
                        + " java.lang.IllegalStateException: no host. It is called without arguments"
                        + " when the agent is compiled; let it return the resource.",
                new FailingResource());
        fails(
                ResourceTypeException.class,
                "Agent 'WrongResource', prompt 'greeting': the method returned java.lang.String."
                        + " Return a Prompt.",
                new WrongResource());
        String problem =
                assertThrows(PlanException.class, () -> compile(new WrongTool())).getMessage();
        assertEquals(
                "Agent 'WrongTool', tool 'await': cannot be a tool. Tool 'await', parameter 1,"
                        + " 'thread': a model cannot give a value of type java.lang.Thread. Use texts,"
                        + " numbers, enums, lists, maps, Optional, records or beans.",
                problem);
    }

    @Test
    void aToolUnderAnotherNameThanItsOwnIsRefused() throws Exception {
        FunctionTool tool = new FunctionTool(Calculator.class.getMethod("abs", int.class));
        fails(
                ResourceArgumentException.class,
                "Agent 'Listening', tool 'absolute': a model calls it 'abs', which would not be found."
                        + " Declare it under the name 'abs'.",
                with(ResourceType.TOOL, "absolute", tool));
    }

    @Test
    void whatCannotTravelToAWorkerIsRefused() {
        Object local = new Object();
        fails(
                NotPortableException.class,
                "Agent 'Listening', action 'other': its function cannot travel to a worker, because"
                        + " java.lang.Object is not Serializable. Use a public static method, or a"
                        + " lambda that refers only to serializable values.",
                new Listening()
                        .addAction("other", OutputEvent.class, (event, ctx) -> local.hashCode()));
        fails(
                NotPortableException.class,
                "Agent 'Listening', chat_model_connection 'a': its argument 'pool' cannot travel to a"
                        + " worker, because java.lang.Object is not Serializable. Use texts, numbers,"
                        + " lists, maps and other classes that implement Serializable.",
                with(
                        ResourceType.CHAT_MODEL_CONNECTION,
                        "a",
                        connection().addInitialArgument("pool", local).build()));
    }
}
