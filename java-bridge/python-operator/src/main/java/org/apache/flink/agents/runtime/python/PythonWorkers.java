package org.apache.flink.agents.runtime.python;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.apache.flink.streaming.api.runners.python.beam.BeamPythonFunctionRunner;
import org.apache.flink.streaming.api.runners.python.beam.PythonSharedResources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Python workers of a slot, which can be stopped in the moment that a bundle of theirs ends.
 *
 * <p>PyFlink ends bundles in a thread of their own. A task that is cancelled does not wait for it, and
 * the last one of a slot stops the workers. Beam counts who uses them, one that stops them and one
 * that ends a bundle at the same time may count below zero, and then it throws, behind all that there
 * was to do. An error while a task cleans up is fatal to Flink: it would end the TaskManager.
 *
 * <p>PyFlink's classes come from the cluster where it has them, and this class comes with the job,
 * which may bring Beam's once more: so no class of Beam can be named here.
 */
final class PythonWorkers {
    private static final Logger LOG = LoggerFactory.getLogger(PythonWorkers.class);

    private PythonWorkers() {}

    /**
     * Lets the workers that a runner uses be stopped at any time.
     *
     * @param runner an open one, which shares its workers with the slot or has its own
     */
    static void stopSafely(BeamPythonFunctionRunner runner) {
        try {
            Field shared = BeamPythonFunctionRunner.class.getDeclaredField("sharedResources");
            shared.setAccessible(true);
            OpaqueMemoryResource<?> resources = (OpaqueMemoryResource<?>) shared.get(runner);
            if (resources != null) {
                closeSafely(resources.getResourceHandle(), PythonSharedResources.class);
            } else {
                closeSafely(runner, BeamPythonFunctionRunner.class);
            }
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(
                    "The Python workers of the operator cannot be reached. This release was written"
                            + " for PyFlink 2.3.",
                    error);
        }
    }

    /** Has what owns the workers close them by way of a proxy. */
    static void closeSafely(Object owner, Class<?> type) throws ReflectiveOperationException {
        Field field = type.getDeclaredField("jobBundleFactory");
        field.setAccessible(true);
        Object workers = field.get(owner);
        if (Proxy.isProxyClass(workers.getClass())) {
            return; // another operator of the slot was here
        }
        Object proxy =
                Proxy.newProxyInstance(
                        field.getType().getClassLoader(),
                        new Class<?>[] {field.getType()},
                        (self, method, arguments) -> {
                            try {
                                return method.invoke(workers, arguments);
                            } catch (InvocationTargetException error) {
                                Throwable cause = error.getCause();
                                if (method.getName().equals("close")
                                        && cause instanceof IllegalStateException) {
                                    LOG.info("Python workers stopped while a bundle ended.", cause);
                                    return null;
                                }
                                throw cause;
                            }
                        });
        field.set(owner, proxy);
    }
}
