package org.apache.flink.agents.api.examples.custom;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;

public class MyChatModelSetup extends BaseChatModelSetup {
    // Add your custom configuration fields here

    @Override
    public Map<String, Object> getParameters() {
        Map<String, Object> params = new HashMap<>();
        params.put("model", model);
        // Return model-specific configuration passed to chat()
        // This dictionary is passed as arguments to the chat() method
        return params;
    }
}
