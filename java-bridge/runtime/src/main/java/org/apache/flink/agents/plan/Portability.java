package org.apache.flink.agents.plan;

import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import org.apache.flink.agents.api.exceptions.NotPortableException;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** Checks that a plan can travel to a worker: that Java can serialize all of it. */
final class Portability {
    private static final String FIX =
            "Use texts, numbers, lists, maps and other classes that implement Serializable.";

    private Portability() {}

    static void check(AgentPlan plan) {
        for (ActionSpec action : plan.actions()) {
            String member = "action '" + action.name() + "'";
            action.function()
                    .ifPresent(
                            function ->
                                    check(
                                            plan.agent(),
                                            member,
                                            "its function",
                                            function,
                                            "Use a public static method, or a lambda that refers"
                                                    + " only to serializable values."));
            action.config()
                    .forEach(
                            (name, value) ->
                                    check(plan.agent(), member, setting(name), value, FIX));
        }
        plan.resources()
                .forEach(
                        (key, resource) -> {
                            if (resource instanceof ResourceDescriptor descriptor) {
                                descriptor
                                        .getInitialArguments()
                                        .forEach(
                                                (name, value) ->
                                                        check(
                                                                plan.agent(),
                                                                key.member(),
                                                                setting(name),
                                                                value,
                                                                FIX));
                            } else {
                                check(plan.agent(), key.member(), "it", resource, FIX);
                            }
                        });
    }

    private static String setting(String name) {
        return "its argument '" + name + "'";
    }

    private static void check(
            String agent, String member, String what, Object value, String fix) {
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(value);
        } catch (NotSerializableException error) {
            throw new NotPortableException(
                    agent,
                    member,
                    what
                            + " cannot travel to a worker, because "
                            + error.getMessage()
                            + " is not Serializable",
                    fix,
                    error);
        } catch (IOException error) {
            throw new NotPortableException(
                    agent, member, what + " cannot travel to a worker: " + error, fix, error);
        }
    }
}
