package org.apache.flink.agents.api.exceptions;

/** An agent that cannot be compiled, or whose resources cannot be created. */
public class PlanException extends AgentsException {
    private final String agent;
    private final String member;
    private final String problem;
    private final String fix;

    /**
     * @param agent name of the agent
     * @param member the action or resource at fault
     * @param problem what is wrong, as a clause
     * @param fix what to do about it, as a sentence
     */
    public PlanException(String agent, String member, String problem, String fix) {
        this(agent, member, problem, fix, null);
    }

    /** As the other constructor, with the failure behind it, or null. */
    public PlanException(String agent, String member, String problem, String fix, Throwable cause) {
        super("Agent '" + agent + "', " + member + ": " + problem + ". " + fix, cause);
        this.agent = agent;
        this.member = member;
        this.problem = problem;
        this.fix = fix;
    }

    public String getAgent() {
        return agent;
    }

    public String getMember() {
        return member;
    }

    public String getProblem() {
        return problem;
    }

    public String getFix() {
        return fix;
    }
}
