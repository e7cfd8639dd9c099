package org.apache.flink.agents.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.context.DurableCallable;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.agents.api.context.MemoryObject.MemoryType;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.exceptions.AgentsException;
import org.apache.flink.agents.api.exceptions.ModelTimeoutException;
import org.apache.flink.agents.api.metrics.ActionMetrics;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.plan.ActionSpec;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.runtime.engine.ActionResult;
import org.apache.flink.agents.runtime.engine.Effect.RunAction;
import org.apache.flink.agents.runtime.engine.Engine;
import org.apache.flink.agents.runtime.engine.JournalEntry;
import org.apache.flink.agents.runtime.engine.TaskJournal;
import org.apache.flink.agents.runtime.state.StateCodec;

/** The context of one attempt of one task: collects what the action does, for the engine. */
public final class ActionContext implements RunnerContext {
    private final Services services;
    private final Background<?> background;
    private final ActionSpec action;
    private final Object key;
    private final RunAction effect;
    private final Function<String, String> readMemory;
    private final Consumer<JournalEntry> finished;
    private final List<Event> events = new ArrayList<>();
    private StoredMemoryObject shortTerm;
    private StoredMemoryObject sensory;
    private TaskJournal journal;
    private volatile boolean closed;

    /**
     * A context.
     *
     * @param key the key
     * @param effect tells task, attempt, journal and sensory memory
     * @param readMemory reads a node of short-term memory
     * @param finished is told of each durable call that finishes
     */
    ActionContext(
            Services services,
            Background<?> background,
            ActionSpec action,
            Object key,
            RunAction effect,
            Function<String, String> readMemory,
            Consumer<JournalEntry> finished) {
        this.services = services;
        this.background = background;
        this.action = action;
        this.key = key;
        this.effect = effect;
        this.readMemory = readMemory;
        this.finished = finished;
    }

    /** The plan of the agent. */
    public AgentPlan plan() {
        return services.plan;
    }

    /** Runs blocking calls, with the metrics of this action. */
    public Executor calls() {
        return call -> background.calls().execute(() -> withMetrics(call));
    }

    /** Runs something with the metrics of this action, on any thread. */
    public void withMetrics(Runnable task) {
        ActionMetrics.Scope scope = ActionMetrics.enter(getActionMetricGroup());
        try {
            task.run();
        } finally {
            scope.close();
        }
    }

    @Override
    public Object getKey() {
        return key;
    }

    @Override
    public void sendEvent(Event event) {
        if (closed) {
            throw new AgentsException(
                    "Action '"
                            + action.name()
                            + "' used its context after it had returned. Wait for what it starts"
                            + " before it returns.");
        }
        if (event == null) {
            throw new NullPointerException("Action '" + action.name() + "' sent null.");
        }
        if (!action.concurrent()) {
            Engine.checkHeard(services.plan, action.name(), event);
        }
        events.add(event);
    }

    @Override
    public Resource getResource(String name, ResourceType type) {
        return services.resources.get(name, type);
    }

    @Override
    public Map<String, Object> getActionConfig() {
        return action.config();
    }

    @Override
    public Object getActionConfigValue(String name) {
        return action.config().get(name);
    }

    @Override
    public MemoryObject getShortTermMemory() {
        if (shortTerm == null) {
            shortTerm = memory(MemoryType.SHORT_TERM, readMemory);
        }
        return shortTerm;
    }

    @Override
    public MemoryObject getSensoryMemory() {
        if (sensory == null) {
            sensory = memory(MemoryType.SENSORY, effect.sensory()::get);
        }
        return sensory;
    }

    @Override
    public MetricGroup getAgentMetricGroup() {
        return services.metrics.agent();
    }

    @Override
    public MetricGroup getActionMetricGroup() {
        return services.metrics.action(action.name());
    }

    @Override
    public ReadableConfiguration getConfig() {
        return services.config;
    }

    @Override
    public <T> T durableExecute(DurableCallable<T> callable) throws Exception {
        String name = callable.getId();
        TaskJournal.Claim claim = claim(name, List.of());
        Object result;
        if (claim.finished() != null) {
            result = replayed(claim.finished());
        } else {
            journal().checkSequential(name);
            try {
                result = callable.call();
            } catch (Exception error) {
                record(name, claim, false, CallErrors.dump(error));
                throw error;
            }
            record(name, claim, true, services.codec.toJson(result));
        }
        @SuppressWarnings("unchecked") // a primitive class can cast nothing
        T typed =
                callable.getResultClass().isPrimitive()
                        ? (T) result
                        : callable.getResultClass().cast(result);
        return typed;
    }

    @Override
    public <T> T durableExecuteAsync(DurableCallable<T> callable) throws Exception {
        return durableExecute(callable);
    }

    /**
     * Makes a call of a built-in action, or answers it from the journal.
     *
     * @param name what is called
     * @param arguments its arguments, storable values
     * @param call starts the call
     */
    public <T> CompletableFuture<T> makeCall(
            String name, List<?> arguments, Supplier<CompletableFuture<T>> call) {
        TaskJournal.Claim claim;
        try {
            claim = claim(name, arguments);
            if (claim.finished() != null) {
                @SuppressWarnings("unchecked")
                T result = (T) replayed(claim.finished());
                return CompletableFuture.completedFuture(result);
            }
        } catch (Exception error) {
            return CompletableFuture.failedFuture(error);
        }
        Duration timeout = services.config.get(AgentExecutionOptions.CALL_TIMEOUT);
        return background
                .limited(call, timeout.toMillis(), () -> gaveNoAnswer(name, timeout))
                .whenComplete(
                        (result, error) -> {
                            if (error == null) {
                                record(name, claim, true, services.codec.toJson(result));
                            } else if (!closed) {
                                JsonNode told = CallErrors.dump(CallErrors.cause(error));
                                record(name, claim, false, told);
                            }
                        });
    }

    /** Takes no more events. */
    void close() {
        closed = true;
    }

    /**
     * What the action has done; it must have returned.
     *
     * @throws org.apache.flink.agents.api.exceptions.ReplayMismatchException if it made other calls
     *     than before the crash
     */
    ActionResult result() {
        closed = true;
        if (journal != null || !effect.journal().isEmpty()) {
            journal().checkComplete();
        }
        return new ActionResult(events, writes(shortTerm), writes(sensory));
    }

    private TaskJournal.Claim claim(String name, List<?> arguments) {
        return journal().claim(name, CallDigest.of(services.codec, name, arguments));
    }

    private synchronized TaskJournal journal() {
        if (journal == null) {
            journal = new TaskJournal(action.name(), effect.journal(), effect.attempt());
        }
        return journal;
    }

    private void record(String name, TaskJournal.Claim claim, boolean ok, JsonNode value) {
        finished.accept(new JournalEntry(name, claim.digest(), effect.attempt(), ok, value));
    }

    private Object replayed(JournalEntry entry) throws Exception {
        if (entry.ok()) {
            return services.codec.fromJson(entry.value());
        }
        throw CallErrors.load(entry.value());
    }

    private StoredMemoryObject memory(MemoryType type, Function<String, String> read) {
        String where = "Action '" + action.name() + "', key " + key;
        StateCodec codec = services.codec;
        return new StoredMemoryObject(new MemoryView(type, read, codec, where), "");
    }

    private static Map<String, String> writes(StoredMemoryObject memory) {
        return memory == null ? Map.of() : memory.view.writes;
    }

    private static ModelTimeoutException gaveNoAnswer(String name, Duration timeout) {
        return new ModelTimeoutException(
                String.format(
                        "%s gave no answer within %d ms and was given up. The limit is the option"
                                + " '%s'.",
                        name, timeout.toMillis(), AgentExecutionOptions.CALL_TIMEOUT.getKey()));
    }
}
