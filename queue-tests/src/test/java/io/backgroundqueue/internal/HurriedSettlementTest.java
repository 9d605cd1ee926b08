package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Worker;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Storing verdicts while a worker ends: what was held back is stored at once, what fails still gets its pause. */
class HurriedSettlementTest {
    private final Bench bench = new Bench();

    @Test
    void aVerdictThatFailsInAHurryIsTriedAgainAfterAPauseAndNotInASpin() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        worker.done(fresh("a"));
        worker.settler.hurry();
        worker.settle();

        assertThat(worker.settle()).as("the pause before the next try").isPositive();
        assertThat(worker.receiver.settled.all()).hasSize(1);
    }

    @Test
    void aWorkerTurnedByHandEndsAlsoWhenItsVerdictsCannotBeStored() throws Exception {
        ScriptedReceiver receiver = new ScriptedReceiver("orders", bench.driver);
        bench.driver.receivers = topic -> receiver;
        receiver.settling = batch -> {
            if (receiver.settled.all().size() > 100) {
                return ScriptedReceiver.all(batch, Outcome.DONE); // ends what would go on for ever
            }
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        SteppedLoops loops = new SteppedLoops(bench.time);
        EngineQueue queue = EngineQueue.stepped(bench.driver, bench.options, loops);
        Worker worker = queue.consume("orders", String.class, task -> {});
        receiver.offer(fresh("a"));
        loops.pass();
        worker.shutdown(Duration.ZERO);

        assertThat(receiver.settled.all()).hasSizeLessThan(10);
    }
}
