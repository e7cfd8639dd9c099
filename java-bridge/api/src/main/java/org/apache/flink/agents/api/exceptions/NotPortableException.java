package org.apache.flink.agents.api.exceptions;

/** A value that cannot travel to a worker. */
public class NotPortableException extends PlanException {
    public NotPortableException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public NotPortableException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
