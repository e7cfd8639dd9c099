package org.apache.flink.agents.api.resource;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Which arguments are secrets, and how they are shown. */
public final class Secrets {
    private static final Pattern SECRET =
            Pattern.compile(
                    "(?:^|_)(?:key|token|secret|password|passwd|credentials?|authorization)$");
    private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])([A-Z])");
    private static final String STARS = "***";

    private Secrets() {}

    /** {@code apiKey} as {@code api_key}; a name in snake case stays as it is. */
    public static String snakeCase(String name) {
        return HUMP.matcher(name).replaceAll("_$1").toLowerCase(Locale.ROOT);
    }

    /**
     * Whether an argument of this name is taken for a secret: {@code api_key}, {@code authToken}.
     */
    public static boolean isSecretName(String name) {
        return SECRET.matcher(snakeCase(name).replace('-', '_')).find();
    }

    /**
     * The value as it may be shown: secrets and all header values replaced by stars. A reference to
     * an environment variable is no secret.
     */
    public static Object masked(String name, Object value) {
        if (value instanceof String text && text.startsWith("${env:") && text.endsWith("}")) {
            return value;
        }
        if (value == null) {
            return null;
        }
        if (isSecretName(name)) {
            return STARS;
        }
        if (value instanceof Map<?, ?> members) {
            boolean headers = snakeCase(name).endsWith("headers");
            Map<String, Object> shown = new LinkedHashMap<>();
            members.forEach(
                    (key, member) ->
                            shown.put(
                                    String.valueOf(key),
                                    headers ? STARS : masked(String.valueOf(key), member)));
            return shown;
        }
        if (value instanceof Collection<?> items) {
            List<Object> shown = new ArrayList<>();
            items.forEach(item -> shown.add(masked(name, item)));
            return shown;
        }
        return value;
    }
}
