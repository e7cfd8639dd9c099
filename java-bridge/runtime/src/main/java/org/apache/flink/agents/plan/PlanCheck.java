package org.apache.flink.agents.plan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.configuration.ReadableConfiguration;
import org.apache.flink.agents.api.exceptions.ActionSignatureException;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.exceptions.ResourceCycleException;
import org.apache.flink.agents.api.exceptions.ResourceTypeException;
import org.apache.flink.agents.api.exceptions.UnknownResourceException;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;
import org.apache.flink.agents.api.tools.Tool;

/** Checks a plan before anything runs. Each error names the agent, the member and the fix. */
final class PlanCheck {
    private PlanCheck() {}

    /**
     * Checks actions, resources, their references and that everything can travel.
     *
     * @throws org.apache.flink.agents.api.exceptions.PlanException for the first fault found
     */
    static void check(AgentPlan plan, ReadableConfiguration config) {
        if (plan.listeners(InputEvent.class).isEmpty()) {
            throw new ActionSignatureException(
                    plan.agent(),
                    "the agent",
                    "has no action that listens to InputEvent, so its input would be lost",
                    "Annotate a public static method with @Action(listenEvents ="
                            + " {InputEvent.class}), or call addAction.");
        }
        Map<ResourceKey, List<ResourceKey>> graph = new LinkedHashMap<>();
        plan.resources()
                .forEach(
                        (key, resource) ->
                                graph.put(
                                        key,
                                        resource instanceof ResourceDescriptor descriptor
                                                ? DescriptorCheck.check(
                                                        plan.agent(), key, descriptor, config)
                                                : checkInstance(plan.agent(), key, resource)));
        graph.forEach((user, needed) -> needed.forEach(key -> checkKnown(plan, user, key)));
        Set<ResourceKey> done = new HashSet<>();
        graph.keySet().forEach(start -> visit(plan, graph, start, new ArrayDeque<>(), done));
        Portability.check(plan);
    }

    private static List<ResourceKey> checkInstance(
            String agent, ResourceKey key, Object resource) {
        ResourceType type = ((SerializableResource) resource).getResourceType();
        if (type != key.type()) {
            throw new ResourceTypeException(
                    agent,
                    key.member(),
                    "%s is a %s, not a %s"
                            .formatted(
                                    resource.getClass().getSimpleName(),
                                    type.getValue(),
                                    key.type().getValue()),
                    "Declare it as a " + type.getValue() + ".");
        }
        if (resource instanceof Tool tool && !tool.getName().equals(key.name())) {
            throw new ResourceArgumentException(
                    agent,
                    key.member(),
                    "a model calls it '" + tool.getName() + "', which would not be found",
                    "Declare it under the name '" + tool.getName() + "'.");
        }
        return List.of();
    }

    private static void checkKnown(AgentPlan plan, ResourceKey user, ResourceKey needed) {
        if (!plan.resources().containsKey(needed)) {
            throw new UnknownResourceException(
                    plan.agent(),
                    user.member(),
                    "needs the " + needed.member() + ", which is not declared",
                    NearNames.fix(plan, needed));
        }
    }

    private static void visit(
            AgentPlan plan,
            Map<ResourceKey, List<ResourceKey>> graph,
            ResourceKey key,
            Deque<ResourceKey> path,
            Set<ResourceKey> done) {
        if (path.contains(key)) {
            String cycle =
                    Stream.concat(path.stream().dropWhile(k -> !k.equals(key)), Stream.of(key))
                            .map(ResourceKey::name)
                            .collect(Collectors.joining(" -> "));
            throw new ResourceCycleException(
                    plan.agent(),
                    key.member(),
                    "needs itself: " + cycle,
                    "Remove one of these references.");
        }
        if (done.contains(key)) {
            return;
        }
        path.addLast(key);
        graph.get(key).forEach(needed -> visit(plan, graph, needed, path, done));
        path.removeLast();
        done.add(key);
    }
}
