package org.apache.flink.agents.api.agents;

/**
 * What becomes of a run in which an action or a call fails. In options: in lower case, with
 * hyphens.
 */
public enum ErrorHandlingStrategy {
    /** The job fails, naming action, key and event. */
    FAIL,
    /**
     * The action or call is tried again after a wait; when the retries are used up, the job fails.
     */
    RETRY,
    /** The failure is counted and logged, and the run goes on. */
    IGNORE,
    /** The input element goes to a side output. */
    DEAD_LETTER
}
