package org.apache.flink.agents.plan;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.annotation.ChatModelConnection;
import org.apache.flink.agents.api.annotation.ChatModelSetup;
import org.apache.flink.agents.api.annotation.EmbeddingModelConnection;
import org.apache.flink.agents.api.annotation.EmbeddingModelSetup;
import org.apache.flink.agents.api.annotation.MCPServer;
import org.apache.flink.agents.api.annotation.Prompt;
import org.apache.flink.agents.api.annotation.Tool;
import org.apache.flink.agents.api.annotation.VectorStore;
import org.apache.flink.agents.api.exceptions.PlanException;
import org.apache.flink.agents.api.exceptions.ResourceTypeException;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.resource.SerializableResource;
import org.apache.flink.agents.api.tools.FunctionTool;

/** The resources that annotated methods of an agent declare. */
final class DeclaredResources {
    private static final Map<Class<? extends Annotation>, ResourceType> ANNOTATIONS = annotations();

    private DeclaredResources() {}

    static Map<ResourceKey, Object> of(Agent agent, String agentName) {
        Map<ResourceKey, Object> found = new LinkedHashMap<>();
        ANNOTATIONS.forEach(
                (annotation, type) -> {
                    for (Method method :
                            AnnotatedMethods.find(agentName, agent.getClass(), annotation)) {
                        ResourceKey key = new ResourceKey(type, method.getName());
                        found.put(key, declared(agentName, key, method));
                    }
                });
        return found;
    }

    /** The annotation by which a resource of that type is declared. */
    static String annotationFor(ResourceType type) {
        return ANNOTATIONS.entrySet().stream()
                .filter(entry -> entry.getValue() == type)
                .map(entry -> "@" + entry.getKey().getSimpleName())
                .findFirst()
                .orElseThrow();
    }

    private static Object declared(String agent, ResourceKey key, Method method) {
        if (key.type() == ResourceType.TOOL) {
            try {
                return new FunctionTool(method);
            } catch (IllegalArgumentException error) {
                throw new PlanException(
                        agent, key.member(), "cannot be a tool", error.getMessage(), error);
            }
        }
        String returned =
                key.type() == ResourceType.PROMPT ? "a Prompt" : "a ResourceDescriptor";
        int modifiers = method.getModifiers();
        if (!Modifier.isPublic(modifiers)
                || !Modifier.isStatic(modifiers)
                || method.getParameterCount() > 0) {
            throw new PlanException(
                    agent,
                    key.member(),
                    "is not a public static method without parameters",
                    "It is called when the agent is compiled, and returns " + returned + ".");
        }
        Object resource = call(agent, key, method);
        if (!(resource instanceof ResourceDescriptor || resource instanceof SerializableResource)) {
            String got = resource == null ? "null" : resource.getClass().getName();
            throw new ResourceTypeException(
                    agent, key.member(), "the method returned " + got, "Return " + returned + ".");
        }
        return resource;
    }

    private static Object call(String agent, ResourceKey key, Method method) {
        try {
            method.setAccessible(true);
            return method.invoke(null);
        } catch (InvocationTargetException error) {
            throw new PlanException(
                    agent,
                    key.member(),
                    "the method threw " + error.getCause(),
                    "It is called without arguments when the agent is compiled; let it return the"
                            + " resource.",
                    error.getCause());
        } catch (IllegalAccessException error) {
            throw new PlanException(
                    agent, key.member(), "cannot be called", "Make its class public.", error);
        }
    }

    private static Map<Class<? extends Annotation>, ResourceType> annotations() {
        Map<Class<? extends Annotation>, ResourceType> types = new LinkedHashMap<>();
        types.put(ChatModelConnection.class, ResourceType.CHAT_MODEL_CONNECTION);
        types.put(ChatModelSetup.class, ResourceType.CHAT_MODEL);
        types.put(Prompt.class, ResourceType.PROMPT);
        types.put(Tool.class, ResourceType.TOOL);
        types.put(EmbeddingModelConnection.class, ResourceType.EMBEDDING_MODEL_CONNECTION);
        types.put(EmbeddingModelSetup.class, ResourceType.EMBEDDING_MODEL);
        types.put(VectorStore.class, ResourceType.VECTOR_STORE);
        types.put(MCPServer.class, ResourceType.MCP_SERVER);
        return types;
    }
}
