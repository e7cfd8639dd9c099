package org.apache.flink.agents.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResourceDescriptorTest {
    private static ResourceDescriptor.Builder builder() {
        return ResourceDescriptor.Builder.newBuilder("a.B");
    }

    @Test
    void anArgumentIsFoundInEitherSpelling() {
        ResourceDescriptor descriptor =
                builder()
                        .addInitialArgument("apiKey", "k")
                        .addInitialArgument("max_retries", 3)
                        .build();
        String key = descriptor.getArgument("api_key");
        int retries = descriptor.getArgument("maxRetries", 1);
        assertEquals("k", key);
        assertEquals(3, retries);
        assertTrue(descriptor.hasArgument("api_key"));
        assertNull(descriptor.getArgument("other"));
    }

    @Test
    void anArgumentIsConvertedToTheTypeOfItsDefault() {
        ResourceDescriptor descriptor =
                builder()
                        .addInitialArgument("timeout", 120)
                        .addInitialArgument("temperature", "0.5")
                        .addInitialArgument("count", 2.0)
                        .addInitialArgument("tools", List.of("a"))
                        .build();
        double timeout = descriptor.getArgument("timeout", 60.0);
        double temperature = descriptor.getArgument("temperature", 0.1);
        long count = descriptor.getArgument("count", 1L);
        assertEquals(120.0, timeout);
        assertEquals(0.5, temperature);
        assertEquals(2L, count);
        assertEquals(List.of("a"), descriptor.getArgument("tools", List.of()));
        assertEquals(7, descriptor.findArgument("none", Integer.class).orElse(7));
    }

    @Test
    void anArgumentOfAWrongTypeIsNamed() {
        ResourceDescriptor descriptor =
                builder()
                        .addInitialArgument("timeout", "soon")
                        .addInitialArgument("api_key", List.of("secret-value"))
                        .build();
        String problem =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> descriptor.getArgument("timeout", 60))
                        .getMessage();
        assertEquals("Argument 'timeout' of a.B must be Integer, but is soon (String).", problem);
        String hidden =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> descriptor.findArgument("api_key", String.class))
                        .getMessage();
        assertFalse(hidden.contains("secret-value"), hidden);
    }

    @Test
    void secretsAreNotShown() {
        String shown =
                builder()
                        .addInitialArgument("api_key", "s1")
                        .addInitialArgument("apiKey2Token", "s2")
                        .addInitialArgument("password", "s3")
                        .addInitialArgument("default_headers", Map.of("X-Any", "s4"))
                        .addInitialArgument("nested", Map.of("auth_token", List.of("s5")))
                        .addInitialArgument("access_token", "${env:TOKEN}")
                        .addInitialArgument("max_tokens", 100)
                        .build()
                        .toString();
        for (String secret : List.of("s1", "s2", "s3", "s4", "s5")) {
            assertFalse(shown.contains(secret), shown);
        }
        assertTrue(shown.contains("access_token=${env:TOKEN}"), shown);
        assertTrue(shown.contains("max_tokens=100"), shown);
    }

    @Test
    void twoSpellingsOfOneArgumentAreRefused() {
        ResourceDescriptor.Builder twice =
                builder().addInitialArgument("apiKey", "a").addInitialArgument("api_key", "b");
        assertThrows(IllegalArgumentException.class, twice::build);
    }

    @Test
    void aDescriptorNeedsAClass() {
        ResourceDescriptor.Builder nameless = ResourceDescriptor.Builder.newBuilder(" ");
        assertThrows(IllegalArgumentException.class, nameless::build);
    }
}
