package org.apache.flink.agents.runtime.flink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.agents.runtime.AgentRunner;
import org.apache.flink.agents.runtime.DeadLetter;
import org.apache.flink.agents.runtime.Host;
import org.apache.flink.agents.runtime.Services;
import org.apache.flink.agents.runtime.state.StateCodec;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TimestampedCollector;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;

/**
 * The operator of one agent: hands elements to the runner, and gives it Flink's state, mailbox and
 * outputs.
 *
 * <p>What happens in the background comes back as a mail, so all state is touched by the task's
 * thread only. A checkpoint waits for no call: open work is in keyed state whenever the thread is
 * free. After a restore, keys with open work are found by their state and go on, whatever the
 * parallelism was before.
 *
 * @param <IN> class of the elements
 * @param <OUT> class of the outputs
 */
final class AgentOperator<IN, OUT> extends AbstractStreamOperator<OUT>
        implements OneInputStreamOperator<IN, OUT>, BoundedOneInput, Host {
    private static final long serialVersionUID = 1L;

    private final transient AgentPlan plan;
    private final transient Configuration options;
    private final transient ItemForm form;
    private final transient MailboxExecutor mailbox;
    private transient List<Object> restored;
    private transient WatermarkHold hold;
    private transient StateCodec codec;
    private transient TypeSerializer<IN> copier;
    private transient TimestampedCollector<OUT> collector;
    private transient AgentRunner runner;
    private transient boolean isIdleHeld;
    private transient boolean wasRestored;

    AgentOperator(
            StreamOperatorParameters<OUT> parameters,
            AgentPlan plan,
            Configuration options,
            ItemForm form) {
        super(parameters);
        this.plan = plan;
        this.options = options;
        this.form = form;
        this.mailbox = parameters.getMailboxExecutor();
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        wasRestored = context.isRestored();
    }

    @Override
    public void open() throws Exception {
        super.open();
        ClassLoader loader = getUserCodeClassloader();
        hold = new WatermarkHold();
        codec = new StateCodec(loader);
        collector = new TimestampedCollector<>(output);
        if (getExecutionConfig().isObjectReuseEnabled() && !form.textInput()) {
            copier = getOperatorConfig().getTypeSerializerIn(0, loader);
        }
        FlinkKeyStore store = new FlinkKeyStore(getKeyedStateStore());
        FlinkMetricGroup metrics = new FlinkMetricGroup(getMetricGroup());
        Services services = new Services(plan, options, metrics, loader);
        runner = new AgentRunner(services, store, this, this::wake);
        restored = wasRestored ? keysWithOpenWork() : List.of();
        if (!restored.isEmpty()) {
            // Calls start when the whole chain is open.
            mailbox.execute(this::resume, "resume open work of agent %s", plan.agent());
        }
    }

    @Override
    public void processElement(StreamRecord<IN> element) throws Exception {
        Object key = getCurrentKey();
        if (!restored.isEmpty()) {
            resume();
            setCurrentKey(key);
        }
        Long timestamp = element.hasTimestamp() ? element.getTimestamp() : null;
        IN value = element.getValue();
        if (form.textInput() && value instanceof Tuple2<?, ?> texts) {
            runner.element(codec.loads((String) key), codec.loads((String) texts.f1), timestamp);
        } else {
            runner.element(key, copier == null ? value : copier.copy(value), timestamp);
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        resume();
        hold.arrived(mark.getTimestamp());
        passWatermark();
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) throws Exception {
        resume();
        if (isIdleHeld) {
            isIdleHeld = status.isIdle(); // nobody has been told of it
        } else if (status.isIdle() && hold.isOpen()) {
            isIdleHeld = true; // outputs will follow, and so will watermarks
        } else {
            super.processWatermarkStatus(status);
        }
    }

    @Override
    public void endInput() throws Exception {
        resume();
        runner.drain();
    }

    @Override
    public void close() throws Exception {
        try {
            if (runner != null) {
                runner.close();
            }
        } finally {
            runner = null;
            super.close();
        }
    }

    // What the runner asks of its host.

    @Override
    public void switchTo(Object key) {
        setCurrentKey(form.textInput() ? codec.dumps(key) : key);
    }

    @Override
    public void began(Long timestamp) {
        hold.began(timestamp);
    }

    @Override
    public void ended(Long timestamp) {
        hold.ended(timestamp);
        passWatermark();
    }

    @Override
    @SuppressWarnings("unchecked")
    public void emit(Object key, Object value, Long timestamp) {
        Object out = form.textOutput() ? codec.dumps(Arrays.asList(key, value)) : value;
        if (timestamp == null) {
            collector.eraseTimestamp();
        } else {
            collector.setAbsoluteTimestamp(timestamp);
        }
        collector.collect((OUT) out);
    }

    @Override
    public void deadLetter(DeadLetter letter) {
        output.collect(DeadLetters.TAG, new StreamRecord<>(letter.toJson()));
    }

    @Override
    public void await(BooleanSupplier condition, long maxMillis) throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        ScheduledFuture<?> end = null;
        if (maxMillis != Long.MAX_VALUE && !condition.getAsBoolean()) {
            long due = getProcessingTimeService().getCurrentProcessingTime() + maxMillis;
            end = getProcessingTimeService().registerTimer(due, time -> isOver.set(true));
        }
        while (!condition.getAsBoolean() && !isOver.get()) {
            mailbox.yield();
        }
        if (end != null) {
            end.cancel(false);
        }
    }

    // Small things.

    private void wake() {
        try {
            mailbox.execute(this::pump, "outcomes of agent %s", plan.agent());
        } catch (RejectedExecutionException error) {
            // The task has ended; what is under way is cancelled when it closes.
        }
    }

    private void pump() throws Exception {
        if (runner != null) {
            resume();
            runner.pump();
        }
    }

    private void resume() throws Exception {
        if (restored.isEmpty()) {
            return;
        }
        List<Object> keys = restored;
        restored = List.of();
        for (Object key : keys) {
            setCurrentKey(key);
            runner.resume(form.textInput() ? codec.loads((String) key) : key);
        }
    }

    private List<Object> keysWithOpenWork() {
        try (Stream<Object> keys =
                this.<Object>getKeyedStateBackend()
                        .getKeys(FlinkKeyStore.OPEN_WORK, VoidNamespace.INSTANCE)) {
            return keys.collect(ArrayList::new, List::add, List::addAll);
        }
    }

    private void passWatermark() {
        OptionalLong due = hold.pass();
        try {
            if (due.isPresent()) {
                super.processWatermark(new Watermark(due.getAsLong()));
            }
            if (isIdleHeld && !hold.isOpen()) {
                isIdleHeld = false;
                super.processWatermarkStatus(WatermarkStatus.IDLE);
            }
        } catch (RuntimeException error) {
            throw error;
        } catch (Exception error) {
            throw new IllegalStateException("A watermark cannot be sent: " + error, error);
        }
    }
}
