package io.backgroundqueue.examples.folder;

import io.backgroundqueue.BackgroundQueue;
import io.backgroundqueue.BackgroundQueues;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Feature;
import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Support;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.testkit.DriverHarness;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** A folder of its own for each test. */
record FolderHarness(Path root, Optional<KeyValueStore> store) implements DriverHarness {
    static FolderHarness forDrivers() throws IOException {
        return new FolderHarness(Files.createTempDirectory("folder-queue"), Optional.empty());
    }

    /** Its queues share a store, as processes share one on a server. */
    static FolderHarness forQueues() throws IOException {
        KeyValueStore store = BackgroundQueues.openStore("memory:");
        return new FolderHarness(Files.createTempDirectory("folder-queue"), Optional.of(store));
    }

    @Override
    public String adapter() {
        return "folder";
    }

    @Override
    public Capabilities capabilities() {
        return store.isEmpty()
                ? FolderDriver.CAPABILITIES
                : FolderDriver.CAPABILITIES.with(
                        Feature.DEDUPLICATION, Support.emulated("through the queue's key-value store"));
    }

    @Override
    public QueueDriver openDriver() throws IOException {
        return FolderDriver.open(root, Time.system());
    }

    @Override
    public BackgroundQueue openQueue(QueueOptions options) throws IOException {
        QueueOptions withStore = options.toBuilder().store(store.orElseThrow()).build();
        return BackgroundQueues.over(FolderDriver.open(root, options.time()), withStore);
    }

    @Override
    public Optional<String> url() {
        return Optional.of("folder:" + root);
    }

    /** A complete file under any name, as somebody would drop it who knows nothing of us. */
    @Override
    public boolean injectRaw(String topic, Bytes bytes) throws IOException {
        Path waiting = FolderDriver.open(root, Time.system()).folder(topic).waiting();
        Files.write(waiting.resolve("dropped by hand " + UUID.randomUUID()), bytes.toArray());
        return true;
    }

    @Override
    public Duration shortLease() {
        return Duration.ofSeconds(2);
    }

    @Override
    public String brokerVersion() {
        return "-";
    }

    @Override
    public String startedBy() {
        return "a temporary folder";
    }

    @Override
    public void close() {
        store.ifPresent(KeyValueStore::close);
        delete(root.toFile());
    }

    private static void delete(File file) {
        File[] children = file.listFiles();
        if (children != null) {
            Stream.of(children).forEach(FolderHarness::delete);
        }
        file.delete();
    }
}
