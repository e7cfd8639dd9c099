package org.apache.flink.agents.api.exceptions;

/** The model server is down, overloaded or limits the rate. */
public class ModelUnavailableException extends ModelException {
    public ModelUnavailableException(String message) {
        super(message);
    }

    public ModelUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
