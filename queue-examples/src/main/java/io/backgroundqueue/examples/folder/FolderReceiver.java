package io.backgroundqueue.examples.folder;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Delivery;
import io.backgroundqueue.spi.Outcome;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.Settlement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Takes tasks by renaming them. The modification time of a held file is the end of its lease. The clock is the machine's:
 * it is the one that all processes share.
 *
 * @param time the worker's own clock, which may be wrong: nothing is handed out later than it says
 */
record FolderReceiver(TopicFolder folder, ReceiverOptions options, Time time) implements Receiver {
    @Override
    public List<Delivery> receive(int max, Duration wait) throws IOException {
        int room = Math.min(max, options.maxUnsettled() - tend());
        long bytes = 0;
        List<Delivery> taken = new ArrayList<>();
        for (TaskFile file : room > 0 ? TopicFolder.list(folder.waiting()) : List.<TaskFile>of()) {
            bytes += file.path().toFile().length();
            boolean enough = taken.size() == room || (bytes > options.maxBytes() && !taken.isEmpty());
            if (enough || file.time().isAfter(TopicFolder.CLOCK.now())) {
                return taken;
            }
            TopicFolder.unlessGone(() -> taken.add(claim(file)));
        }
        return taken;
    }

    /** Gives back what has run out, whoever held it, and answers how much this worker holds. */
    private int tend() throws IOException {
        int mine = 0;
        FileTime now = FileTime.from(TopicFolder.CLOCK.now());
        for (TaskFile file : TopicFolder.list(folder.held())) {
            mine += file.mark().startsWith(options.workerId()) ? 1 : 0;
            TopicFolder.unlessGone(() -> {
                if (Files.getLastModifiedTime(file.path()).compareTo(now) < 0) {
                    TopicFolder.move(file.path(), file.to(folder.waiting(), file.time(), file.starts() + 1, ""));
                }
            });
        }
        return mine;
    }

    private Delivery claim(TaskFile file) throws IOException {
        TaskFile held = TaskFile.of(file.to(folder.held(), options.workerId() + "-" + UUID.randomUUID()));
        renew(file); // before it is held: it must never look run out
        TopicFolder.move(file.path(), held.path());
        renew(held); // and again: another worker may have tried meanwhile, with a shorter lease
        Bytes content = Bytes.wrap(Files.readAllBytes(held.path()));
        Instant due = file.time().isBefore(time.now()) ? file.time() : time.now();
        return folder.read(held, content).delivery(due, new PriorStarts(file.starts(), Precision.EXACT), content, held);
    }

    private void renew(TaskFile file) throws IOException {
        Files.setLastModifiedTime(
                file.path(), FileTime.from(TopicFolder.CLOCK.now().plus(options.lease())));
    }

    @Override
    public List<Outcome> settle(List<Settlement> batch) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Settlement one : batch) {
            try {
                outcomes.add(TopicFolder.unlessGone(() -> settle(one)) ? Outcome.DONE : Outcome.STALE);
            } catch (IOException error) {
                outcomes.add(new Outcome.Failed(error));
            }
        }
        return outcomes;
    }

    private void settle(Settlement settlement) throws IOException {
        TaskFile file = (TaskFile) settlement.delivery().lease();
        Instant now = TopicFolder.CLOCK.now();
        if (settlement instanceof Settlement.Ack) {
            Files.delete(file.path());
        } else if (settlement instanceof Settlement.Later later) {
            Path back = file.to(folder.waiting(), later.start().resolve(now), 0, "");
            folder.rewrite(file, later.progress(), back);
        } else if (settlement instanceof Settlement.Dead dead) {
            Path end = file.to(folder.dead(), now, 0, dead.reason().name());
            folder.rewrite(file, dead.progress(), end);
        } else {
            TopicFolder.move(file.path(), file.to(folder.waiting(), ""));
        }
    }

    @Override
    public List<Delivery> extend(List<Delivery> held) throws IOException {
        List<Delivery> lost = new ArrayList<>();
        for (Delivery delivery : held) {
            if (!TopicFolder.unlessGone(() -> renew((TaskFile) delivery.lease()))) {
                lost.add(delivery);
            }
        }
        return lost;
    }

    @Override
    public void park() {}

    @Override
    public void close() {}
}
