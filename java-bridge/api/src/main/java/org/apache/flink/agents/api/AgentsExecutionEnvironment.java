package org.apache.flink.agents.api;

import java.lang.reflect.InvocationTargetException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.exceptions.EnvironmentSetupException;
import org.apache.flink.agents.api.resource.ClassNames;
import org.apache.flink.agents.api.resource.ResourceType;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** Runs agents: in this process, or as operators of a Flink job. */
public abstract class AgentsExecutionEnvironment {
    private static final String LOCAL =
            "org.apache.flink.agents.runtime.env.LocalExecutionEnvironment";
    private static final String REMOTE =
            "org.apache.flink.agents.runtime.env.RemoteExecutionEnvironment";

    private final Configuration config = new Configuration();
    private final Map<ResourceType, Map<String, Object>> resources =
            new EnumMap<>(ResourceType.class);

    protected AgentsExecutionEnvironment() {}

    /** An environment that runs agents in this process, without Flink. */
    public static AgentsExecutionEnvironment getExecutionEnvironment() {
        return getExecutionEnvironment(null, null);
    }

    /** An environment that runs agents as operators of a Flink job; null: in this process. */
    public static AgentsExecutionEnvironment getExecutionEnvironment(
            StreamExecutionEnvironment env) {
        return getExecutionEnvironment(env, null);
    }

    /**
     * An environment that runs agents as operators of a Flink job.
     *
     * @param env Flink environment of the job; null: agents run in this process
     * @param tableEnv Flink table environment, for {@code fromTable} and {@code toTable}; may be
     *     null
     * @throws EnvironmentSetupException if the runtime is not on the class path
     */
    public static AgentsExecutionEnvironment getExecutionEnvironment(
            StreamExecutionEnvironment env, StreamTableEnvironment tableEnv) {
        if (env == null && tableEnv == null) {
            return create(LOCAL, new Class<?>[0]);
        }
        return create(
                REMOTE,
                new Class<?>[] {StreamExecutionEnvironment.class, StreamTableEnvironment.class},
                env,
                tableEnv);
    }

    /** Resources that all agents of this environment share, by type and name. */
    public Map<ResourceType, Map<String, Object>> getResources() {
        return resources;
    }

    /**
     * Adds a resource that all agents of this environment share.
     *
     * @param name its name, unique for its type also among the agents' own
     * @param type its type
     * @param instance a {@code ResourceDescriptor}, or a prompt or tool
     * @return the environment itself
     * @throws IllegalArgumentException if there already is one, or it is of another class
     */
    public AgentsExecutionEnvironment addResource(
            String name, ResourceType type, Object instance) {
        Agent.putResource(resources, name, type, instance);
        return this;
    }

    /** The job's configuration, for reading and setting options. */
    public Configuration getConfig() {
        return config;
    }

    /**
     * The job's configuration, after taking over the options of a file. Options that are set in
     * code win.
     *
     * @param path a YAML file, or null
     * @throws IllegalArgumentException if it cannot be read; names the file
     */
    public Configuration getConfig(String path) {
        if (path != null) {
            config.addDefaults(Configuration.fromFile(path));
        }
        return config;
    }

    /**
     * Takes the input from a list.
     *
     * @param input maps {@code {"key": ..., "value": ...}} (or {@code "k"}, {@code "v"}). Without a
     *     key, an item gets one of its own. Anything else is a value without a key
     */
    public abstract AgentBuilder fromList(List<?> input);

    /** Takes the input from a stream of a Flink job; one that is not keyed has one key in all. */
    public <T> AgentBuilder fromDataStream(DataStream<T> input) {
        return fromDataStream(input, null);
    }

    /**
     * Takes the input from a stream of a Flink job.
     *
     * @param keySelector gives the key of an element; null for a keyed stream
     */
    public abstract <T, K> AgentBuilder fromDataStream(
            DataStream<T> input, KeySelector<T, K> keySelector);

    /** Takes the input from a table of a Flink job; each row is an element. */
    public AgentBuilder fromTable(Table input) {
        return fromTable(input, null);
    }

    /**
     * Takes the input from a table of a Flink job; each row is an element.
     *
     * @param keySelector gives the key of a row
     */
    public abstract <K> AgentBuilder fromTable(Table input, KeySelector<Object, K> keySelector);

    /** Runs the job and waits for its end. */
    public void execute() throws Exception {
        execute(null);
    }

    /**
     * Runs the job and waits for its end.
     *
     * @param jobName shown in Flink's dashboard; may be null
     */
    public abstract void execute(String jobName) throws Exception;

    private static AgentsExecutionEnvironment create(
            String className, Class<?>[] parameters, Object... arguments) {
        try {
            Class<?> found = ClassNames.load(className);
            return (AgentsExecutionEnvironment)
                    found.getConstructor(parameters).newInstance(arguments);
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new EnvironmentSetupException(className + " failed to start", error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new EnvironmentSetupException(
                    className
                            + " cannot be created ("
                            + error
                            + "). Put the jar of the runtime, flink-agents-dist, on the class"
                            + " path.",
                    error);
        }
    }
}
