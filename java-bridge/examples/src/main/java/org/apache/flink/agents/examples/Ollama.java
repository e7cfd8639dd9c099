package org.apache.flink.agents.examples;

/** The Ollama server of the examples. */
final class Ollama {
    private Ollama() {}

    /** Its address: the variable {@code OLLAMA_TEST_URL}, or that of a server on this machine. */
    static String url() {
        String url = System.getenv("OLLAMA_TEST_URL");
        return url == null || url.isBlank() ? "http://localhost:11434" : url;
    }
}
