package org.apache.flink.agents.runtime.actions;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.agents.AgentExecutionOptions;
import org.apache.flink.agents.api.agents.OutputSchema;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.messages.MessageRole;
import org.apache.flink.agents.api.chat.model.BaseChatModelConnection;
import org.apache.flink.agents.api.chat.model.BaseChatModelSetup;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.event.ChatResponseEvent;
import org.apache.flink.agents.api.exceptions.ModelOutputException;
import org.apache.flink.agents.api.exceptions.OutputSchemaException;
import org.apache.flink.agents.api.exceptions.ToolRoundsException;
import org.apache.flink.agents.api.json.JsonValues;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.agents.api.tools.Tool;
import org.apache.flink.agents.api.tools.ToolResponse;
import org.apache.flink.agents.runtime.ActionContext;

/**
 * A chat request on its way to an answer: the model is asked, its tool calls are carried out, until
 * it has one. Each model call and each tool call is kept in the journal.
 */
final class Conversation {
    private final ChatRequestEvent request;
    private final ActionContext context;
    private final BaseChatModelSetup setup;
    private final List<ChatMessage> messages;
    private final Map<String, Object> arguments = new LinkedHashMap<>();
    private int rounds;
    private int corrections;

    Conversation(ChatRequestEvent request, ActionContext context) {
        this.request = request;
        this.context = context;
        this.setup =
                (BaseChatModelSetup)
                        context.getResource(request.getModel(), ResourceType.CHAT_MODEL);
        this.rounds = context.getConfig().get(AgentExecutionOptions.MAX_TOOL_ROUNDS);
        this.corrections = context.getConfig().get(AgentConfigOptions.MAX_RETRIES);
        if (!request.getPromptArgs().isEmpty()) {
            arguments.put(BaseChatModelSetup.PROMPT_ARGS, request.getPromptArgs());
        }
        this.messages = new ArrayList<>(request.getMessages());
        OutputSchema schema = request.getOutputSchema();
        if (schema != null && setup.getConnection().nativeStructuredOutput()) {
            arguments.put(BaseChatModelConnection.OUTPUT_SCHEMA, schema.getJsonSchema());
        } else if (schema != null) {
            instruct(schema);
        }
    }

    /** Asks the model; goes on until there is an answer, which is sent. */
    CompletableFuture<?> ask() {
        List<ChatMessage> asked = List.copyOf(messages);
        CompletableFuture<CompletableFuture<ChatMessage>> made = new CompletableFuture<>();
        context.withMetrics(
                () ->
                        made.complete(
                                context.makeCall(
                                        "Chat model '" + request.getModel() + "'",
                                        List.of(asked, arguments),
                                        () ->
                                                setup.chatAsync(
                                                        asked, arguments, context.calls()))));
        return made.join().thenCompose(this::answered);
    }

    private CompletableFuture<?> answered(ChatMessage response) {
        if (!response.getToolCalls().isEmpty()) {
            return callTools(response);
        }
        OutputSchema schema = request.getOutputSchema();
        if (schema != null) {
            try {
                Object parsed = schema.parse(response.getContent());
                response.getExtraArgs().put(Agent.STRUCTURED_OUTPUT, parsed);
            } catch (ModelOutputException error) {
                return correct(response, error);
            }
        }
        context.sendEvent(new ChatResponseEvent(request.getId(), response));
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<?> callTools(ChatMessage response) {
        List<Map<String, Object>> calls = response.getToolCalls();
        if (rounds == 0) {
            throw tooManyRounds(calls);
        }
        rounds--;
        Map<String, Tool> tools = new LinkedHashMap<>();
        setup.getTools().forEach(tool -> tools.put(tool.getName(), tool));
        return ToolCalls.call(context, calls, tools)
                .thenCompose(
                        results -> {
                            messages.add(response);
                            for (int i = 0; i < results.size(); i++) {
                                messages.add(toolMessage(calls.get(i), results.get(i)));
                            }
                            return ask();
                        });
    }

    private CompletableFuture<?> correct(ChatMessage response, ModelOutputException error) {
        if (corrections == 0) {
            throw new OutputSchemaException(
                    "Chat model '" + request.getModel() + "': " + error.getMessage(), error);
        }
        corrections--;
        messages.add(response);
        messages.add(
                ChatMessage.user(
                        "Your answer could not be used: "
                                + error.getMessage()
                                + " Answer again, with one JSON object that fits the schema and"
                                + " nothing else."));
        return ask();
    }

    /** Asks for the schema in words; there stays one system message in the beginning. */
    private void instruct(OutputSchema schema) {
        String instruction =
                "Answer with one JSON value of the following JSON schema and with nothing else.\n"
                        + JsonValues.write(schema.getJsonSchema());
        ChatMessage first = messages.isEmpty() ? null : messages.get(0);
        if (first != null
                && first.getRole() == MessageRole.SYSTEM
                && first.getParts().isEmpty()) {
            ChatMessage extended = new ChatMessage(first);
            extended.setContent(first.getContent() + "\n\n" + instruction);
            messages.set(0, extended);
        } else {
            messages.add(0, ChatMessage.system(instruction));
        }
    }

    private static ChatMessage toolMessage(Map<String, Object> call, ToolResponse result) {
        Object original = call.get("original_id");
        Object id = original == null || original.equals("") ? call.get("id") : original;
        ChatMessage message =
                ChatMessage.tool(result.asText(), id == null ? null : String.valueOf(id));
        message.getExtraArgs().put("tool_name", ToolCalls.name(call));
        if (!result.success()) {
            message.getExtraArgs().put("is_error", true);
        }
        return message;
    }

    private ToolRoundsException tooManyRounds(List<Map<String, Object>> calls) {
        TreeSet<String> names = new TreeSet<>();
        calls.forEach(call -> names.add(ToolCalls.name(call)));
        String option = AgentExecutionOptions.MAX_TOOL_ROUNDS.getKey();
        return new ToolRoundsException(
                String.format(
                        "Chat model '%s' still calls tools (%s) after %d rounds. Raise the option"
                                + " '%s', or change prompt and tools so that it comes to an answer.",
                        request.getModel(),
                        String.join(", ", names),
                        context.getConfig().get(AgentExecutionOptions.MAX_TOOL_ROUNDS),
                        option));
    }
}
