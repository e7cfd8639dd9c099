package org.apache.flink.agents.api.exceptions;

/** A value that cannot be kept in state, journal or memory. */
public class NotStorableException extends AgentsException {
    public NotStorableException(String message) {
        super(message);
    }

    public NotStorableException(String message, Throwable cause) {
        super(message, cause);
    }
}
