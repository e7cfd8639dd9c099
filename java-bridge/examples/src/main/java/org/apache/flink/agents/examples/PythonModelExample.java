package org.apache.flink.agents.examples;

/**
 * A Java agent with the Python Ollama model: {@code PythonModelExample [--flink] [QUESTION...]}.
 * The variable {@code FLINK_AGENTS_PYTHON} names the Python that has the package.
 */
public final class PythonModelExample {
    private PythonModelExample() {}

    public static void main(String[] arguments) throws Exception {
        Program.of(arguments, "add 48 and 31").run(new PythonModelAgent());
    }
}
