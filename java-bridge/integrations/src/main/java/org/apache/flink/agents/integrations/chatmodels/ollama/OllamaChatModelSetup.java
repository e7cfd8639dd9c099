package org.apache.flink.agents.integrations.chatmodels.ollama;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.integrations.chatmodels.Arguments;

/**
 * How a model of an Ollama server is used.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code connection}: name of the connection, required
 *   <li>{@code model}: name of the model, such as {@code qwen3:8b}, required. The server has to have
 *       it
 *   <li>{@code prompt}: a prompt or the name of one; goes before the messages of a request
 *   <li>{@code tools}: names of the tools that the model may call
 *   <li>{@code temperature}: of the sampling, 0 or more, usually up to 1, default 0.75
 *   <li>{@code num_ctx}: tokens that prompt and answer may have together, above 0, default 2048
 *   <li>{@code keep_alive}: how long the model stays loaded after the call: a text such as {@code
 *       10m}, or seconds; below 0 for ever. Default {@code 5m}
 *   <li>{@code extractReasoning}: put what the model thought, in its field or in tags such as {@code
 *       <think>}, into the extra argument {@code reasoning}. Default true
 *   <li>{@code think}: think before the answer; some models take {@code low}, {@code medium} or
 *       {@code high}. Default true, if the model can: one that cannot is asked again without. If it
 *       is set to true, a model that cannot is an error
 *   <li>{@code additional_kwargs}: a map with further parameters. Fields of a chat request, such as
 *       {@code format}, are sent as such, all others as options of the model, such as {@code seed}
 *       and {@code num_predict}. They win over the others; null removes one. Default none
 * </ul>
 */
public class OllamaChatModelSetup extends BaseChatModelSetup {

    private static final String OWNER = "OllamaChatModelSetup";
    private static final Set<Object> THINKING = Set.of(true, false, "low", "medium", "high");

    private final Double temperature;
    private final Long contextTokens;
    private final Object keepAlive;
    private final boolean extractReasoning;
    private final Object think;
    private final Map<String, Object> additional;

    /**
     * Creates a setup.
     *
     * @param descriptor the arguments of the setup
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public OllamaChatModelSetup(
            ResourceDescriptor descriptor, BiFunction<String, ResourceType, Resource> getResource) {
        super(descriptor, getResource);
        Arguments arguments =
                new Arguments(
                        descriptor,
                        OWNER,
                        Set.of(
                                "connection",
                                "model",
                                "prompt",
                                "tools",
                                "temperature",
                                "num_ctx",
                                "keep_alive",
                                "extract_reasoning",
                                "think",
                                "additional_kwargs"));
        arguments.requiredText("model");
        temperature = arguments.number("temperature", 0.75, 0, Double.MAX_VALUE);
        contextTokens = arguments.whole("num_ctx", 2048L, 1, Long.MAX_VALUE);
        keepAlive = arguments.has("keep_alive") ? arguments.any("keep_alive") : "5m";
        if (keepAlive != null && !(keepAlive instanceof String || keepAlive instanceof Number)) {
            throw arguments.wrong("keep_alive", keepAlive, "a text such as 10m, or seconds");
        }
        extractReasoning = arguments.flag("extract_reasoning", true);
        think = arguments.any("think");
        if (think != null && !THINKING.contains(think)) {
            throw arguments.wrong("think", think, "true, false, low, medium or high");
        }
        additional = arguments.map("additional_kwargs");
        try {
            OllamaRequest.check(additional);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    OWNER + ": additional_kwargs: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public Map<String, Object> getParameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("model", model);
        parameters.put("temperature", temperature);
        parameters.put("num_ctx", contextTokens);
        parameters.put("keep_alive", keepAlive);
        parameters.put("extract_reasoning", extractReasoning);
        if (think != null) {
            parameters.put("think", think);
        }
        parameters.putAll(additional);
        return parameters;
    }
}
