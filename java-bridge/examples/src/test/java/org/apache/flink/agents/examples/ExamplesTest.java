package org.apache.flink.agents.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the examples in this process ({@code ""}) and on Flink. */
class ExamplesTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "--flink"})
    void aJavaAgentCallsItsToolForAJavaModel(String option) throws Exception {
        assumeOllama();
        String question = "add 48 and 31";
        Map<String, String> answers = ask(new JavaModelAgent(), option, question);
        // The tiny model of the tests repeats the result of the tool.
        assertTrue(answers.get(question).contains("79"), answers.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--flink"})
    void aJavaAgentCallsItsToolForAPythonModel(String option) throws Exception {
        assumePython();
        assumeOllama();
        String question = "add 48 and 31";
        Map<String, String> answers = ask(new PythonModelAgent(), option, question);
        assertTrue(answers.get(question).contains("79"), answers.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--flink"})
    void aJavaAgentAsksAPythonModelOfItsOwn(String option) throws Exception {
        assumePython();
        Agent agent = new CustomPythonModelAgent("src/main/python");
        assertEquals(
                Map.of("hello", "HELLO!!", "world", "WORLD!!"),
                ask(agent, option, "hello", "world"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--flink"})
    void aJavaAgentAsksAJavaModelOfItsOwn(String option) throws Exception {
        Agent agent =
                new Agent()
                        .addResource(
                                "connection",
                                ResourceType.CHAT_MODEL_CONNECTION,
                                ResourceDescriptor.Builder.newBuilder(
                                                CustomJavaModelConnection.class.getName())
                                        .addInitialArgument("endpoint", "home")
                                        .build())
                        .addResource(
                                "model",
                                ResourceType.CHAT_MODEL,
                                ResourceDescriptor.Builder.newBuilder(
                                                CustomJavaModelSetup.class.getName())
                                        .addInitialArgument("connection", "connection")
                                        .addInitialArgument("model", "m")
                                        .build())
                        .addAction("ask", InputEvent.class, CustomPythonModelAgent::ask)
                        .addAction("answer", ChatResponseEvent.class, CustomPythonModelAgent::answer);
        assertEquals(Map.of("hello", "hello to m at home"), ask(agent, option, "hello"));
    }

    @Test
    void anOptionThatDoesNotExistIsRefused() {
        IllegalArgumentException error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Program.of(new String[] {"--flnk"}, "hello"));
        assertTrue(error.getMessage().contains("--flnk"));
    }

    private static Map<String, String> ask(Agent agent, String option, String... questions)
            throws Exception {
        List<String> arguments = new ArrayList<>(List.of(questions));
        if (!option.isEmpty()) {
            arguments.add(option);
        }
        Map<String, String> answers = new TreeMap<>();
        Program.of(arguments.toArray(new String[0]), "").ask(agent).forEach(answers::putAll);
        return answers;
    }

    private static void assumePython() {
        assumeTrue(
                System.getenv("FLINK_AGENTS_PYTHON") != null,
                "FLINK_AGENTS_PYTHON does not name a Python with the package");
    }

    private static void assumeOllama() {
        assumeTrue(
                System.getenv("OLLAMA_TEST_URL") != null,
                "OLLAMA_TEST_URL does not name an Ollama server with the model qwen3:8b");
    }
}
