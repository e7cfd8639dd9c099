package org.apache.flink.agents.runtime.python;

import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.python.embedded.EmbeddedPythonKeyedProcessOperator;
import org.apache.flink.streaming.api.utils.PythonTypeUtils.DataConverter;
import org.apache.flink.streaming.api.utils.PythonTypeUtils.TypeInfoToDataConverter;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.types.Row;

/**
 * PyFlink's operator for thread mode, with one call into Python per element or timer.
 *
 * <p>PyFlink makes a generator per element and a {@code Row} for it in Python, fetches the
 * generator's results by reflection, and lets Python change state and timers by a call each. Each of
 * these calls gives up Python's lock and takes it again, which costs most where another thread, such
 * as that of the event loop or the source, wants it too. Here key, element and timestamp are the
 * arguments of a function, and what it returns are its results and the changes that it wants made:
 * see {@link KeyedWrites}. Timers, state and all else are PyFlink's.
 *
 * <p>A call that fails has its changes and outputs lost. Nothing may go on from there: see {@link
 * Failure}.
 *
 * @param <OUT> the type of its outputs
 */
public final class ThreadModeAgentOperator<OUT>
        extends EmbeddedPythonKeyedProcessOperator<Object, Row, OUT> {
    private static final long serialVersionUID = 1L;

    private final RowTypeInfo inputType;
    private transient OperatorPython python;
    private transient KeyedWrites writes;
    private transient DataConverter<Object, Object> keys;
    private transient DataConverter<Object, Object> elements;
    private transient DataConverter<OUT, Object> outputs;
    private transient Failure failure;

    /** An operator of this kind for what PyFlink would run in its own, with rows of key and element. */
    public ThreadModeAgentOperator(
            EmbeddedPythonKeyedProcessOperator<?, ?, OUT> operator, RowTypeInfo inputType) {
        super(
                operator.getConfiguration(),
                operator.getPythonFunctionInfo(),
                inputType,
                operator.getProducedType());
        this.inputType = inputType;
    }

    @Override
    public void open() throws Exception {
        keys = TypeInfoToDataConverter.typeInfoDataConverter(inputType.getTypeAt(0));
        elements = TypeInfoToDataConverter.typeInfoDataConverter(inputType.getTypeAt(1));
        outputs = TypeInfoToDataConverter.typeInfoDataConverter(getProducedType());
        failure = new Failure();
        super.open();
    }

    @Override
    public void openPythonInterpreter() {
        python = OperatorPython.of(this);
        writes = new KeyedWrites(this);
        python.offer(writes);
        super.openPythonInterpreter();
        // The names in brackets are those that PyFlink has given what its own operation gets.
        python.make(
                "ElementCall(input_coder_info, output_coder_info, function_context,"
                        + " side_output_context)");
    }

    @Override
    public void processElement(StreamRecord<Row> element) throws Exception {
        collector.setTimestamp(element);
        timestamp = element.getTimestamp();
        Row row = element.getValue();
        call(
                "take",
                keys.toExternal(row.getField(0)),
                elements.toExternal(row.getField(1)),
                timestamp,
                writes.currentWatermark());
    }

    @Override
    public void onEventTime(InternalTimer<Object, VoidNamespace> timer) throws Exception {
        collector.setAbsoluteTimestamp(timer.getTimestamp());
        fire(timer, false);
    }

    @Override
    public void onProcessingTime(InternalTimer<Object, VoidNamespace> timer) throws Exception {
        collector.eraseTimestamp();
        fire(timer, true);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        failure.check();
        super.prepareSnapshotPreBarrier(checkpointId);
    }

    private void fire(InternalTimer<Object, VoidNamespace> timer, boolean isProcessingTime)
            throws Exception {
        call(
                "fire",
                keys.toExternal(((Row) timer.getKey()).getField(0)),
                timer.getTimestamp(),
                isProcessingTime,
                writes.currentWatermark());
    }

    private void call(String method, Object... arguments) throws Exception {
        failure.check();
        try {
            finish(python.call(method, arguments));
        } catch (Throwable error) {
            failure.keep(error);
            throw error;
        }
    }

    /** Does what Python has returned: first what it wants changed, then its outputs. */
    private void finish(Object returned) throws Exception {
        if (returned == null) {
            return;
        }
        Object[] results = (Object[]) returned;
        if (results[0] != null) {
            writes.make((Object[]) results[0]);
        }
        for (int number = 1; number < results.length; number++) {
            collector.collect(outputs.toInternal(results[number]));
        }
    }
}
