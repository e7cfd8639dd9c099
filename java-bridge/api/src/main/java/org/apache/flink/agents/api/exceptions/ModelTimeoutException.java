package org.apache.flink.agents.api.exceptions;

/** The model did not answer in time. */
public class ModelTimeoutException extends ModelException {
    public ModelTimeoutException(String message) {
        super(message);
    }

    public ModelTimeoutException(String message, Throwable cause) {
        super(message, cause);
    }
}
