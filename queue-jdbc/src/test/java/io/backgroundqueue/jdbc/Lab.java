package io.backgroundqueue.jdbc;

import com.github.f4b6a3.uuid.UuidCreator;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.RunningBroker;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;

/** Empty tables, a raw client beside them, and drivers on them, which end with the test. */
final class Lab implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(10);
    static final Patience PATIENCE = Patience.standard();

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final LabDatabase.Space space;

    private Lab(LabDatabase.Space space) {
        this.space = space;
        opened.push(space.end());
    }

    /** On the database that the contracts run on. */
    static Lab on(LabDatabase database) throws Exception {
        return new Lab(database.newSpace());
    }

    /** On a PostgreSQL of its own, of the kind that the contracts run on, with these settings. */
    static Lab own(String... settings) throws Exception {
        RunningBroker server = Brokers.own("postgresql", settings);
        try {
            Lab lab = at(server);
            lab.closeLater(server);
            return lab;
        } catch (Exception failed) {
            server.close();
            throw failed;
        }
    }

    /** On a server of the test's, which ends the tables too. */
    static Lab at(RunningBroker server) throws Exception {
        Lab lab = new Lab(LabDatabase.inSchema(server.url(), "lab"));
        lab.opened.clear();
        return lab;
    }

    /** For the raw client. */
    String rawUrl() {
        return space.rawUrl();
    }

    /** For our drivers. */
    String url() {
        return space.url();
    }

    /** The URL with one parameter more. */
    String with(String parameter) {
        return space.with(parameter);
    }

    QueueDriver driver() throws Exception {
        return driver(url());
    }

    /** With its duties turning. */
    QueueDriver driver(String url) throws Exception {
        return turning(closeLater(opened(url)));
    }

    /** The caller closes it; nobody turns its duties. */
    static QueueDriver opened(String url) throws Exception {
        return opened(url, QueueOptions.DEFAULT);
    }

    static QueueDriver opened(String url, QueueOptions options) throws Exception {
        QueueUrl parsed = QueueUrl.parse(url);
        return ServiceLoader.load(QueueDriverProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.schemes().contains("jdbc"))
                .findFirst()
                .orElseThrow()
                .open(parsed, options);
    }

    /** In front of the server of a JDBC URL. */
    static FaultProxy proxy(String url) {
        URI address = URI.create(url.substring("jdbc:".length()));
        return FaultProxy.to(address.getHost(), address.getPort());
    }

    /** The same URL, with the proxy in place of the server. */
    static String through(FaultProxy proxy, String url) {
        return url.replaceFirst("//[^/]*/", "//" + proxy.host() + ":" + proxy.port() + "/");
    }

    Receiver receiver(QueueDriver driver, String topic) throws Exception {
        return receiver(driver, topic, Duration.ofSeconds(30));
    }

    /** Closed before its driver. */
    Receiver receiver(QueueDriver driver, String topic, Duration lease) throws Exception {
        return closeLater(driver.receiver(topic, options(lease)));
    }

    static ReceiverOptions options(Duration lease) {
        return new ReceiverOptions(
                1_000,
                OptionalInt.empty(),
                10_000,
                16 << 20,
                lease,
                Duration.ofSeconds(1),
                TIMEOUT,
                "lab-" + UUID.randomUUID());
    }

    /** Turns the duties of a driver on a thread of theirs, as the engine does, until the test ends. */
    QueueDriver turning(QueueDriver driver) {
        for (Duty duty : driver.duties()) {
            closeLater(new Turning(duty));
        }
        return driver;
    }

    /** A call on a thread of its own. */
    static <T> Future<T> beside(String name, Callable<T> call) {
        FutureTask<T> future = new FutureTask<>(call);
        Thread thread = new Thread(future, "test-" + name);
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    <T extends AutoCloseable> T closeLater(T resource) {
        opened.push(resource);
        return resource;
    }

    /** The first value that the raw client gets. */
    String text(String sql, Object... values) throws Exception {
        return Raw.text(rawUrl(), sql, values);
    }

    long number(String sql, Object... values) throws Exception {
        return Raw.number(rawUrl(), sql, values);
    }

    List<String> column(String sql, Object... values) throws Exception {
        return Raw.column(rawUrl(), sql, values);
    }

    /** How many rows the raw client changed. */
    int update(String sql, Object... values) throws Exception {
        return Raw.update(rawUrl(), sql, values);
    }

    static void until(Patience.Condition condition, String what) throws Exception {
        PATIENCE.eventually(condition, () -> what);
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

    static Envelope once(String topic, String id) {
        return with(task(topic), 0, Optional.of(new Deduplication(id, Duration.ofMinutes(5))));
    }

    static List<Envelope> tasks(String topic, int count) {
        List<Envelope> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tasks.add(task(topic));
        }
        return tasks;
    }

    /** Sends tasks, which are accepted. */
    static List<Envelope> sent(QueueDriver driver, List<Envelope> tasks) throws Exception {
        for (int from = 0; from < tasks.size(); from += 1_000) {
            List<SendResult> results = driver.send(tasks.subList(from, Math.min(from + 1_000, tasks.size())), TIMEOUT);
            if (!results.stream().allMatch(SendResult.ACCEPTED::equals)) {
                throw new AssertionError("tasks were not accepted: " + results);
            }
        }
        return tasks;
    }

    /** Sends, and sends again what surely was not stored, as the engine does. */
    static List<SendResult> sentUntilAnswered(QueueDriver driver, List<Envelope> batch) throws Exception {
        List<SendResult> results = new ArrayList<>(Collections.nCopies(batch.size(), null));
        List<Integer> left =
                new ArrayList<>(IntStream.range(0, batch.size()).boxed().toList());
        PATIENCE.eventually(
                () -> {
                    List<SendResult> some =
                            tried(driver, left.stream().map(batch::get).toList());
                    for (int i = 0; i < some.size(); i++) {
                        results.set(left.get(i), some.get(i));
                    }
                    left.clear();
                    IntStream.range(0, batch.size())
                            .filter(i -> results.get(i) == null || transientFailure(results.get(i)))
                            .forEach(left::add);
                    return left.isEmpty();
                },
                () -> "all tasks should be answered: " + results);
        return results;
    }

    private static List<SendResult> tried(QueueDriver driver, List<Envelope> batch) throws Exception {
        try {
            return driver.send(batch, TIMEOUT);
        } catch (Exception failed) {
            if (driver.classify(failed) == ErrorClass.TRANSIENT) {
                return List.of();
            }
            throw failed;
        }
    }

    private static boolean transientFailure(SendResult result) {
        return result instanceof SendResult.Failed failed && failed.errorClass() == ErrorClass.TRANSIENT;
    }

    static Envelope sent(QueueDriver driver, Envelope task) throws Exception {
        return sent(driver, List.of(task)).get(0);
    }

    static List<String> ids(List<? extends Delivery> deliveries) {
        return deliveries.stream()
                .map(delivery -> ((Delivery.Task) delivery).envelope().taskId())
                .toList();
    }

    static List<String> taskIds(List<Envelope> tasks) {
        return tasks.stream().map(Envelope::taskId).toList();
    }

    static List<Settlement> acks(List<? extends Delivery> deliveries) {
        return deliveries.stream().<Settlement>map(Settlement.Ack::new).toList();
    }

    /** What comes at once. */
    static List<Delivery> now(Receiver receiver, int max) throws Exception {
        return receiver.receive(max, Duration.ZERO);
    }

    /** Receives until a task comes. */
    static Delivery.Task next(Receiver receiver) throws Exception {
        return (Delivery.Task) next(receiver, 1).get(0);
    }

    /** Receives until that many tasks have come. */
    static List<Delivery> next(Receiver receiver, int count) throws Exception {
        List<Delivery> found = new ArrayList<>();
        PATIENCE.eventually(
                () -> {
                    found.addAll(receiver.receive(count - found.size(), Duration.ofMillis(50)));
                    return found.size() == count;
                },
                () -> count + " tasks should come, but there are " + found.size());
        return found;
    }

    /** Ends what was opened, the last first, and all of it: what fails is told when the rest has ended. */
    @Override
    public void close() {
        IllegalStateException failure = new IllegalStateException("the end of a test failed");
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                failure.addSuppressed(failed);
            }
        }
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }
}
