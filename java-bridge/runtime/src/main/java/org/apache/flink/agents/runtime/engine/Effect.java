package org.apache.flink.agents.runtime.engine;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.exceptions.ActionException;

/** What the engine wants done. The runner carries these out in order. */
public sealed interface Effect {

    /**
     * Run an action and answer with {@link Input.ActionFinished} or {@link Input.ActionFailed}.
     *
     * @param run number of the run
     * @param task id of the task
     * @param action name of the action
     * @param event its event
     * @param attempt attempt, from 1
     * @param journal calls that are finished already and must not be repeated
     * @param sensory sensory memory of the run; not to be changed
     */
    record RunAction(
            int run,
            int task,
            String action,
            Event event,
            int attempt,
            List<JournalEntry> journal,
            Map<String, String> sensory)
            implements Effect {}

    /**
     * Answer with {@link Input.RetryDue} after a while.
     *
     * @param run number of the run
     * @param task id of the task
     * @param attempt the attempt that will be due
     * @param delayMillis milliseconds to wait
     */
    record ScheduleRetry(int run, int task, int attempt, long delayMillis) implements Effect {}

    /**
     * Put an element into the key's queue.
     *
     * @param index its place
     * @param value the element
     * @param timestamp its event time in milliseconds, or null
     */
    record PutWaiting(long index, Object value, Long timestamp) implements Effect {}

    /**
     * Take an element out of the key's queue and answer with {@link Input.WaitingTaken}.
     *
     * @param index its place
     */
    record TakeWaiting(long index) implements Effect {}

    /**
     * Write short-term memory.
     *
     * @param nodes nodes as text by path; null removes one
     */
    record WriteMemory(Map<String, String> nodes) implements Effect {}

    /**
     * Send a value downstream.
     *
     * @param value the value
     * @param timestamp event time of the run's input element in milliseconds, or null
     */
    record Emit(Object value, Long timestamp) implements Effect {}

    /**
     * Send a failed event to the dead letters.
     *
     * @param action the action that failed
     * @param event its event
     * @param input the input element of the run
     * @param error what went wrong
     * @param attempts how often it was tried
     */
    record SendDeadLetter(String action, Event event, Object input, Throwable error, int attempts)
            implements Effect {}

    /**
     * Count and log an error that the job is set to ignore.
     *
     * @param action the action that failed
     * @param error what went wrong
     */
    record IgnoreError(String action, Throwable error) implements Effect {}

    /**
     * Fail the job.
     *
     * @param error names the action and the event; the cause is chained
     */
    record Fail(ActionException error) implements Effect {}

    /**
     * The run is over.
     *
     * @param timestamp event time of its input element in milliseconds, or null
     */
    record EndRun(Long timestamp) implements Effect {}
}
