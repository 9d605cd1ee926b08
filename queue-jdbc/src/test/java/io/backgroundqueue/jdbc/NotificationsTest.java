package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What telling other processes costs: few notifications, and a connection only for as long as somebody works. */
class NotificationsTest {
    private Lab lab;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(LabDatabase.POSTGRESQL);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTopicIsToldOfAtMostOnceInFiftyMilliseconds() throws Exception {
        QueueDriver driver = lab.closeLater(Lab.opened(lab.with("prefix=counted_")));
        List<String> topics = List.of(Lab.newTopic("one"), Lab.newTopic("two"));
        try (Connection hearing = Raw.connection(lab.rawUrl())) {
            try (Statement statement = hearing.createStatement()) {
                statement.execute("LISTEN counted_wake");
            }
            Duration taken = Timed.of(() -> {
                for (int i = 0; i < 200; i++) {
                    Lab.sent(driver, topics.stream().map(Lab::task).toList());
                }
            });

            Map<String, Integer> heard = new HashMap<>();
            PGNotification[] news = hearing.unwrap(PGConnection.class).getNotifications(2_000);
            while (news != null && news.length > 0) {
                for (PGNotification one : news) {
                    if (topics.contains(one.getParameter())) {
                        heard.merge(one.getParameter(), 1, Integer::sum);
                    }
                }
                news = hearing.unwrap(PGConnection.class).getNotifications(500);
            }

            System.out.println("notifications of 200 sends in " + taken.toMillis() + " ms: " + heard.values());
            for (String topic : topics) {
                assertThat(heard.get(topic)).isBetween(1, (int) (taken.toMillis() / 50) + 1);
            }
        }
    }

    @Test
    void theConnectionThatListensGoesBackWithTheLastReceiver() throws Exception {
        QueueDriver driver = lab.driver(lab.with("ApplicationName=resting"));
        Receiver first = driver.receiver("one", Lab.options(Duration.ofSeconds(30)));
        Receiver second = driver.receiver("two", Lab.options(Duration.ofSeconds(30)));
        Lab.until(() -> listening() == 1, "the driver should listen");

        first.close();
        Lab.PATIENCE.never(() -> listening() == 0, () -> "one receiver still waits");
        second.close();

        Lab.until(() -> listening() == 0, "nobody waits, and nobody should listen");
        lab.receiver(driver, "three");
        Lab.until(() -> listening() == 1, "the driver should listen again");
    }

    private long listening() throws Exception {
        return lab.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'resting'"
                + " AND query ILIKE 'LISTEN%'");
    }
}
