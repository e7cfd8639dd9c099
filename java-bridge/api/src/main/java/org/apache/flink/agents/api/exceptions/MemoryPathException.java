package org.apache.flink.agents.api.exceptions;

/** A memory path that does not fit what is stored there. */
public class MemoryPathException extends AgentsException {
    public MemoryPathException(String message) {
        super(message);
    }

    public MemoryPathException(String message, Throwable cause) {
        super(message, cause);
    }
}
