package org.apache.flink.agents.api.exceptions;

/** Java, Python or the cluster is not as the job needs it. */
public class EnvironmentSetupException extends AgentsException {
    public EnvironmentSetupException(String message) {
        super(message);
    }

    public EnvironmentSetupException(String message, Throwable cause) {
        super(message, cause);
    }
}
