package org.apache.flink.agents.plan;

import static org.apache.flink.agents.plan.PlanFixtures.LOG;
import static org.apache.flink.agents.plan.PlanFixtures.compile;
import static org.apache.flink.agents.plan.PlanFixtures.connection;
import static org.apache.flink.agents.plan.PlanFixtures.setup;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.exceptions.AgentsException;
import org.apache.flink.agents.api.exceptions.ResourceArgumentException;
import org.apache.flink.agents.api.exceptions.UnknownResourceException;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.Resource;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.plan.PlanFixtures.Connection;
import org.apache.flink.agents.plan.PlanFixtures.Listening;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ResourceCacheTest {
    private static final ResourceType CONNECTION = ResourceType.CHAT_MODEL_CONNECTION;

    @BeforeEach
    void forget() {
        LOG.clear();
    }

    private static ResourceCache cache(Agent agent, Configuration config) {
        return new ResourceCache(compile(agent), config, Map.of("KEY", "secret-1")::get);
    }

    private static ResourceCache cache(ResourceDescriptor.Builder connection) {
        return cache(
                new Listening().addResource("a", CONNECTION, connection.build()),
                new Configuration());
    }

    @Test
    void aResourceIsCreatedOnceAlsoWhenManyThreadsAskForIt() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (ResourceCache cache = cache(connection().addInitialArgument("slow", true))) {
            CountDownLatch together = new CountDownLatch(threads);
            Callable<Resource> ask =
                    () -> {
                        together.countDown();
                        together.await();
                        return cache.get("a", CONNECTION);
                    };
            List<Future<Resource>> asked =
                    IntStream.range(0, threads).mapToObj(i -> pool.submit(ask)).toList();
            for (Future<Resource> one : asked) {
                assertSame(cache.get("a", CONNECTION), one.get());
            }
            assertEquals(List.of("open connection"), LOG);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aSetupFindsItsConnectionAndPrompt() {
        Agent agent =
                new Listening()
                        .addResource("a", CONNECTION, connection().build())
                        .addResource("p", ResourceType.PROMPT, Prompt.fromText("Hi"))
                        .addResource(
                                "writer",
                                ResourceType.CHAT_MODEL,
                                setup("a").addInitialArgument("prompt", "p").build());
        try (ResourceCache cache = cache(agent, new Configuration())) {
            BaseChatModelSetup writer =
                    (BaseChatModelSetup) cache.get("writer", ResourceType.CHAT_MODEL);
            assertSame(cache.get("a", CONNECTION), writer.getConnection());
            assertEquals(
                    "answer", writer.chat(List.of(ChatMessage.user("Hello"))).getContent());
            assertTrue(writer.getPrompt().isPresent());
        }
    }

    @Test
    void environmentVariablesArePutIn() {
        ResourceDescriptor.Builder described =
                connection()
                        .addInitialArgument("api_key", "${env:KEY}")
                        .addInitialArgument(
                                "headers", Map.of("X", List.of("Bearer ${env:KEY}", 5)));
        try (ResourceCache cache = cache(described)) {
            ResourceDescriptor given = ((Connection) cache.get("a", CONNECTION)).descriptor;
            assertEquals("secret-1", given.getArgument("apiKey"));
            assertEquals(
                    Map.of("X", List.of("Bearer secret-1", 5)), given.getArgument("headers"));
        }
    }

    @Test
    void anEnvironmentVariableThatIsNotSetIsNamed() {
        try (ResourceCache cache =
                cache(connection().addInitialArgument("api_key", "${env:NONE}"))) {
            assertEquals(
                    "Agent 'Listening', chat_model_connection 'a': argument 'api_key' needs the"
                            + " environment variable NONE, which is not set on this worker. Set it"
                            + " where the TaskManager runs.",
                    assertThrows(
                                    ResourceArgumentException.class,
                                    () -> cache.get("a", CONNECTION))
                            .getMessage());
        }
    }

    @Test
    void aFailureToCreateAResourceTellsNoSecret() {
        try (ResourceCache cache =
                cache(
                        connection()
                                .addInitialArgument("api_key", "literal-2")
                                .addInitialArgument("failure", "literal-2 ${env:KEY}"))) {
            Exception error =
                    assertThrows(
                            ResourceArgumentException.class, () -> cache.get("a", CONNECTION));
            assertTrue(error.getMessage().contains("Connection cannot be created"));
            assertNotNull(error.getCause());
            for (Throwable t = error; t != null; t = t.getCause()) {
                assertFalse(t.toString().contains("secret-1"), t.toString());
                assertFalse(t.toString().contains("literal-2"), t.toString());
                assertTrue(t.toString().contains("refused with ***"), t.toString());
            }
            assertEquals(
                    Connection.class.getName(),
                    error.getCause().getStackTrace()[0].getClassName());
        }
    }

    @Test
    void optionsOfTheJobAreDefaultsForArguments() {
        Configuration config = new Configuration();
        config.setStr("Connection.apiBase", "http://default");
        config.setStr("Connection.api_key", "default");
        config.setInt("max-in-flight", 7);
        Agent agent =
                new Listening()
                        .addResource(
                                "a",
                                CONNECTION,
                                connection().addInitialArgument("apiKey", "own").build());
        try (ResourceCache cache = cache(agent, config)) {
            Connection made = (Connection) cache.get("a", CONNECTION);
            assertEquals("http://default", made.descriptor.getArgument("api_base"));
            assertEquals("own", made.descriptor.getArgument("api_key"));
            assertEquals(7, made.getMaxInFlight());
        }
    }

    @Test
    void resourcesAreClosedNewestFirstAndAllOfThem() {
        Agent agent = new Listening();
        for (String name : List.of("a", "b", "c")) {
            agent.addResource(
                    name,
                    CONNECTION,
                    connection()
                            .addInitialArgument("name", name)
                            .addInitialArgument("broken", name.equals("c") ? true : null)
                            .build());
        }
        ResourceCache cache = cache(agent, new Configuration());
        List.of("b", "c", "a").forEach(name -> cache.get(name, CONNECTION));
        LOG.clear();
        AgentsException error = assertThrows(AgentsException.class, cache::close);
        assertEquals("cannot close", error.getCause().getMessage());
        assertEquals(List.of("close a", "close c", "close b"), LOG);
        assertThrows(IllegalStateException.class, () -> cache.get("a", CONNECTION));
        cache.close();
        assertEquals(3, LOG.size());
    }

    @Test
    void aResourceThatIsNotDeclaredIsNamed() {
        try (ResourceCache cache = cache(connection())) {
            String problem =
                    assertThrows(
                                    UnknownResourceException.class,
                                    () -> cache.get("aa", CONNECTION))
                            .getMessage();
            assertTrue(problem.endsWith("is not declared. Did you mean 'a'?"), problem);
        }
    }
}
