package org.apache.flink.agents.runtime.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Map;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

class JobOptionsTest {

    private static Map<String, ?> options(Map<String, String> flink) {
        Configuration given = Configuration.fromMap(flink);
        StreamExecutionEnvironment stream =
                StreamExecutionEnvironment.getExecutionEnvironment(given);
        var agents =
                (RemoteExecutionEnvironment)
                        AgentsExecutionEnvironment.getExecutionEnvironment(stream);
        return agents.options().toMap();
    }

    @Test
    void thePythonOfTheJobIsThatOfItsPythonChatModels() {
        Map<String, ?> found = options(Map.of("python.executable", "venv/bin/python"));
        assertEquals("venv/bin/python", found.get("PythonChatModelConnection.python_executable"));
        assertEquals("venv/bin/python", found.get("PythonChatModelSetup.python_executable"));
    }

    @Test
    void anOptionOfTheResourceItselfWins() {
        String option = "PythonChatModelConnection.python_executable";
        assertEquals("b", options(Map.of("python.executable", "a", option, "b")).get(option));
    }

    @Test
    void ofFlinksOtherOptionsNoneIsTakenAlong() {
        assertFalse(options(Map.of("s3.secret-key", "hidden")).containsKey("s3.secret-key"));
    }
}
