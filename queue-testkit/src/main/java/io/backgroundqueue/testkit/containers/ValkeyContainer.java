package io.backgroundqueue.testkit.containers;

import io.backgroundqueue.testkit.ContainerStarter;

/** {@code valkey}, set up like {@link RedisContainer}. */
public final class ValkeyContainer extends ContainerStarter {
    /** For {@link java.util.ServiceLoader}. */
    public ValkeyContainer() {
        super("valkey", "valkey/valkey:8-alpine");
        RedisContainer.configure(this, "valkey");
    }
}
