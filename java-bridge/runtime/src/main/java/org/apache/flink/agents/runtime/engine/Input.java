package org.apache.flink.agents.runtime.engine;

/** What can happen to a key. The runner feeds these to the engine, one at a time. */
public sealed interface Input {

    /** What has happened to an attempt of a task. */
    sealed interface OfTask extends Input {
        /** Number of the run. */
        int run();

        /** Id of the task within it. */
        int task();

        /** The attempt. */
        int attempt();
    }

    /**
     * An element of the input stream has arrived.
     *
     * @param value the element
     * @param timestamp its event time in milliseconds, or null
     * @param admit whether there is room to start it now; else it waits for {@link Admitted}
     */
    record ElementArrived(Object value, Long timestamp, boolean admit) implements Input {}

    /** There is room again for a key whose element was not admitted. */
    record Admitted() implements Input {}

    /**
     * The oldest waiting element was taken out of the key's queue, as the engine had asked for.
     *
     * @param value the element
     * @param timestamp its event time in milliseconds, or null
     */
    record WaitingTaken(Object value, Long timestamp) implements Input {}

    /**
     * A durable call of a task has finished.
     *
     * @param entry what to keep of it
     */
    record CallFinished(int run, int task, int attempt, JournalEntry entry) implements OfTask {}

    /**
     * An action has returned.
     *
     * @param result what it has done
     */
    record ActionFinished(int run, int task, int attempt, ActionResult result) implements OfTask {}

    /**
     * An action has thrown.
     *
     * @param error what it threw
     */
    record ActionFailed(int run, int task, int attempt, Throwable error) implements OfTask {}

    /** The wait before another attempt is over. */
    record RetryDue(int run, int task, int attempt) implements OfTask {}

    /** The key was read back from a checkpoint: nothing of it is under way. */
    record Restored() implements Input {}
}
