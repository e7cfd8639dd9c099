package org.apache.flink.agents.api.exceptions;

/** The call of a model failed. */
public class ModelException extends AgentsException {
    public ModelException(String message) {
        super(message);
    }

    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
