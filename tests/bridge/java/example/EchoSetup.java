package example;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;

/** Gives its model, and the argument {@code extractReasoning} under that name. */
public class EchoSetup extends BaseChatModelSetup {

    private final boolean extractReasoning;

    public EchoSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        extractReasoning = descriptor.getArgument("extractReasoning", false);
    }

    @Override
    public Map<String, Object> getParameters() {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("model", getModel());
        parameters.put("extractReasoning", extractReasoning);
        return parameters;
    }
}
