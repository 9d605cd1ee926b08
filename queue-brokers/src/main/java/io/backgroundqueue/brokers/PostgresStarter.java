package io.backgroundqueue.brokers;

import io.backgroundqueue.testkit.BrokerStarter;
import io.backgroundqueue.testkit.RunningBroker;
import java.util.List;

/**
 * Starts {@code postgresql} as a local process: of the programs that Maven brought, else of those installed here. Settings
 * are like {@code autovacuum=off}.
 */
public final class PostgresStarter implements BrokerStarter {
    static final String REMEDY = "install PostgreSQL so that its programs initdb and postgres are on the PATH or under "
            + "/usr/lib/postgresql; as root it also needs setpriv (of util-linux), because PostgreSQL does not run as root";

    /** For {@link java.util.ServiceLoader}. */
    public PostgresStarter() {}

    @Override
    public String broker() {
        return "postgresql";
    }

    @Override
    public Kind kind() {
        return Kind.PROCESS;
    }

    @Override
    public boolean available() {
        return PostgresPrograms.find().isPresent();
    }

    @Override
    public String remedy() {
        return REMEDY;
    }

    @Override
    public RunningBroker start() throws Exception {
        return PostgresServer.launch();
    }

    @Override
    public RunningBroker start(List<String> settings) throws Exception {
        return PostgresServer.launch(settings.toArray(String[]::new));
    }
}
