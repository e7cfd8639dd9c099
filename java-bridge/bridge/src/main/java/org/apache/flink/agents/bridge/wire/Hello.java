package org.apache.flink.agents.bridge.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;

/**
 * How a side of the bridge introduces itself.
 *
 * @param protocol raised when one side would not understand the other any more
 * @param version of the library
 * @param language {@code java} or {@code python}
 */
public record Hello(int protocol, String version, String language) {

    /** The form of what crosses the bridge. */
    public static final int PROTOCOL = 1;

    private static final Hello OWN = new Hello(PROTOCOL, ownVersion(), "java");

    /** This side. */
    public static Hello own() {
        return OWN;
    }

    /** Reads what the other side said. */
    public static Hello read(String written) {
        JsonNode node = Json.read(written);
        return new Hello(
                node.path("protocol").asInt(),
                node.path("version").asText(),
                node.path("language").asText());
    }

    /** Writes it. */
    public String write() {
        return Json.write(
                Json.object()
                        .put("protocol", protocol)
                        .put("version", version)
                        .put("language", language));
    }

    /** Why this side cannot work with the other one; empty if it can. */
    public static Optional<String> mismatch(Hello other) {
        if (other.protocol == OWN.protocol && other.version.equals(OWN.version)) {
            return Optional.empty();
        }
        return Optional.of(
                ("The two sides of the bridge do not fit: Java has version %s (protocol %d), Python "
                                + "has version %s (protocol %d). Use the same version of "
                                + "flink-agents on both sides.")
                        .formatted(OWN.version, OWN.protocol, other.version, other.protocol));
    }

    private static String ownVersion() {
        String place = "/org/apache/flink/agents/bridge/version.properties";
        try (InputStream stream = Hello.class.getResourceAsStream(place)) {
            Properties properties = new Properties();
            properties.load(stream);
            return properties.getProperty("version");
        } catch (IOException error) {
            throw new UncheckedIOException("The jar of flink-agents is damaged: " + place, error);
        }
    }
}
