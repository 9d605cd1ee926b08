package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.Settlement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Fetches more than it hands out, as drivers of brokers do, and is healthy but for what a fault overrides. */
class Prefetching extends PlainReceiver {
    private static final int BUFFER = 10;

    private final Deque<Delivery> buffer = new ArrayDeque<>();

    Prefetching(Receiver next) {
        super(next);
    }

    @Override
    public List<Delivery> receive(int max, Duration wait) throws Exception {
        if (max == 0) {
            return next.receive(0, wait);
        }
        if (buffer.isEmpty()) {
            buffer.addAll(next.receive(BUFFER, wait));
        }
        List<Delivery> handed = new ArrayList<>();
        while (handed.size() < max && !buffer.isEmpty()) {
            handed.add(buffer.remove());
        }
        return handed;
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) throws Exception {
        List<Delivery> all = new ArrayList<>(held);
        all.addAll(buffer);
        List<Delivery> lost = new ArrayList<>(next.extend(all));
        lost.retainAll(held);
        return lost;
    }

    @Override
    public void park() throws Exception {
        giveBackAtPark();
        next.park();
    }

    @Override
    public void close() {
        try {
            giveBackAtClose();
        } catch (Exception failed) {
            throw new IllegalStateException("could not give back: " + failed.getMessage(), failed);
        }
        next.close();
    }

    void giveBackAtPark() throws Exception {
        giveBack();
    }

    void giveBackAtClose() throws Exception {
        giveBack();
    }

    List<Delivery> giveBack() throws Exception {
        List<Delivery> back = List.copyOf(buffer);
        buffer.clear();
        List<Settlement> releases = new ArrayList<>();
        back.forEach(delivery -> releases.add(new Settlement.Release(delivery)));
        next.settle(releases);
        return back;
    }
}
