package org.apache.flink.agents.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.model.python.PythonChatModelConnection;
import org.apache.flink.agents.api.chat.model.python.PythonChatModelSetup;
import org.apache.flink.agents.api.exceptions.EnvironmentSetupException;
import org.apache.flink.agents.api.exceptions.ModelException;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chat models of Python in this JVM, through a real companion process. */
@EnabledIfEnvironmentVariable(
        named = "FLINK_AGENTS_PYTHON",
        matches = ".+",
        disabledReason = "FLINK_AGENTS_PYTHON names no Python that has the package")
class PythonChatModelTest {

    private static final Executor POOL = ForkJoinPool.commonPool();
    private static final String SECRET = "sk-very-secret";

    private final List<Resource> opened = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() throws Exception {
        List<Long> children =
                ProcessHandle.current().children().map(ProcessHandle::pid).toList();
        for (Resource resource : opened) {
            resource.close();
        }
        for (Long pid : children) {
            Optional<ProcessHandle> process = ProcessHandle.of(pid);
            if (process.isPresent()) {
                process.get().onExit().get(10, TimeUnit.SECONDS);
            }
        }
    }

    private PythonChatModelConnection connection(String... arguments) {
        return connection("EchoConnection", arguments);
    }

    private PythonChatModelConnection connection(String clazz, String[] arguments) {
        PythonChatModelConnection made =
                new PythonChatModelConnection(
                        descriptor(Constant.PYTHON_CHAT_MODEL_CONNECTION, clazz, arguments), null);
        opened.add(made);
        return made;
    }

    private static ResourceDescriptor descriptor(String java, String python, String... arguments) {
        ResourceDescriptor.Builder builder =
                ResourceDescriptor.Builder.newBuilder(java)
                        .addInitialArgument("module", "echo_models")
                        .addInitialArgument("clazz", python)
                        .addInitialArgument(
                                "python_path", Path.of("src/test/python").toAbsolutePath().toString());
        for (int i = 0; i < arguments.length; i += 2) {
            builder.addInitialArgument(arguments[i], arguments[i + 1]);
        }
        return builder.build();
    }

    private static List<ChatMessage> said(String text) {
        return List.of(ChatMessage.user(text));
    }

    @Test
    void aMessageComesBackAsItWas() {
        ChatMessage answer =
                connection("greetingText", "hello ")
                        .chat(said("\"ä\\\n€😀"), List.of(), Map.of("temperature", 0.5));
        assertEquals(MessageRole.ASSISTANT, answer.getRole());
        assertEquals("hello \"ä\\\n€😀", answer.getContent());
        assertEquals(Map.of("temperature", 0.5), answer.getExtraArgs().get("arguments"));
    }

    @Test
    void aSetupGivesItsModelKwargs() throws Exception {
        PythonChatModelConnection connection = connection();
        PythonChatModelSetup setup =
                new PythonChatModelSetup(
                        descriptor(
                                Constant.PYTHON_CHAT_MODEL_SETUP,
                                "EchoSetup",
                                "connection",
                                "c",
                                "model",
                                "m",
                                "extractReasoning",
                                "true"),
                        (name, type) -> connection);
        opened.add(setup);
        ChatMessage answer =
                setup.chatAsync(said("x"), Map.of("top", 1), POOL).get(60, TimeUnit.SECONDS);
        assertEquals(
                Map.of("model", "m", "extract_reasoning", true, "top", 1),
                answer.getExtraArgs().get("arguments"));
    }

    @ParameterizedTest
    @CsvSource({
        "ModelTimeoutError, ModelTimeoutException",
        "TimeoutError, ModelTimeoutException",
        "ModelUnavailableError, ModelUnavailableException",
        "ModelRequestError, ModelRequestException",
        "ModelOutputError, ModelOutputException",
        "ValueError, ModelException",
    })
    void anErrorArrivesAsOneOfItsKindWithoutSecrets(String python, String java) {
        PythonChatModelConnection connection = connection("api_key", SECRET);
        ModelException error =
                assertThrows(
                        ModelException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of("fail", python)));
        assertEquals(java, error.getClass().getSimpleName());
        assertTrue(error.getMessage().contains("it failed with the key ***"), error.getMessage());
        assertTrue(error.getCause().getMessage().contains("echo_models.py"));
        assertFalse(error.getCause().getMessage().contains(SECRET));
    }

    @Test
    void thousandsOfCallsAreInFlightAtOnce() throws Exception {
        PythonChatModelConnection connection = connection();
        List<CompletableFuture<ChatMessage>> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            Map<String, Object> arguments = Map.of("seconds", 2);
            answers.add(connection.chatAsync(said("n" + i), List.of(), arguments, POOL));
        }
        for (int i = 0; i < 2_000; i++) {
            assertEquals("n" + i, answers.get(i).get(60, TimeUnit.SECONDS).getContent());
        }
    }

    @Test
    void aCancelledCallIsCancelledInPython() throws Exception {
        PythonChatModelConnection connection = connection();
        connection.chat(said("start"), List.of(), Map.of());
        CompletableFuture<ChatMessage> waiting =
                connection.chatAsync(said("x"), List.of(), Map.of("seconds", 600), POOL);
        connection.chat(said("the other has begun"), List.of(), Map.of());
        waiting.cancel(true);
        Object cancelled = 0;
        for (int i = 0; i < 500 && !cancelled.equals(1); i++) {
            cancelled =
                    connection.chat(said("y"), List.of(), Map.of()).getExtraArgs().get("cancelled");
        }
        assertEquals(1, cancelled);
    }

    @Test
    void aCallThatTakesTooLongEnds() {
        PythonChatModelConnection connection = connection("bridge_timeout", "0.2");
        connection.nativeStructuredOutput();
        ModelTimeoutException error =
                assertThrows(
                        ModelTimeoutException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of("seconds", 600)));
        assertTrue(error.getMessage().contains("bridge_timeout"), error.getMessage());
    }

    @Test
    void aModelThatBlocksDoesNotHoldUpOthers() throws Exception {
        PythonChatModelConnection blocking = connection("BlockingConnection", new String[0]);
        PythonChatModelConnection quick = connection();
        CompletableFuture<ChatMessage> slow =
                blocking.chatAsync(said("slow"), List.of(), Map.of("seconds", 3), POOL);
        quick.chat(said("x"), List.of(), Map.of());
        assertFalse(slow.isDone());
        assertEquals("slow", slow.get(60, TimeUnit.SECONDS).getContent());
    }

    @Test
    void aCompanionThatDiesIsReplaced() {
        PythonChatModelConnection connection = connection("greeting_text", "again ");
        ChatMessage before = connection.chat(said("x"), List.of(), Map.of());
        CompletableFuture<ChatMessage> waiting =
                connection.chatAsync(said("x"), List.of(), Map.of("seconds", 600), POOL);
        ModelUnavailableException error =
                assertThrows(
                        ModelUnavailableException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of("fail", "exit")));
        assertTrue(error.getMessage().contains("exit code 7"), error.getMessage());
        CompletionException other = assertThrows(CompletionException.class, waiting::join);
        assertInstanceOf(ModelUnavailableException.class, other.getCause());
        ChatMessage after = connection.chat(said("x"), List.of(), Map.of());
        assertEquals("again x", after.getContent());
        assertNotEquals(before.getExtraArgs().get("pid"), after.getExtraArgs().get("pid"));
    }

    @Test
    void theLastModelThatIsClosedStopsTheProcess() throws Exception {
        PythonChatModelConnection first = connection();
        PythonChatModelConnection second = connection();
        Number pid =
                (Number)
                        first.chat(said("x"), List.of(), Map.of()).getExtraArgs().get("pid");
        second.chat(said("x"), List.of(), Map.of());
        first.close();
        assertTrue(ProcessHandle.of(pid.longValue()).isPresent());
        second.close();
        Optional<ProcessHandle> process = ProcessHandle.of(pid.longValue());
        assertTrue(process.isEmpty() || !process.get().isAlive());
    }

    @Test
    void aClassThatCannotBeImportedIsNamed() {
        PythonChatModelConnection connection = connection("NoSuchConnection", new String[0]);
        ModelRequestException error =
                assertThrows(
                        ModelRequestException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of()));
        assertTrue(error.getMessage().contains("echo_models.NoSuchConnection"), error.getMessage());
    }

    @Test
    void anArgumentThatTheClassDoesNotTakeIsNamedWithoutItsValue() {
        PythonChatModelConnection connection = connection("secret_number", "whatever-it-is");
        ModelRequestException error =
                assertThrows(
                        ModelRequestException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of()));
        assertTrue(error.getMessage().contains("secret_number"), error.getMessage());
        assertFalse(error.getMessage().contains("whatever"), error.getMessage());
    }

    @Test
    void aPythonThatIsNoneIsNamedWithTheFix() {
        PythonChatModelConnection connection = connection("python_executable", "/no/python");
        EnvironmentSetupException error =
                assertThrows(
                        EnvironmentSetupException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of()));
        assertTrue(error.getMessage().contains("/no/python"), error.getMessage());
        assertTrue(error.getMessage().contains("python.executable"), error.getMessage());
    }

    @Test
    void aPythonThatEndsAtOnceIsToldWithWhatItSaid() {
        PythonChatModelConnection connection = connection("python_executable", "/bin/false");
        EnvironmentSetupException error =
                assertThrows(
                        EnvironmentSetupException.class,
                        () -> connection.chat(said("x"), List.of(), Map.of()));
        assertTrue(error.getMessage().contains("exit code 1"), error.getMessage());
    }

    @Test
    void theClassMayBeGivenAsOneName() {
        ResourceDescriptor descriptor =
                ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_CONNECTION)
                        .addInitialArgument("python_clazz", "a.b.C")
                        .build();
        assertEquals(new PythonClassName("a.b", "C"), PythonClassName.of(descriptor));
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        PythonClassName.of(
                                ResourceDescriptor.Builder.newBuilder("x")
                                        .addInitialArgument("module", "a.b")
                                        .build()));
    }
}
