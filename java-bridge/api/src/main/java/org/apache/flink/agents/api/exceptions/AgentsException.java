package org.apache.flink.agents.api.exceptions;

/** Base of every exception that the library throws on purpose. */
public class AgentsException extends RuntimeException {
    public AgentsException(String message) {
        super(message);
    }

    public AgentsException(String message, Throwable cause) {
        super(message, cause);
    }
}
