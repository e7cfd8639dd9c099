package org.apache.flink.agents.runtime.engine;

/** Everything that is open for one key. When nothing is, the host keeps no state of the key. */
public final class KeyState {
    Run run;
    long firstWaiting;
    long nextWaiting;

    /** Number of the last run. Not in the text: after a restore nothing of earlier ones is under way. */
    int runs;

    /** The run under way, or null. */
    public Run run() {
        return run;
    }

    /** Number of elements that wait. */
    public long waiting() {
        return nextWaiting - firstWaiting;
    }

    /** Index of the oldest waiting element in the host's queue. */
    public long firstWaiting() {
        return firstWaiting;
    }

    /** Whether nothing is open and nothing waits. */
    public boolean isIdle() {
        return run == null && firstWaiting == nextWaiting;
    }

    /** Gives the run up; what it still has under way is not waited for. */
    public void abandonRun() {
        run = null;
    }
}
