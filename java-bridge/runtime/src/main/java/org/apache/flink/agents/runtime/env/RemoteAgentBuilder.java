package org.apache.flink.agents.runtime.env;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.plan.AgentPlanCompiler;
import org.apache.flink.agents.runtime.actions.BuiltInActions;
import org.apache.flink.agents.runtime.flink.AgentOperatorFactory;
import org.apache.flink.agents.runtime.flink.DeadLetters;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.types.AbstractDataType;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * Input, agent and output of one operator of a Flink job.
 *
 * @param <T> class of the elements
 * @param <K> class of the keys
 */
final class RemoteAgentBuilder<T, K> extends AgentBuilder {
    private final RemoteExecutionEnvironment environment;
    private final KeyedStream<T, K> input;
    private final boolean textInput;
    private AgentPlan plan;
    private String uid;
    private SingleOutputStreamOperator<?> result;

    RemoteAgentBuilder(
            RemoteExecutionEnvironment environment, KeyedStream<T, K> input, boolean textInput) {
        this.environment = environment;
        this.input = input;
        this.textInput = textInput;
    }

    @Override
    public AgentBuilder apply(Agent agent, String uid) {
        if (plan != null) {
            throw new IllegalStateException(
                    "An agent was applied before. Start another from... for another.");
        }
        this.plan =
                AgentPlanCompiler.compile(
                        agent,
                        environment.getResources(),
                        BuiltInActions.specs(),
                        environment.options());
        this.uid = uid != null ? uid : environment.uid(plan.agent());
        return this;
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <A, B> List<Map<A, B>> toList() {
        return (List) environment.collect(output(Types.STRING, true));
    }

    @Override
    public DataStream<Object> toDataStream() {
        return toDataStream(TypeInformation.of(Object.class));
    }

    @Override
    public <O> DataStream<O> toDataStream(TypeInformation<O> outputType) {
        return output(outputType, false);
    }

    @Override
    public Table toTable(Schema schema) {
        return toTable(schema, rowTypeOf(schema));
    }

    @Override
    public Table toTable(Schema schema, TypeInformation<?> outputType) {
        return environment.tables().fromDataStream(toDataStream(outputType), schema);
    }

    @Override
    public DataStream<String> toDeadLetters() {
        if (result == null) {
            throw new IllegalStateException(
                    "Call toDataStream, toTable or toList before toDeadLetters.");
        }
        return result.getSideOutput(DeadLetters.TAG);
    }

    private <O> DataStream<O> output(TypeInformation<O> outputType, boolean textOutput) {
        if (plan == null) {
            throw new IllegalStateException("No agent was applied. Call apply(agent) first.");
        }
        if (result != null) {
            throw new IllegalStateException(
                    "The output was taken before; use the stream that was returned.");
        }
        SingleOutputStreamOperator<O> made =
                input.transform(
                                "agent " + plan.agent(),
                                outputType,
                                new AgentOperatorFactory<T, O>(
                                        plan, environment.options(), textInput, textOutput))
                        .uid(uid);
        result = made;
        return made;
    }

    /** The type of rows with the physical columns of a schema. */
    @SuppressWarnings("deprecation") // the way to a type information that needs no planner
    private static TypeInformation<?> rowTypeOf(Schema schema) {
        List<String> names = new ArrayList<>();
        List<TypeInformation<?>> types = new ArrayList<>();
        for (Schema.UnresolvedColumn column : schema.getColumns()) {
            if (column instanceof Schema.UnresolvedPhysicalColumn physical) {
                AbstractDataType<?> type = physical.getDataType();
                if (!(type instanceof DataType known)) {
                    throw new IllegalArgumentException(
                            "The type "
                                    + type
                                    + " of column '"
                                    + column.getName()
                                    + "' is not resolved yet. Give it as DataTypes.STRING() and so"
                                    + " on, or pass the outputs' type to toTable.");
                }
                names.add(column.getName());
                types.add(TypeConversions.fromDataTypeToLegacyInfo(known));
            }
        }
        return Types.ROW_NAMED(
                names.toArray(new String[0]), types.toArray(new TypeInformation<?>[0]));
    }
}
