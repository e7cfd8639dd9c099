package org.apache.flink.agents.runtime.env;

import java.util.List;
import org.apache.flink.agents.api.AgentBuilder;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.runtime.LocalMetricGroup;
import org.apache.flink.agents.runtime.Services;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.Table;

/** Runs one agent over a list, in this process. */
public final class LocalExecutionEnvironment extends AgentsExecutionEnvironment {
    private final LocalMetricGroup metrics = new LocalMetricGroup();
    private LocalAgentBuilder builder;
    private boolean executed;

    /** An environment without input. */
    public LocalExecutionEnvironment() {}

    /** What was counted; filled by {@code execute()}. */
    public LocalMetricGroup metrics() {
        return metrics;
    }

    @Override
    public AgentBuilder fromList(List<?> input) {
        if (builder != null) {
            throw new IllegalStateException(
                    "This environment has its input already. In-process it runs one agent over one"
                            + " list; make another environment for another.");
        }
        builder = new LocalAgentBuilder(this, input);
        return builder;
    }

    @Override
    public <T, K> AgentBuilder fromDataStream(
            DataStream<T> input, KeySelector<T, K> keySelector) {
        throw needsFlink("fromDataStream");
    }

    @Override
    public <K> AgentBuilder fromTable(Table input, KeySelector<Object, K> keySelector) {
        throw needsFlink("fromTable");
    }

    @Override
    public void execute(String jobName) throws Exception {
        if (executed) {
            throw new IllegalStateException(
                    "execute() was called before; make another environment.");
        }
        if (builder == null || !builder.hasAgent()) {
            throw new IllegalStateException(
                    "Nothing to execute: call fromList(...).apply(agent) first.");
        }
        Services.checkOptions(getConfig());
        executed = true;
        builder.run(getConfig(), metrics);
    }

    static UnsupportedOperationException needsFlink(String name) {
        return new UnsupportedOperationException(
                name
                        + " needs a Flink job. Pass one:"
                        + " AgentsExecutionEnvironment.getExecutionEnvironment("
                        + "StreamExecutionEnvironment...).");
    }
}
