package org.apache.flink.agents.integrations.chatmodels.openai;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.agents.integrations.chatmodels.Arguments;

/**
 * What setups of the chat-completions protocol have in common: parameters by the names that OpenAI
 * has for them. Internal.
 */
public final class ChatCompletionsParameters {

    /** Names of the arguments of a setup. */
    public static final Set<String> NAMES =
            Set.of(
                    "connection",
                    "model",
                    "prompt",
                    "tools",
                    "temperature",
                    "max_tokens",
                    "logprobs",
                    "top_logprobs",
                    "strict",
                    "reasoning_effort",
                    "additional_kwargs");

    /** Parameters that may be left out by putting them with null into additional_kwargs. */
    public static final Set<String> OPTIONAL =
            Set.of("temperature", "max_tokens", "logprobs", "top_logprobs", "reasoning_effort");

    /** Models that reason take no temperature but 1, and max_tokens only under its newer name. */
    private static final Pattern REASONING_MODEL =
            Pattern.compile("(?:openai/)?(?:o\\d|gpt-(?:[5-9]|\\d\\d)(?!.*chat)).*");

    private static final Set<String> RESERVED = Set.of("messages", "tools", "stream");

    private final Double temperature;
    private final boolean temperatureGiven;
    private final Long maxTokens;
    private final Boolean logprobs;
    private final Long topLogprobs;
    private final boolean strict;
    private final String reasoningEffort;
    private final Map<String, Object> additional;

    /**
     * Reads the arguments of a setup.
     *
     * @param arguments of the setup
     * @param usualTemperature if none is given; null to send none
     * @throws IllegalArgumentException if one is wrong
     */
    public ChatCompletionsParameters(Arguments arguments, Double usualTemperature) {
        temperature = arguments.number("temperature", usualTemperature, 0, 2);
        temperatureGiven = arguments.has("temperature");
        maxTokens = arguments.whole("max_tokens", null, 1, Long.MAX_VALUE);
        logprobs = arguments.flag("logprobs", null);
        Long top = arguments.whole("top_logprobs", 0L, 0, 20);
        topLogprobs = top == null ? 0 : top;
        strict = arguments.flag("strict", false);
        reasoningEffort = arguments.text("reasoning_effort");
        additional = arguments.additional(RESERVED);
        if (Boolean.FALSE.equals(logprobs) && topLogprobs > 0) {
            throw arguments.wrong("top_logprobs", topLogprobs, "possible without logprobs=true");
        }
    }

    /**
     * The parameters of a request.
     *
     * @param model name of the model
     */
    public Map<String, Object> of(String model) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("model", model);
        parameters.put("strict", strict);
        boolean reasons = model != null && REASONING_MODEL.matcher(model).matches();
        if (temperature != null && (temperatureGiven || !reasons)) {
            parameters.put("temperature", temperature);
        }
        if (maxTokens != null) {
            parameters.put(reasons ? "max_completion_tokens" : "max_tokens", maxTokens);
        }
        if (logprobs != null) {
            parameters.put("logprobs", logprobs);
        }
        if (Boolean.TRUE.equals(logprobs) || topLogprobs > 0) {
            parameters.put("logprobs", true);
            parameters.put("top_logprobs", topLogprobs);
        }
        if (reasoningEffort != null) {
            parameters.put("reasoning_effort", reasoningEffort);
        }
        parameters.putAll(additional);
        return parameters;
    }
}
