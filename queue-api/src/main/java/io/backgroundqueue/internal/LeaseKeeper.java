package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities.LeaseKind;
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
    private final Duration lease;
    private final boolean watchesDeadline;
    private long renewedNanos;

    LeaseKeeper(EngineContext context, Receiver receiver, SettleBatcher settler, Duration lease) {
        this.context = context;
        this.receiver = receiver;
        this.settler = settler;
        this.lease = lease;
        this.watchesDeadline =
                !context.fencedByStore() && context.capabilities().leaseKind() == LeaseKind.TIMED;
        this.renewedNanos = context.time().nanos();
    }

    @Override
    public String name() {
        return "lease";
    }

    @Override
    public Duration turn() throws Exception {
        if (watchesDeadline) {
            giveUpOverdue();
        }
        List<TaskRun<?>> held =
                settler.held().stream().filter(run -> !run.isLost()).toList();
        long before = context.time().nanos();
        List<Delivery> lost =
                receiver.extend(held.stream().map(run -> run.delivery).toList());
        renewedNanos = before;
        if (!lost.isEmpty()) {
            Set<Delivery> lostOnes = new HashSet<>(lost);
            held.stream().filter(run -> lostOnes.contains(run.delivery)).forEach(TaskRun::leaseLost);
        }
        return lease.dividedBy(3);
    }

    /** Where the store does not refuse a late verdict, the worker must: past its own deadline it has lost the task. */
    private void giveUpOverdue() {
        long now = context.time().nanos();
        for (TaskRun<?> run : settler.held()) {
            long renewed = Math.max(renewedNanos, run.receivedNanos);
            if (now - renewed > lease.toNanos()) {
                run.leaseLost();
            }
        }
    }
}
