package io.backgroundqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Order, cancel, purge, letters and counts on tables. */
@ParameterizedClass
@EnumSource(LabDatabase.class)
class TasksTest {
    @Parameter
    LabDatabase database;

    private Lab lab;
    private QueueDriver driver;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.on(database);
        driver = lab.driver();
        topic = Lab.newTopic("tasks");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void onePickInSixteenGoesToALowerLevel() throws Exception {
        List<Envelope> high = new ArrayList<>();
        List<Envelope> low = new ArrayList<>();
        for (int i = 0; i < 160; i++) {
            high.add(Lab.with(Lab.task(topic), 9, Optional.empty()));
            low.add(Lab.with(Lab.task(topic), i % 2, Optional.empty()));
        }
        Lab.sent(driver, high);
        Lab.sent(driver, low);
        Receiver receiver = lab.receiver(driver, topic);

        List<Integer> levels = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Lab.next(receiver, 16)
                    .forEach(found ->
                            levels.add(((Delivery.Task) found).envelope().priority()));
        }

        assertThat(levels.stream().filter(level -> level == 9)).hasSize(150);
        assertThat(levels.stream().filter(level -> level == 0)).hasSize(5);
        assertThat(levels.stream().filter(level -> level == 1)).hasSize(5);
    }

    @Test
    void singlePicksAreFairToo() throws Exception {
        List<Envelope> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            all.add(Lab.with(Lab.task(topic), 9, Optional.empty()));
            all.add(Lab.with(Lab.task(topic), 3, Optional.empty()));
        }
        Lab.sent(driver, all);
        Receiver receiver = lab.receiver(driver, topic);

        int low = 0;
        for (int i = 0; i < 64; i++) {
            low += Lab.next(receiver).envelope().priority() == 3 ? 1 : 0;
        }

        assertThat(low).isEqualTo(4);
    }

    @Test
    void releasedTasksGoBackToTheHeadInTheirOrderAndAreChargedNothing() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 6));
        Receiver receiver = lab.receiver(driver, topic);
        List<Delivery> found = Lab.next(receiver, 4);

        receiver.settle(found.stream().<Settlement>map(Settlement.Release::new).toList());

        List<Delivery> again = Lab.next(receiver, 6);
        assertThat(Lab.ids(again)).isEqualTo(Lab.taskIds(tasks));
        assertThat(again)
                .allSatisfy(task ->
                        assertThat(((Delivery.Task) task).starts().count()).isZero());
    }

    @Test
    void retriedTasksGoBehindTheReadyOnesAndCarryTheirProgress() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 4));
        Receiver receiver = lab.receiver(driver, topic);
        Delivery.Task first = Lab.next(receiver);
        Progress progress = new Progress(3, 2, 1, false, Optional.of("no \u0000 paper: Zürich 💥"));

        receiver.settle(List.of(new Settlement.Later(first, progress, Start.now())));

        List<Delivery> found = Lab.next(receiver, 4);
        assertThat(Lab.ids(found))
                .containsExactly(
                        tasks.get(1).taskId(),
                        tasks.get(2).taskId(),
                        tasks.get(3).taskId(),
                        first.envelope().taskId());
        Progress kept = ((Delivery.Task) found.get(3)).progress();
        assertThat(kept.verdicts()).isEqualTo(3);
        assertThat(kept.failures()).isEqualTo(2);
        assertThat(kept.interruptions()).isEqualTo(1);
        assertThat(kept.lastError()).get().asString().contains("paper: Zürich 💥");
    }

    @Test
    void delayedTasksComeInTheOrderOfTheirTimes() throws Exception {
        Envelope second = Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofMillis(700)), Bytes.utf8("2")));
        Envelope first = Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofMillis(500)), Bytes.utf8("1")));
        Lab.until(() -> driver.stats(topic).ready().orElse(0) == 2, "both should become ready");

        assertThat(Lab.ids(Lab.next(lab.receiver(driver, topic), 2))).containsExactly(first.taskId(), second.taskId());
    }

    @Test
    void aCancelledTaskIsGoneAndItsIdFree() throws Exception {
        Envelope task = Lab.sent(driver, Lab.once(topic, "order-1"));

        assertThat(driver.cancel(topic, task.taskId())).isTrue();
        assertThat(driver.cancel(topic, task.taskId())).isFalse();
        assertThat(lab.number("SELECT count(*) FROM bq_task")).isZero();
        assertThat(lab.number("SELECT count(*) FROM bq_dedup")).isZero();
        Lab.sent(driver, Lab.once(topic, "order-1"));
    }

    @Test
    void aRunningTaskIsNotCancelled() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        Receiver receiver = lab.receiver(driver, topic);
        Delivery held = Lab.next(receiver);

        assertThat(driver.cancel(topic, task.taskId())).isFalse();
        assertThat(receiver.settle(Lab.acks(List.of(held)))).containsExactly(Outcome.DONE);
    }

    @Test
    void aPurgeOfThousandsLeavesWhatRunsAndFreesTheIdsOfTheOthers() throws Exception {
        Envelope running = Lab.sent(driver, Lab.once(topic, "order-2"));
        Lab.next(lab.receiver(driver, topic));
        Lab.sent(driver, Lab.tasks(topic, 2_400));
        Lab.sent(driver, Lab.once(topic, "order-1"));
        Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofDays(1)), Bytes.utf8("1")));
        Envelope elsewhere = Lab.sent(driver, Lab.task(Lab.newTopic("other")));

        assertThat(driver.purge(topic, Scope.READY)).isEqualTo(2_402);

        assertThat(driver.send(List.of(Lab.once(topic, "order-1")), Lab.TIMEOUT))
                .containsExactly(SendResult.ACCEPTED);
        assertThat(driver.send(List.of(Lab.once(topic, "order-2")), Lab.TIMEOUT))
                .containsExactly(new SendResult.Duplicate(Optional.of(running.taskId())));
        assertThat(driver.stats(elsewhere.topic()).ready()).hasValue(1);
    }

    @Test
    void lettersOfOneMomentKeepTheirOrderAndTheirPages() throws Exception {
        List<Envelope> tasks = buried(driver, 50);

        List<String> walked = new ArrayList<>();
        try (DeadLetterCursor walk = driver.deadLetters(topic)) {
            for (List<DeadLetter> page = walk.next(7); !page.isEmpty(); page = walk.next(7)) {
                assertThat(page).hasSizeLessThanOrEqualTo(7);
                page.forEach(letter -> walked.add(letter.id()));
            }
        }

        assertThat(walked).isEqualTo(Lab.taskIds(tasks));
    }

    @Test
    void aWalkGoesOnAlthoughSomebodyReplaysAndPurgesBesideIt() throws Exception {
        buried(driver, 30);
        List<DeadLetter> all = driver.deadLetters(topic).next(30);

        DeadLetterCursor walk = driver.deadLetters(topic);
        assertThat(walk.next(10)).isEqualTo(all.subList(0, 10));
        QueueDriver other = lab.driver();
        assertThat(other.deadLetters(topic).purge(all.subList(0, 5))).isEqualTo(5);
        assertThat(other.deadLetters(topic).replay(all.subList(5, 15))).isEqualTo(10);

        assertThat(walk.next(100)).isEqualTo(all.subList(15, 30));
        assertThat(driver.stats(topic).ready()).hasValue(10);
        assertThat(driver.stats(topic).dead()).hasValue(15);
    }

    @Test
    void aLetterIsReplayedOnceAlthoughTwoDoItAtOnce() throws Exception {
        buried(driver, 200);
        QueueDriver other = lab.driver();
        List<DeadLetter> mine = driver.deadLetters(topic).next(200);
        List<DeadLetter> theirs = other.deadLetters(topic).next(200);

        var beside = Lab.beside("replay", () -> other.deadLetters(topic).replay(theirs));
        int here = driver.deadLetters(topic).replay(mine);

        assertThat(here + beside.get()).isEqualTo(200);
        assertThat(driver.stats(topic).ready()).hasValue(200);
        assertThat(driver.stats(topic).dead()).hasValue(0);
    }

    @Test
    void lettersAreForgottenAfterTheirRetention() throws Exception {
        QueueDriver forgetful = lab.driver(lab.with("deadLetterRetention=200ms"));
        buried(forgetful, 1);

        Lab.until(() -> forgetful.deadLetters(topic).next(10).isEmpty(), "the letter should be forgotten");

        Lab.until(() -> lab.number("SELECT count(*) FROM bq_dead") == 0, "its row should go, too");
    }

    @Test
    void deduplicationIdsAreForgottenAfterTheirWindow() throws Exception {
        Envelope task = Lab.with(Lab.task(topic), 0, Optional.of(new Deduplication("short", Duration.ofMillis(300))));
        Lab.sent(driver, task);

        Lab.until(() -> lab.number("SELECT count(*) FROM bq_dedup") == 0, "the row of the id should go");
        Lab.sent(driver, Lab.once(topic, "short"));
    }

    /** Sends that many tasks, and buries them. */
    private List<Envelope> buried(QueueDriver by, int count) throws Exception {
        List<Envelope> tasks = Lab.sent(by, Lab.tasks(topic, count));
        Receiver receiver = lab.receiver(by, topic);
        List<Outcome> outcomes = receiver.settle(Lab.next(receiver, count).stream()
                .<Settlement>map(one -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE))
                .toList());
        assertThat(outcomes).containsOnly(Outcome.DONE);
        return tasks;
    }
}
