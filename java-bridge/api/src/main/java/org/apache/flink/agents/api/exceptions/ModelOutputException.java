package org.apache.flink.agents.api.exceptions;

/** The answer is not what was asked for: garbage, or not of the wanted schema. */
public class ModelOutputException extends ModelException {
    public ModelOutputException(String message) {
        super(message);
    }

    public ModelOutputException(String message, Throwable cause) {
        super(message, cause);
    }
}
