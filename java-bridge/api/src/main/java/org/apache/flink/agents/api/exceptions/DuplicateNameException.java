package org.apache.flink.agents.api.exceptions;

/** A name that was declared twice. */
public class DuplicateNameException extends PlanException {
    public DuplicateNameException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public DuplicateNameException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
