package org.apache.flink.agents.api.exceptions;

/** The answer does not fit the wanted schema, also after the model was told so. */
public class OutputSchemaException extends ModelOutputException {
    public OutputSchemaException(String message) {
        super(message);
    }

    public OutputSchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
