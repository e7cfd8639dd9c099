package example;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.exceptions.ModelUnavailableException;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** Says the last message again, after what the arguments of the call ask for. */
public class EchoConnection extends BaseChatModelConnection {

    private static final AtomicInteger ASLEEP = new AtomicInteger();
    private static final AtomicInteger INTERRUPTED = new AtomicInteger();

    private final String apiKey;
    private final String greeting;

    public EchoConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        apiKey = descriptor.getArgument("api_key", "none");
        greeting = descriptor.getArgument("greetingText", "");
        if (greeting.equals("refused")) {
            throw new IllegalArgumentException("no greeting with the key " + apiKey);
        }
    }

    @Override
    public boolean nativeStructuredOutput() {
        return greeting.equals("structured");
    }

    @Override
    public CompletableFuture<ChatMessage> chatAsync(
            List<ChatMessage> messages,
            List<Tool> tools,
            Map<String, Object> arguments,
            Executor executor) {
        if (arguments.get("async_millis") instanceof Number millis) {
            Map<String, Object> rest = new HashMap<>(arguments);
            rest.remove("async_millis");
            return CompletableFuture.supplyAsync(
                    () -> chat(messages, tools, rest),
                    CompletableFuture.delayedExecutor(millis.longValue(), TimeUnit.MILLISECONDS));
        }
        return super.chatAsync(messages, tools, arguments, executor);
    }

    @Override
    public ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        if (arguments.get("millis") instanceof Number millis) {
            sleep(millis.longValue());
        }
        if (arguments.get("fail") instanceof String kind) {
            fail(kind);
        }
        ChatMessage last = messages.get(messages.size() - 1);
        ChatMessage answer = new ChatMessage(last);
        answer.setRole(MessageRole.ASSISTANT);
        answer.setContent(greeting + last.getContent());
        answer.getExtraArgs().put("arguments", arguments);
        answer.getExtraArgs().put("messages", messages.size());
        answer.getExtraArgs().put("interrupted", INTERRUPTED.get());
        answer.getExtraArgs().put("asleep", ASLEEP.get());
        answer.getExtraArgs().put("thread", Thread.currentThread().getName());
        if (!tools.isEmpty()) {
            answer.getExtraArgs()
                    .put("tools", tools.stream().map(t -> t.getMetadata().getParameters()).toList());
        }
        return answer;
    }

    private static void sleep(long millis) {
        try {
            ASLEEP.incrementAndGet();
            Thread.sleep(millis);
        } catch (InterruptedException error) {
            INTERRUPTED.incrementAndGet();
            throw new IllegalStateException("interrupted", error);
        }
    }

    private void fail(String kind) {
        String text = "it failed with the key " + apiKey;
        switch (kind) {
            case "timeout" -> throw new ModelTimeoutException(text);
            case "unavailable" -> throw new ModelUnavailableException(text);
            case "request" -> throw new ModelRequestException(text);
            case "output" -> throw new ModelOutputException(text);
            case "cause" ->
                    throw new java.util.concurrent.CompletionException(new TimeoutException(text));
            case "exit" -> Runtime.getRuntime().halt(7);
            default -> throw new UnsupportedOperationException(text);
        }
    }
}
