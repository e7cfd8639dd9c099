package org.apache.flink.agents.integrations.chatmodels.anthropic;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model takes, told by its name.
 *
 * <p>Newer models of Anthropic take no sampling parameters and no prefill, and answer to a schema.
 * Those that differ are old and will not become more, so they are the ones that are listed.
 */
final class AnthropicModels {

    /** Parameters that models up to version 4.6 take, and the API only in its older version. */
    static final List<String> SAMPLING = List.of("temperature", "top_p", "top_k");

    /**
     * {@code claude-3-5-haiku-...}, {@code claude-opus-4-1-20250805}, {@code claude-sonnet-4.5};
     * before it may stand what gateways put there. A date is no minor version.
     */
    private static final Pattern VERSION =
            Pattern.compile("claude-(?:[a-z]+-)?v?(\\d{1,2})(?!\\d)(?:[-.](\\d{1,2})(?!\\d))?");

    private AnthropicModels() {}

    /** Whether the model takes {@code temperature}, {@code top_p} and {@code top_k}. */
    static boolean takesSampling(String model) {
        return isForeign(model) || version(model) <= 406;
    }

    /** Whether the model goes on with an answer that is begun for it. */
    static boolean takesPrefill(String model) {
        return isForeign(model) || version(model) < 406;
    }

    /**
     * Whether the model has structured output of its own.
     *
     * <p>Models of others do not count among them: servers that do not know the parameter ignore
     * it.
     */
    static boolean takesSchema(String model) {
        return !isForeign(model) && version(model) >= 405;
    }

    /** Whether the parameters of a request switch thinking on. */
    static boolean thinks(Map<String, Object> arguments) {
        return arguments.get("thinking") instanceof Map<?, ?> thinking
                && thinking.get("type") != null
                && !"disabled".equals(thinking.get("type"));
    }

    private static boolean isForeign(String model) {
        return !model.toLowerCase(Locale.ROOT).contains("claude");
    }

    /** The version as one number: 406 is 4.6. */
    private static int version(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        Matcher found = VERSION.matcher(name);
        if (!found.find()) {
            return name.contains("claude-instant") ? 100 : 9900;
        }
        int minor = found.group(2) == null ? 0 : Integer.parseInt(found.group(2));
        return Integer.parseInt(found.group(1)) * 100 + minor;
    }
}
