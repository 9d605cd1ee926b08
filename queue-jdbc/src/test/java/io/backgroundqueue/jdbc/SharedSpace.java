package io.backgroundqueue.jdbc;

import java.sql.Connection;
import java.util.concurrent.Callable;

/** Tables that the contracts share; made once per JVM, and given back at its end. */
record SharedSpace(LabDatabase.Space space, Connection open) {
    private static final class Postgresql {
        private static final SharedSpace ONE = of(LabDatabase.POSTGRESQL::newSpace);
    }

    private static final class H2 {
        private static final SharedSpace ONE = of(LabDatabase.H2::newSpace);
    }

    private static final class H2ForProcesses {
        private static final SharedSpace ONE = of(() -> LabDatabase.inFile(";AUTO_SERVER=TRUE"));
    }

    static SharedSpace postgresql() {
        return Postgresql.ONE;
    }

    static SharedSpace h2() {
        return H2.ONE;
    }

    static SharedSpace h2ForProcesses() {
        return H2ForProcesses.ONE;
    }

    /** The open connection keeps an embedded database open, and this JVM the one that serves it. */
    private static SharedSpace of(Callable<LabDatabase.Space> maker) {
        try {
            LabDatabase.Space space = maker.call();
            SharedSpace shared = new SharedSpace(space, Raw.connection(space.rawUrl()));
            Runtime.getRuntime().addShutdownHook(new Thread(shared::end, "bq-tables-end"));
            return shared;
        } catch (Exception failed) {
            throw new IllegalStateException("no place for the tables of the contracts", failed);
        }
    }

    private void end() {
        try {
            open.close();
            space.end().close();
        } catch (Exception serverIsGone) {
            return; // and the tables with it
        }
    }
}
