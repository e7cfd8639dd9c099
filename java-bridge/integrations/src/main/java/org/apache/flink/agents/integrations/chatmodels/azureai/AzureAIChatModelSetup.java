package org.apache.flink.agents.integrations.chatmodels.azureai;

import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.integrations.chatmodels.Arguments;
import org.apache.flink.agents.integrations.chatmodels.openai.ChatCompletionsParameters;

/**
 * How a model on Azure is used. What is not set is not sent.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code connection}: name of the connection, required
 *   <li>{@code model}: name of the model or of its deployment, required
 *   <li>{@code prompt}: a prompt or the name of one; goes before the messages of a request
 *   <li>{@code tools}: names of the tools that the model may call
 *   <li>{@code temperature}, {@code max_tokens}, {@code logprobs}, {@code top_logprobs}, {@code
 *       strict}, {@code reasoning_effort}, {@code additional_kwargs}: as of {@link
 *       org.apache.flink.agents.integrations.chatmodels.openai.OpenAIChatModelSetup}, without a
 *       default temperature. For a model that refuses a JSON schema as {@code response_format}, put
 *       {@code {"type": "text"}} for it into {@code additional_kwargs}: the schema is then told in
 *       words
 * </ul>
 */
public class AzureAIChatModelSetup extends BaseChatModelSetup {

    private final ChatCompletionsParameters parameters;

    /**
     * Creates a setup.
     *
     * @param descriptor the arguments of the setup
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public AzureAIChatModelSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor, "AzureAIChatModelSetup", ChatCompletionsParameters.NAMES);
        arguments.requiredText("model");
        parameters = new ChatCompletionsParameters(arguments, null);
    }

    @Override
    public Map<String, Object> getParameters() {
        return parameters.of(model);
    }
}
