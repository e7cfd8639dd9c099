package org.apache.flink.agents.examples;

import java.util.Arrays;

/**
 * A Java agent with a Python chat model of your own: {@code CustomPythonModelExample FOLDER
 * [--flink] [QUESTION...]}, where the folder has {@code shouting_model.py}.
 */
public final class CustomPythonModelExample {
    private CustomPythonModelExample() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            throw new IllegalArgumentException(
                    "The folder of shouting_model.py is missing: java-bridge/examples/src/main/python");
        }
        String[] others = Arrays.copyOfRange(arguments, 1, arguments.length);
        Program.of(others, "hello").run(new CustomPythonModelAgent(arguments[0]));
    }
}
