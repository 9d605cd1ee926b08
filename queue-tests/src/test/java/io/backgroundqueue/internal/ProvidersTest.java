package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.Feature;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.WorkerOptions;
import io.backgroundqueue.spi.KeyValueStoreProvider;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Opening by URL, with a provider that is found as an adapter's is. */
class ProvidersTest {
    private final ScriptedDriver driver = new ScriptedDriver();
    private final ScriptedStore store = new ScriptedStore(new Bench());
    private final List<QueueOptions> opened = new ArrayList<>();
    private ClassLoader before;
    private URLClassLoader withServices;

    @BeforeEach
    void layOutServices(@TempDir Path folder) throws IOException {
        service(folder, QueueDriverProvider.class, ScriptedProvider.class);
        service(folder, KeyValueStoreProvider.class, ScriptedProvider.OfStores.class);
        before = Thread.currentThread().getContextClassLoader();
        withServices = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before);
        Thread.currentThread().setContextClassLoader(withServices);
        ScriptedProvider.opening = (url, options) -> {
            opened.add(options);
            url.text("zone");
            return driver;
        };
        ScriptedProvider.storeOpening = url -> {
            url.text("prefix");
            return store;
        };
    }

    @AfterEach
    void removeServices() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        withServices.close();
    }

    @Test
    void anUnknownSchemeNamesTheSchemesFoundAndTheArtifactToAdd() {
        QueueException error = invalid(
                () -> BackgroundQueues.open("kafka://user:hunter2@host?password=hunter2"),
                "No backend opens the scheme 'kafka'",
                "Found are: amqp, amqps, jdbc, memory, ",
                "scripted",
                "Add the artifact io.backgroundqueue:queue-kafka");

        assertThat(error.getMessage()).doesNotContain("hunter2");
    }

    @Test
    void aSchemeThatNobodyKnowsNamesAllThatAreKnown() {
        invalid(
                () -> BackgroundQueues.open("nats://host"),
                "scheme 'nats'",
                "amqp (queue-rabbitmq)",
                "jdbc (queue-jdbc)",
                "kafka (queue-kafka)",
                "memory (queue-inmemory)",
                "redis (queue-redis)",
                "sqs (queue-sqs)");
        invalid(() -> BackgroundQueues.open("localhost"), "begins with a scheme");
        invalid(() -> BackgroundQueues.openStore("nats://host"), "No store opens the scheme 'nats'");
    }

    @Test
    void commonParametersGoBeforeTheOptions() {
        QueueOptions options = QueueOptions.builder()
                .enqueueTimeout(Duration.ofSeconds(1))
                .maxPayloadBytes(77)
                .workerDefaults(WorkerOptions.DEFAULT.concurrency(1).prefetch(9))
                .build();
        BackgroundQueues.open(
                        "SCRIPTED://host?concurrency=20&attempts=4&lease=45s&timeout=2m&enqueueTimeout=3s"
                                + "&deduplicationWindow=1h&zone=b",
                        options)
                .close();

        assertThat(opened).singleElement().satisfies(effective -> {
            assertThat(effective.workerDefaults())
                    .isEqualTo(WorkerOptions.DEFAULT
                            .concurrency(20)
                            .prefetch(9)
                            .attempts(4)
                            .leaseDuration(Duration.ofSeconds(45))
                            .timeout(Duration.ofMinutes(2)));
            assertThat(effective.enqueueTimeout()).isEqualTo(Duration.ofSeconds(3));
            assertThat(effective.deduplicationWindow()).isEqualTo(Duration.ofHours(1));
            assertThat(effective.maxPayloadBytes()).isEqualTo(77);
        });
    }

    @Test
    void whatTheUrlSaysReachesTheWorker() {
        try (BackgroundQueue queue = BackgroundQueues.open("scripted:?concurrency=20&lease=45s")) {
            queue.consume("orders", String.class, task -> {});
        }

        assertThat(driver.receiverOptions.all().get(0).concurrency()).isEqualTo(20);
        assertThat(driver.receiverOptions.all().get(0).lease()).isEqualTo(Duration.ofSeconds(45));
    }

    @ParameterizedTest
    @CsvSource({
        "concurrency=0, concurrency=0",
        "concurrency=many, concurrency=many",
        "attempts=10001, attempts=10001",
        "lease=1ms, leaseDuration is PT0.001S",
        "lease=soon, lease=soon",
        "timeout=0s, timeout is 0",
        "enqueueTimeout=-1s, enqueueTimeout=-1s",
        "deduplicationWindow=0ms, deduplicationWindow is 0"
    })
    void aWrongCommonParameterIsRefusedBeforeAnythingIsOpened(String parameter, String told) {
        invalid(() -> BackgroundQueues.open("scripted:?" + parameter), told);
        assertThat(opened).isEmpty();
    }

    @Test
    void anUnknownParameterListsTheKnownOnesAndClosesTheDriver() {
        QueueException error = invalid(
                () -> BackgroundQueues.open("scripted:?password=hunter2&zones=b&concurency=3"),
                "unknown parameters concurency, password, zones",
                "attempts",
                "concurrency",
                "deduplicationWindow",
                "enqueueTimeout",
                "lease",
                "store",
                "timeout",
                "zone");

        assertThat(error.getMessage()).doesNotContain("hunter2");
        assertThat(driver.journal.all()).containsExactly("close driver");
    }

    @Test
    void aDefaultThatTheBackendCannotKeepIsMisconfiguredAndClosesDriverAndStore() {
        driver.capabilities = Capable.without(Feature.LEASE);
        refused(Kind.MISCONFIGURED, () -> BackgroundQueues.open("scripted:?lease=40s&store=scripted%3A"), "PT40S");
        assertThat(driver.journal.all()).containsExactly("close driver");
        assertThat(store.calls.all()).containsExactly("close");

        ScriptedDriver other = new ScriptedDriver();
        other.capabilities = Capable.without(Feature.PRIORITY);
        QueueOptions options = QueueOptions.builder()
                .taskDefaults(EnqueueOptions.DEFAULT.priority(3))
                .build();
        refused(Kind.MISCONFIGURED, () -> BackgroundQueues.over(other, options), "priority(3)");
        assertThat(other.journal.all()).containsExactly("close driver");
    }

    @Test
    void aBackendThatCannotBeReachedIsUnavailableAndTheStoreIsClosed() {
        ScriptedProvider.opening = (url, options) -> {
            throw new IOException("refused by redis://:hunter2@host", new IllegalStateException("?token=hunter2"));
        };
        QueueException error = refused(
                Kind.UNAVAILABLE,
                () -> BackgroundQueues.open("scripted://me:hunter2@host?store=scripted%3A"),
                "scripted://me:***@host",
                "could not be opened",
                "(IOException)",
                "credentials");

        assertThat(error.getMessage() + error.getCause() + error.getCause().getCause())
                .doesNotContain("hunter2");
        assertThat(store.calls.all()).containsExactly("close");
    }

    @Test
    void aClearErrorOfAProviderIsToldAsItIs() {
        QueueException clear = new QueueException(Kind.MISCONFIGURED, "maxmemory-policy is allkeys-lru");
        ScriptedProvider.opening = (url, options) -> {
            throw clear;
        };

        assertThat(refused(Kind.MISCONFIGURED, () -> BackgroundQueues.open("scripted:"), "maxmemory"))
                .isSameAs(clear);
    }

    @Test
    void theStoreOfAUrlIsGivenToTheQueueAndClosedAfterTheDriver() {
        BackgroundQueue queue = BackgroundQueues.open("scripted:?store=scripted%3A%3Fprefix%3Dp");
        assertThat(opened.get(0).store()).containsSame(store);
        store.fault = (operation, key) -> {};
        queue.close();

        assertThat(driver.journal.all()).containsExactly("close driver");
        assertThat(store.calls.all()).containsExactly("close");
    }

    @Test
    void aStoreOfTheOptionsIsNotClosedWithTheQueue() {
        BackgroundQueues.open("scripted:", QueueOptions.builder().store(store).build())
                .close();

        assertThat(store.calls.all()).isEmpty();
    }

    @Test
    void aStoreWithAnUnknownParameterIsClosedAgain() {
        invalid(
                () -> BackgroundQueues.open("scripted:?store=scripted%3A%3Fzone%3Db"),
                "unknown parameter zone",
                "prefix");

        assertThat(store.calls.all()).containsExactly("close");
        assertThat(opened).isEmpty();
    }

    @Test
    void aStoreMayBeOpenedByItself() {
        try (KeyValueStore memory = BackgroundQueues.openStore("memory:")) {
            assertThat(memory.putIfAbsent("a", "1", Duration.ofMinutes(1))).isTrue();
            assertThat(memory.get("a")).contains("1");
        }
    }

    @Test
    void theMemoryQueueIsFoundByItsScheme() {
        try (BackgroundQueue queue = BackgroundQueues.open("memory:")) {
            assertThat(queue.enqueue("orders", "a").duplicate()).isFalse();
        }
    }

    @Test
    void aParameterTakenByTheDriverMayHoldASecretThatIsNotTold() {
        ScriptedProvider.opening = (url, options) -> {
            throw new IllegalStateException("cannot log in with " + url);
        };
        QueueException error =
                refused(Kind.UNAVAILABLE, () -> BackgroundQueues.open("scripted:?password=hunter2"), "password=***");

        assertThat(error.getMessage() + error.getCause()).doesNotContain("hunter2");
        assertThat(QueueUrl.parse("scripted:?password=hunter2").text("password"))
                .contains("hunter2");
    }

    private static void service(Path folder, Class<?> type, Class<?> provider) throws IOException {
        Path file = folder.resolve("META-INF/services/" + type.getName());
        Files.createDirectories(file.getParent());
        Files.writeString(file, provider.getName());
    }
}
