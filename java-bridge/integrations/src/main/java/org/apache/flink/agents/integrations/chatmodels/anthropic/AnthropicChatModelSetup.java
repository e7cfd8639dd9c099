package org.apache.flink.agents.integrations.chatmodels.anthropic;

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
 * How a model of Anthropic is used.
 *
 * <p>Arguments, in camel case or in snake case:
 *
 * <ul>
 *   <li>{@code connection}: name of the connection, required
 *   <li>{@code model}: name of the model. Default {@code claude-sonnet-4-20250514}
 *   <li>{@code prompt}: a prompt or the name of one; goes before the messages of a request
 *   <li>{@code tools}: names of the tools that the model may call
 *   <li>{@code max_tokens}: the longest answer, in tokens, thinking included. Above 0, default 1024
 *   <li>{@code temperature}: of the sampling, 0 to 1, default 0.1. Models later than 4.6 take none,
 *       and so do requests with thinking or {@code top_p}: there the default is not sent
 *   <li>{@code json_prefill}: begin the answer with <code>{</code> for a model that is asked in
 *       words for JSON of a schema. Without effect with tools, thinking, and on models with
 *       structured output of their own. Default true
 *   <li>{@code strict_tools}: bind the model to the schemas of the tools. Default false
 *   <li>{@code additional_kwargs}: a map with further parameters of the request: {@code top_k},
 *       {@code top_p}, {@code stop_sequences}, {@code thinking}, {@code tool_choice}, {@code
 *       output_config}, {@code metadata} and others. They win; null removes one. Default none
 * </ul>
 */
public class AnthropicChatModelSetup extends BaseChatModelSetup {

    private static final String OWNER = "AnthropicChatModelSetup";
    private static final String DEFAULT_MODEL = "claude-sonnet-4-20250514";

    private final long maxTokens;
    private final Double temperature;
    private final boolean temperatureGiven;
    private final boolean jsonPrefill;
    private final boolean strictTools;
    private final Map<String, Object> additional;

    /**
     * Creates a setup.
     *
     * @param descriptor the arguments of the setup
     * @param getResource looks up another resource by name and type
     * @throws IllegalArgumentException if an argument is missing, unknown or wrong
     */
    public AnthropicChatModelSetup(
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
                                "max_tokens",
                                "temperature",
                                "json_prefill",
                                "strict_tools",
                                "additional_kwargs"));
        if (model == null) {
            model = DEFAULT_MODEL;
        }
        Long limit = arguments.whole("max_tokens", 1024L, 1, Long.MAX_VALUE);
        maxTokens = limit == null ? 1024L : limit;
        temperature = arguments.number("temperature", 0.1, 0, 1);
        temperatureGiven = arguments.has("temperature");
        jsonPrefill = arguments.flag("json_prefill", true);
        strictTools = arguments.flag("strict_tools", false);
        additional = arguments.additional(Set.of("messages", "system", "tools", "stream"));
        if (AnthropicModels.thinks(additional)) {
            checkThinking();
        }
    }

    private void checkThinking() {
        Map<String, Object> sent = getParameters();
        if (sent.get("temperature") instanceof Number given && given.doubleValue() != 1) {
            throw new IllegalArgumentException(
                    OWNER
                            + ": temperature="
                            + given
                            + " does not go with thinking. Remove it.");
        }
        if (((Map<?, ?>) additional.get("thinking")).get("budget_tokens") instanceof Number budget
                && sent.get("max_tokens") instanceof Number limit
                && budget.longValue() >= limit.longValue()) {
            throw new IllegalArgumentException(
                    OWNER
                            + ": max_tokens="
                            + limit
                            + " has to be above the budget_tokens of thinking, "
                            + budget
                            + ". The answer comes out of what thinking leaves.");
        }
    }

    @Override
    public Map<String, Object> getParameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("model", model);
        parameters.put("max_tokens", maxTokens);
        if (temperature != null && (temperatureGiven || takesDefaultTemperature())) {
            parameters.put("temperature", temperature);
        }
        parameters.put("json_prefill", jsonPrefill);
        parameters.put("strict_tools", strictTools);
        parameters.putAll(additional);
        return parameters;
    }

    private boolean takesDefaultTemperature() {
        Object asked = additional.get("model");
        return AnthropicModels.takesSampling(asked == null ? model : asked.toString())
                && !AnthropicModels.thinks(additional)
                && additional.get("top_p") == null;
    }
}
