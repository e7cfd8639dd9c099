package org.apache.flink.agents.api.exceptions;

/** State that was written by an incompatible version, or is damaged. */
public class StateFormatException extends AgentsException {
    public StateFormatException(String message) {
        super(message);
    }

    public StateFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
