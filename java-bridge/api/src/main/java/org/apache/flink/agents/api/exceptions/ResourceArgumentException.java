package org.apache.flink.agents.api.exceptions;

/** An argument that a resource does not take, or a missing or wrong one. */
public class ResourceArgumentException extends PlanException {
    public ResourceArgumentException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public ResourceArgumentException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
