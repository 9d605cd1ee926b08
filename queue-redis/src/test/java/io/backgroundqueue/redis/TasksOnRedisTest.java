package io.backgroundqueue.redis;

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
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traps R11 and R12, and what the layout makes hard: cancelled tasks in the middle of a line, letters of one moment. */
class TasksOnRedisTest {
    private Lab lab;
    private RedisDriver driver;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.shared();
        driver = lab.driver();
        topic = Lab.newTopic("tasks");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aTaskThatFailsInTheMiddleOfABatchLeaksNothing() throws Exception {
        Deduplication once = new Deduplication("order-1", Duration.ofMinutes(5));
        String broken = Lab.newTopic("broken");
        lab.raw("SET", "{bq}:" + broken + ":r0", "not a list");
        Envelope before = Lab.with(Lab.task(broken), 1, Optional.empty());
        Envelope refused = Lab.with(Lab.task(broken), 0, Optional.of(once));
        Envelope elsewhere = Lab.task(topic);

        List<SendResult> results = driver.send(List.of(before, refused, elsewhere), Lab.TIMEOUT);

        assertThat(results.subList(0, 2))
                .allSatisfy(result -> assertThat(result)
                        .isInstanceOfSatisfying(
                                SendResult.Failed.class,
                                failed -> assertThat(failed.errorClass()).isEqualTo(ErrorClass.OUTCOME_UNKNOWN)));
        assertThat(results.get(2)).isEqualTo(SendResult.ACCEPTED);
        lab.raw("DEL", "{bq}:" + broken + ":r0");
        assertThat(driver.send(List.of(before, refused), Lab.TIMEOUT)).containsOnly(SendResult.ACCEPTED);
        assertThat(Lab.ids(Lab.now(lab.receiver(driver, broken), 10)))
                .containsExactly(before.taskId(), refused.taskId());
    }

    @Test
    void aDeduplicationIdIsTakenOnlyByATaskThatIsThere() throws Exception {
        Deduplication once = new Deduplication("order-1", Duration.ofMinutes(5));
        lab.raw("SET", "{bq}:" + topic + ":r0", "not a list");

        driver.send(List.of(Lab.with(Lab.task(topic), 0, Optional.of(once))), Lab.TIMEOUT);

        lab.raw("DEL", "{bq}:" + topic + ":r0");
        assertThat(driver.send(List.of(Lab.with(Lab.task(topic), 0, Optional.of(once))), Lab.TIMEOUT))
                .containsExactly(SendResult.ACCEPTED);
    }

    @Test
    void aLetterThatCannotBeReadEndsNoWalk() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 4));
        RedisReceiver receiver = lab.receiver(driver, topic);
        receiver.settle(Lab.now(receiver, 10).stream()
                .<Settlement>map(one -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE))
                .toList());
        String letter = "{bq}:" + topic + ":letter";
        lab.raw(
                "HSET",
                letter,
                tasks.get(0).taskId(),
                "TOO_OLD 3 2 1 0 late",
                tasks.get(1).taskId(),
                "what");
        lab.raw("HDEL", letter, tasks.get(2).taskId());

        List<DeadLetter> walked = driver.deadLetters(topic).next(10);

        assertThat(walked)
                .extracting(DeadLetter::id)
                .isEqualTo(tasks.stream().map(Envelope::taskId).toList());
        assertThat(walked)
                .extracting(DeadLetter::reason)
                .containsExactly(
                        DeadReason.UNREADABLE, DeadReason.UNREADABLE, DeadReason.UNREADABLE, DeadReason.NON_RETRYABLE);
        assertThat(walked.get(0).failures()).isEqualTo(2);
        assertThat(walked.get(1).error()).hasValue("what");
    }

    @Test
    void aForeignDelayedTaskWithoutALevelHarmsNoneOfItsNeighbours() throws Exception {
        List<Envelope> tasks = IntStream.range(0, 10)
                .mapToObj(i -> Lab.task(topic, Start.after(Duration.ofMillis(1)), Bytes.utf8("{}")))
                .toList();
        Lab.sent(driver, tasks);
        lab.raw("HSET", "{bq}:" + topic + ":body", "x1", "{}\nhello", "x2", "{}\nhello");
        lab.raw("ZADD", "{bq}:" + topic + ":due", "1", "x1", "-inf", "0x2");
        RedisReceiver receiver = lab.receiver(driver, topic);

        List<Delivery> found = new ArrayList<>();
        Lab.until(() -> found.addAll(receiver.receive(100, Duration.ofMillis(50))) && found.size() == 12, "twelve");

        assertThat(Lab.ids(found))
                .contains("x1", "x2")
                .containsAll(tasks.stream().map(Envelope::taskId).toList());
    }

    @Test
    void anEntryOrProgressThatCannotBeReadHarmsNoneOfItsNeighbours() throws Exception {
        Envelope first = Lab.sent(driver, Lab.task(topic));
        Envelope spoilt = Lab.sent(driver, Lab.task(topic));
        String base = "{bq}:" + topic + ":";
        lab.raw("HSET", base + "body", "timeless", "{}\nhello", "endless", "{}\nhello");
        lab.raw("RPUSH", base + "r0", "0:timeless", "0" + "9".repeat(30) + ":endless");
        lab.raw("HSET", base + "prog", spoilt.taskId(), "once or twice");
        Envelope last = Lab.sent(driver, Lab.task(topic));

        List<Delivery> found = Lab.now(lab.receiver(driver, topic), 10);

        assertThat(Lab.ids(found.stream()
                        .filter(delivery -> delivery instanceof Delivery.Task)
                        .toList()))
                .containsExactly(first.taskId(), "timeless", "endless", last.taskId());
        assertThat(found)
                .filteredOn(delivery -> delivery instanceof Delivery.Unreadable)
                .singleElement()
                .asString()
                .contains("once or twice");
    }

    @Test
    void identicalPayloadsStayApart() throws Exception {
        Start later = Start.after(Duration.ofMillis(1));
        Bytes same = Bytes.utf8("{\"same\":true}");
        List<Envelope> tasks = IntStream.range(0, 20)
                .mapToObj(i -> Lab.task(topic, later, same))
                .toList();
        Lab.sent(driver, tasks);
        RedisReceiver receiver = lab.receiver(driver, topic);

        List<Delivery> found = new ArrayList<>();
        Lab.until(() -> found.addAll(receiver.receive(100, Duration.ofMillis(50))) && found.size() == 20, "twenty");

        assertThat(Lab.ids(found))
                .containsExactlyInAnyOrderElementsOf(
                        tasks.stream().map(Envelope::taskId).toList());
    }

    @Test
    void aCancelledTaskThatIsSentAgainRunsOnce() throws Exception {
        Envelope before = Lab.sent(driver, Lab.task(topic));
        Envelope task = Lab.sent(driver, Lab.task(topic));
        assertThat(driver.cancel(topic, task.taskId())).isTrue();
        assertThat(driver.stats(topic).ready()).hasValue(1);
        Lab.sent(driver, task);
        assertThat(driver.stats(topic).ready()).hasValue(2);
        RedisReceiver receiver = lab.receiver(driver, topic);

        assertThat(Lab.ids(Lab.now(receiver, 10))).containsExactly(before.taskId(), task.taskId());
        assertThat(driver.stats(topic).ready()).hasValue(0);
    }

    @Test
    void aCancelledTaskThatIsSentAgainForLaterDoesNotRunAtOnce() throws Exception {
        Envelope task = Lab.sent(driver, Lab.task(topic));
        assertThat(driver.cancel(topic, task.taskId())).isTrue();
        Envelope again = new Envelope(
                task.taskId(),
                topic,
                Start.after(Duration.ofHours(1)),
                0,
                task.headers(),
                task.payload(),
                task.deduplication(),
                task.orderingKey(),
                task.attempts(),
                task.expiresAfter(),
                task.enqueuedAt());
        Lab.sent(driver, again);

        assertThat(Lab.now(lab.receiver(driver, topic), 10)).isEmpty();
        assertThat(driver.stats(topic).delayed()).hasValue(1);
        assertThat(driver.cancel(topic, task.taskId())).isTrue();
    }

    @Test
    void aPurgeLeavesNoTraceOfCancelledTasks() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 2_500));
        tasks.stream().limit(100).forEach(task -> driver.cancel(topic, task.taskId()));
        Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofDays(1)), Bytes.utf8("1")));

        assertThat(driver.purge(topic, Scope.READY)).isEqualTo(2_401);

        String base = "{bq}:" + topic + ":";
        assertThat(lab.rawNumber("EXISTS", base + "body", base + "gone", base + "r0", base + "due"))
                .isZero();
    }

    @Test
    void aPurgeFreesTheDeduplicationIdsOfWhatItDeletes() throws Exception {
        Deduplication once = new Deduplication("order-1", Duration.ofMinutes(5));
        Deduplication running = new Deduplication("order-2", Duration.ofMinutes(5));
        Envelope held = Lab.sent(driver, Lab.with(Lab.task(topic), 9, Optional.of(running)));
        Lab.next(lab.receiver(driver, topic));
        Lab.sent(driver, Lab.with(Lab.task(topic), 0, Optional.of(once)));

        assertThat(driver.purge(topic, Scope.READY)).isEqualTo(1);

        assertThat(driver.send(List.of(Lab.with(Lab.task(topic), 0, Optional.of(once))), Lab.TIMEOUT))
                .containsExactly(SendResult.ACCEPTED);
        assertThat(driver.send(List.of(Lab.with(Lab.task(topic), 0, Optional.of(running))), Lab.TIMEOUT))
                .containsExactly(new SendResult.Duplicate(Optional.of(held.taskId())));
    }

    @Test
    void nothingButTheDeduplicationIdIsLeftOfATaskThatIsDone() throws Exception {
        Deduplication once = new Deduplication("order-1", Duration.ofMinutes(5));
        Envelope task = Lab.sent(driver, Lab.with(Lab.task(topic), 0, Optional.of(once)));
        RedisReceiver receiver = lab.receiver(driver, topic);
        receiver.settle(List.of(new Settlement.Ack(Lab.next(receiver))));

        assertThat(lab.rawNumber("EXISTS", "{bq}:" + topic + ":dedup", "{bq}:" + topic + ":body"))
                .isZero();
        assertThat(lab.rawText("GET", "{bq}:" + topic + ":dd:order-1")).isEqualTo(task.taskId());
    }

    @Test
    void lettersOfOneMomentKeepTheirOrderAndTheirPages() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 50));
        RedisReceiver receiver = lab.receiver(driver, topic);
        assertThat(receiver.settle(Lab.now(receiver, 100).stream()
                        .<Settlement>map(one -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE))
                        .toList()))
                .containsOnly(Outcome.DONE);

        List<String> walked = new ArrayList<>();
        try (DeadLetterCursor walk = driver.deadLetters(topic)) {
            for (List<DeadLetter> page = walk.next(7); !page.isEmpty(); page = walk.next(7)) {
                assertThat(page).hasSizeLessThanOrEqualTo(7);
                page.forEach(letter -> walked.add(letter.id()));
            }
        }

        assertThat(walked).isEqualTo(tasks.stream().map(Envelope::taskId).toList());
    }

    @Test
    void aWalkGoesOnAlthoughSomebodyReplaysAndPurgesBesideIt() throws Exception {
        Lab.sent(driver, Lab.tasks(topic, 30));
        RedisReceiver receiver = lab.receiver(driver, topic);
        receiver.settle(Lab.now(receiver, 100).stream()
                .<Settlement>map(one -> new Settlement.Dead(one, Progress.NONE, DeadReason.NON_RETRYABLE))
                .toList());
        List<DeadLetter> all = driver.deadLetters(topic).next(30);

        DeadLetterCursor walk = driver.deadLetters(topic);
        assertThat(walk.next(10)).isEqualTo(all.subList(0, 10));
        assertThat(lab.driver().deadLetters(topic).purge(all.subList(0, 5))).isEqualTo(5);
        assertThat(lab.driver().deadLetters(topic).replay(all.subList(5, 15))).isEqualTo(10);

        assertThat(walk.next(100)).isEqualTo(all.subList(15, 30));
        assertThat(driver.stats(topic).ready()).hasValue(10);
        assertThat(driver.stats(topic).dead()).hasValue(15);
    }

    @Test
    void lettersAreForgottenAfterTheirRetention() throws Exception {
        RedisDriver forgetful = lab.driver(lab.broker().url() + "?deadLetterRetention=200ms");
        Lab.sent(forgetful, Lab.task(topic));
        RedisReceiver receiver = lab.receiver(forgetful, topic);
        receiver.settle(List.of(new Settlement.Dead(Lab.next(receiver), Progress.NONE, DeadReason.NON_RETRYABLE)));
        assertThat(driver.stats(topic).dead()).hasValue(1);

        Lab.until(() -> forgetful.deadLetters(topic).next(10).isEmpty(), "the letter should be forgotten");

        assertThat(driver.stats(topic).dead()).hasValue(0);
        assertThat(lab.rawNumber("EXISTS", "{bq}:" + topic + ":body")).isZero();
    }

    @Test
    void releasedTasksGoBackToTheHeadInTheirOrder() throws Exception {
        List<Envelope> tasks = Lab.sent(driver, Lab.tasks(topic, 6));
        RedisReceiver receiver = lab.receiver(driver, topic);
        List<Delivery> found = Lab.now(receiver, 4);

        receiver.settle(found.stream().<Settlement>map(Settlement.Release::new).toList());
        receiver.lookUp(false);

        assertThat(Lab.ids(Lab.now(receiver, 10)))
                .isEqualTo(tasks.stream().map(Envelope::taskId).toList());
    }

    @Test
    void whatIsCountedAsReadyIsWhatAClaimWouldFind() throws Exception {
        Lab.sent(driver, Lab.task(topic, Start.after(Duration.ofMillis(1)), Bytes.utf8("1")));
        RedisReceiver receiver = lab.receiver(driver, topic, Duration.ofMillis(200));
        Lab.until(() -> driver.stats(topic).ready().orElse(0) == 1, "the delayed task should count as ready");
        assertThat(driver.stats(topic).oldestReady()).isPresent();
        Lab.next(receiver);
        assertThat(driver.stats(topic).running()).hasValue(1);
        assertThat(driver.stats(topic).oldestReady()).isEmpty();

        Lab.until(() -> driver.stats(topic).ready().orElse(0) == 1, "the lost task should count as ready");
        assertThat(driver.stats(topic).running()).hasValue(0);
    }
}
