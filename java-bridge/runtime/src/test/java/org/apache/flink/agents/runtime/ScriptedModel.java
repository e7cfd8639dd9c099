package org.apache.flink.agents.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** Chat models for tests: what they answer is a static function of the messages. */
public final class ScriptedModel {
    /** What a model answers; may throw. */
    public interface Script {
        ChatMessage answer(List<ChatMessage> messages) throws Exception;
    }

    public static volatile Script script = messages -> ChatMessage.assistant("?");
    public static volatile long delayMillis;
    public static volatile boolean isNative;
    public static final AtomicInteger CALLS = new AtomicInteger();
    public static final AtomicInteger UNDER_WAY = new AtomicInteger();
    public static final AtomicInteger MOST_UNDER_WAY = new AtomicInteger();
    public static final Map<String, AtomicInteger> CALLS_BY_QUESTION = new ConcurrentHashMap<>();
    public static volatile Map<String, Object> lastArguments;

    private static final List<Runnable> HELD = new ArrayList<>();
    private static int holdUntil;

    private ScriptedModel() {}

    public static void reset(Script next) {
        script = next;
        delayMillis = 0;
        isNative = false;
        CALLS.set(0);
        UNDER_WAY.set(0);
        MOST_UNDER_WAY.set(0);
        holdUntil(0);
        CALLS_BY_QUESTION.clear();
    }

    /** Answers nobody before so many calls are under way; blocking ones are not counted. */
    public static synchronized void holdUntil(int number) {
        holdUntil = number;
        HELD.clear();
    }

    private static synchronized void release(Runnable answering) {
        HELD.add(answering);
        if (HELD.size() >= holdUntil) {
            HELD.forEach(Runnable::run);
            holdUntil(0);
        }
    }

    public static ResourceDescriptor connection() {
        return ResourceDescriptor.Builder.newBuilder(Connection.class.getName()).build();
    }

    public static ResourceDescriptor blockingConnection() {
        return ResourceDescriptor.Builder.newBuilder(BlockingConnection.class.getName()).build();
    }

    public static ResourceDescriptor setup(String... tools) {
        return ResourceDescriptor.Builder.newBuilder(Setup.class.getName())
                .addInitialArgument("connection", "connection")
                .addInitialArgument("model", "scripted")
                .addInitialArgument("tools", List.of(tools))
                .build();
    }

    private static ChatMessage answer(List<ChatMessage> messages) {
        CALLS.incrementAndGet();
        String question = messages.get(messages.size() - 1).getContent();
        CALLS_BY_QUESTION.computeIfAbsent(question, q -> new AtomicInteger()).incrementAndGet();
        try {
            return script.answer(messages);
        } catch (RuntimeException error) {
            throw error;
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** Blocks a thread while it is asked. */
    public static class BlockingConnection extends BaseChatModelConnection {
        public BlockingConnection(
                ResourceDescriptor descriptor,
                BiFunction<String, ResourceType, Resource> getResource) {
            super(descriptor, getResource);
        }

        @Override
        public ChatMessage chat(
                List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
            lastArguments = arguments;
            return answer(messages);
        }

        @Override
        public boolean nativeStructuredOutput() {
            return isNative;
        }
    }

    /** Needs no thread while it is asked, and answers after a delay. */
    public static final class Connection extends BlockingConnection {
        private static final AtomicInteger NUMBER = new AtomicInteger();
        private final ScheduledExecutorService timer;

        public Connection(
                ResourceDescriptor descriptor,
                BiFunction<String, ResourceType, Resource> getResource) {
            super(descriptor, getResource);
            ThreadFactory threads =
                    task -> {
                        Thread thread =
                                new Thread(task, "scripted-model-" + NUMBER.incrementAndGet());
                        thread.setDaemon(true);
                        return thread;
                    };
            this.timer = new ScheduledThreadPoolExecutor(1, threads);
        }

        @Override
        public CompletableFuture<ChatMessage> chatAsync(
                List<ChatMessage> messages,
                List<Tool> tools,
                Map<String, Object> arguments,
                Executor executor) {
            lastArguments = arguments;
            MOST_UNDER_WAY.accumulateAndGet(UNDER_WAY.incrementAndGet(), Math::max);
            CompletableFuture<ChatMessage> answer = new CompletableFuture<>();
            Runnable answering =
                    () -> {
                        UNDER_WAY.decrementAndGet();
                        try {
                            answer.complete(answer(messages));
                        } catch (RuntimeException error) {
                            answer.completeExceptionally(error);
                        }
                    };
            release(() -> timer.schedule(answering, delayMillis, TimeUnit.MILLISECONDS));
            return answer;
        }

        @Override
        public void close() {
            timer.shutdownNow();
        }
    }

    /** A setup without parameters. */
    public static final class Setup extends BaseChatModelSetup {
        public Setup(
                ResourceDescriptor descriptor,
                BiFunction<String, ResourceType, Resource> getResource) {
            super(descriptor, getResource);
        }

        @Override
        public Map<String, Object> getParameters() {
            return Map.of();
        }
    }
}
