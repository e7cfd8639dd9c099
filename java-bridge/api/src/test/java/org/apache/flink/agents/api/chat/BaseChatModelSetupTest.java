package org.apache.flink.agents.api.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.junit.jupiter.api.Test;

class BaseChatModelSetupTest {
    private final List<ChatMessage> asked = new ArrayList<>();
    private final List<Map<String, Object>> given = new ArrayList<>();

    private final class Recorder extends BaseChatModelConnection {
        @Override
        public ChatMessage chat(
                List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
            asked.addAll(messages);
            given.add(arguments);
            return ChatMessage.assistant("answer");
        }
    }

    private static final class Setup extends BaseChatModelSetup {
        Setup(
                ResourceDescriptor descriptor,
                BiFunction<String, ResourceType, Resource> getResource) {
            super(descriptor, getResource);
        }

        @Override
        public Map<String, Object> getParameters() {
            return new HashMap<>(Map.of("model", model, "temperature", 0.5));
        }
    }

    private Setup setup(Object prompt) {
        ResourceDescriptor descriptor =
                ResourceDescriptor.Builder.newBuilder(Setup.class.getName())
                        .addInitialArgument("connection", "service")
                        .addInitialArgument("model", "m")
                        .addInitialArgument("prompt", prompt)
                        .build();
        Map<String, Resource> resources =
                Map.of("service", new Recorder(), "greeting", Prompt.fromText("Greet {name}."));
        return new Setup(descriptor, (name, type) -> resources.get(name));
    }

    @Test
    void thePromptGoesBeforeTheMessagesAndTakesTheirValues() {
        ChatMessage values =
                new ChatMessage(MessageRole.USER, "", List.of(), Map.of("name", "Ann"));
        setup("greeting").chat(List.of(values, ChatMessage.user("Hi")));
        assertEquals(List.of(ChatMessage.system("Greet Ann."), ChatMessage.user("Hi")), asked);
    }

    @Test
    void valuesOfTheCallerWin() {
        ChatMessage message =
                new ChatMessage(MessageRole.USER, "Hi", List.of(), Map.of("name", "Ann"));
        setup(Prompt.fromText("Greet {name}."))
                .chat(
                        List.of(message),
                        Map.of(BaseChatModelSetup.PROMPT_ARGS, Map.of("name", "Bob")));
        assertEquals("Greet Bob.", asked.get(0).getContent());
        assertEquals(Map.of("model", "m", "temperature", 0.5), given.get(0));
    }

    @Test
    void whatBelongsToAnAnswerIsNoValueOfThePrompt() {
        ChatMessage answer =
                new ChatMessage(MessageRole.ASSISTANT, "x", List.of(), Map.of("name", "Eve"));
        setup("greeting").chat(List.of(answer));
        assertEquals("Greet {name}.", asked.get(0).getContent());
    }

    @Test
    void parametersOfTheCallerWinAndNullTakesOneAway() {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("model", "other");
        parameters.put("temperature", null);
        setup(null).chat(List.of(ChatMessage.user("Hi")), parameters);
        assertEquals(Map.of("model", "other"), given.get(0));
    }

    @Test
    void askingWithoutBlockingGivesTheSameAnswer() {
        ChatMessage answer =
                setup(null)
                        .chatAsync(List.of(ChatMessage.user("Hi")), Map.of(), Runnable::run)
                        .join();
        assertEquals("answer", answer.getContent());
        assertEquals(List.of(ChatMessage.user("Hi")), asked);
    }

    @Test
    void aFailureBeforeTheCallFailsTheFuture() {
        assertTrue(
                setup(Prompt.fromText("x"))
                        .chatAsync(null, Map.of(), Runnable::run)
                        .isCompletedExceptionally());
    }

    @Test
    void aSetupWithoutAConnectionIsRefused() {
        ResourceDescriptor descriptor =
                ResourceDescriptor.Builder.newBuilder(Setup.class.getName()).build();
        String problem =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Setup(descriptor, (name, type) -> null))
                        .getMessage();
        assertTrue(problem.contains("'connection'"), problem);
    }
}
