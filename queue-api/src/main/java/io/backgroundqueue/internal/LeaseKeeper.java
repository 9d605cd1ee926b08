package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Receiver;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One batched heartbeat, every third of the lease, for all that is out. */
final class LeaseKeeper implements Duty {
    private final EngineContext context;
    private final Receiver receiver;
    private final SettleBatcher settler;
    private final LeaseClock clock;
    private final Duration lease;

    LeaseKeeper(EngineContext context, Receiver receiver, SettleBatcher settler, LeaseClock clock, Duration lease) {
        this.context = context;
        this.receiver = receiver;
        this.settler = settler;
        this.clock = clock;
        this.lease = lease;
    }

    @Override
    public String name() {
        return "lease";
    }

    @Override
    public Duration turn() throws Exception {
        List<TaskRun<?>> held =
                settler.held().stream().filter(run -> !clock.lost(run)).toList();
        long before = context.time().nanos();
        List<Delivery> lost =
                receiver.extend(held.stream().map(run -> run.delivery).toList());
        clock.renewedAt(before);
        if (!lost.isEmpty()) {
            Set<Delivery> lostOnes = new HashSet<>(lost);
            held.stream()
                    .filter(run -> lostOnes.contains(run.delivery) && !run.settling())
                    .forEach(TaskRun::leaseLost);
        }
        return lease.dividedBy(3);
    }
}
