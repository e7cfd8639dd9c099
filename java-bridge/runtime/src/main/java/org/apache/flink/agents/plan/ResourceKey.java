package org.apache.flink.agents.plan;

import java.io.Serializable;
import org.apache.flink.agents.api.resource.ResourceType;

/** Type and name of a resource: its identity in a plan. */
public record ResourceKey(ResourceType type, String name) implements Serializable {
    /** As errors name it: {@code chat_model 'writer'}. */
    public String member() {
        return type.getValue() + " '" + name + "'";
    }
}
