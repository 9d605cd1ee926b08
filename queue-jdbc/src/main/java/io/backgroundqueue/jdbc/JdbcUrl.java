package io.backgroundqueue.jdbc;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.QueueUrl;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.TreeSet;

/** A queue URL as a JDBC URL: the address is the JDBC driver's, and so are the parameters that it knows. */
final class JdbcUrl {
    private static final String H2 = "h2:";

    private JdbcUrl() {}

    static void read(QueueUrl url, JdbcSettings settings) {
        if (!url.scheme().equals("jdbc") || url.address().isBlank()) {
            throw QueueException.invalid(
                    "The URL " + url + " is not that of a database. Write jdbc:postgresql://host/database"
                            + " or jdbc:h2:file:/path/to/file");
        }
        if (!url.address().startsWith(H2) && url.address().contains("@")) {
            throw QueueException.invalid("The URL " + url
                    + " has a user in its address. Write ?user=…&password=… behind it," + " percent-encoded");
        }
        settings.url = "jdbc:" + durable(url.address());
        settings.shown = url.toString();
        Driver driver = driver(settings.url, url);
        url.text("user").ifPresent(user -> settings.username = user);
        url.text("password").ifPresent(password -> settings.password = password);
        for (String name : known(driver, settings.url)) {
            if (!name.equals("user") && !name.equals("password") && !name.equals("connectTimeout")) {
                url.text(name).ifPresent(value -> settings.properties.setProperty(name, value));
            }
        }
    }

    /** A commit of an embedded H2 is answered when it is in the file; unless the URL says otherwise, which is refused later. */
    private static String durable(String address) {
        boolean embedded = address.startsWith(H2)
                && !address.startsWith(H2 + "tcp:")
                && !address.startsWith(H2 + "ssl:")
                && !address.startsWith(H2 + "mem:");
        return embedded && !address.toUpperCase(Locale.ROOT).contains(";WRITE_DELAY=")
                ? address + ";WRITE_DELAY=0"
                : address;
    }

    private static Driver driver(String jdbcUrl, QueueUrl url) {
        try {
            return DriverManager.getDriver(jdbcUrl);
        } catch (SQLException none) {
            throw QueueException.invalid("No JDBC driver on the class path takes " + url
                    + ". Add org.postgresql:postgresql" + " or com.h2database:h2, and check the URL");
        }
    }

    private static List<String> known(Driver driver, String jdbcUrl) {
        try {
            return Arrays.stream(driver.getPropertyInfo(jdbcUrl, new Properties()))
                    .map(property -> property.name)
                    .toList();
        } catch (SQLException illegalUrl) {
            throw QueueException.invalid("The JDBC driver does not take the URL " + QueueUrl.redact(jdbcUrl) + ": "
                    + QueueUrl.redact(String.valueOf(illegalUrl.getMessage())));
        }
    }

    /** What is wanted of every connection, where the driver has it and the URL does not say otherwise. */
    static void standard(JdbcSettings settings) throws SQLException {
        TreeSet<String> known = new TreeSet<>(known(DriverManager.getDriver(settings.url), settings.url));
        if (known.contains("tcpKeepAlive")) {
            settings.properties.putIfAbsent("tcpKeepAlive", "true");
        }
        for (String timeout : List.of("connectTimeout", "loginTimeout")) {
            // The second is for a server that takes the connection and says nothing.
            if (known.contains(timeout)) {
                settings.properties.putIfAbsent(timeout, seconds(settings.connectTimeout));
            }
        }
        // A call waits for the request that cancels it.
        if (known.contains("cancelSignalTimeout")) {
            settings.properties.putIfAbsent("cancelSignalTimeout", "1");
        }
        // That of PostgreSQL bounds its reads, and leaves a write into a dead network to the system.
        if (known.contains("socketFactory") && known.contains("socketFactoryArg")) {
            settings.properties.putIfAbsent("socketFactory", BoundedSocketFactory.class.getName());
        }
        if (known.contains("ApplicationName")) {
            settings.properties.putIfAbsent("ApplicationName", "backgroundqueue");
        }
    }

    private static String seconds(Duration span) {
        return String.valueOf(Math.max(1, span.plusMillis(999).toSeconds()));
    }
}
