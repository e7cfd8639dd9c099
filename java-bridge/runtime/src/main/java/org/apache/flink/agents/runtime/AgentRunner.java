package org.apache.flink.agents.runtime;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.exceptions.ActionException;
import org.apache.flink.agents.api.exceptions.NotStorableException;
import org.apache.flink.agents.plan.ActionSpec;
import org.apache.flink.agents.runtime.engine.Effect;
import org.apache.flink.agents.runtime.engine.Engine;
import org.apache.flink.agents.runtime.engine.Input;
import org.apache.flink.agents.runtime.engine.KeyState;
import org.apache.flink.agents.runtime.engine.Run;
import org.apache.flink.agents.runtime.engine.StateText;
import org.apache.flink.agents.runtime.engine.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs an agent for the keys of one subtask: carries out what the engine wants done.
 *
 * <p>A host gives it a {@link KeyStore} and feeds it elements; everything else, from order to
 * retries, is the engine's. All hosts use this class as it is. Not thread-safe: its owner is the
 * thread that owns the state.
 */
public final class AgentRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentRunner.class);

    /** Elements that wait, of all keys, before the input waits: what buffers hold of small records. */
    private static final int MAX_WAITING = 10_000;

    private final Services services;
    private final KeyStore store;
    private final Host host;
    private final Engine engine;
    private final Map<String, ActionSpec> actions = new HashMap<>();
    private final Map<Object, OpenKey> open = new HashMap<>();
    private final Deque<OpenKey> parked = new ArrayDeque<>();
    private final Deque<Input> queue = new ArrayDeque<>();
    private final Background<OpenKey> background;
    private final ActionCalls<OpenKey> calls;
    private final Refusals refusals;
    private final long patience;
    private final boolean oneByOne;

    /** Whether the last wait for room was in vain, and there still is none. */
    private boolean isStuck;
    /** Elements that wait behind busy keys or for room. */
    private long waiting;

    /** Most elements of agents without model calls are done at once: they share one entry. */
    private OpenKey idle = new OpenKey(null, new KeyState());

    /**
     * A runner without open keys.
     *
     * @param services what the actions share; closed with the runner
     * @param store state of the current key
     * @param host switches keys, takes outputs
     * @param wake is run, on any thread, when {@link #pump} has something to do
     */
    public AgentRunner(Services services, KeyStore store, Host host, Runnable wake) {
        this.services = services;
        this.store = store;
        this.host = host;
        this.engine = new Engine(services.plan, services.policy);
        services.plan.actions().forEach(action -> actions.put(action.name(), action));
        this.background =
                new Background<>(
                        services.plan.agent(),
                        services.config.get(AgentExecutionOptions.NUM_ASYNC_THREADS),
                        services.maxInFlight,
                        services.loader,
                        wake);
        this.refusals = new Refusals(services, host);
        this.calls = new ActionCalls<>(services, store, background);
        this.patience = services.config.get(AgentExecutionOptions.BACK_PRESSURE_WAIT).toMillis();
        this.oneByOne =
                !services.config.get(AgentExecutionOptions.CHAT_ASYNC)
                        || !services.config.get(AgentExecutionOptions.TOOL_CALL_ASYNC);
    }

    /** Keys that have open work. */
    public int openKeys() {
        return open.size();
    }

    /** Tasks under way in the background, waits for a retry included. */
    public int inFlight() {
        return background.open();
    }

    /**
     * Takes an element of the current key.
     *
     * @param key the key
     * @param value the element
     * @param timestamp its event time in milliseconds, or null
     */
    public void element(Object key, Object value, Long timestamp) throws Exception {
        services.metrics.elementArrived();
        host.began(timestamp);
        boolean admit = hasRoom() && !isCrowded() || makeRoom(key);
        OpenKey entry = open.get(key);
        if (entry == null) {
            entry = idle;
            entry.key = key;
        }
        if (!(admit && entry.state.isIdle()) && !refusals.canWait(key, value, timestamp)) {
            return;
        }
        feed(entry, new Input.ElementArrived(value, timestamp, admit));
        if (!admit && entry.state.run() == null && open.get(key) == entry) {
            parked.add(entry);
        }
        if (oneByOne) {
            host.await(() -> !open.containsKey(key), Long.MAX_VALUE);
        }
    }

    /** Applies what has happened in the background. */
    public void pump() throws Exception {
        Map<OpenKey, Deque<Input>> inputs = new LinkedHashMap<>();
        for (Background.Outcome<OpenKey> outcome : background.collect()) {
            inputs.computeIfAbsent(outcome.key(), key -> new ArrayDeque<>()).add(outcome.given());
        }
        for (Map.Entry<OpenKey, Deque<Input>> input : inputs.entrySet()) {
            OpenKey entry = input.getKey();
            if (open.get(entry.key) == entry) { // else its action had failed meanwhile
                host.switchTo(entry.key);
                feed(entry, input.getValue());
            }
        }
        while (!parked.isEmpty() && hasRoom()) {
            OpenKey entry = parked.poll();
            if (open.get(entry.key) == entry) {
                host.switchTo(entry.key);
                feed(entry, new Input.Admitted());
            }
        }
        isStuck &= !hasRoom();
        services.metrics.inFlight(background.open(), open.size());
    }

    /** Goes on with the current key if a checkpoint left open work of it. */
    public void resume(Object key) throws Exception {
        String text = open.containsKey(key) ? null : store.load();
        if (text == null) {
            return;
        }
        OpenKey entry = new OpenKey(key, StateText.load(text, services.codec));
        entry.saved = true;
        if (entry.state.run() != null) {
            host.began(entry.state.run().timestamp());
        }
        for (String waiting : store.waiting()) {
            host.began(WaitingText.timestamp(waiting));
        }
        open.put(key, entry);
        waiting += entry.state.waiting();
        feed(entry, new Input.Restored());
    }

    /** Waits until no key of this subtask has open work. */
    public void drain() throws Exception {
        host.await(open::isEmpty, Long.MAX_VALUE);
    }

    /** Cancels what is under way and releases all resources. */
    @Override
    public void close() {
        try {
            background.close();
        } finally {
            services.close();
        }
    }

    private boolean hasRoom() {
        return background.open() < services.maxInFlight;
    }

    private boolean isCrowded() {
        return waiting >= MAX_WAITING;
    }

    /**
     * Holds the input up until there is room, but not so long that a checkpoint would wait: when
     * nothing has ended in that time, elements are set aside at once, up to a limit. The barrier of a
     * checkpoint has thousands of elements before it, which cannot each wait. At the limit one is
     * taken for each that goes, whether they wait for room or behind a busy key: so the state of a
     * job that is given too much does not grow on and on.
     */
    private boolean makeRoom(Object key) throws Exception {
        boolean isCrowded = isCrowded();
        if (isCrowded || !isStuck) {
            host.await(() -> isCrowded ? !isCrowded() : hasRoom(), patience);
            host.switchTo(key);
        }
        isStuck = !hasRoom();
        return !isStuck;
    }

    private void feed(OpenKey entry, Input given) throws Exception {
        queue.clear(); // it is empty unless the last time has failed
        queue.add(given);
        feed(entry, queue);
    }

    /** Steps the engine until nothing is left to do at once, then keeps what is open. */
    private void feed(OpenKey entry, Deque<Input> inputs) throws Exception {
        long before = entry.state.waiting();
        while (!inputs.isEmpty()) {
            for (Effect effect : engine.step(entry.state, inputs.poll())) {
                carryOut(entry, effect, inputs);
            }
        }
        waiting += entry.state.waiting() - before;
        if (entry.state.isIdle()) {
            if (entry.saved) {
                store.clear();
                entry.saved = false;
            }
            if (entry != idle) {
                open.remove(entry.key);
            }
        } else {
            own(entry);
            save(entry);
        }
    }

    /** Keeps the state; what cannot be kept fails for the action that sent it. */
    private void save(OpenKey entry) throws Exception {
        try {
            store.save(StateText.dump(entry.state, services.codec));
            entry.saved = true;
        } catch (NotStorableException error) {
            Run run = entry.state.run();
            for (Task task : run.tasks()) {
                if (!refusals.isStorable(task.event())) {
                    feed(
                            entry,
                            new Input.ActionFailed(
                                    run.number(), task.id(), task.attempt(), error));
                    return;
                }
            }
            refusals.refuse(entry.key, run.value(), run.timestamp(), error);
            entry.state.abandonRun();
            feed(entry, new Input.Admitted());
        }
    }

    /** Makes the shared entry the key's own, as something of the key stays open. */
    private void own(OpenKey entry) {
        if (entry == idle) {
            idle = new OpenKey(null, new KeyState());
        }
        open.put(entry.key, entry);
    }

    private void runAction(OpenKey entry, Effect.RunAction effect, Collection<Input> inputs)
            throws Exception {
        ActionSpec action = actions.get(effect.action());
        services.metrics.actionStarted(action.name());
        if (action.concurrent() || action.async()) {
            own(entry);
            calls.start(entry, entry.key, action, effect);
        } else {
            calls.run(entry.key, action, effect, inputs);
        }
    }

    /** Does what the engine wants done; what has happened by that is added to the inputs. */
    private void carryOut(OpenKey entry, Effect effect, Collection<Input> inputs)
            throws Exception {
        if (effect instanceof Effect.RunAction run) {
            runAction(entry, run, inputs);
        } else if (effect instanceof Effect.Emit emit) {
            host.emit(entry.key, emit.value(), emit.timestamp());
        } else if (effect instanceof Effect.EndRun end) {
            host.ended(end.timestamp());
        } else if (effect instanceof Effect.WriteMemory write) {
            store.writeMemory(write.nodes());
        } else if (effect instanceof Effect.PutWaiting put) {
            store.putWaiting(put.index(), WaitingText.write(put, services.codec));
        } else if (effect instanceof Effect.TakeWaiting take) {
            String waiting = store.takeWaiting(take.index());
            inputs.add(WaitingText.read(waiting, services.codec));
        } else if (effect instanceof Effect.ScheduleRetry retry) {
            own(entry);
            Input due = new Input.RetryDue(retry.run(), retry.task(), retry.attempt());
            background.after(retry.delayMillis(), entry, due);
        } else if (effect instanceof Effect.IgnoreError ignored) {
            services.metrics.errorIgnored(ignored.action());
            LOG.warn("Action '{}', key {}: ignored", ignored.action(), entry.key, ignored.error());
        } else if (effect instanceof Effect.SendDeadLetter letter) {
            host.deadLetter(DeadLetter.of(entry.key, letter, services.codec));
        } else if (effect instanceof Effect.Fail fail) {
            throw new ActionException(
                    fail.error().getMessage() + " (key " + entry.key + ")",
                    fail.error().getCause());
        }
    }
}
