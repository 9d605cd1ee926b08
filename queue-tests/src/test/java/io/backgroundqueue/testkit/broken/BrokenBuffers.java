package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Rules 14.27, 14.29 and 14.70 broken: what is buffered and was not handed out. */
final class BrokenBuffers {
    private BrokenBuffers() {}

    static List<BrokenDriver> all() {
        return List.of(
                BrokenDriver.of(
                        "keeps its buffer when it is parked",
                        "14.27",
                        "4 should come on",
                        driver -> receiving(driver, receiver -> new Prefetching(receiver) {
                            @Override
                            void giveBackAtPark() {}
                        })),
                BrokenDriver.sharing(
                        "counts what it gives back as started",
                        "14.29",
                        "prior starts of tasks that were never handed out",
                        backend -> {
                            Set<String> charged = ConcurrentHashMap.newKeySet();
                            return driver -> charging(driver, charged);
                        }),
                BrokenDriver.of(
                        "keeps its buffer when it is closed",
                        "14.70",
                        "4 should come on",
                        driver -> receiving(driver, receiver -> new Prefetching(receiver) {
                            @Override
                            void giveBackAtClose() {}
                        })));
    }

    private static QueueDriver receiving(QueueDriver driver, UnaryOperator<Receiver> change) {
        return Faulty.receiving(driver, (topic, receiver) -> change.apply(receiver));
    }

    private static QueueDriver charging(QueueDriver driver, Set<String> charged) {
        QueueDriver giving = receiving(driver, receiver -> new Prefetching(receiver) {
            @Override
            List<Delivery> giveBack() throws Exception {
                List<Delivery> back = super.giveBack();
                for (Delivery delivery : back) {
                    if (delivery instanceof Delivery.Task task) {
                        charged.add(task.envelope().taskId());
                    }
                }
                return back;
            }
        });
        return Faulty.handing(
                giving, task -> charged.contains(task.envelope().taskId()) ? Copy.moreStarts(task, 1) : task);
    }
}
