package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.inmemory.InMemoryProvider;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueUrl;
import io.backgroundqueue.testkit.BackgroundQueueContract;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.QueueHarness;
import java.util.Objects;
import java.util.UUID;

/** The contract of whole queues for a broken one. Not a test: {@link ContractRun} runs it. */
final class BrokenQueueContract extends BackgroundQueueContract {
    private static final ThreadLocal<Subject> SUBJECT = new ThreadLocal<>();

    private record Subject(BrokenQueue broken, Patience patience) {}

    /** Says which queue the runs on this thread are about. */
    static void isAbout(BrokenQueue broken, Patience patience) {
        SUBJECT.set(new Subject(broken, patience));
    }

    @Override
    protected QueueHarness openHarness() {
        return new Harness(Objects.requireNonNull(SUBJECT.get(), "there is no queue to test on this thread"));
    }

    private static final class Harness implements QueueHarness {
        private final Subject subject;
        private final QueueUrl url = QueueUrl.parse("memory:" + UUID.randomUUID());
        private final QueueDriver keeper = driver();

        Harness(Subject subject) {
            this.subject = subject;
        }

        private QueueDriver driver() {
            return new InMemoryProvider().open(url, QueueOptions.DEFAULT);
        }

        @Override
        public String adapter() {
            return "broken";
        }

        @Override
        public Capabilities capabilities() {
            return keeper.capabilities();
        }

        @Override
        public BackgroundQueue openQueue(QueueOptions options) {
            return subject.broken.fault().apply(BackgroundQueues.over(driver(), options));
        }

        @Override
        public boolean ownClocks() {
            return false;
        }

        @Override
        public Patience patience() {
            return subject.patience;
        }

        @Override
        public String brokerVersion() {
            return "-";
        }

        @Override
        public String startedBy() {
            return "in this process";
        }

        @Override
        public void close() {
            keeper.close();
        }
    }
}
