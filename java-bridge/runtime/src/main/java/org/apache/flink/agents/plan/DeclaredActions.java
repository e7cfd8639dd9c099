package org.apache.flink.agents.plan;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.agents.ActionFunction;
import org.apache.flink.agents.api.agents.AddedAction;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.Action;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.exceptions.ActionSignatureException;

/** The actions of an agent: annotated methods, and those that were added. */
final class DeclaredActions {
    private static final String EXAMPLE =
            "Declare it as `public static void name(%s event, RunnerContext ctx)`.";

    private DeclaredActions() {}

    static List<ActionSpec> of(Agent agent, String agentName) {
        List<ActionSpec> actions = new ArrayList<>();
        for (Method method : AnnotatedMethods.find(agentName, agent.getClass(), Action.class)) {
            Action action = method.getAnnotation(Action.class);
            List<Class<? extends Event>> events = List.of(action.listenEvents());
            check(agentName, method.getName(), method, events);
            actions.add(
                    ActionSpec.ofMethod(
                            method.getName(), events, method, Map.of(), action.async()));
        }
        agent.getActions().forEach((name, added) -> actions.add(added(agentName, name, added)));
        return actions;
    }

    @SuppressWarnings("unchecked")
    private static ActionSpec added(String agent, String name, AddedAction added) {
        if (added.method() != null) {
            check(agent, name, added.method(), added.listenEvents());
            return ActionSpec.ofMethod(
                    name, added.listenEvents(), added.method(), added.config(), added.async());
        }
        // Agent.addAction ties the class of the events to that of the function.
        ActionFunction<Event> function = (ActionFunction<Event>) added.function();
        return ActionSpec.ofFunction(
                name, added.listenEvents(), function, added.config(), added.async());
    }

    private static void check(
            String agent, String name, Method method, List<Class<? extends Event>> events) {
        String listened = events.size() == 1 ? events.get(0).getSimpleName() : "Event";
        String fix = EXAMPLE.formatted(listened);
        if (events.isEmpty()) {
            throw fault(
                    agent,
                    name,
                    "listens to no event, so it would never run",
                    "Name one: @Action(listenEvents = {InputEvent.class}).");
        }
        int modifiers = method.getModifiers();
        if (!Modifier.isPublic(modifiers) || !Modifier.isStatic(modifiers)) {
            throw fault(agent, name, "is not public and static", fix);
        }
        Class<?>[] parameters = method.getParameterTypes();
        if (parameters.length != 2
                || !Event.class.isAssignableFrom(parameters[0])
                || parameters[1] != RunnerContext.class) {
            String takes =
                    Arrays.stream(parameters)
                            .map(Class::getSimpleName)
                            .collect(Collectors.joining(", ", "(", ")"));
            throw fault(
                    agent, name, "takes " + takes + ", not (event, RunnerContext)", fix);
        }
        for (Class<? extends Event> event : events) {
            if (!parameters[0].isAssignableFrom(event)) {
                throw fault(
                        agent,
                        name,
                        "listens to %s but takes %s"
                                .formatted(event.getSimpleName(), parameters[0].getSimpleName()),
                        fix);
            }
        }
        if (method.getReturnType() != void.class) {
            throw fault(
                    agent,
                    name,
                    "returns " + method.getReturnType().getSimpleName() + ", which nobody reads",
                    "Send it with ctx.sendEvent and return void.");
        }
    }

    private static ActionSignatureException fault(
            String agent, String name, String problem, String fix) {
        return new ActionSignatureException(agent, "action '" + name + "'", problem, fix);
    }
}
