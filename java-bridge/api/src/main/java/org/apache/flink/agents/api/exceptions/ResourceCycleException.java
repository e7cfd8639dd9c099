package org.apache.flink.agents.api.exceptions;

/** Resources that need each other. */
public class ResourceCycleException extends PlanException {
    public ResourceCycleException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public ResourceCycleException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
