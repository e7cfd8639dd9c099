package org.apache.flink.agents.runtime.env;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.agents.AgentConfigOptions;
import org.apache.flink.agents.api.configuration.ConfigOption;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.runtime.Services;
import org.apache.flink.agents.runtime.state.StateCodec;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.util.CloseableIterator;

/** Runs agents as operators of a Flink job. */
public final class RemoteExecutionEnvironment extends AgentsExecutionEnvironment {
    /** {@code ClassName.argument}: a default for an argument of a resource class. */
    private static final Pattern RESOURCE_OPTION = Pattern.compile("[A-Z]\\w*\\.\\w+");

    private static final List<String> PYTHON_RESOURCES =
            List.of(
                    "PythonChatModelConnection.python_executable",
                    "PythonChatModelSetup.python_executable");

    /** Outputs that {@code execute()} puts into a list. */
    private record Collected(DataStream<String> stream, List<Map<Object, Object>> results) {}

    private final StreamExecutionEnvironment flink;
    private final Map<String, Integer> agents = new HashMap<>();
    private final List<Collected> collected = new ArrayList<>();
    private StreamTableEnvironment tables;

    /**
     * An environment of a Flink job.
     *
     * @param flink Flink's environment of the job
     * @param tables Flink's table environment of the job; may be null: one is made when needed
     */
    public RemoteExecutionEnvironment(
            StreamExecutionEnvironment flink, StreamTableEnvironment tables) {
        if (flink == null) {
            throw new IllegalArgumentException(
                    "Pass the StreamExecutionEnvironment too: getExecutionEnvironment(env, tEnv).");
        }
        this.flink = flink;
        this.tables = tables;
    }

    @Override
    public AgentBuilder fromList(List<?> input) {
        if (input.isEmpty()) {
            throw new IllegalArgumentException(
                    "fromList got no items; Flink cannot make a stream of nothing.");
        }
        StateCodec codec = new StateCodec(loader());
        List<Tuple2<String, String>> items = new ArrayList<>();
        for (Object item : input) {
            InputItem read = InputItem.of(item);
            items.add(Tuple2.of(codec.dumps(read.key()), codec.dumps(read.value())));
        }
        DataStream<Tuple2<String, String>> stream =
                flink.fromData(items, Types.TUPLE(Types.STRING, Types.STRING));
        return new RemoteAgentBuilder<>(
                this, stream.keyBy(item -> item.f0, Types.STRING), true);
    }

    @Override
    public <T, K> AgentBuilder fromDataStream(
            DataStream<T> input, KeySelector<T, K> keySelector) {
        if (input instanceof KeyedStream<T, ?> keyed) {
            if (keySelector != null) {
                throw new IllegalArgumentException(
                        "The stream is keyed already; leave the key selector out.");
            }
            return new RemoteAgentBuilder<>(this, keyed, false);
        }
        if (keySelector == null) {
            return new RemoteAgentBuilder<>(this, input.keyBy(element -> "", Types.STRING), false);
        }
        return new RemoteAgentBuilder<>(this, input.keyBy(keySelector), false);
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <K> AgentBuilder fromTable(Table input, KeySelector<Object, K> keySelector) {
        return fromDataStream(tables().toDataStream(input), (KeySelector) keySelector);
    }

    @Override
    public void execute(String jobName) throws Exception {
        String identifier = getConfig().get(AgentConfigOptions.JOB_IDENTIFIER);
        String name = jobName != null ? jobName : identifier != null ? identifier : "agents";
        if (collected.isEmpty()) {
            flink.execute(name);
            return;
        }
        DataStream<String> all = null;
        for (int number = 0; number < collected.size(); number++) {
            String prefix = number + ":";
            DataStream<String> numbered =
                    collected.get(number).stream().map(text -> prefix + text, Types.STRING);
            all = all == null ? numbered : all.union(numbered);
        }
        StateCodec codec = new StateCodec(loader());
        CloseableIterator<String> results = all.collectAsync();
        // If the job cannot be submitted there is nothing to close, and closing would hide why.
        JobClient job = flink.executeAsync(name);
        try {
            while (results.hasNext()) {
                String text = results.next();
                int colon = text.indexOf(':');
                List<?> pair = (List<?>) codec.loads(text.substring(colon + 1));
                collected
                        .get(Integer.parseInt(text.substring(0, colon)))
                        .results()
                        .add(Collections.singletonMap(pair.get(0), pair.get(1)));
            }
            job.getJobExecutionResult().get();
        } finally {
            results.close();
        }
    }

    /** The table environment of the job. */
    StreamTableEnvironment tables() {
        if (tables == null) {
            tables = StreamTableEnvironment.create(flink);
        }
        return tables;
    }

    /**
     * Options for agents: Flink's, and those of the environment, which win. Of Flink's configuration
     * only what concerns agents is taken: the rest may hold secrets.
     */
    Configuration options() {
        Set<String> known =
                Services.OPTIONS.stream().map(ConfigOption::getKey).collect(Collectors.toSet());
        Map<String, String> given = new HashMap<>(flink.getConfiguration().toMap());
        given.keySet()
                .removeIf(key -> !known.contains(key) && !RESOURCE_OPTION.matcher(key).matches());
        String python = flink.getConfiguration().toMap().get("python.executable");
        if (python != null) {
            // The Python of the job is that of its Python chat models, too.
            PYTHON_RESOURCES.forEach(name -> given.putIfAbsent(name, python));
        }
        Configuration options = new Configuration(getConfig().toMap());
        options.addDefaults(new Configuration(given));
        Services.checkOptions(options);
        return options;
    }

    /** Identity of the next operator of an agent class. */
    String uid(String agent) {
        int number = agents.merge(agent, 1, Integer::sum);
        String job = getConfig().get(AgentConfigOptions.JOB_IDENTIFIER);
        String name = job == null ? agent : job + "-" + agent;
        return number == 1 ? name : name + "-" + number;
    }

    /** A list that {@code execute()} fills with the outputs of a stream. */
    List<Map<Object, Object>> collect(DataStream<String> stream) {
        List<Map<Object, Object>> results = new ArrayList<>();
        collected.add(new Collected(stream, results));
        return results;
    }

    private static ClassLoader loader() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return context != null ? context : RemoteExecutionEnvironment.class.getClassLoader();
    }
}
