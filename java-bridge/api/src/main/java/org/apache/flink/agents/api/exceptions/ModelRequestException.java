package org.apache.flink.agents.api.exceptions;

/** The model server refused the request: credentials, model name or arguments. */
public class ModelRequestException extends ModelException {
    public ModelRequestException(String message) {
        super(message);
    }

    public ModelRequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
