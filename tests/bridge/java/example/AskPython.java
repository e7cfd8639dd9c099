package example;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.chat.model.python.PythonChatModelConnection;
import org.apache.flink.agents.api.resource.Constant;
import org.apache.flink.agents.api.resource.ResourceDescriptor;

/** A Java program that asks a Python chat model, prints the id of its process, and waits. */
public final class AskPython {

    private AskPython() {}

    public static void main(String[] arguments) throws InterruptedException {
        PythonChatModelConnection connection =
                new PythonChatModelConnection(
                        ResourceDescriptor.Builder.newBuilder(Constant.PYTHON_CHAT_MODEL_CONNECTION)
                                .addInitialArgument("python_clazz", "echo_models.EchoConnection")
                                .addInitialArgument("python_path", arguments[0])
                                .addInitialArgument("python_executable", arguments[1])
                                .build(),
                        null);
        ChatMessage answer =
                connection.chat(List.of(ChatMessage.user("hello")), List.of(), Map.of());
        System.out.println(answer.getExtraArgs().get("pid"));
        if (arguments.length > 2) {
            Thread.sleep(600_000);
        }
        connection.close();
    }
}
