import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.api.InputEvent;
import org.apache.flink.agents.api.OutputEvent;
import org.apache.flink.agents.api.agents.Agent;
import org.apache.flink.agents.api.context.MemoryObject;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Runs an agent without a model, or a bare function that does the same, and prints records per
 * second and microseconds of CPU per record, from the end of a warm-up to the last record.
 *
 * <p>Arguments: {@code agent} or {@code bare}, the number of records, of records to warm up with,
 * of keys, and {@code true} for a count in memory or state.
 */
public final class AgentThroughput {
    private AgentThroughput() {}

    public static void main(String[] arguments) throws Exception {
        boolean isAgent = arguments[0].equals("agent");
        long records = Long.parseLong(arguments[1]);
        long warmUp = Long.parseLong(arguments[2]);
        long keys = Long.parseLong(arguments[3]);
        boolean counts = Boolean.parseBoolean(arguments[4]);
        Configuration options = new Configuration();
        options.setString("rest.port", "0");
        StreamExecutionEnvironment flink =
                StreamExecutionEnvironment.createLocalEnvironment(1, options);
        KeyedStream<Long, Long> numbers =
                flink.fromSequence(1, records).keyBy(number -> number % keys);
        DataStream<Long> outputs =
                isAgent
                        ? AgentsExecutionEnvironment.getExecutionEnvironment(flink)
                                .fromDataStream(numbers)
                                .apply(agent(counts))
                                .toDataStream(Types.LONG)
                        : numbers.process(counts ? new Count() : new Pass());
        outputs.sinkTo(new TimedSink(records, warmUp));
        flink.execute();
    }

    private static Agent agent(boolean counts) {
        return new Agent()
                .addAction(
                        "pass",
                        InputEvent.class,
                        (event, context) -> {
                            Long value = (Long) event.getInput();
                            if (counts) {
                                MemoryObject memory = context.getShortTermMemory();
                                MemoryObject stored = memory.get("count");
                                value = stored == null ? 1L : (Long) stored.getValue() + 1;
                                memory.set("count", value);
                            }
                            context.sendEvent(new OutputEvent(value));
                        });
    }

    private static final class Pass extends KeyedProcessFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public void processElement(Long value, Context context, Collector<Long> out) {
            out.collect(value);
        }
    }

    private static final class Count extends KeyedProcessFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Long> state;

        @Override
        public void open(OpenContext context) {
            state = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(Long value, Context context, Collector<Long> out)
                throws Exception {
            Long stored = state.value();
            Long count = stored == null ? 1L : stored + 1;
            state.update(count);
            out.collect(count);
        }
    }

    /** Throws records away; prints rate and CPU when the last has come. */
    private record TimedSink(long records, long warmUp) implements Sink<Long> {
        @Override
        public SinkWriter<Long> createWriter(WriterInitContext context) {
            return new TimedWriter(records, warmUp);
        }
    }

    private static final class TimedWriter implements SinkWriter<Long> {
        private final long records;
        private final long warmUp;
        private long seen;
        private long begin;
        private long cpu;

        TimedWriter(long records, long warmUp) {
            this.records = records;
            this.warmUp = warmUp;
        }

        @Override
        public void write(Long record, Context context) {
            seen++;
            if (seen == warmUp) {
                begin = System.nanoTime();
                cpu = cpuTime();
            } else if (seen == records) {
                double count = records - warmUp;
                double perSecond = count * 1e9 / (System.nanoTime() - begin);
                double microseconds = (cpuTime() - cpu) / 1e3 / count;
                System.out.printf(Locale.ROOT, "%.0f %.4f%n", perSecond, microseconds);
            }
        }

        private static long cpuTime() {
            return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {}
    }
}
