package org.apache.flink.agents.api.exceptions;

/** An action called something else on replay than it did before the crash. */
public class ReplayMismatchException extends AgentsException {
    public ReplayMismatchException(String message) {
        super(message);
    }

    public ReplayMismatchException(String message, Throwable cause) {
        super(message, cause);
    }
}
