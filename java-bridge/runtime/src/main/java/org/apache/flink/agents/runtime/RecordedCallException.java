package org.apache.flink.agents.runtime;

import org.apache.flink.agents.api.exceptions.AgentsException;

/** A durable call failed before a crash; its own exception class cannot be rebuilt from text. */
public final class RecordedCallException extends AgentsException {
    private final String errorClass;

    RecordedCallException(String errorClass, String message) {
        super(errorClass + ": " + message);
        this.errorClass = errorClass;
    }

    /** Name of the exception's class. */
    public String errorClass() {
        return errorClass;
    }
}
