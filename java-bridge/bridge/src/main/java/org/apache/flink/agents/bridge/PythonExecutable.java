package org.apache.flink.agents.bridge;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.agents.api.resource.ResourceDescriptor;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;

/**
 * Which Python runs the Python chat models of this JVM.
 *
 * <p>In this order: the argument {@code python_executable} of the resource, whose default in a
 * Flink job is the job's {@code python.executable}; the environment variable {@code
 * FLINK_AGENTS_PYTHON}; {@code python.executable} of the cluster's configuration file; {@code
 * python3}.
 */
public final class PythonExecutable {

    /** Name of the argument of a resource. */
    public static final String ARGUMENT = "python_executable";

    private static final String VARIABLE = "FLINK_AGENTS_PYTHON";
    private static final String OPTION = "python.executable";

    private PythonExecutable() {}

    /** The executable for a resource. A relative path is one below the working directory. */
    static String of(ResourceDescriptor descriptor) {
        String found =
                descriptor
                        .findArgument(ARGUMENT, String.class)
                        .or(() -> Optional.ofNullable(System.getenv(VARIABLE)))
                        .or(PythonExecutable::ofCluster)
                        .orElse("python3");
        Path path = Path.of(found);
        // Archives of a job are unpacked below the working directory of a TaskManager.
        boolean isPlace = path.getNameCount() > 1 && !path.isAbsolute();
        return isPlace && Files.exists(path) ? path.toAbsolutePath().toString() : found;
    }

    private static Optional<String> ofCluster() {
        String folder = System.getenv("FLINK_CONF_DIR");
        if (folder == null || !Files.isDirectory(Path.of(folder))) {
            return Optional.empty();
        }
        Configuration options = GlobalConfiguration.loadConfiguration(folder);
        return options.getOptional(
                ConfigOptions.key(OPTION).stringType().noDefaultValue());
    }
}
