package io.backgroundqueue.internal;

import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseKeeperTest {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration THIRD = Duration.ofSeconds(10);

    private final Bench bench = new Bench();

    @Test
    void everythingThatIsOutIsRenewedEveryThirdOfTheLease() throws Exception {
        WorkerBench worker = new WorkerBench(bench);
        LeaseKeeper keeper = keeper(worker);
        Delivery.Task running = fresh("running");
        Delivery.Task judged = fresh("judged");
        worker.hold(running);
        worker.done(judged);

        assertThat(keeper.turn()).isEqualTo(THIRD);
        assertThat(worker.receiver.extended.all()).hasSize(1);
        assertThat(worker.receiver.extended.all().get(0)).containsExactlyInAnyOrder(running, judged);
    }

    @Test
    void theDriverIsCalledAlsoWhenNothingIsOut() throws Exception {
        WorkerBench worker = new WorkerBench(bench);

        assertThat(keeper(worker).turn()).isEqualTo(THIRD);
        assertThat(worker.receiver.extended.all()).containsExactly(List.of());
    }

    @Test
    void whatIsStoredOrLostIsNotRenewed() throws Exception {
        WorkerBench worker = new WorkerBench(bench);
        worker.done(fresh("a"));
        worker.settle();
        worker.hold(fresh("b")).leaseLost();
        keeper(worker).turn();

        assertThat(worker.receiver.extended.all()).containsExactly(List.of());
    }

    @Test
    void aLeaseThatTheBackendReportsAsLostIsToldOnceAndReachesTheHandler() throws Exception {
        WorkerBench worker = new WorkerBench(bench);
        TaskRun<String> lost = worker.hold(fresh("lost"));
        TaskRun<String> kept = worker.hold(fresh("kept"));
        worker.receiver.extending = held -> List.of(lost.delivery);
        LeaseKeeper keeper = keeper(worker);
        keeper.turn();
        keeper.turn();

        assertThat(lost.isLost()).isTrue();
        assertThat(kept.isLost()).isFalse();
        assertThat(bench.events.all()).containsExactly(new TaskEvent.LeaseLost("orders", "lost"));
    }

    @Test
    void aDeliveryWhoseVerdictTheBackendIsJustTakingIsNotCalledLost() throws Exception {
        WorkerBench worker = new WorkerBench(bench);
        TaskRun<String> run = worker.done(fresh("a"));
        LeaseKeeper keeper = keeper(worker);
        worker.receiver.extending = held -> held;
        worker.receiver.settling = batch -> {
            keeper.turn();
            return ScriptedReceiver.all(batch, Outcome.DONE);
        };
        worker.settle();

        assertThat(run.isLost()).isFalse();
        assertThat(bench.events.all()).noneMatch(TaskEvent.LeaseLost.class::isInstance);
    }

    @Test
    void aDeliveryWhoseVerdictCouldNotBeStoredCanBeLost() throws Exception {
        WorkerBench worker = new WorkerBench(bench);
        TaskRun<String> run = worker.done(fresh("a"));
        worker.receiver.extending = held -> held;
        worker.receiver.settling = batch -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
        worker.settle();
        keeper(worker).turn();

        assertThat(run.isLost()).isTrue();
    }

    @Test
    void aWorkerWithoutAFenceInTheStoreGivesUpWhatItCouldNotRenewInTime() {
        bench.driver.capabilities = Capable.checking(LeaseKind.TIMED);
        WorkerBench worker = new WorkerBench(bench);
        LeaseKeeper keeper = keeper(worker);
        TaskRun<String> run = worker.hold(fresh("a"));
        failing(worker);
        bench.time.advance(LEASE);
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);
        assertThat(run.isLost()).isFalse();
        bench.time.advance(Duration.ofNanos(1));
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);

        assertThat(run.isLost()).isTrue();
    }

    @Test
    void aRenewalStartsTheTimeAnewFromTheMomentItWasAskedFor() throws Exception {
        bench.driver.capabilities = Capable.checking(LeaseKind.TIMED);
        WorkerBench worker = new WorkerBench(bench);
        LeaseKeeper keeper = keeper(worker);
        TaskRun<String> run = worker.hold(fresh("a"));
        bench.time.advance(THIRD);
        worker.receiver.extending = held -> {
            bench.time.advance(Duration.ofSeconds(8));
            return List.of();
        };
        keeper.turn();
        failing(worker);
        bench.time.advance(LEASE.minusSeconds(8));
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);
        assertThat(run.isLost()).isFalse();
        bench.time.advance(Duration.ofNanos(1));
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);

        assertThat(run.isLost()).isTrue();
    }

    @Test
    void aTaskThatCameAfterTheLastRenewalHasItsWholeLease() {
        bench.driver.capabilities = Capable.checking(LeaseKind.TIMED);
        WorkerBench worker = new WorkerBench(bench);
        LeaseKeeper keeper = keeper(worker);
        failing(worker);
        bench.time.advance(LEASE);
        TaskRun<String> late = worker.hold(fresh("late"));
        bench.time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);

        assertThat(late.isLost()).isFalse();
    }

    @Test
    void aBackendThatFencesOrWhoseLeaseIsTheConnectionIsBelievedInstead() {
        WorkerBench fenced = new WorkerBench(bench);
        TaskRun<String> one = fenced.hold(fresh("a"));
        LeaseKeeper keeper = keeper(fenced);
        failing(fenced);
        bench.driver.capabilities = Capable.checking(LeaseKind.CONNECTION);
        WorkerBench connected = new WorkerBench(bench);
        TaskRun<String> other = connected.hold(fresh("b"));
        LeaseKeeper connectedKeeper = keeper(connected);
        failing(connected);
        bench.driver.capabilities = Capable.ofAll();
        bench.time.advance(Duration.ofDays(1));
        assertThatThrownBy(keeper::turn).isInstanceOf(BackendError.class);
        assertThatThrownBy(connectedKeeper::turn).isInstanceOf(BackendError.class);

        assertThat(one.isLost()).isFalse();
        assertThat(other.isLost()).isFalse();
    }

    private static void failing(WorkerBench worker) {
        worker.receiver.extending = held -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away");
        };
    }

    private LeaseKeeper keeper(WorkerBench worker) {
        return new LeaseKeeper(worker.context, worker.receiver, worker.settler, worker.settler.leases(), LEASE);
    }
}
