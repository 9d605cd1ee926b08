package io.backgroundqueue.redis;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.QueueUrl;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;
import redis.clients.jedis.HostAndPort;

/** How to reach a server and what to keep there. Checked where it is set; never prints a password. */
final class RedisSettings {
    static final int PORT = 6379;
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
    private static final Duration LONGEST = Duration.ofDays(36_500);

    List<HostAndPort> hosts = List.of(new HostAndPort("localhost", PORT));
    Optional<String> user = Optional.empty();
    Optional<String> password = Optional.empty();
    int database;
    boolean tls;
    Optional<SSLSocketFactory> sockets = Optional.empty();
    String prefix = "bq";
    Duration connectTimeout = Duration.ofSeconds(5);
    RedisDurability durability = RedisDurability.AS_SERVER;
    Optional<Duration> deadLetterRetention = Optional.empty();

    /** Address, credentials and database of a URL, and the parameters that say where and how. */
    static RedisSettings of(QueueUrl url) {
        RedisSettings settings = new RedisSettings();
        settings.address(url);
        url.text("prefix").ifPresent(settings::prefix);
        url.duration("connectTimeout").ifPresent(settings::connectTimeout);
        return settings;
    }

    void address(QueueUrl url) {
        tls = url.scheme().startsWith("rediss");
        if (!url.address().startsWith("//") || url.hosts().isEmpty()) {
            throw QueueException.invalid("The URL " + url + " names no host. Write " + url.scheme() + "://host:6379");
        }
        hosts = Arrays.stream(url.hosts().split(",", -1))
                .map(host -> host(host, url))
                .toList();
        url.userInfo().ifPresent(info -> credentials(info, url));
        if (!url.path().isEmpty()) {
            database(databaseOf(url.path(), url));
        }
    }

    private void credentials(String info, QueueUrl url) {
        int colon = info.indexOf(':');
        if (colon < 0) {
            throw QueueException.invalid("The URL " + url + " has a user and no password. Write user:password@host, or"
                    + " :password@host for the default user");
        }
        user = Optional.of(decoded(info.substring(0, colon), url)).filter(name -> !name.isEmpty());
        password = Optional.of(decoded(info.substring(colon + 1), url));
    }

    void prefix(String value) {
        if (!PREFIX.matcher(value).matches()) {
            throw QueueException.invalid("The prefix '" + value + "' is not 1 to 64 of A-Z a-z 0-9 . _ : -");
        }
        prefix = value;
    }

    void connectTimeout(Duration value) {
        connectTimeout = longerThanZero("connectTimeout", value);
    }

    void database(int value) {
        if (value < 0) {
            throw QueueException.invalid("The database is " + value + ". It must be 0 or more");
        }
        database = value;
    }

    void deadLetterRetention(Duration value) {
        deadLetterRetention = Optional.of(longerThanZero("deadLetterRetention", value));
    }

    /** A copy: what was opened does not change with its builder. */
    RedisSettings copy() {
        RedisSettings copy = new RedisSettings();
        copy.hosts = hosts;
        copy.user = user;
        copy.password = password;
        copy.database = database;
        copy.tls = tls;
        copy.sockets = sockets;
        copy.prefix = prefix;
        copy.connectTimeout = connectTimeout;
        copy.durability = durability;
        copy.deadLetterRetention = deadLetterRetention;
        return copy;
    }

    static HostAndPort host(String host, int port) {
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw QueueException.invalid("'" + host + ":" + port + "' is not a host and a port from 1 to 65535");
        }
        return new HostAndPort(host, port);
    }

    static Duration longerThanZero(String name, Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw QueueException.invalid(name + " is " + value + ". It must be longer than 0, up to 36500 days");
        }
        return value;
    }

    /** What stands here may be half a password that was not encoded: nothing of it is shown, not even as a cause. */
    private static HostAndPort host(String text, QueueUrl url) {
        int colon = text.endsWith("]") ? -1 : text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        int port = colon < 0 ? PORT : number(text.substring(colon + 1));
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw QueueException.invalid(
                    "The URL " + url + " does not name a host and a port from 1 to 65535. Percent-encode"
                            + " what is special in user and password: / as %2F, ? as %3F, # as %23, @ as %40");
        }
        return new HostAndPort(host, port);
    }

    private static int databaseOf(String path, QueueUrl url) {
        int database = number(path);
        if (database < 0) {
            throw QueueException.invalid(
                    "The path of " + url + " is not the number of a database, 0 or more. Write /0, or leave it out");
        }
        return database;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException none) {
            return -1;
        }
    }

    private static String decoded(String text, QueueUrl url) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException broken) {
            throw QueueException.invalid(
                    "User or password of " + url + " are not percent-encoded: write a percent sign as %25");
        }
    }

    /** Where it is, without user and password. */
    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://")
                + String.join(",", hosts.stream().map(HostAndPort::toString).toList()) + "/" + database;
    }
}
