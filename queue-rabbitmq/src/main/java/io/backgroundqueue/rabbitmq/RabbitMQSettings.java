package io.backgroundqueue.rabbitmq;

import com.rabbitmq.client.Address;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.spi.QueueUrl;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;

/** How to reach a broker and what to use there. Checked where it is set; never prints a password. */
final class RabbitMQSettings {
    static final int PORT = 5672;
    static final int TLS_PORT = 5671;
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_-]{1,32}");
    private static final Pattern EXCHANGE = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_-]{1,32}");
    private static final int SHORTEST_TOPIC = 16;
    private static final Duration LONGEST = Duration.ofDays(36_500);

    List<Address> addresses = List.of(new Address("localhost", PORT));
    Optional<String> user = Optional.empty();
    Optional<String> password = Optional.empty();
    String virtualHost = "/";
    boolean tls;
    Optional<SSLSocketFactory> sockets = Optional.empty();
    String prefix = "bq";
    String exchange = "";
    RabbitMQExchangeType exchangeType = RabbitMQExchangeType.DIRECT;
    Optional<String> group = Optional.empty();
    boolean createTopology = true;
    Duration connectTimeout = Duration.ofSeconds(5);

    /** Address, credentials and virtual host of a URL, and the parameters that say what to use there. */
    static RabbitMQSettings of(QueueUrl url) {
        RabbitMQSettings settings = new RabbitMQSettings();
        settings.address(url);
        url.text("addresses").ifPresent(list -> settings.addresses = addresses(list, settings.port(), url));
        url.text("prefix").ifPresent(settings::prefix);
        url.text("exchange").ifPresent(settings::exchange);
        url.text("exchangeType").ifPresent(type -> settings.exchangeType = exchangeType(type, url));
        url.text("group").ifPresent(settings::group);
        url.flag("createTopology").ifPresent(create -> settings.createTopology = create);
        url.duration("connectTimeout").ifPresent(settings::connectTimeout);
        return settings;
    }

    void address(QueueUrl url) {
        tls |= url.scheme().equals("amqps");
        if (!url.address().startsWith("//") || url.hosts().isEmpty()) {
            throw QueueException.invalid("The URL " + url + " names no host. Write " + url.scheme() + "://host");
        }
        addresses = addresses(url.hosts(), port(), url);
        if (url.path().contains("@")) {
            throw unencoded(url);
        }
        url.userInfo().ifPresent(info -> credentials(info, url));
        if (!url.path().isEmpty()) {
            virtualHost = url.path();
        }
    }

    private int port() {
        return tls ? TLS_PORT : PORT;
    }

    private void credentials(String info, QueueUrl url) {
        int colon = info.indexOf(':');
        if (colon < 1) {
            throw QueueException.invalid("The URL " + url + " has half of its credentials. Write user:password@host");
        }
        user = Optional.of(decoded(info.substring(0, colon), url));
        password = Optional.of(decoded(info.substring(colon + 1), url));
    }

    void prefix(String value) {
        prefix = matching(PREFIX, "prefix", value, "1 to 32 of A-Z a-z 0-9 _ -");
    }

    void exchange(String value) {
        exchange = matching(EXCHANGE, "exchange", value, "1 to 64 of A-Z a-z 0-9 . _ -");
        if (exchange.startsWith("amq.")) {
            throw QueueException.invalid(
                    "The exchange '" + value + "' belongs to RabbitMQ itself. Choose a name without amq.");
        }
    }

    void group(String value) {
        group = Optional.of(matching(GROUP, "group", value, "1 to 32 of A-Z a-z 0-9 _ -"));
    }

    void connectTimeout(Duration value) {
        if (value.isZero() || value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw QueueException.invalid("connectTimeout is " + value + ". It must be longer than 0, up to 36500 days");
        }
        connectTimeout = value;
    }

    /** The same, checked as a whole; what was opened does not change with its builder. */
    RabbitMQSettings verified() {
        if (exchangeType.spreads() && exchange.isEmpty()) {
            throw QueueException.invalid(
                    "The exchange type is " + exchangeType.name().toLowerCase(Locale.ROOT)
                            + ", but no exchange is named. Set exchange, or leave exchangeType out");
        }
        if (group.isPresent() && !exchangeType.spreads()) {
            throw QueueException.invalid(
                    "The group '" + group.get() + "' needs an exchange of the type topic or fanout:"
                            + " behind a direct one all workers share the tasks. Set exchangeType, or leave group out");
        }
        if (new Names(this).longestTopic() < SHORTEST_TOPIC) {
            throw QueueException.invalid("Prefix, exchange and group together are too long: the name of a queue has 255"
                    + " characters, and topics need " + SHORTEST_TOPIC + " of them. Choose shorter ones");
        }
        RabbitMQSettings copy = new RabbitMQSettings();
        copy.addresses = addresses;
        copy.user = user;
        copy.password = password;
        copy.virtualHost = virtualHost;
        copy.tls = tls;
        copy.sockets = sockets;
        copy.prefix = prefix;
        copy.exchange = exchange;
        copy.exchangeType = exchangeType;
        copy.group = group;
        copy.createTopology = createTopology;
        copy.connectTimeout = connectTimeout;
        return copy;
    }

    static Address address(String host, int port) {
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw QueueException.invalid("'" + host + ":" + port + "' is not a host and a port from 1 to 65535");
        }
        return new Address(host, port);
    }

    private static RabbitMQExchangeType exchangeType(String text, QueueUrl url) {
        return switch (text) {
            case "direct" -> RabbitMQExchangeType.DIRECT;
            case "topic" -> RabbitMQExchangeType.TOPIC;
            case "fanout" -> RabbitMQExchangeType.FANOUT;
            default ->
                throw QueueException.invalid(
                        "The parameter exchangeType=" + text + " of " + url + " is none of direct, topic and fanout");
        };
    }

    private static String matching(Pattern pattern, String name, String value, String expected) {
        if (!pattern.matcher(value).matches()) {
            throw QueueException.invalid("The " + name + " '" + value + "' is not " + expected);
        }
        return value;
    }

    private static List<Address> addresses(String list, int port, QueueUrl url) {
        return Arrays.stream(list.split(",", -1))
                .map(one -> address(one, port, url))
                .toList();
    }

    /** What stands here may be half a password that was not encoded: nothing of it is shown, not even as a cause. */
    private static Address address(String text, int defaultPort, QueueUrl url) {
        int colon = text.endsWith("]") ? -1 : text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        int port = colon < 0 ? defaultPort : number(text.substring(colon + 1));
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw unencoded(url);
        }
        return new Address(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    }

    private static QueueException unencoded(QueueUrl url) {
        return QueueException.invalid(
                "The URL " + url + " does not name hosts and ports from 1 to 65535. Percent-encode"
                        + " what is special in user, password and virtual host: / as %2F, ? as %3F, # as %23, @ as %40");
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
        return (tls ? "amqps://" : "amqp://")
                + String.join(",", addresses.stream().map(Address::toString).toList()) + " (virtual host '"
                + virtualHost + "')";
    }
}
