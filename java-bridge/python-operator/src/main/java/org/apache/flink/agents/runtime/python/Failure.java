package org.apache.flink.agents.runtime.python;

import org.apache.flink.util.FlinkRuntimeException;

/**
 * What an operator has failed with, kept until its task ends.
 *
 * <p>Flink throws no error of a timer out of the task: it reports it and, until the task is
 * cancelled, goes on with elements, timers and barriers. A checkpoint among them would have a state
 * that the failed call had only half changed, or lack what that call had to give.
 */
final class Failure {
    private Throwable kept;

    /** Keeps an error; of several the first. */
    void keep(Throwable error) {
        if (kept == null) {
            kept = error;
        }
    }

    /**
     * Refuses to go on.
     *
     * @throws FlinkRuntimeException if the operator has failed
     */
    void check() {
        if (kept != null) {
            throw new FlinkRuntimeException("The operator has failed and cannot go on.", kept);
        }
    }
}
