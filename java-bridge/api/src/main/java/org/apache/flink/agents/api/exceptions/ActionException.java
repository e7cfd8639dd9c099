package org.apache.flink.agents.api.exceptions;

/** An action failed and the job is set to fail with it; the cause is chained. */
public class ActionException extends AgentsException {
    public ActionException(String message) {
        super(message);
    }

    public ActionException(String message, Throwable cause) {
        super(message, cause);
    }
}
