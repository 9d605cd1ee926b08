package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities.LeaseKind;
import java.time.Duration;

/**
 * A worker's own view of its leases. Where the store does not refuse a late verdict, the worker must: past its own
 * deadline it has lost the task, whatever kept it from renewing the lease, a stopped process included.
 */
final class LeaseClock {
    private final EngineContext context;
    private final long leaseNanos;
    private final boolean binding;
    private volatile long renewedNanos;

    LeaseClock(EngineContext context, Duration lease) {
        this.context = context;
        this.leaseNanos = lease.toNanos();
        this.binding = !context.fencedByStore() && context.capabilities().leaseKind() == LeaseKind.TIMED;
        this.renewedNanos = context.time().nanos();
    }

    /** The leases of all that was out at {@code nanos} were renewed then. */
    void renewedAt(long nanos) {
        renewedNanos = nanos;
    }

    /** Notes the lease as lost if it is past the worker's own deadline; true if it is known to be lost. */
    boolean lost(TaskRun<?> run) {
        long renewed = Math.max(renewedNanos, run.receivedNanos);
        if (binding && context.time().nanos() - renewed > leaseNanos) {
            run.leaseLost();
        }
        return run.isLost();
    }
}
