package org.apache.flink.agents.runtime.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.exceptions.ReplayMismatchException;

/**
 * The journal of a task as one attempt sees it.
 *
 * <p>A call is known by its name and arguments and, of several alike, by its number in the attempt:
 * so calls that were made side by side may finish in another order on replay, and each gets its own
 * result back. What an earlier attempt has finished answers whoever asks first.
 */
public final class TaskJournal {

    /**
     * The answer to a claim.
     *
     * @param digest the digest to keep the call under
     * @param finished the finished call that answers it, or null if it has to be made
     */
    public record Claim(String digest, JournalEntry finished) {}

    private final String action;
    private final Map<String, JournalEntry> made = new LinkedHashMap<>();
    private final Map<String, Deque<JournalEntry>> earlier = new HashMap<>();
    private final Map<String, Integer> claims = new HashMap<>();
    private final List<String> added = new ArrayList<>();

    /**
     * The journal of one attempt.
     *
     * @param action name of the action, for errors
     * @param entries calls finished so far
     * @param attempt the attempt that runs now
     */
    public TaskJournal(String action, List<JournalEntry> entries, int attempt) {
        this.action = action;
        for (JournalEntry entry : entries) {
            if (entry.attempt() == attempt) {
                made.put(entry.digest(), entry);
            } else {
                String digest = entry.digest().replaceFirst("#.*", "");
                earlier.computeIfAbsent(digest, d -> new ArrayDeque<>()).add(entry);
            }
        }
    }

    /**
     * Asks for the result of a call that is about to be made.
     *
     * @param name what is called
     * @param digest identity of the call
     */
    public synchronized Claim claim(String name, String digest) {
        int number = claims.merge(digest, 1, Integer::sum) - 1;
        String own = number == 0 ? digest : digest + "#" + number;
        JournalEntry found = made.remove(own);
        if (found == null && earlier.containsKey(digest)) {
            found = earlier.get(digest).poll();
        }
        if (found == null) {
            added.add(name);
        }
        return new Claim(own, found);
    }

    /**
     * Checks a call that is about to be made by an action that makes one call at a time.
     *
     * @throws ReplayMismatchException if another call was made in its place before the crash
     */
    public synchronized void checkSequential(String name) {
        if (!made.isEmpty()) {
            throw mismatch(List.of(name));
        }
    }

    /**
     * Checks, at the end of an attempt, that each finished call has answered.
     *
     * @throws ReplayMismatchException if the attempt made other calls than before the crash
     */
    public synchronized void checkComplete() {
        // Calls of an earlier attempt need not be made again: it failed, this one may go another
        // way.
        if (!made.isEmpty()) {
            throw mismatch(added);
        }
    }

    private ReplayMismatchException mismatch(List<String> now) {
        List<String> before = made.values().stream().map(JournalEntry::call).toList();
        return new ReplayMismatchException(
                String.format(
                        "Action '%s' called %s before the crash, but on replay %s in its place"
                                + " (other call or other arguments). An action must make the same"
                                + " calls when it is replayed: take time, randomness and outside"
                                + " data from durableExecute.",
                        action,
                        String.join(", ", before),
                        now.isEmpty() ? "nothing" : String.join(", ", now)));
    }
}
