package org.apache.flink.agents.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.exceptions.DuplicateNameException;
import org.apache.flink.agents.api.exceptions.PlanException;
import org.apache.flink.agents.api.resource.ResourceType;

/** Compiles an agent into a plan and checks it, before anything runs. */
public final class AgentPlanCompiler {
    private AgentPlanCompiler() {}

    /** As the other method, for a job that gives no default arguments to resource classes. */
    public static AgentPlan compile(
            Agent agent,
            Map<ResourceType, Map<String, Object>> environmentResources,
            List<ActionSpec> builtIn) {
        return compile(agent, environmentResources, builtIn, new Configuration());
    }

    /**
     * Compiles an agent.
     *
     * @param agent the agent, whose class and base classes are searched for annotated methods, and
     *     to which actions and resources may have been added
     * @param environmentResources resources shared by all agents of the environment
     * @param builtIn actions that the runtime adds to every agent
     * @param config options of the job: a key {@code ClassName.argument} is a default for an
     *     argument of that resource class
     * @return the plan, checked
     * @throws PlanException one of its subclasses, naming the agent, the member at fault and the
     *     fix
     */
    public static AgentPlan compile(
            Agent agent,
            Map<ResourceType, Map<String, Object>> environmentResources,
            List<ActionSpec> builtIn,
            ReadableConfiguration config) {
        String name = nameOf(agent);
        List<ActionSpec> actions = new ArrayList<>(DeclaredActions.of(agent, name));
        actions.addAll(builtIn);
        checkNames(name, actions);
        Map<ResourceKey, Object> resources = new LinkedHashMap<>();
        add(name, resources, DeclaredResources.of(agent, name));
        add(name, resources, flat(agent.getResources()));
        add(name, resources, flat(environmentResources));
        AgentPlan plan = new AgentPlan(name, actions, resources);
        PlanCheck.check(plan, config);
        return plan;
    }

    private static String nameOf(Agent agent) {
        Class<?> type = agent.getClass();
        return type.isAnonymousClass() ? type.getName() : type.getSimpleName();
    }

    private static void checkNames(String agent, List<ActionSpec> actions) {
        Set<String> seen = new HashSet<>();
        for (ActionSpec action : actions) {
            if (!seen.add(action.name())) {
                throw new DuplicateNameException(
                        agent,
                        "action '" + action.name() + "'",
                        "is declared more than once, or has the name of a built-in action",
                        "Give it another name.");
            }
        }
    }

    private static void add(
            String agent, Map<ResourceKey, Object> table, Map<ResourceKey, Object> more) {
        more.forEach(
                (key, resource) -> {
                    if (table.putIfAbsent(key, resource) != null) {
                        throw new DuplicateNameException(
                                agent,
                                key.member(),
                                "is declared more than once (in the class, by addResource, or in"
                                        + " the environment)",
                                "Give one of them another name, or remove it.");
                    }
                });
    }

    private static Map<ResourceKey, Object> flat(
            Map<ResourceType, Map<String, Object>> resources) {
        Map<ResourceKey, Object> found = new LinkedHashMap<>();
        resources.forEach(
                (type, named) ->
                        named.forEach((name, r) -> found.put(new ResourceKey(type, name), r)));
        return found;
    }
}
