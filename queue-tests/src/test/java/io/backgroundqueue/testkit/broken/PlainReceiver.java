package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.List;

/** Does what another receiver does. A fault is a method that is overridden. */
class PlainReceiver implements Receiver {
    final Receiver next;

    PlainReceiver(Receiver next) {
        this.next = next;
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws Exception {
        return next.receive(max, wait);
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) throws Exception {
        return next.settle(batch);
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) throws Exception {
        return next.extend(held);
    }

    @Override
    public void park() throws Exception {
        next.park();
    }

    @Override
    public void wake() {
        next.wake();
    }

    @Override
    public List<Duty> duties() {
        return next.duties();
    }

    @Override
    public void close() {
        next.close();
    }
}
