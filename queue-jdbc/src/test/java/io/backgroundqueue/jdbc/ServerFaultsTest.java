package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.testkit.BrokerProcess;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.RunningBroker;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trap P12, and what errors of the database mean. */
class ServerFaultsTest {
    @Test
    void aRestartedServerHasWhatItAccepted() throws Exception {
        try (RunningBroker broker = Brokers.own("postgresql");
                Lab lab = Lab.at(broker)) {
            BrokerProcess server = broker.process().orElseThrow();
            QueueDriver driver = lab.driver();
            String topic = Lab.newTopic("restart");
            List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 500));
            Receiver receiver = lab.receiver(driver, topic);
            List<Delivery> held = Lab.next(receiver, 100);

            server.kill();
            assertThat(checks(driver)).isFalse();
            server.start();

            Lab.until(() -> checks(driver), "the driver should reach the server again");
            Lab.until(
                    () -> {
                        List<Outcome> outcomes = receiver.settle(Lab.acks(held));
                        return outcomes.stream().allMatch(Outcome.DONE::equals);
                    },
                    "what was held should be settled");
            assertThat(Lab.ids(Lab.next(receiver, 400))).isEqualTo(Lab.taskIds(tasks.subList(100, 500)));
        }
    }

    @Test
    void aServerThatWasStoppedIsReachedAgainByAllThatItKnew() throws Exception {
        try (RunningBroker broker = Brokers.own("postgresql");
                Lab lab = Lab.at(broker)) {
            BrokerProcess server = broker.process().orElseThrow();
            QueueDriver driver = lab.driver();
            String topic = Lab.newTopic("stop");
            Receiver receiver = lab.receiver(driver, topic);
            assertThat(Lab.now(receiver, 1)).isEmpty();

            server.stop();
            assertThat(checks(driver)).isFalse();
            server.start();

            Lab.until(() -> checks(driver), "the driver should reach the server again");
            Envelope task = Lab.sent(driver, Lab.task(topic));
            assertThat(Lab.next(receiver).envelope().taskId()).isEqualTo(task.taskId());
        }
    }

    /** As where it is stopped, or its machine is gone without a word: its locks end after ten seconds. */
    @Test
    void aProcessThatStopsWhileItReapsKeepsNobodyFromReaping() throws Exception {
        try (Lab lab = Lab.on(LabDatabase.POSTGRESQL)) {
            StoppingSource stopping = new StoppingSource(lab.rawUrl(), "expires_at <=");
            Time time = Time.system();
            Reaper reaper = new Reaper(
                    new Database(stopping.source(), () -> {}, time),
                    Dialect.names(Dialect.POSTGRESQL, lab.text("SELECT current_schema()"), "bq_"),
                    Optional.empty());
            QueueDriver driver = lab.driver();
            String topic = Lab.newTopic("reap");
            Envelope task = Lab.sent(driver, Lab.task(topic));
            Future<List<String>> reaping =
                    Lab.beside("stopped", () -> reaper.reap(time.deadline(Duration.ofMinutes(1))));
            stopping.awaitStopped();
            QueueDriver dead = lab.closeLater(Lab.opened(lab.url()));
            Lab.next(lab.receiver(dead, topic, Duration.ofSeconds(1)));

            assertThat(Lab.next(lab.receiver(driver, topic)).envelope().taskId())
                    .isEqualTo(task.taskId());

            stopping.goOn();
            assertThatThrownBy(reaping::get).hasCauseInstanceOf(SQLException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "40001, TRANSIENT",
        "40P01, TRANSIENT",
        "55P03, TRANSIENT",
        "57P02, TRANSIENT",
        "57P03, TRANSIENT",
        "53100, THROTTLED",
        "53200, THROTTLED",
        "53300, THROTTLED",
        "42P01, MISCONFIGURED",
        "42501, MISCONFIGURED",
        "3D000, MISCONFIGURED",
        "28P01, MISCONFIGURED",
        "28000, MISCONFIGURED",
        "22021, REFUSED",
        "23502, REFUSED",
        "08006, OUTCOME_UNKNOWN",
        "08S01, OUTCOME_UNKNOWN",
        "XX000, OUTCOME_UNKNOWN",
    })
    void whatADatabaseAnswersHasItsClass(String state, ErrorClass expected) throws Exception {
        try (Lab lab = Lab.on(LabDatabase.H2)) {
            assertThat(lab.driver().classify(new SQLException("said by the database", state)))
                    .isEqualTo(expected);
        }
    }

    private static boolean checks(QueueDriver driver) {
        try {
            driver.check();
            return true;
        } catch (Exception away) {
            return false;
        }
    }
}
