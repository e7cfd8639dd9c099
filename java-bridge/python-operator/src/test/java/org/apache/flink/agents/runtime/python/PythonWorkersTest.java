package org.apache.flink.agents.runtime.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.runners.core.construction.graph.ExecutableStage;
import org.apache.beam.runners.fnexecution.control.JobBundleFactory;
import org.apache.beam.runners.fnexecution.control.StageBundleFactory;
import org.apache.flink.python.env.PythonEnvironment;
import org.apache.flink.python.env.PythonEnvironmentManager;
import org.apache.flink.streaming.api.runners.python.beam.PythonSharedResources;
import org.junit.jupiter.api.Test;

class PythonWorkersTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void workersAreStoppedWhileABundleEnds() throws Exception {
        PythonSharedResources shared =
                shared(new IllegalStateException("Reference count must not be negative."));
        PythonWorkers.closeSafely(shared, PythonSharedResources.class);
        PythonWorkers.closeSafely(shared, PythonSharedResources.class);
        shared.close();
        assertEquals(List.of("workers", "environment"), closed);
    }

    @Test
    void otherErrorsComeThroughAsTheyAre() throws Exception {
        IOException error = new IOException("disk full");
        PythonSharedResources shared = shared(error);
        PythonWorkers.closeSafely(shared, PythonSharedResources.class);
        assertSame(error, assertThrows(IOException.class, shared::close));
    }

    /** What the operators of a slot share, whose workers cannot be closed without an error. */
    private PythonSharedResources shared(Exception onClose) throws Exception {
        JobBundleFactory workers =
                new JobBundleFactory() {
                    @Override
                    public StageBundleFactory forStage(ExecutableStage stage) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public void close() throws Exception {
                        closed.add("workers");
                        throw onClose;
                    }
                };
        PythonEnvironmentManager environment =
                new PythonEnvironmentManager() {
                    @Override
                    public void open() {}

                    @Override
                    public PythonEnvironment createEnvironment() {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public void close() {
                        closed.add("environment");
                    }
                };
        Constructor<PythonSharedResources> make =
                PythonSharedResources.class.getDeclaredConstructor(
                        JobBundleFactory.class, RunnerApi.Environment.class);
        make.setAccessible(true);
        PythonSharedResources shared = make.newInstance(workers, null);
        Method add =
                PythonSharedResources.class.getDeclaredMethod(
                        "addPythonEnvironmentManager", PythonEnvironmentManager.class);
        add.setAccessible(true);
        add.invoke(shared, environment);
        return shared;
    }
}
