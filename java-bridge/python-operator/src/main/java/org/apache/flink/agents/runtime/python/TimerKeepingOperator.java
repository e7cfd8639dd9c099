package org.apache.flink.agents.runtime.python;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunctionInfo;
import org.apache.flink.streaming.api.operators.python.process.AbstractExternalDataStreamPythonFunctionOperator;
import org.apache.flink.streaming.api.operators.python.process.ExternalPythonKeyedProcessOperator;

/**
 * PyFlink's operator for process mode, with all timers in its checkpoints.
 *
 * <p>A checkpoint ends the bundle that is under way. PyFlink 2.3 takes the state that the bundle
 * wrote, but leaves the timers that it set in a queue, to be registered behind the barrier: a key
 * whose work began in that bundle would have no timer to go on by after a restore.
 *
 * @param <OUT> the type of its outputs
 */
public final class TimerKeepingOperator<OUT> extends ExternalPythonKeyedProcessOperator<OUT> {
    private static final long serialVersionUID = 1L;

    private TimerKeepingOperator(
            Configuration config,
            DataStreamPythonFunctionInfo functionInfo,
            RowTypeInfo inputType,
            TypeInformation<OUT> outputType) {
        super(config, functionInfo, inputType, outputType);
    }

    /** An operator of this kind for what PyFlink would run in its own. */
    public static <OUT> TimerKeepingOperator<OUT> of(ExternalPythonKeyedProcessOperator<OUT> operator) {
        return like(operator, operator.getPythonFunctionInfo(), operator.getProducedType());
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        drainUnregisteredTimers();
    }

    @Override
    public <T> AbstractExternalDataStreamPythonFunctionOperator<T> copy(
            DataStreamPythonFunctionInfo functionInfo, TypeInformation<T> outputType) {
        return like(this, functionInfo, outputType);
    }

    private static <T> TimerKeepingOperator<T> like(
            ExternalPythonKeyedProcessOperator<?> operator,
            DataStreamPythonFunctionInfo functionInfo,
            TypeInformation<T> outputType) {
        RowTypeInfo inputType = (RowTypeInfo) operator.getInputTypeInfo();
        return new TimerKeepingOperator<>(
                operator.getConfiguration(), functionInfo, inputType, outputType);
    }
}
