package org.apache.flink.agents.api.exceptions;

/** A name that nobody declared. */
public class UnknownResourceException extends PlanException {
    public UnknownResourceException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public UnknownResourceException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
