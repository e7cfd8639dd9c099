package org.apache.flink.agents.api.configuration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.agents.ErrorHandlingStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    @Test
    void anOptionThatIsNotSetHasItsDefault() {
        Configuration config = new Configuration();
        assertEquals(3, config.get(AgentConfigOptions.MAX_RETRIES));
        assertEquals(
                ErrorHandlingStrategy.FAIL, config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY));
        assertNull(config.get(AgentConfigOptions.JOB_IDENTIFIER));
    }

    @Test
    void textsAreReadAsTheTypeOfTheOption() {
        Configuration config = new Configuration();
        config.setStr("max-retries", "5");
        config.setStr("error-handling-strategy", "dead-letter");
        config.setStr("chat.async", "off");
        config.setStr("call-timeout", "500 ms");
        config.setFloat("retry-max-wait", 1.5f);
        assertEquals(5, config.get(AgentConfigOptions.MAX_RETRIES));
        assertEquals(
                ErrorHandlingStrategy.DEAD_LETTER,
                config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY));
        assertFalse(config.get(AgentExecutionOptions.CHAT_ASYNC));
        assertEquals(Duration.ofMillis(500), config.get(AgentExecutionOptions.CALL_TIMEOUT));
        assertEquals(Duration.ofMillis(1500), config.get(AgentConfigOptions.RETRY_MAX_WAIT));
    }

    @Test
    void whatIsSetIsReadBack() {
        Configuration config = new Configuration();
        config.set(AgentConfigOptions.ERROR_HANDLING_STRATEGY, ErrorHandlingStrategy.DEAD_LETTER);
        config.set(AgentExecutionOptions.PUMP_INTERVAL, Duration.ofMillis(2));
        assertEquals(
                ErrorHandlingStrategy.DEAD_LETTER,
                config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY));
        assertEquals(Duration.ofMillis(2), config.get(AgentExecutionOptions.PUMP_INTERVAL));
        assertEquals("dead-letter", config.toMap().get("error-handling-strategy"));
        config.set(AgentExecutionOptions.PUMP_INTERVAL, null);
        assertFalse(config.toMap().containsKey("pump-interval"));
    }

    @Test
    void aWrongValueNamesTheOptionAndWhatItTakes() {
        Configuration config = new Configuration(Map.of("max-retries", "many", "x.api_key", "s3"));
        String problem =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> config.get(AgentConfigOptions.MAX_RETRIES))
                        .getMessage();
        assertEquals("Option 'max-retries' must be a whole number, but is 'many'.", problem);
        String hidden =
                assertThrows(IllegalArgumentException.class, () -> config.getInt("x.api_key", 1))
                        .getMessage();
        assertFalse(hidden.contains("s3"), hidden);
        assertFalse(config.toString().contains("s3"), config.toString());
    }

    @Test
    void nestedMapsAreDottedKeys() {
        Configuration config = new Configuration(Map.of("chat", Map.of("async", false)));
        assertFalse(config.get(AgentExecutionOptions.CHAT_ASYNC));
        Map<String, Object> twice = Map.of("chat", Map.of("async", false), "chat.async", true);
        assertThrows(IllegalArgumentException.class, () -> new Configuration(twice));
    }

    @Test
    void aFileIsReadAndItsSectionForAgentsWins(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("config.yaml");
        Files.writeString(
                file,
                """
                max-retries: 7
                other.thing: 1
                chat:
                  async: false
                agent:
                  max-retries: 8
                  error-handling-strategy: retry
                """);
        Configuration config = Configuration.fromFile(file.toString());
        assertEquals(8, config.get(AgentConfigOptions.MAX_RETRIES));
        assertFalse(config.get(AgentExecutionOptions.CHAT_ASYNC));
        assertEquals(
                ErrorHandlingStrategy.RETRY, config.get(AgentConfigOptions.ERROR_HANDLING_STRATEGY));
    }

    @Test
    void aFileThatCannotBeReadIsNamed(@TempDir Path folder) throws Exception {
        String missing = folder.resolve("missing.yaml").toString();
        String problem =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Configuration.fromFile(missing))
                        .getMessage();
        assertTrue(problem.contains(missing) && problem.contains("no such file"), problem);
        Path broken = Files.writeString(folder.resolve("broken.yaml"), "a: [1, 2\nb: }");
        assertThrows(
                IllegalArgumentException.class, () -> Configuration.fromFile(broken.toString()));
    }
}
