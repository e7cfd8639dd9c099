package org.apache.flink.agents.api.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.agents.api.Event;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.context.RunnerContext;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

class ReActAgentTest {
    record Review(int id, String text) {}

    record Verdict(int score) {}

    private final List<Event> sent = new ArrayList<>();

    private static ReActAgent agent(Prompt prompt, Object schema) {
        ResourceDescriptor model =
                ResourceDescriptor.Builder.newBuilder("a.B")
                        .addInitialArgument("connection", "service")
                        .build();
        return new ReActAgent(model, prompt, schema);
    }

    private RunnerContext context(ReActAgent agent, String action) {
        Map<String, Object> config = agent.getActions().get(action).config();
        return (RunnerContext)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {RunnerContext.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "sendEvent" -> {
                                        sent.add((Event) arguments[0]);
                                        yield null;
                                    }
                                    case "getActionConfigValue" -> config.get(arguments[0]);
                                    case "getResource" ->
                                            agent.getResources()
                                                    .get((ResourceType) arguments[1])
                                                    .get(arguments[0]);
                                    default -> throw new UnsupportedOperationException();
                                });
    }

    private ChatRequestEvent asked(ReActAgent agent, Object input) {
        sent.clear();
        ReActAgent.startAction(new InputEvent(input), context(agent, "startAction"));
        return (ChatRequestEvent) sent.get(0);
    }

    private List<Event> answered(Map<String, Object> extra) {
        sent.clear();
        ChatMessage answer = new ChatMessage(MessageRole.ASSISTANT, "text", List.of(), extra);
        ReActAgent.stopAction(
                new ChatResponseEvent(UUID.randomUUID(), answer),
                context(agent(null, null), "stopAction"));
        return sent;
    }

    @Test
    void withoutAPromptTheInputIsSaidAsTextOrJson() {
        ReActAgent agent = agent(null, Verdict.class);
        ChatRequestEvent request = asked(agent, "Hi");
        assertEquals(List.of(ChatMessage.user("Hi")), request.getMessages());
        assertEquals(OutputSchema.of(Verdict.class), request.getOutputSchema());
        assertEquals(
                "{\"id\":1,\"text\":\"good\"}",
                asked(agent, new Review(1, "good")).getMessages().get(0).getContent());
    }

    @Test
    void thePromptTakesTheFieldsOfTheInput() {
        ReActAgent agent = agent(Prompt.fromText("{id}: {text}{input}"), null);
        assertEquals(
                List.of(ChatMessage.user("1: good{input}")),
                asked(agent, new Review(1, "good")).getMessages());
        Row row = Row.withNames();
        row.setField("id", 2);
        row.setField("text", "bad");
        assertEquals("2: bad{input}", asked(agent, row).getMessages().get(0).getContent());
        assertEquals("{id}: {text}5", asked(agent, 5).getMessages().get(0).getContent());
        assertNull(asked(agent, 5).getOutputSchema());
    }

    @Test
    void theAnswerLeavesTheAgent() {
        assertEquals("text", ((OutputEvent) answered(Map.of()).get(0)).getOutput());
        Map<String, Object> structured = Map.of(Agent.STRUCTURED_OUTPUT, new Verdict(3));
        assertEquals(
                new Verdict(3), ((OutputEvent) answered(structured).get(0)).getOutput());
        assertEquals(List.of(), answered(Map.of("error", "no answer in time")));
    }
}
