package org.apache.flink.agents.runtime.python;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import org.apache.flink.streaming.api.operators.python.embedded.AbstractEmbeddedPythonFunctionOperator;

/**
 * The Python interpreter of an operator in thread mode.
 *
 * <p>PyFlink's classes come from the cluster where it has them, and this class comes with the job,
 * which may bring pemja's once more: so no class of pemja can be named here.
 */
final class OperatorPython {
    private static final String CALLS = "flink_agents.runtime.flink.direct_calls";

    private final MethodHandle set;
    private final MethodHandle exec;
    private final MethodHandle call;

    private OperatorPython(MethodHandle set, MethodHandle exec, MethodHandle call) {
        this.set = set;
        this.exec = exec;
        this.call = call;
    }

    /** The interpreter of an operator that has one. */
    static OperatorPython of(AbstractEmbeddedPythonFunctionOperator<?> operator) {
        try {
            Field field =
                    AbstractEmbeddedPythonFunctionOperator.class.getDeclaredField("interpreter");
            field.setAccessible(true);
            Object interpreter = field.get(operator);
            Class<?> type = interpreter.getClass();
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle set =
                    lookup.unreflect(type.getMethod("set", String.class, Object.class));
            MethodHandle exec = lookup.unreflect(type.getMethod("exec", String.class));
            // Not `invoke`: pemja 0.5.7 gives back a reference to a function which it does not have,
            // each time that something else was called before.
            MethodHandle call =
                    lookup.unreflect(
                            type.getMethod(
                                    "invokeMethod", String.class, String.class, Object[].class));
            return new OperatorPython(
                    set.bindTo(interpreter),
                    exec.bindTo(interpreter),
                    call.asFixedArity().bindTo(interpreter));
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(
                    "The Python interpreter of the operator cannot be reached. This release was"
                            + " written for PyFlink 2.3.",
                    error);
        }
    }

    /** Offers Python an object of ours, for the function that it is about to open. */
    void offer(Object offered) {
        try {
            set.invokeExact("offered", offered);
        } catch (Throwable error) {
            throw sneaky(error);
        }
        run("calls.expect(offered)");
    }

    /**
     * Makes what is called from now on.
     *
     * @param made the class of {@code direct_calls} whose methods are called, with its arguments
     */
    void make(String made) {
        run("direct = calls." + made);
    }

    /** Calls a method of what was made. */
    Object call(String method, Object... arguments) {
        try {
            return call.invokeExact("direct", method, arguments);
        } catch (Throwable error) {
            throw sneaky(error);
        }
    }

    private void run(String statement) {
        try {
            exec.invokeExact("import " + CALLS + " as calls\n" + statement);
        } catch (Throwable error) {
            throw sneaky(error);
        }
    }

    /** Throws what Python has thrown, as it is. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> RuntimeException sneaky(Throwable error) throws E {
        throw (E) error;
    }
}
