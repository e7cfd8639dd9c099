package org.apache.flink.agents.api.exceptions;

/** Arguments that a tool cannot be called with; the text is meant for the model. */
public class ToolArgumentsException extends AgentsException {
    public ToolArgumentsException(String message) {
        super(message);
    }

    public ToolArgumentsException(String message, Throwable cause) {
        super(message, cause);
    }
}
