package io.backgroundqueue.jdbc;

import io.backgroundqueue.testkit.Brokers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The databases that the tests run on; each space on one of them is empty, and like a database of its own. */
enum LabDatabase {
    POSTGRESQL {
        @Override
        Space newSpace() throws Exception {
            String schema = "lab_" + UUID.randomUUID().toString().replace("-", "");
            return inSchema(Brokers.shared("postgresql").url(), schema);
        }
    },
    H2 {
        @Override
        Space newSpace() throws Exception {
            return inFile("");
        }
    };

    /**
     * A place for the tables of one test.
     *
     * @param rawUrl for whoever knows nothing of us
     * @param url for our drivers; further parameters may follow
     */
    record Space(String rawUrl, String url, AutoCloseable end) {
        /** The URL with one parameter more. */
        String with(String parameter) {
            return joined(url, parameter);
        }

        static String joined(String url, String parameter) {
            return url + (url.contains("?") ? "&" : "?") + parameter;
        }
    }

    /** A new one. */
    abstract Space newSpace() throws Exception;

    /** An H2 on a file of its own, with these settings, such as {@code ;AUTO_SERVER=TRUE}. */
    static Space inFile(String settings) throws IOException {
        // Where one JVM serves others, it does so on the loopback address only.
        System.setProperty("h2.bindAddress", "127.0.0.1");
        Path folder = Files.createTempDirectory("bq-h2-");
        String url = "jdbc:h2:file:" + folder.resolve("queue") + settings;
        return new Space(url, url + "?createTables=true", () -> Folders.delete(folder));
    }

    /** A schema of its own in the database of this URL; dropped at the end, where the server still runs. */
    static Space inSchema(String url, String schema) throws Exception {
        Raw.run(url, "CREATE SCHEMA " + schema);
        return new Space(
                Space.joined(url, "currentSchema=" + schema),
                Space.joined(url, "createTables=true&schema=" + schema),
                () -> Raw.run(url, "SET client_min_messages = warning; DROP SCHEMA " + schema + " CASCADE"));
    }
}
