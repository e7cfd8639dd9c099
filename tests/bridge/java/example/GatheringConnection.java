package example;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;

/** Blocks until as many calls as expected are here, then takes 200 ms; tells how many it saw. */
public class GatheringConnection extends BaseChatModelConnection {

    private final AtomicInteger here = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final CountDownLatch missing;

    public GatheringConnection(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Number expected = descriptor.getArgument("expected");
        missing = new CountDownLatch(expected.intValue());
    }

    @Override
    public ChatMessage chat(
            List<ChatMessage> messages, List<Tool> tools, Map<String, Object> arguments) {
        most.accumulateAndGet(here.incrementAndGet(), Math::max);
        missing.countDown();
        try {
            // Were they not all here at once, the patience would end and the number be too low.
            missing.await(30, TimeUnit.SECONDS);
            Thread.sleep(200);
        } catch (InterruptedException error) {
            throw new IllegalStateException("interrupted", error);
        } finally {
            here.decrementAndGet();
        }
        return ChatMessage.assistant(messages.get(0).getContent() + " of " + most.get());
    }
}
