package io.backgroundqueue.testkit.containers;

import io.backgroundqueue.testkit.ContainerStarter;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * {@code postgresql}, with a database and a user {@code bq}, and room for many connections. Settings are like {@code
 * autovacuum=off}.
 */
public final class PostgresContainer extends ContainerStarter {
    private static final int PORT = 5432;

    /** For {@link java.util.ServiceLoader}. */
    public PostgresContainer() {
        super("postgresql", "postgres:17-alpine");
        port(PORT)
                .env("POSTGRES_DB", "bq")
                .env("POSTGRES_USER", "bq")
                .env("POSTGRES_PASSWORD", "bq-secret")
                // Where an image sets none, the database would count bytes instead of characters.
                .env("LANG", "C.UTF-8")
                .command("postgres", "-c", "max_connections=300")
                .settingsAfter("-c")
                .url("jdbc:postgresql://{host}:{" + PORT + "}/bq?user=bq&password=bq-secret")
                // While the image sets the database up, a server answers too, but not on this address.
                .readyWhen(Wait.forSuccessfulCommand("pg_isready -q -h 127.0.0.1 -U bq -d bq"))
                .version("sh", "-c", "postgres --version | sed 's/[^0-9]*\\([0-9.]*\\).*/\\1/'");
    }
}
