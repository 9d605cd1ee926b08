package io.backgroundqueue.rabbitmq;

import io.backgroundqueue.QueueException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a server says of itself when somebody connects. */
record ServerFacts(String product, String version, int major, int minor) {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    static ServerFacts of(Map<String, Object> properties) {
        String version = String.valueOf(properties.get("version"));
        Matcher numbers = VERSION.matcher(version);
        boolean known = numbers.matches();
        return new ServerFacts(
                String.valueOf(properties.get("product")),
                version,
                known ? Integer.parseInt(numbers.group(1)) : 0,
                known ? Integer.parseInt(numbers.group(2)) : 0);
    }

    boolean isAtLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
    }

    /** Refuses a server without quorum queues whose messages expire. */
    void require(RabbitMQSettings settings) {
        if (!product.equals("RabbitMQ") || !isAtLeast(3, 10)) {
            throw new QueueException(
                    QueueException.Kind.MISCONFIGURED,
                    settings + " is " + product + " " + version
                            + ". Delays and safe retries need RabbitMQ 3.10 or later:" + " upgrade it",
                    null,
                    null);
        }
    }
}
