package org.apache.flink.agents.runtime.python;

import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.python.PythonOptions;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunctionInfo;
import org.apache.flink.streaming.api.operators.python.process.AbstractExternalDataStreamPythonFunctionOperator;
import org.apache.flink.streaming.api.operators.python.process.ExternalPythonKeyedProcessOperator;
import org.apache.flink.streaming.api.runners.python.beam.BeamPythonFunctionRunner;
import org.apache.flink.streaming.api.utils.PythonOperatorUtils;
import org.apache.flink.streaming.api.watermark.Watermark;

/**
 * PyFlink's operator for process mode, with all timers in its checkpoints, bundles that end in time,
 * and workers that can be stopped at any time: see {@link PythonWorkers}.
 *
 * <p>A checkpoint ends the bundle that is under way. PyFlink 2.3 takes the state that the bundle
 * wrote, but leaves the timers that it set in a queue, to be registered behind the barrier: a key
 * whose work began in that bundle would have no timer to go on by after a restore.
 *
 * <p>At the end of the input PyFlink fires timers until no bundle is under way, and takes that for no
 * timer being left. A bundle that ends with the last timer, as it has reached its size, may have set
 * some, and what waits for those would be lost. So here timers are fired until no bundle comes of it.
 *
 * <p>A bundle that fails at the end of its time leaves half of its changes. Nothing may go on from
 * there, least of all a checkpoint: see {@link Failure}.
 *
 * <p>PyFlink looks once in the time of a bundle whether that time is over. Since a bundle takes a
 * moment to end, the next look comes a moment too soon, and bundles last twice as long as they are
 * meant to: results of model calls wait for it. So there are more looks.
 *
 * @param <OUT> the type of its outputs
 */
public final class ProcessModeAgentOperator<OUT> extends ExternalPythonKeyedProcessOperator<OUT> {
    private static final long serialVersionUID = 1L;

    private static final int LOOKS_PER_BUNDLE = 10;

    private transient Failure failure;
    private transient ScheduledFuture<?> looks;
    private transient long bundles;

    private ProcessModeAgentOperator(
            Configuration config,
            DataStreamPythonFunctionInfo functionInfo,
            RowTypeInfo inputType,
            TypeInformation<OUT> outputType) {
        super(config, functionInfo, inputType, outputType);
    }

    /** An operator of this kind for what PyFlink would run in its own. */
    public static <OUT> ProcessModeAgentOperator<OUT> of(ExternalPythonKeyedProcessOperator<OUT> operator) {
        return like(operator, operator.getPythonFunctionInfo(), operator.getProducedType());
    }

    @Override
    public void open() throws Exception {
        failure = new Failure();
        super.open();
        PythonWorkers.stopSafely((BeamPythonFunctionRunner) pythonFunctionRunner);
        long bundleMillis = config.get(PythonOptions.MAX_BUNDLE_TIME_MILLS);
        if (bundleMillis <= 0) {
            return; // PyFlink warns, and takes another
        }
        long period = Math.max(1, bundleMillis / LOOKS_PER_BUNDLE);
        looks = getProcessingTimeService()
                .scheduleAtFixedRate(time -> endBundle(bundleMillis), period, period);
    }

    @Override
    public void close() throws Exception {
        if (looks != null) {
            looks.cancel(false);
        }
        super.close();
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() == Long.MAX_VALUE
                && !PythonOperatorUtils.inBatchExecutionMode(getKeyedStateBackend())) {
            fireAllTimers(mark);
        }
        super.processWatermark(mark);
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

    @Override
    protected void invokeFinishBundle() throws Exception {
        failure.check();
        if (!isBundleFinished()) {
            bundles++;
        }
        try {
            super.invokeFinishBundle();
        } catch (Throwable error) {
            failure.keep(error);
            throw error;
        }
    }

    private void fireAllTimers(Watermark last) throws Exception {
        invokeFinishBundle();
        long before;
        do {
            before = bundles;
            drainUnregisteredTimers();
            getTimeServiceManager().orElseThrow().advanceWatermark(last);
            invokeFinishBundle();
        } while (bundles > before);
    }

    private void endBundle(long afterMillis) throws Exception {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        if (now - lastFinishBundleTime >= afterMillis) {
            invokeFinishBundle();
        }
    }

    private static <T> ProcessModeAgentOperator<T> like(
            ExternalPythonKeyedProcessOperator<?> operator,
            DataStreamPythonFunctionInfo functionInfo,
            TypeInformation<T> outputType) {
        RowTypeInfo inputType = (RowTypeInfo) operator.getInputTypeInfo();
        return new ProcessModeAgentOperator<>(
                operator.getConfiguration(), functionInfo, inputType, outputType);
    }
}
