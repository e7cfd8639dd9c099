package org.apache.flink.agents.plan;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** Resource classes and descriptors for the tests of this package. */
final class PlanFixtures {
    /** What connections do, in order. */
    static final List<String> LOG = Collections.synchronizedList(new ArrayList<>());

    private static final CountDownLatch SECOND = new CountDownLatch(2);

    private PlanFixtures() {}

    public static class Connection extends BaseChatModelConnection {
        final ResourceDescriptor descriptor;

        public Connection(
                ResourceDescriptor descriptor,
                BiFunction<String, ResourceType, Resource> getResource) {
            super(descriptor, getResource);
            this.descriptor = descriptor;
            String failure = descriptor.getArgument("failure");
            if (failure != null) {
                throw new IllegalStateException("refused with " + failure);
            }
            LOG.add("open " + descriptor.getArgument("name", "connection"));
            if (descriptor.hasArgument("slow")) {
                waitForAnother();
            }
        }

        /** Gives a second thread the time to come here too, if nothing holds it back. */
        private static void waitForAnother() {
            SECOND.countDown();
            try {
                SECOND.await(200, TimeUnit.MILLISECONDS);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public ChatMessage chat(
                List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
            return ChatMessage.assistant("answer");
        }

        @Override
        public void close() throws Exception {
            LOG.add("close " + descriptor.getArgument("name", "connection"));
            if (descriptor.hasArgument("broken")) {
                throw new java.io.IOException("cannot close");
            }
        }
    }

    public static class Setup extends BaseChatModelSetup {
        @Override
        public Map<String, Object> getParameters() {
            return Map.of();
        }
    }

    /** The least that an agent must have. */
    public static class Listening extends Agent {
        @Action(listenEvents = {InputEvent.class})
        public static void process(InputEvent event, RunnerContext ctx) {}
    }

    static ResourceDescriptor.Builder connection() {
        return ResourceDescriptor.Builder.newBuilder(Connection.class.getName());
    }

    static ResourceDescriptor.Builder setup(String connection) {
        return ResourceDescriptor.Builder.newBuilder(Setup.class.getName())
                .addInitialArgument("connection", connection);
    }

    static AgentPlan compile(Agent agent) {
        return AgentPlanCompiler.compile(agent, Map.of(), List.of());
    }

    @SuppressWarnings("unchecked")
    static <T> T travelled(T value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }
}
