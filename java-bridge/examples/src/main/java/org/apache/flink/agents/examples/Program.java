package org.apache.flink.agents.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** What the examples have in common: where an agent runs, and what it is asked. */
final class Program {
    private final boolean onFlink;
    private final List<String> questions;

    private Program(boolean onFlink, List<String> questions) {
        this.onFlink = onFlink;
        this.questions = questions;
    }

    /**
     * Reads a command line.
     *
     * @param arguments questions, and {@code --flink} to run as a Flink job, not in this process
     * @param defaultQuestion what is asked without a question
     * @throws IllegalArgumentException if there is another option
     */
    static Program of(String[] arguments, String defaultQuestion) {
        List<String> questions = new ArrayList<>(List.of(arguments));
        boolean onFlink = questions.remove("--flink");
        for (String question : questions) {
            if (question.startsWith("--")) {
                throw new IllegalArgumentException(
                        "There is no option " + question + ". Give questions, or --flink.");
            }
        }
        return new Program(onFlink, questions.isEmpty() ? List.of(defaultQuestion) : questions);
    }

    /** Asks the agent all questions, each a key of its own. */
    List<Map<String, String>> ask(Agent agent) throws Exception {
        AgentsExecutionEnvironment environment =
                AgentsExecutionEnvironment.getExecutionEnvironment(onFlink ? flink() : null);
        List<Map<String, String>> items =
                questions.stream().map(text -> Map.of("key", text, "value", text)).toList();
        List<Map<String, String>> answers = environment.fromList(items).apply(agent).toList();
        environment.execute(agent.getClass().getSimpleName());
        return answers;
    }

    /** Asks the agent all questions and prints its answers. */
    void run(Agent agent) throws Exception {
        for (Map<String, String> answer : ask(agent)) {
            answer.forEach((question, text) -> System.out.println(question + " -> " + text));
        }
    }

    /** A Flink in this process, unless the program was submitted to a cluster. */
    private static StreamExecutionEnvironment flink() {
        return StreamExecutionEnvironment.getExecutionEnvironment(
                Configuration.fromMap(Map.of("rest.bind-port", "0", "parallelism.default", "1")));
    }
}
