package org.apache.flink.agents.examples;

/** A Java agent with the Java Ollama model: {@code JavaModelExample [--flink] [QUESTION...]}. */
public final class JavaModelExample {
    private JavaModelExample() {}

    public static void main(String[] arguments) throws Exception {
        Program.of(arguments, "add 48 and 31").run(new JavaModelAgent());
    }
}
