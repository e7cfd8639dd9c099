package org.apache.flink.agents.api.resource;

import java.io.Serializable;

/** A resource that travels with the job as it is, and so may be declared by an instance. */
public abstract class SerializableResource extends Resource implements Serializable {
    private static final long serialVersionUID = 1L;

    protected SerializableResource() {}
}
