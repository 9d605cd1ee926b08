package io.backgroundqueue.internal;

import io.backgroundqueue.BackgroundTask;
import io.backgroundqueue.spi.Delivery;
import java.time.Instant;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What a handler sees of a delivery. */
record RunningTask<T>(Delivery.Task delivery, T payload, int maxAttempts, BooleanSupplier lost)
        implements BackgroundTask<T> {
    @Override
    public String id() {
        return delivery.envelope().taskId();
    }

    @Override
    public String topic() {
        return delivery.envelope().topic();
    }

    @Override
    public Map<String, String> headers() {
        return delivery.envelope().headers();
    }

    @Override
    public Instant enqueuedAt() {
        return delivery.envelope().enqueuedAt();
    }

    @Override
    public int attempt() {
        return delivery.progress().failures() + 1;
    }

    @Override
    public int interruptions() {
        return delivery.progress().interruptions() + delivery.starts().count();
    }

    @Override
    public boolean replayed() {
        return delivery.progress().replayed();
    }

    @Override
    public boolean leaseLost() {
        return lost.getAsBoolean();
    }
}
