package io.backgroundqueue.examples.folder;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Scope;
import io.backgroundqueue.Support;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.TopicNames;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** A folder as a broker: a subfolder per topic, a file per task. */
record FolderDriver(Path root, Time time, String origin, AtomicLong sent, AtomicBoolean closed) implements QueueDriver {
    static final Capabilities CAPABILITIES = capabilitiesOfAFolder();

    /** Case does not count on every file system, and a dot may mean the folder itself. */
    private static final TopicNames NAMES =
            new TopicNames(c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-', '_', 240);

    static FolderDriver open(Path root, Time time) throws IOException {
        String origin = UUID.randomUUID().toString().substring(0, 8);
        return new FolderDriver(Files.createDirectories(root), time, origin, new AtomicLong(), new AtomicBoolean());
    }

    private static Capabilities capabilitiesOfAFolder() {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        features.put(Feature.DELAY, Support.emulated("the due time is in the file's name"));
        features.put(Feature.LEASE, Support.emulated("a held file's modification time is the end of its lease"));
        features.put(Feature.DEDUPLICATION, Support.withStore());
        features.put(Feature.PRIORITY, Support.unsupported("files are kept by due time", "use a topic per urgency"));
        features.put(Feature.ORDERING_KEY, Support.unsupported("files have no lines", "use a topic per key"));
        features.put(Feature.STATS, Support.unsupported("counting means listing all files", "count in the shell"));
        features.put(Feature.CANCEL, Support.unsupported("files are not found by task id", "let the handler check"));
        features.put(Feature.TRANSACTIONAL_ENQUEUE, Support.unsupported("no database", "enqueue after the commit"));
        Limits names = Limits.DEFAULT.maxTopicLength(80).priorityLevels(1);
        Limits limits = names.maxWait(Duration.ZERO).lateness(Duration.ofMillis(500));
        return new Capabilities(
                "folder", features, limits, LeaseKind.TIMED, true, true, Precision.EXACT, Durability.BROKER_MEMORY);
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    TopicFolder folder(String topic) throws IOException {
        return TopicFolder.open(topic, openRoot().resolve(NAMES.encode(topic)));
    }

    private Path openRoot() {
        if (closed.get()) {
            throw new IllegalStateException("the driver of " + root + " is closed");
        }
        return root;
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) {
        return batch.stream().map(this::send).toList();
    }

    private SendResult send(Envelope envelope) {
        try {
            store(envelope);
            return SendResult.ACCEPTED;
        } catch (IOException error) {
            return new SendResult.Failed(classify(error), error);
        }
    }

    private void store(Envelope envelope) throws IOException {
        TopicFolder folder = folder(envelope.topic());
        Path fresh = folder.write(envelope, Progress.NONE);
        Instant due = envelope.start().resolve(TopicFolder.CLOCK.now());
        TaskFile file = new TaskFile(fresh, due, "%010d-%s".formatted(sent.incrementAndGet(), origin), 0, "");
        TopicFolder.move(fresh, file.to(folder.waiting(), due, 0, ""));
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws IOException {
        return new FolderReceiver(folder(topic), options, time);
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws IOException {
        TopicFolder folder = folder(topic);
        return new FolderDeadLetters(folder, new ArrayDeque<>(TopicFolder.list(folder.dead())), new HashMap<>());
    }

    @Override
    public long purge(String topic, Scope scope) throws IOException {
        TopicFolder folder = folder(topic);
        long deleted = 0;
        for (TaskFile file : TopicFolder.list(scope == Scope.READY ? folder.waiting() : folder.dead())) {
            deleted += Files.deleteIfExists(file.path()) ? 1 : 0;
        }
        return deleted;
    }

    @Override
    public void check() throws IOException {
        Files.delete(Files.createTempFile(openRoot(), "check", ".tmp"));
    }

    /** A file shows up by one rename at the end: a call that failed has stored nothing. */
    @Override
    public ErrorClass classify(Exception error) {
        ErrorClass ofDisk = error instanceof AccessDeniedException ? ErrorClass.MISCONFIGURED : ErrorClass.TRANSIENT;
        return error instanceof IllegalStateException ? ErrorClass.CLOSED : ofDisk;
    }

    @Override
    public void close() {
        closed.set(true);
    }
}
