package org.apache.flink.agents.runtime.env;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.api.metrics.MetricGroup;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.plan.AgentPlanCompiler;
import org.apache.flink.agents.runtime.AgentRunner;
import org.apache.flink.agents.runtime.Services;
import org.apache.flink.agents.runtime.actions.BuiltInActions;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;

/** Input, agent and output of the local environment. */
final class LocalAgentBuilder extends AgentBuilder {
    private final LocalExecutionEnvironment environment;
    private final List<Object> items;
    private final LocalHost host = new LocalHost();
    private AgentPlan plan;

    LocalAgentBuilder(LocalExecutionEnvironment environment, List<?> items) {
        this.environment = environment;
        this.items = new ArrayList<>(items);
    }

    @Override
    public AgentBuilder apply(Agent agent, String uid) {
        if (plan != null) {
            throw new IllegalStateException(
                    "An agent was applied before; in-process there is one.");
        }
        plan =
                AgentPlanCompiler.compile(
                        agent,
                        environment.getResources(),
                        BuiltInActions.specs(),
                        environment.getConfig());
        return this;
    }

    boolean hasAgent() {
        return plan != null;
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <K, V> List<Map<K, V>> toList() {
        return (List) host.outputs;
    }

    @Override
    public DataStream<Object> toDataStream() {
        throw LocalExecutionEnvironment.needsFlink("toDataStream");
    }

    @Override
    public <T> DataStream<T> toDataStream(TypeInformation<T> outputType) {
        throw LocalExecutionEnvironment.needsFlink("toDataStream");
    }

    @Override
    public Table toTable(Schema schema) {
        throw LocalExecutionEnvironment.needsFlink("toTable");
    }

    @Override
    public Table toTable(Schema schema, TypeInformation<?> outputType) {
        throw LocalExecutionEnvironment.needsFlink("toTable");
    }

    @Override
    public DataStream<String> toDeadLetters() {
        throw LocalExecutionEnvironment.needsFlink("toDeadLetters");
    }

    /** Processes all items and waits until nothing is open. */
    void run(Configuration config, MetricGroup metrics) throws Exception {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader loader = context != null ? context : getClass().getClassLoader();
        Services services = new Services(plan, config, metrics, loader);
        try (AgentRunner runner = new AgentRunner(services, host, host, host::wake)) {
            host.setRunner(runner);
            for (Object item : items) {
                host.pump();
                InputItem read = InputItem.of(item);
                host.switchTo(read.key());
                runner.element(read.key(), read.value(), null);
            }
            runner.drain();
        }
    }
}
