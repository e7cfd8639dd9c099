package org.apache.flink.agents.api.configuration;

import java.io.File;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.configuration.YamlParserUtils;

/** Reads a configuration file. Apart, so that only those who read one need Flink's YAML parser. */
final class YamlFile {
    private YamlFile() {}

    static Configuration read(String path, String section) throws IOException {
        File file = new File(path);
        if (!file.isFile()) {
            throw new NoSuchFileException("there is no such file");
        }
        Map<String, Object> content;
        try {
            content = new LinkedHashMap<>(YamlParserUtils.loadYamlFile(file));
        } catch (NoClassDefFoundError error) {
            throw new IllegalStateException(
                    "reading YAML needs the Flink jar on the class path", error);
        } catch (IOException | RuntimeException error) {
            throw error;
        } catch (Exception error) {
            throw new IOException("it is not YAML: " + error.getMessage(), error);
        }
        Object nested = content.remove(section);
        if (nested == null) {
            return new Configuration(content);
        }
        if (!(nested instanceof Map<?, ?> options)) {
            throw new IllegalArgumentException("section '" + section + "' holds no options");
        }
        Map<String, Object> ofSection = new LinkedHashMap<>();
        options.forEach((key, value) -> ofSection.put(String.valueOf(key), value));
        Configuration read = new Configuration(ofSection);
        read.addDefaults(new Configuration(content));
        return read;
    }
}
