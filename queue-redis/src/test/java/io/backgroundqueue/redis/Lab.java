package io.backgroundqueue.redis;

import com.github.f4b6a3.uuid.UuidCreator;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.brokers.RedisServer;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisProtocol;

/** A server, a raw client beside it, and drivers on it, which end with the test. */
final class Lab implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(10);
    static final Patience PATIENCE = Patience.standard();

    private final RunningBroker broker;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final String url;

    private Lab(RunningBroker broker, boolean own) {
        this.broker = broker;
        this.url = broker.url();
        if (own) {
            opened.push(broker);
        }
    }

    /** On the server that the contracts run on. */
    static Lab shared() throws Exception {
        return new Lab(Brokers.shared("redis"), false);
    }

    /** On a server of its own. */
    static Lab own(String... arguments) throws Exception {
        return new Lab(RedisServer.launch(arguments), true);
    }

    /** On a server of the test's. */
    static Lab at(RedisServer server) {
        return new Lab(server, false);
    }

    RunningBroker broker() {
        return broker;
    }

    /** On the same server, at another address, or with parameters. */
    RedisDriver driver(String url) {
        return closeLater(opened(url));
    }

    /** The caller closes it. */
    static RedisDriver opened(String url) {
        return (RedisDriver) new RedisProvider().open(QueueUrl.parse(url), QueueOptions.DEFAULT);
    }

    RedisDriver driver() {
        return driver(url);
    }

    RedisReceiver receiver(RedisDriver driver, String topic) {
        return receiver(driver, topic, Duration.ofSeconds(30));
    }

    RedisReceiver receiver(RedisDriver driver, String topic, Duration lease) {
        return (RedisReceiver) driver.receiver(topic, options(lease));
    }

    static ReceiverOptions options(Duration lease) {
        return new ReceiverOptions(
                100,
                OptionalInt.empty(),
                1_000,
                16 << 20,
                lease,
                Duration.ofSeconds(1),
                TIMEOUT,
                "lab-" + UUID.randomUUID());
    }

    <T extends AutoCloseable> T closeLater(T resource) {
        opened.push(resource);
        return resource;
    }

    /** What the raw client gets for a command; null for nothing. */
    Object raw(String... words) {
        try (Raw client = new Raw(url)) {
            return client.send(words);
        }
    }

    String rawText(String... words) {
        return text(raw(words));
    }

    long rawNumber(String... words) {
        return (Long) raw(words);
    }

    static String text(Object reply) {
        return new String((byte[]) reply, StandardCharsets.UTF_8);
    }

    static void until(Patience.Condition condition, String what) throws Exception {
        PATIENCE.eventually(condition, () -> what);
    }

    /** A client that knows nothing of us. */
    static final class Raw implements AutoCloseable {
        private final Connection connection;

        Raw(String url) {
            HostAndPort node = RedisSettings.of(QueueUrl.parse(url)).hosts.get(0);
            connection = new Connection(
                    node,
                    DefaultJedisClientConfig.builder()
                            .protocol(RedisProtocol.RESP2)
                            .build());
        }

        Object send(String... words) {
            CommandArguments command = new CommandArguments(() -> words[0].getBytes(StandardCharsets.UTF_8));
            for (int i = 1; i < words.length; i++) {
                command.add(words[i]);
            }
            connection.sendCommand(command);
            return connection.getOne();
        }

        @Override
        public void close() {
            connection.disconnect();
        }
    }

    /** How often the server has run the commands of these names, inside and outside of scripts. */
    long calls(String... commands) {
        return rawText("INFO", "commandstats")
                .lines()
                .filter(line -> Arrays.stream(commands).anyMatch(name -> line.startsWith("cmdstat_" + name + ":")))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
                .sum();
    }

    static String newTopic(String name) {
        return name + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    static Envelope task(String topic) {
        return task(topic, Start.now(), Bytes.utf8("{\"n\":1}"));
    }

    static Envelope task(String topic, Start start, Bytes payload) {
        return new Envelope(
                UuidCreator.getTimeOrderedEpoch().toString(),
                topic,
                start,
                0,
                Map.of(),
                payload,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    static Envelope with(Envelope task, int priority, Optional<Deduplication> deduplication) {
        return new Envelope(
                task.taskId(),
                task.topic(),
                task.start(),
                priority,
                task.headers(),
                task.payload(),
                deduplication,
                task.orderingKey(),
                task.attempts(),
                task.expiresAfter(),
                task.enqueuedAt());
    }

    static List<Envelope> tasks(String topic, int count) {
        List<Envelope> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tasks.add(task(topic));
        }
        return tasks;
    }

    /** Sends tasks, which are accepted. */
    static List<Envelope> sent(RedisDriver driver, List<Envelope> tasks) {
        for (int from = 0; from < tasks.size(); from += 1_000) {
            List<SendResult> results = driver.send(tasks.subList(from, Math.min(from + 1_000, tasks.size())), TIMEOUT);
            if (!results.stream().allMatch(SendResult.ACCEPTED::equals)) {
                throw new AssertionError("tasks were not accepted: " + results);
            }
        }
        return tasks;
    }

    static Envelope sent(RedisDriver driver, Envelope task) {
        return sent(driver, List.of(task)).get(0);
    }

    static List<String> ids(List<? extends Delivery> deliveries) {
        return deliveries.stream()
                .map(delivery -> ((Delivery.Task) delivery).envelope().taskId())
                .toList();
    }

    static List<Delivery> now(RedisReceiver receiver, int max) throws Exception {
        return receiver.receive(max, Duration.ZERO);
    }

    /** Receives until a task comes. */
    static Delivery.Task next(RedisReceiver receiver) throws Exception {
        List<Delivery> found = new ArrayList<>();
        PATIENCE.eventually(() -> found.addAll(receiver.receive(1, Duration.ofMillis(50))), () -> "a task should come");
        return (Delivery.Task) found.get(0);
    }

    /** Ends what was opened, the last first. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                throw new IllegalStateException("the end of a test failed", failed);
            }
        }
    }
}
