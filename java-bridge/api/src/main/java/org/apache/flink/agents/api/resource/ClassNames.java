package org.apache.flink.agents.api.resource;

/** Finds classes by name, those of the user's program included. */
public final class ClassNames {
    private ClassNames() {}

    /**
     * The class of that name, without running its static code.
     *
     * @param name its full name; a nested class may be named with a dot or a dollar sign
     * @throws ClassNotFoundException if there is none, or a class that it needs is missing
     */
    public static Class<?> load(String name) throws ClassNotFoundException {
        try {
            return find(name);
        } catch (ClassNotFoundException missing) {
            String nested = name;
            for (int dot = nested.lastIndexOf('.');
                    dot > 0;
                    dot = nested.lastIndexOf('.', dot - 1)) {
                nested = nested.substring(0, dot) + '$' + nested.substring(dot + 1);
                try {
                    return find(nested);
                } catch (ClassNotFoundException alsoMissing) {
                    continue;
                }
            }
            throw missing;
        }
    }

    private static Class<?> find(String name) throws ClassNotFoundException {
        ClassLoader ofUser = Thread.currentThread().getContextClassLoader();
        try {
            if (ofUser != null) {
                try {
                    return Class.forName(name, false, ofUser);
                } catch (ClassNotFoundException missing) {
                    // The loader of the library is left.
                }
            }
            return Class.forName(name, false, ClassNames.class.getClassLoader());
        } catch (NoClassDefFoundError error) {
            throw new ClassNotFoundException(name + " needs a class that is missing", error);
        }
    }
}
