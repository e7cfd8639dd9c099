package org.apache.flink.agents.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.agents.OutputSchema;
import org.apache.flink.agents.api.agents.ReActAgent;
import org.apache.flink.agents.api.chat.messages.ChatMessage;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.event.ChatRequestEvent;
import org.apache.flink.agents.api.exceptions.EnvironmentSetupException;
import org.apache.flink.agents.api.prompt.Prompt;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.junit.jupiter.api.Test;

class WithoutFlinkTest {
    record Answer(int value) {}

    /** Has the classes of this project, and none of Flink itself. */
    private static final class NoFlink extends ClassLoader {
        NoFlink() {
            super(WithoutFlinkTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.apache.flink.")) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            String file = name.replace('.', '/') + ".class";
            try (InputStream in = getParent().getResourceAsStream(file)) {
                if (in == null || !name.startsWith("org.apache.flink.agents.")) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException error) {
                throw new ClassNotFoundException(name, error);
            }
        }
    }

    /** What a program does that runs in one process. */
    public static String program() {
        ReActAgent agent =
                new ReActAgent(
                        ResourceDescriptor.Builder.newBuilder("a.B").build(),
                        Prompt.fromText("{x}"),
                        Answer.class);
        ChatRequestEvent request =
                new ChatRequestEvent("m", List.of(ChatMessage.user("Hi")), Answer.class);
        Object answer = OutputSchema.of(Answer.class).parse("{\"value\": 1}");
        new Configuration(Map.of("max-retries", 1)).toMap();
        assertThrows(
                EnvironmentSetupException.class,
                AgentsExecutionEnvironment::getExecutionEnvironment);
        return agent.getActions().keySet() + " " + request.getModel() + " " + answer;
    }

    @Test
    void aProgramThatRunsInOneProcessNeedsNoFlink() throws Exception {
        ClassLoader loader = new NoFlink();
        assertThrows(
                ClassNotFoundException.class,
                () -> loader.loadClass("org.apache.flink.types.Row"));
        Method program = loader.loadClass(WithoutFlinkTest.class.getName()).getMethod("program");
        program.setAccessible(true);
        assertEquals("[startAction, stopAction] m Answer[value=1]", program.invoke(null));
    }
}
