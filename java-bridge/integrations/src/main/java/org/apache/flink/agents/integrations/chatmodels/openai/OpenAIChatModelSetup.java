package org.apache.flink.agents.integrations.chatmodels.openai;

import java.util.Map;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.integrations.chatmodels.Arguments;

/**
 * How a model of OpenAI is used.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code connection}: name of the connection, required
 *   <li>{@code model}: name of the model. Default: the connection's, else {@code gpt-3.5-turbo}
 *   <li>{@code prompt}: a prompt or the name of one; goes before the messages of a request
 *   <li>{@code tools}: names of the tools that the model may call
 *   <li>{@code temperature}: of the sampling, 0 to 2, default 0.1. Models of OpenAI that reason
 *       ({@code o...}, {@code gpt-5} and later) take none: there the default is not sent
 *   <li>{@code max_tokens}: the longest answer, in tokens, above 0. Default: the server's. Sent to
 *       OpenAI's reasoning models as {@code max_completion_tokens}
 *   <li>{@code logprobs}: return the log probabilities of the tokens. Default: only if {@code
 *       top_logprobs}
 *   <li>{@code top_logprobs}: how many likely tokens to return at each position, 0 to 20, default 0
 *   <li>{@code strict}: bind the model to the schemas of tools and answer. Default false
 *   <li>{@code reasoning_effort}: {@code low}, {@code medium}, {@code high} or what else the model
 *       knows. Default: the model's
 *   <li>{@code additional_kwargs}: a map with further parameters of the request, also such that only
 *       other servers know. They win over the others; null removes one. Default none
 * </ul>
 */
public class OpenAIChatModelSetup extends BaseChatModelSetup {

    private final ChatCompletionsParameters parameters;
    private final boolean mayLookUp;

    /**
     * Creates a setup.
     *
     * @param descriptor the arguments of the setup
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public OpenAIChatModelSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        mayLookUp = getResource != null;
        parameters =
                new ChatCompletionsParameters(
                        new Arguments(
                                descriptor,
                                "OpenAIChatModelSetup",
                                ChatCompletionsParameters.NAMES),
                        0.1);
    }

    @Override
    public String getModel() {
        if (model != null) {
            return model;
        }
        if (mayLookUp
                && getConnection() instanceof OpenAIChatModelConnection found
                && found.getModel() != null) {
            return found.getModel();
        }
        return OpenAIChatModelConnection.DEFAULT_MODEL;
    }

    @Override
    public Map<String, Object> getParameters() {
        return parameters.of(getModel());
    }
}
