package org.apache.flink.agents.api.prompt;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fills {@code {name}} in texts that may hold any other braces. There is no escaping. */
final class Placeholders {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]+)}");

    private Placeholders() {}

    /** The text with its placeholders replaced, in one pass: values are not templates. */
    static String fill(String template, Map<String, ?> values) {
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(
                        match ->
                                Matcher.quoteReplacement(
                                        values.containsKey(match.group(1))
                                                ? String.valueOf(values.get(match.group(1)))
                                                : match.group()));
    }
}
