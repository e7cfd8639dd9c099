package org.apache.flink.agents.runtime.engine;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.agents.api.Event;

/** An event on its way through one action. */
public final class Task {
    final int id;
    final String action;
    final Event event;
    int attempt = 1;

    /** Milliseconds to wait before the attempt, or -1 while it may run. */
    long retryDelay = -1;

    /** The runner has been told to run it. */
    boolean started;

    List<JournalEntry> journal = new ArrayList<>();

    Task(int id, String action, Event event) {
        this.id = id;
        this.action = action;
        this.event = event;
    }

    /** Number within the run, from 0. */
    public int id() {
        return id;
    }

    /** The event. */
    public Event event() {
        return event;
    }

    /** Attempt under way or waited for, from 1. */
    public int attempt() {
        return attempt;
    }
}
