package io.backgroundqueue.testkit.containers;

import io.backgroundqueue.testkit.ContainerStarter;
import org.testcontainers.containers.wait.strategy.Wait;

/** {@code redis}, with an append-only file that is synced before every answer. */
public final class RedisContainer extends ContainerStarter {
    private static final int PORT = 6379;

    /** For {@link java.util.ServiceLoader}. */
    public RedisContainer() {
        super("redis", "redis:8-alpine");
        configure(this, "redis");
    }

    /**
     * What Redis has in common with its kin, but for the first half of their programs' names. Outside of the container
     * nobody reaches it but through the port that was published for the tests: hence no protected mode.
     */
    static void configure(ContainerStarter starter, String kin) {
        starter.port(PORT)
                .url("redis://{host}:{" + PORT + "}")
                .command(
                        kin + "-server",
                        "--appendonly",
                        "yes",
                        "--appendfsync",
                        "always",
                        "--save",
                        "",
                        "--protected-mode",
                        "no")
                .readyWhen(Wait.forSuccessfulCommand(kin + "-cli ping | grep -q PONG"))
                .version("sh", "-c", kin + "-server --version | sed 's/.* v=\\([^ ]*\\).*/\\1/'");
    }
}
