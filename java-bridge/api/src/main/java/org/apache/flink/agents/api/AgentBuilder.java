package org.apache.flink.agents.api;

import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;

/** Input of an agent, then the agent, then where its output goes. */
public abstract class AgentBuilder {
    protected AgentBuilder() {}

    /**
     * Processes the input with an agent, which is compiled and checked at once.
     *
     * @return the builder itself
     * @throws org.apache.flink.agents.api.exceptions.PlanException if the agent cannot be compiled
     * @throws IllegalStateException if an agent was applied before
     */
    public AgentBuilder apply(Agent agent) {
        return apply(agent, null);
    }

    /**
     * As {@link #apply(Agent)}.
     *
     * @param uid identity of the agent's operator in savepoints. Null: the name of the agent's
     *     class, and its number among the agents of that class in the job
     */
    public abstract AgentBuilder apply(Agent agent, String uid);

    /**
     * The output as a list of one-entry maps from key to output, filled by {@code execute()}.
     *
     * @param <K> class of the keys, as the input has them
     * @param <V> class of the outputs
     */
    public abstract <K, V> List<Map<K, V>> toList();

    /** The output as a stream of a Flink job, of any objects. */
    public abstract DataStream<Object> toDataStream();

    /** The output as a stream of a Flink job, of one type. */
    public abstract <T> DataStream<T> toDataStream(TypeInformation<T> outputType);

    /** The output as a table of a Flink job; the outputs are rows or objects of the schema. */
    public abstract Table toTable(Schema schema);

    /**
     * The output as a table of a Flink job.
     *
     * @param schema schema of the table
     * @param outputType Flink type of the outputs
     */
    public abstract Table toTable(Schema schema, TypeInformation<?> outputType);

    /** Events that failed for good with the strategy {@code dead-letter}, as JSON texts. */
    public abstract DataStream<String> toDeadLetters();
}
