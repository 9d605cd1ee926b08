package io.backgroundqueue.examples.folder;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The folder of one topic. A file is written in {@code tmp} and shows up elsewhere by a rename, complete or not at all.
 */
record TopicFolder(String topic, Path tmp, Path waiting, Path held, Path dead) {
    /** The machine's, which all processes share: to a folder it is what its own clock is to a broker. */
    static final Time CLOCK = Time.system();

    /** A step that fails with {@link NoSuchFileException} when somebody else was faster. */
    interface Step {
        void take() throws IOException;
    }

    static TopicFolder open(String topic, Path path) throws IOException {
        Path tmp = Files.createDirectories(path.resolve("tmp"));
        Path waiting = Files.createDirectories(path.resolve("waiting"));
        Path held = Files.createDirectories(path.resolve("held"));
        return new TopicFolder(topic, tmp, waiting, held, Files.createDirectories(path.resolve("dead")));
    }

    static List<TaskFile> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(TaskFile::of).sorted(TaskFile.ORDER).toList();
        }
    }

    static boolean unlessGone(Step step) throws IOException {
        try {
            step.take();
            return true;
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    WireFormat.Read read(TaskFile file, Bytes content) {
        return WireFormat.fromLine(content, topic, file.number());
    }

    /** The task in a file; what is no task is read as if a foreign producer had sent it. */
    WireFormat.Read.Task task(TaskFile file) throws IOException {
        Bytes content = Bytes.wrap(Files.readAllBytes(file.path()));
        return read(file, content) instanceof WireFormat.Read.Task task
                ? task
                : (WireFormat.Read.Task) WireFormat.fromHeaders(Map.of(), content, topic, file.number());
    }

    Path write(Envelope envelope, Progress progress) throws IOException {
        byte[] line = WireFormat.toLine(envelope, progress, null).toArray();
        return Files.write(tmp.resolve(UUID.randomUUID().toString()), line);
    }

    /**
     * Moves a file and changes the progress in it. The first rename decides who may: it fails for all but one. A crash
     * after it leaves the file in its folder, under a name that means the same.
     */
    void rewrite(TaskFile file, Progress progress, Path target) throws IOException {
        TaskFile mine = TaskFile.of(file.path().resolveSibling(file.path().getFileName() + "." + UUID.randomUUID()));
        move(file.path(), mine.path());
        Path fresh = write(task(mine).envelope(), progress);
        Files.setLastModifiedTime(fresh, Files.getLastModifiedTime(mine.path()));
        move(fresh, mine.path());
        move(mine.path(), target);
    }
}
