package org.apache.flink.agents.api.exceptions;

/** An action that cannot be called with (event, context), or listens to nothing. */
public class ActionSignatureException extends PlanException {
    public ActionSignatureException(String agent, String member, String problem, String fix) {
        super(agent, member, problem, fix);
    }

    public ActionSignatureException(
            String agent, String member, String problem, String fix, Throwable cause) {
        super(agent, member, problem, fix, cause);
    }
}
