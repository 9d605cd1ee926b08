package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.QueueException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values of the user's side: topic names, exceptions, starts, results, reports, limits and time. */
class ValueTypesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    @ParameterizedTest
    @ValueSource(strings = {"a", "Orders", "mail.out-2_x", "0", "."})
    void ordinaryTopicNamesAreLegal(String topic) {
        assertThat(TopicName.require(topic)).isSameAs(topic);
        assertThat(TopicName.require("x".repeat(128))).hasSize(128);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "\t"})
    void aBlankTopicIsRefused(String topic) {
        invalid(() -> TopicName.require(topic), "topic is blank", "1 to 128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a/b", "a:b", "ä", "a\n", "*", "#"})
    void anIllegalTopicIsRefusedWithItsName(String topic) {
        invalid(() -> TopicName.require(topic), "'" + topic + "'", "A-Z a-z 0-9 . _ -");
    }

    @Test
    void aTopicThatIsTooLongIsRefusedWithItsLengthAndNotPrintedWhole() {
        QueueException error = invalid(() -> TopicName.require("x".repeat(5_000)), "5000 characters", "…");
        assertThat(error.getMessage()).hasSizeLessThan(300);
    }

    @Test
    void anExceptionHasAKindAndPerhapsATaskAndACause() {
        IOException cause = new IOException("reset");
        QueueException error = new QueueException(Kind.OUTCOME_UNKNOWN, "m", "task-1", cause);

        assertThat(error.kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
        assertThat(error.taskId()).contains("task-1");
        assertThat(error).hasCause(cause);
        assertThat(QueueException.invalid("m").kind()).isEqualTo(Kind.INVALID);
        assertThat(QueueException.invalid("m").taskId()).isEmpty();
    }

    @Test
    void aStartIsResolvedOnTheGivenClock() {
        assertThat(Start.now().resolve(NOW)).isEqualTo(NOW);
        assertThat(Start.after(Duration.ofSeconds(5)).resolve(NOW)).isEqualTo(NOW.plusSeconds(5));
        assertThat(new Start.At(NOW.plusSeconds(5)).resolve(NOW)).isEqualTo(NOW.plusSeconds(5));
        assertThat(new Start.At(NOW.minusSeconds(5)).resolve(NOW)).isEqualTo(NOW);
        assertThat(Start.after(Duration.ZERO)).isEqualTo(Start.now());
        assertThat(Start.after(Duration.ofSeconds(-1))).isEqualTo(Start.now());
    }

    @Test
    void aResultIsAReceiptOrItsError() {
        EnqueueReceipt receipt = new EnqueueReceipt(
                "id", "t", EnqueueReceipt.Status.DUPLICATE, Optional.of("first"), NOW, Optional.empty());
        QueueException error = QueueException.invalid("no");

        assertThat(new EnqueueResult.Done(receipt).orThrow()).isSameAs(receipt);
        assertThat(receipt.duplicate()).isTrue();
        assertThatThrownBy(() -> new EnqueueResult.Failed(error).orThrow()).isSameAs(error);
    }

    @Test
    void reportsAddUp() {
        List<String> ids = new ArrayList<>(List.of("a"));
        ShutdownReport one = new ShutdownReport(1, 2, ids, 3, 4);
        ids.add("later");

        assertThat(one.plus(new ShutdownReport(10, 20, List.of("b"), 30, 40)))
                .isEqualTo(new ShutdownReport(11, 22, List.of("a", "b"), 33, 44));
        assertThat(ShutdownReport.EMPTY.plus(one)).isEqualTo(one);
    }

    @Test
    void everyLimitIsChangedAlone() {
        Duration span = Duration.ofSeconds(77);
        Limits limits = Limits.DEFAULT
                .maxPayloadBytes(1)
                .maxTopicLength(2)
                .send(3, 4, 5)
                .priorityLevels(6)
                .lateness(span)
                .leaseDetection(span.plusSeconds(1))
                .maxWait(span.plusSeconds(2))
                .maxLease(span.plusSeconds(3))
                .maxDelay(span.plusSeconds(4))
                .retention(span.plusSeconds(5));

        assertThat(limits)
                .isEqualTo(new Limits(
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        span,
                        span.plusSeconds(1),
                        span.plusSeconds(2),
                        Optional.of(span.plusSeconds(3)),
                        Optional.of(span.plusSeconds(4)),
                        Optional.of(span.plusSeconds(5))));
    }

    @Test
    void deadlinesNeitherOverflowNorGoNegative() {
        Time time = Time.system();
        long before = time.nanos();

        assertThat(time.deadline(Duration.ofSeconds(Long.MAX_VALUE)) - before).isPositive();
        assertThat(time.deadline(Duration.ofDays(365))).isGreaterThan(before);
        assertThat(time.until(before - 1)).isEqualTo(Duration.ZERO);
        assertThat(time.until(time.deadline(Duration.ofHours(1))))
                .isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
        assertThat(time.now())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    }
}
