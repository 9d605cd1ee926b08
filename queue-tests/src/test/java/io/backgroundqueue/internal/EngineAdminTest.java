package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadLetters;
import io.backgroundqueue.Feature;
import io.backgroundqueue.QueueAdmin;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.Scope;
import io.backgroundqueue.spi.ErrorClass;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class EngineAdminTest {
    private final Bench bench = new Bench();
    private boolean closed;

    @Test
    void everyCallReachesTheDriver() {
        QueueAdmin admin = admin();

        assertThat(admin.stats("orders").ready()).hasValue(5);
        assertThat(admin.purge("orders", Scope.READY)).isEqualTo(7);
        assertThat(admin.purge("orders", Scope.DEAD)).isEqualTo(7);
        admin.check();
    }

    @Test
    void whatTheBackendCannotDoIsRefusedWithWhyAndWhatInstead() {
        refusedWithout(Feature.STATS, () -> admin().stats("orders"));
        refusedWithout(Feature.DEAD_LETTERS, () -> admin().deadLetters("orders"));
        refusedWithout(Feature.DEAD_LETTERS, () -> admin().purge("orders", Scope.DEAD));
        refusedWithout(Feature.PURGE, () -> admin().purge("orders", Scope.READY));
        refusedWithout(Feature.CANCEL, () -> admin().cancel("orders", "task-1"));
    }

    @Test
    void anIllegalTopicIsRefused() {
        invalid(() -> admin().stats("a topic"), "'a topic'");
        invalid(() -> admin().deadLetters(""), "blank");
        invalid(() -> admin().cancel("a/b", "id"), "'a/b'");
        invalid(() -> admin().purge(" ", Scope.READY), "blank");
    }

    @Test
    void aDriverThatDeclaresCancellingAndDoesNotImplementItIsFoundOut() {
        refused(Kind.UNAVAILABLE, () -> hasty().cancel("orders", "task-1"), "cancel is not implemented");
    }

    @Test
    void aTransientErrorIsRepeatedAfterAPause() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        bench.driver.administering = () -> {
            if (calls.incrementAndGet() < 3) {
                throw new BackendError(ErrorClass.TRANSIENT, "away");
            }
            return true;
        };
        Thread caller = new Thread(() -> admin().check());
        caller.start();
        for (int i = 0; i < 2; i++) {
            bench.time.awaitWaiters(1, Recorder.PATIENCE);
            bench.time.advance(Duration.ofMillis(100));
        }
        WorkerBench.join(caller);

        assertThat(calls).hasValue(3);
    }

    @Test
    void aTransientErrorThatStaysIsToldAfterTenSeconds() {
        AtomicInteger calls = new AtomicInteger();
        bench.driver.administering = () -> {
            bench.time.advance(Duration.ofSeconds(10));
            calls.incrementAndGet();
            throw new BackendError(ErrorClass.THROTTLED, "too many requests");
        };

        refused(Kind.OVERLOADED, () -> admin().stats("orders"), "stats of 'orders'", "too many requests");
        assertThat(calls).hasValue(1);
    }

    @Test
    void otherErrorsAreWrappedAtOnce() {
        bench.driver.administering = () -> {
            throw new BackendError(ErrorClass.MISCONFIGURED, "no such vhost");
        };

        refused(Kind.MISCONFIGURED, () -> admin().check(), "readiness check", "no such vhost", "operator");
        refused(Kind.MISCONFIGURED, () -> admin().deadLetters("orders"), "dead letters of 'orders'");
    }

    @Test
    void aClosedQueueRefusesEverything() {
        closed = true;

        refused(Kind.CLOSED, () -> admin().check(), "closed");
        refused(Kind.CLOSED, () -> admin().stats("orders"), "closed");
    }

    @Test
    void aWalkHandsOutReplaysPurgesAndCloses() {
        ScriptedLetters letters = ScriptedLetters.of(3);
        bench.driver.letters = letters;
        try (DeadLetters walk = admin().deadLetters("orders")) {
            List<DeadLetter> page = walk.next(2);
            assertThat(walk.replay(page.subList(0, 1))).isEqualTo(1);
            assertThat(walk.purge(page.subList(1, 2))).isEqualTo(1);
            assertThat(walk.replay(List.of())).isZero();
            assertThat(walk.purge(List.of())).isZero();
            assertThat(walk.next(2)).extracting(DeadLetter::id).containsExactly("3");
            assertThat(walk.next(2)).isEmpty();
            invalid(() -> walk.next(0), "max is 0");
        }

        assertThat(letters.calls.all())
                .containsExactly("next 2", "replay [1]", "purge [2]", "next 2", "next 2", "close");
    }

    @Test
    void allLettersThatAreChosenAreReplayedOrPurgedPageByPage() {
        ScriptedLetters letters = ScriptedLetters.of(250);
        bench.driver.letters = letters;

        assertThat(admin().replayDeadLetters("orders", letter -> letter.id().endsWith("7")))
                .isEqualTo(25);
        assertThat(letters.calls.all()).last().isEqualTo("close");
        bench.driver.letters = ScriptedLetters.of(101);
        assertThat(admin().purgeDeadLetters("orders", letter -> true)).isEqualTo(101);
    }

    @Test
    void aLetterIsFoundByItsTaskOrNot() {
        bench.driver.letters = ScriptedLetters.of(250);
        assertThat(admin().findDeadLetter("orders", "249")).isPresent();
        bench.driver.letters = ScriptedLetters.of(250);
        assertThat(admin().findDeadLetter("orders", "251")).isEmpty();
    }

    @Test
    void fewerLettersThanAskedForAreListedWhole() {
        bench.driver.letters = ScriptedLetters.of(3);

        assertThat(admin().listDeadLetters("orders", 10))
                .extracting(DeadLetter::id)
                .containsExactly("1", "2", "3");
    }

    private void refusedWithout(Feature feature, ThrowingCallable call) {
        bench.driver.capabilities = Capable.without(feature);
        refused(Kind.UNSUPPORTED, call, "'scripted'", "it has no " + feature, "Instead: do without");
    }

    private QueueAdmin admin() {
        return new EngineAdmin(bench.context(), () -> closed);
    }

    /** An admin that waits for nothing: what is transient is told at once. */
    private QueueAdmin hasty() {
        return new EngineAdmin(bench.context(new SteppedLoops(bench.time), Runnable::run), () -> closed);
    }
}
