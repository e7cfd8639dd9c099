package org.apache.flink.agents.bridge.wire;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.agents.api.resource.Secrets;

/**
 * Keeps the secrets of a resource out of texts.
 *
 * @param secrets texts that must not be shown, the longest first
 */
public record Redaction(List<String> secrets) {

    /** Shorter ones would hit ordinary words, and protect nothing. */
    private static final int SHORTEST = 6;

    /** Nothing is secret. */
    public static final Redaction NONE = new Redaction(List.of());

    /** For the keys, tokens and header values among the arguments of a resource. */
    public static Redaction of(Map<String, Object> arguments) {
        return new Redaction(
                secrets(arguments, false)
                        .filter(text -> text.length() >= SHORTEST)
                        .distinct()
                        .sorted(Comparator.comparingInt(String::length).reversed())
                        .toList());
    }

    /** The text with stars for each secret; null stays null. */
    public String apply(String text) {
        String shown = text;
        if (shown != null) {
            for (String secret : secrets) {
                shown = shown.replace(secret, "***");
            }
        }
        return shown;
    }

    private static Stream<String> secrets(Object value, boolean hidden) {
        if (value instanceof String text) {
            return hidden ? Stream.of(text) : Stream.empty();
        }
        if (value instanceof Map<?, ?> members) {
            return members.entrySet().stream()
                    .flatMap(
                            member -> {
                                String name = String.valueOf(member.getKey());
                                boolean own =
                                        Secrets.isSecretName(name)
                                                || Secrets.snakeCase(name).endsWith("headers");
                                return secrets(member.getValue(), hidden || own);
                            });
        }
        if (value instanceof Collection<?> items) {
            return items.stream().flatMap(item -> secrets(item, hidden));
        }
        return Stream.empty();
    }
}
