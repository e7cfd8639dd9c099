package org.apache.flink.agents.runtime.flink;

import java.util.Arrays;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/** Measures an agent without a model beside a bare function; prints records per second. */
public final class AgentThroughput {
    private static final long RECORDS = 1_000_000;
    private static final int RUNS = 3;

    private AgentThroughput() {}

    /** Prints medians. */
    public static void main(String[] arguments) throws Exception {
        for (boolean stateful : new boolean[] {false, true}) {
            double[] bare = new double[RUNS];
            double[] agent = new double[RUNS];
            for (int run = 0; run < RUNS; run++) {
                bare[run] = measure(stateful, false);
                agent[run] = measure(stateful, true);
            }
            Arrays.sort(bare);
            Arrays.sort(agent);
            System.out.printf(
                    "%s: function %.0f/s, agent %.0f/s%n",
                    stateful ? "a count in state" : "no state",
                    bare[RUNS / 2],
                    agent[RUNS / 2]);
        }
    }

    private static double measure(boolean stateful, boolean withAgent) throws Exception {
        StreamExecutionEnvironment flink = TestJobs.flink(1);
        KeyedStream<Long, Long> numbers =
                flink.fromSequence(1, RECORDS).keyBy(number -> number % 1000);
        DataStream<Long> outputs =
                withAgent
                        ? AgentsExecutionEnvironment.getExecutionEnvironment(flink)
                                .fromDataStream(numbers)
                                .apply(agent(stateful))
                                .toDataStream(Types.LONG)
                        : numbers.process(new Count(stateful));
        outputs.sinkTo(new DiscardingSink<>());
        return RECORDS / (flink.execute().getNetRuntime() / 1000.0);
    }

    private static Agent agent(boolean stateful) {
        return new Agent()
                .addAction(
                        "count",
                        InputEvent.class,
                        (event, context) -> {
                            Long count = (Long) event.getInput();
                            if (stateful) {
                                MemoryObject memory = context.getShortTermMemory();
                                MemoryObject stored = memory.get("count");
                                count = stored == null ? 1L : (Long) stored.getValue() + 1;
                                memory.set("count", count);
                            }
                            context.sendEvent(new OutputEvent(count));
                        });
    }

    private static final class Count extends KeyedProcessFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        private final boolean stateful;
        private transient ValueState<Long> state;

        Count(boolean stateful) {
            this.stateful = stateful;
        }

        @Override
        public void open(OpenContext context) {
            state =
                    getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long value, Context context, Collector<Long> out)
                throws Exception {
            Long count = value;
            if (stateful) {
                Long stored = state.value();
                count = stored == null ? 1 : stored + 1;
                state.update(count);
            }
            out.collect(count);
        }
    }
}
