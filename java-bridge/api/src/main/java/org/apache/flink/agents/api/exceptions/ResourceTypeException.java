package org.apache.flink.agents.api.exceptions;

/** A resource of another type than its use asks for. */
public class ResourceTypeException extends PlanException {
    public ResourceTypeException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public ResourceTypeException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
