package org.apache.flink.agents.runtime.python;

import static org.apache.flink.agents.runtime.python.Fields.set;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunction;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunctionInfo;
import org.apache.flink.streaming.api.operators.python.process.ExternalPythonKeyedProcessOperator;
import org.apache.flink.util.FlinkRuntimeException;
import org.junit.jupiter.api.Test;

class ProcessModeAgentOperatorTest {
    @Test
    void noCheckpointIsMadeBehindABundleThatHasFailed() throws Exception {
        DataStreamPythonFunctionInfo function =
                new DataStreamPythonFunctionInfo(
                        new DataStreamPythonFunction(new byte[0], null), -1);
        ProcessModeAgentOperator<Long> operator =
                ProcessModeAgentOperator.of(
                        new ExternalPythonKeyedProcessOperator<>(
                                new Configuration(),
                                function,
                                new RowTypeInfo(Types.STRING, Types.LONG),
                                Types.LONG));
        set(operator, "failure", new Failure());
        set(operator, "elementCount", 1); // there is no Python to give it to
        Throwable error =
                assertThrows(NullPointerException.class, () -> operator.invokeFinishBundle());
        assertSame(
                error,
                assertThrows(
                                FlinkRuntimeException.class,
                                () -> operator.prepareSnapshotPreBarrier(1))
                        .getCause());
    }
}
