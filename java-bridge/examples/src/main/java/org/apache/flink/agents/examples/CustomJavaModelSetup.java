package org.apache.flink.agents.examples;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;

/** How a chat model of your own is used: without a constructor, its fields are set for it. */
public class CustomJavaModelSetup extends BaseChatModelSetup {

    @Override
    public Map<String, Object> getParameters() {
        Map<String, Object> params = new HashMap<>();
        params.put("model", model);
        return params;
    }
}
