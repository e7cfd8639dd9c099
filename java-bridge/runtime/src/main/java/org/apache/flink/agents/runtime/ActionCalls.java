package org.apache.flink.agents.runtime;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.flink.agents.api.metrics.ActionMetrics;
import org.apache.flink.agents.plan.ActionSpec;
import org.apache.flink.agents.runtime.actions.AsyncAction;
import org.apache.flink.agents.runtime.actions.BuiltInActions;
import org.apache.flink.agents.runtime.engine.Effect.RunAction;
import org.apache.flink.agents.runtime.engine.Input;
import org.apache.flink.util.ExceptionUtils;

/**
 * Calls actions: plain ones at once, the others in the background.
 *
 * @param <K> what the owner knows its keys by
 */
final class ActionCalls<K> {
    private final Services services;
    private final KeyStore store;
    private final Background<K> background;
    private final Function<String, String> readMemory = this::readMemory;

    ActionCalls(Services services, KeyStore store, Background<K> background) {
        this.services = services;
        this.store = store;
        this.background = background;
    }

    /**
     * Calls a plain action of the current key.
     *
     * @param happened takes what has happened then
     */
    void run(Object key, ActionSpec action, RunAction effect, Collection<Input> happened) {
        List<Input> called = new ArrayList<>();
        ActionContext context =
                new ActionContext(
                        services,
                        background,
                        action,
                        key,
                        effect,
                        readMemory,
                        call ->
                                called.add(
                                        new Input.CallFinished(
                                                effect.run(),
                                                effect.task(),
                                                effect.attempt(),
                                                call)));
        ActionMetrics.Scope scope = ActionMetrics.enter(context.getActionMetricGroup());
        try {
            action.invoke(effect.event(), context);
            // What was called is of use only to another attempt.
            happened.add(
                    new Input.ActionFinished(
                            effect.run(), effect.task(), effect.attempt(), context.result()));
        } catch (Throwable error) {
            context.close();
            if (error instanceof InterruptedException) {
                Thread.currentThread().interrupt();
                throw new CompletionException(error); // the task is being cancelled
            }
            ExceptionUtils.rethrowIfFatalErrorOrOOM(error);
            happened.addAll(called);
            happened.add(
                    new Input.ActionFailed(effect.run(), effect.task(), effect.attempt(), error));
        } finally {
            scope.close();
        }
    }

    /**
     * Starts an action of the current key in the background.
     *
     * @param owner who is told what happens
     */
    void start(K owner, Object key, ActionSpec action, RunAction effect) throws Exception {
        AsyncAction builtIn = action.concurrent() ? BuiltInActions.of(action.name()) : null;
        Map<String, String> memory =
                action.concurrent() ? Map.of() : new HashMap<>(store.allMemory());
        ActionContext context =
                new ActionContext(
                        services,
                        background,
                        action,
                        key,
                        effect,
                        memory::get,
                        done ->
                                background.report(
                                        owner,
                                        new Input.CallFinished(
                                                effect.run(),
                                                effect.task(),
                                                effect.attempt(),
                                                done)));
        Executor executor = background.actions();
        background.start(
                owner,
                () ->
                        begin(builtIn, action, effect, context, executor)
                                .handle((done, error) -> outcome(context, effect, error)));
    }

    private CompletableFuture<?> begin(
            AsyncAction builtIn,
            ActionSpec action,
            RunAction effect,
            ActionContext context,
            Executor executor) {
        if (builtIn == null) {
            return CompletableFuture.runAsync(() -> invoke(action, effect, context), executor);
        }
        ActionMetrics.Scope scope = ActionMetrics.enter(context.getActionMetricGroup());
        try {
            return builtIn.start(effect.event(), context);
        } catch (Throwable error) {
            return CompletableFuture.failedFuture(error);
        } finally {
            scope.close();
        }
    }

    private void invoke(ActionSpec action, RunAction effect, ActionContext context) {
        ActionMetrics.Scope scope = ActionMetrics.enter(context.getActionMetricGroup());
        try {
            action.invoke(effect.event(), context);
        } catch (Throwable error) {
            throw new CompletionException(error);
        } finally {
            scope.close();
        }
    }

    private static Input outcome(ActionContext context, RunAction effect, Throwable error) {
        int run = effect.run();
        int task = effect.task();
        int attempt = effect.attempt();
        // Whatever happens there must be an outcome: without one, the key would wait for ever.
        if (error == null) {
            try {
                return new Input.ActionFinished(run, task, attempt, context.result());
            } catch (RuntimeException problem) {
                return new Input.ActionFailed(run, task, attempt, problem);
            }
        }
        context.close();
        return new Input.ActionFailed(run, task, attempt, CallErrors.cause(error));
    }

    private String readMemory(String path) {
        try {
            return store.readMemory(path);
        } catch (RuntimeException error) {
            throw error;
        } catch (Exception error) {
            throw new IllegalStateException("State cannot be read: " + error, error);
        }
    }
}
