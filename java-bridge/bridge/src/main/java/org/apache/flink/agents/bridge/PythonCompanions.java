package org.apache.flink.agents.bridge;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The companion Python processes of this JVM, one for each Python executable. One starts with the
 * first call and stops when the last model that uses it is closed, or with the JVM.
 */
final class PythonCompanions {

    private static final Map<String, PythonCompanion> RUNNING = new ConcurrentHashMap<>();

    private PythonCompanions() {}

    /** The companion with that model open in it, or null if there is none that runs. */
    static PythonCompanion running(PythonModel model) {
        PythonCompanion companion = RUNNING.get(model.executable());
        if (companion == null || !companion.calls().isUsable()) {
            return null;
        }
        companion.open(model);
        return companion;
    }

    /** As {@link #running}, and starts one if need be. */
    static PythonCompanion with(PythonModel model) {
        PythonCompanion companion = running(model);
        if (companion == null) {
            synchronized (PythonCompanions.class) {
                companion = running(model);
                if (companion == null) {
                    companion = new PythonCompanion(model.executable());
                    RUNNING.put(model.executable(), companion);
                    companion.open(model);
                }
            }
        }
        return companion;
    }

    /** Closes a model; the last one stops its companion. */
    static synchronized void release(PythonModel model) {
        PythonCompanion companion = RUNNING.get(model.executable());
        if (companion != null && companion.close(model)) {
            RUNNING.remove(model.executable());
            companion.calls().stop();
        }
    }
}
