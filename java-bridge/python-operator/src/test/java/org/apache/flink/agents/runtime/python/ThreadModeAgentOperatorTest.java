package org.apache.flink.agents.runtime.python;

import static org.apache.flink.agents.runtime.python.Fields.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunction;
import org.apache.flink.streaming.api.functions.python.DataStreamPythonFunctionInfo;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimestampedCollector;
import org.apache.flink.streaming.api.operators.python.embedded.EmbeddedPythonKeyedProcessOperator;
import org.apache.flink.streaming.api.utils.PythonTypeUtils.IdentityDataConverter;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.types.Row;
import org.apache.flink.util.FlinkRuntimeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ThreadModeAgentOperatorTest {
    private static final RowTypeInfo INPUT = new RowTypeInfo(Types.STRING, Types.LONG);

    private final IOException error = new IOException("no space left");
    private int calls;

    /** Is Python. */
    Object call(String object, String method, Object[] arguments) throws IOException {
        calls++;
        throw error;
    }

    @Test
    void nothingGoesOnBehindATimerThatHasFailed() throws Exception {
        ThreadModeAgentOperator<Long> operator = operator();
        InternalTimer<Object, VoidNamespace> timer =
                new TimerHeapInternalTimer<>(5L, Row.of("a"), VoidNamespace.INSTANCE);
        StreamRecord<Row> element = new StreamRecord<>(Row.of("b", 1L), 5L);
        assertSame(error, assertThrows(IOException.class, () -> operator.onProcessingTime(timer)));
        // Flink goes on until the task is cancelled.
        for (Executable next :
                new Executable[] {
                    () -> operator.processElement(element),
                    () -> operator.onEventTime(timer),
                    () -> operator.prepareSnapshotPreBarrier(1),
                }) {
            assertSame(error, assertThrows(FlinkRuntimeException.class, next).getCause());
        }
        assertEquals(1, calls);
    }

    /** An operator as it is when it has been opened, but for the interpreter. */
    private ThreadModeAgentOperator<Long> operator() throws Exception {
        DataStreamPythonFunctionInfo function =
                new DataStreamPythonFunctionInfo(
                        new DataStreamPythonFunction(new byte[0], null), -1);
        ThreadModeAgentOperator<Long> operator =
                new ThreadModeAgentOperator<>(
                        new EmbeddedPythonKeyedProcessOperator<>(
                                new Configuration(), function, INPUT, Types.LONG),
                        INPUT);
        KeyedWrites writes = new KeyedWrites(operator);
        writes.useTimers(
                (TimerService)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {TimerService.class},
                                (proxy, method, arguments) -> 0L));
        set(operator, "python", python());
        set(operator, "writes", writes);
        set(operator, "failure", new Failure());
        set(operator, "keys", IdentityDataConverter.INSTANCE);
        set(operator, "elements", IdentityDataConverter.INSTANCE);
        set(operator, "collector", new TimestampedCollector<Long>(null));
        return operator;
    }

    private OperatorPython python() throws Exception {
        MethodType type =
                MethodType.methodType(Object.class, String.class, String.class, Object[].class);
        MethodHandle call = MethodHandles.lookup().bind(this, "call", type);
        Constructor<OperatorPython> make =
                OperatorPython.class.getDeclaredConstructor(
                        MethodHandle.class, MethodHandle.class, MethodHandle.class);
        make.setAccessible(true);
        return make.newInstance(null, null, call);
    }
}
