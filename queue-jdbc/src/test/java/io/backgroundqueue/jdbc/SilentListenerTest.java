package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.FaultProxy;
import io.backgroundqueue.testkit.RecordingHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trap P13: the connection that listens dies without a word, and only that one. */
class SilentListenerTest {
    private static final int ROUNDS = 7;

    /** Of the looks, when nothing was found for a while. */
    private static final Duration SLOWEST_PACE = Duration.ofMillis(500);

    private final PutForward time = new PutForward();
    private final String topic = Lab.newTopic("silent");
    private final RecordingHandler<Object> handler = new RecordingHandler<>();
    private Lab lab;
    private FaultProxy proxy;
    private QueueDriver sender;

    @BeforeEach
    void openAWorkerThatListensThroughAProxy() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
        // Nobody turns its duties: it tells, and does not listen.
        sender = lab.closeLater(Lab.opened(lab.url()));
        proxy = lab.closeLater(Lab.proxy(lab.rawUrl()));
        BackgroundQueue worker = lab.closeLater(JdbcBackgroundQueue.builder()
                .dataSource(listeningThrough(proxy))
                .options(QueueOptions.builder().time(time).build())
                .build());
        worker.consume(topic, Object.class, handler);
        Lab.until(() -> !listeners().isEmpty(), "the worker should listen");
        assertThat(proxy.connections()).isEqualTo(1);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void whatADeafListenerDoesNotHearIsFoundByTheNextLook() throws Exception {
        proxy.blackHole();
        long[] millis = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            int before = i;
            // Until the looks have come to their slowest pace.
            assertThat(Lab.PATIENCE.within(Duration.ofMillis(1_200 + 70L * i), () -> handler.started() > before))
                    .isFalse();
            millis[i] = Timed.of(() -> {
                        Lab.sent(sender, Lab.task(topic));
                        handler.await(before + 1);
                    })
                    .toMillis();
        }
        Arrays.sort(millis);

        System.out.println("a task that nobody heard of was found after, sorted: " + Arrays.toString(millis) + " ms");
        assertThat(millis[ROUNDS / 2]).isLessThan(SLOWEST_PACE.toMillis());
        assertThat(proxy.connections())
                .as("the dead connection is still the one that listens")
                .isEqualTo(1);
    }

    @Test
    void aListenerWhoseConnectionDiedInSilenceIsFoundOutAndListensAgain() throws Exception {
        Set<String> first = listeners();
        proxy.blackHole();

        time.by(Duration.ofSeconds(20));
        Lab.until(() -> proxy.connections() == 2, "the dead connection should be given up for another");
        proxy.restore();

        Lab.until(() -> !first.containsAll(listeners()), "the other connection should listen");
        Lab.sent(sender, Lab.task(topic));
        handler.await(1);
    }

    /** The backends that have a connection of this test's that listens. */
    private Set<String> listeners() throws Exception {
        return new HashSet<>(lab.column(
                "SELECT pid FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND application_name = ?", topic));
    }

    /** Looks and claims go their own way: a pool. */
    private DataSource listeningThrough(FaultProxy between) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(lab.rawUrl());
        config.setMaximumPoolSize(4);
        HikariDataSource pool = lab.closeLater(new HikariDataSource(config));
        String listening = LabDatabase.Space.joined(Lab.through(between, lab.rawUrl()), "ApplicationName=" + topic);
        return (DataSource) Proxy.newProxyInstance(
                SilentListenerTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (any, method, arguments) -> {
                    if (!method.getName().equals("getConnection")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return Thread.currentThread().getName().startsWith("bq-listen")
                            ? Raw.connection(listening)
                            : pool.getConnection();
                });
    }
}
