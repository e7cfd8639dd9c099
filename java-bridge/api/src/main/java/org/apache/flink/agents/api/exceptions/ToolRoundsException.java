package org.apache.flink.agents.api.exceptions;

/** The model kept calling tools beyond the allowed number of rounds. */
public class ToolRoundsException extends ModelException {
    public ToolRoundsException(String message) {
        super(message);
    }

    public ToolRoundsException(String message, Throwable cause) {
        super(message, cause);
    }
}
