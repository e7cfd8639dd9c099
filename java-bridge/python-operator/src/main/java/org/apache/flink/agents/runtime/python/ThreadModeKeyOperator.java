package org.apache.flink.agents.runtime.python;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.operators.python.embedded.EmbeddedPythonProcessOperator;
import org.apache.flink.streaming.api.utils.PythonTypeUtils.DataConverter;
import org.apache.flink.streaming.api.utils.PythonTypeUtils.TypeInfoToDataConverter;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.types.Row;

/**
 * Puts the key before each element, as PyFlink's {@code key_by} does, with one call into Python.
 *
 * <p>Only the key comes back from Python: the element goes on as it came, and is neither copied nor
 * written anew. Where PyFlink chains the key selector behind another Python function, its own
 * operator runs both.
 *
 * @param <IN> the type of the elements
 */
public final class ThreadModeKeyOperator<IN> extends EmbeddedPythonProcessOperator<IN, Row> {
    private static final long serialVersionUID = 1L;

    private final TypeInformation<IN> inputType;
    private transient OperatorPython python;
    private transient DataConverter<IN, Object> elements;

    /** An operator of this kind for what PyFlink would run in its own. */
    public ThreadModeKeyOperator(
            EmbeddedPythonProcessOperator<IN, Row> operator, TypeInformation<IN> inputType) {
        super(
                operator.getConfiguration(),
                operator.getPythonFunctionInfo(),
                inputType,
                operator.getProducedType());
        this.inputType = inputType;
    }

    @Override
    public void open() throws Exception {
        elements = TypeInfoToDataConverter.typeInfoDataConverter(inputType);
        super.open();
    }

    @Override
    public void openPythonInterpreter() {
        super.openPythonInterpreter();
        python = OperatorPython.of(this);
        python.make("KeyCall(input_coder_info)");
    }

    @Override
    public void processElement(StreamRecord<IN> element) throws Exception {
        collector.setTimestamp(element);
        timestamp = element.getTimestamp();
        IN value = element.getValue();
        Object key = python.call("key_of", elements.toExternal(value));
        collector.collect(Row.of(key, value));
    }
}
