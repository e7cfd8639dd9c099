package org.apache.flink.agents.api.exceptions;

/** An event that no action listens to. */
public class UnhandledEventException extends AgentsException {
    public UnhandledEventException(String message) {
        super(message);
    }

    public UnhandledEventException(String message, Throwable cause) {
        super(message, cause);
    }
}
