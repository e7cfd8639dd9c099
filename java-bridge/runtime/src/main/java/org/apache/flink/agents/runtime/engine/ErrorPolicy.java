package org.apache.flink.agents.runtime.engine;

import java.util.OptionalLong;
import org.apache.flink.agents.api.agents.ErrorHandlingStrategy;
import org.apache.flink.agents.api.exceptions.ModelRequestException;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.api.exceptions.OutputSchemaException;
import org.apache.flink.agents.api.exceptions.PlanException;
import org.apache.flink.agents.api.exceptions.ReplayMismatchException;
import org.apache.flink.agents.api.exceptions.ToolRoundsException;
import org.apache.flink.agents.api.exceptions.UnhandledEventException;

/**
 * How failed actions are treated.
 *
 * @param strategy fail the job at once; retry, then fail it; retry, then send the event to the dead
 *     letters; or ignore the error at once
 * @param maxRetries further attempts after the first one, with {@code RETRY} and {@code
 *     DEAD_LETTER}
 * @param waitMillis milliseconds before the first retry; doubled for each further one
 * @param maxWaitMillis upper bound of the wait in milliseconds
 */
public record ErrorPolicy(
        ErrorHandlingStrategy strategy, int maxRetries, long waitMillis, long maxWaitMillis) {

    /**
     * Milliseconds until the attempt after this one, or nothing if there is to be none.
     *
     * @param attempt the attempt that failed, from 1
     * @param seed any number that differs between tasks; it spreads their retries by up to a half
     *     of the wait, and gives the same delay when a failure is replayed
     * @param error what the attempt failed with; one that would come again is not retried
     */
    public OptionalLong retryDelay(int attempt, long seed, Throwable error) {
        boolean retries =
                strategy == ErrorHandlingStrategy.RETRY
                        || strategy == ErrorHandlingStrategy.DEAD_LETTER;
        if (!retries || attempt > maxRetries || isLasting(error)) {
            return OptionalLong.empty();
        }
        double wait = Math.min(waitMillis * Math.pow(2, attempt - 1), maxWaitMillis);
        double part = Math.floorMod(seed * 2654435761L, 1024) / 2048.0;
        return OptionalLong.of(Math.round(wait * (1.0 - part)));
    }

    /** Whether another attempt would meet the same error, being given the same event. */
    private static boolean isLasting(Throwable error) {
        return error instanceof ModelRequestException
                || error instanceof NotStorableException
                || error instanceof OutputSchemaException
                || error instanceof PlanException
                || error instanceof ReplayMismatchException
                || error instanceof ToolRoundsException
                || error instanceof UnhandledEventException;
    }
}
