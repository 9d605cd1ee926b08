package io.backgroundqueue.inmemory;

import static io.backgroundqueue.inmemory.Sample.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class InMemoryDriverTest {
    private final Bench bench = new Bench();

    @Test
    void everythingIsNativeButTransactions() {
        var capabilities = bench.driver.capabilities();

        assertThat(EnumSet.allOf(Feature.class))
                .filteredOn(feature -> !capabilities.has(feature))
                .containsExactly(Feature.TRANSACTIONAL_ENQUEUE);
    }

    @Test
    void twoDriversOnOneBrokerAreTwoProcessesOnOneServer() {
        InMemoryDriver other = new InMemoryDriver(bench.broker);
        other.send(List.of(task("a").envelope()), Duration.ofSeconds(1));

        assertThat(bench.takeIds(9)).containsExactly("a");
        assertThat(other.stats("orders").running()).hasValue(1);
    }

    @Test
    void whatAClosedDriverHeldComesBackWhenTheLeaseEndsAndNotBefore() {
        InMemoryDriver survivor = new InMemoryDriver(bench.broker);
        InMemoryReceiver receiver = Bench.receiver(survivor, 9, 1 << 20);
        bench.send(task("a"));
        bench.takeOne();

        bench.driver.close();

        bench.time.advance(Bench.LEASE.minusNanos(1));
        assertThat(Bench.take(receiver, 9)).isEmpty();
        bench.time.advance(Duration.ofNanos(1));
        assertThat(Bench.take(receiver, 9))
                .singleElement()
                .satisfies(task -> assertThat(task.starts().count()).isEqualTo(1));
    }

    @Test
    void aClosedReceiverGivesNothingBackThatIsOut() {
        bench.send(task("a"));
        var held = bench.takeOne();
        bench.receiver.close();

        assertThat(bench.counts()).containsExactly(0L, 0L, 1L, 0L);
        assertThat(Bench.receiver(bench.driver, 9, 9).settle(List.of(new io.backgroundqueue.spi.Settlement.Ack(held))))
                .containsExactly(Outcome.DONE);
    }

    @Test
    void onlyTheLastDriverLosesWhatIsStored() {
        InMemoryDriver last = new InMemoryDriver(bench.broker);
        bench.send(task("running"), task("dead"), task("ready"), task("delayed").after(Duration.ofHours(1)));
        bench.send(task("elsewhere").topic("mails"));
        bench.kill(bench.take(2).get(1));

        assertThat(bench.driver.lostAtClose()).isZero();
        bench.driver.close();
        assertThat(bench.driver.lostAtClose()).isZero();
        assertThat(last.lostAtClose()).isEqualTo(5);
        last.close();
        assertThat(last.lostAtClose()).isEqualTo(5);

        assertThat(new InMemoryDriver(bench.broker).stats("orders").ready()).hasValue(0);
    }

    @Test
    void afterCloseEveryCallThrowsAndSaysSo() {
        var cursor = bench.driver.deadLetters("orders");
        bench.driver.close();
        bench.driver.close();

        List<ThrowingCallable> calls = List.of(
                () -> bench.send(task("a")),
                () -> Bench.receiver(bench.driver, 1, 1),
                () -> bench.driver.deadLetters("orders"),
                () -> bench.driver.stats("orders"),
                () -> bench.driver.cancel("orders", "a"),
                () -> bench.driver.purge("orders", Scope.READY),
                () -> bench.driver.check(),
                () -> cursor.next(1),
                () -> cursor.replay(List.of()),
                () -> cursor.purge(List.of()),
                () -> bench.take(1),
                () -> bench.receiver.settle(List.of()),
                () -> bench.receiver.extend(List.of()),
                () -> bench.receiver.park());
        assertThat(calls)
                .allSatisfy(call -> assertThatThrownBy(call).isInstanceOfSatisfying(QueueException.class, closed -> {
                    assertThat(closed.kind()).isEqualTo(QueueException.Kind.CLOSED);
                    assertThat(bench.driver.classify(closed)).isEqualTo(ErrorClass.CLOSED);
                }));
    }

    @Test
    void errorsAreClassifiedByWhatTheyMean() {
        assertThat(bench.driver.classify(new InterruptedException())).isEqualTo(ErrorClass.TRANSIENT);
        assertThat(bench.driver.classify(new IllegalStateException())).isEqualTo(ErrorClass.OUTCOME_UNKNOWN);
        assertThat(bench.driver.classify(bench.broker.capacity().full("a", 1))).isEqualTo(ErrorClass.THROTTLED);
    }
}
