package io.backgroundqueue.examples.folder;

import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.QueueDriverProvider;
import io.backgroundqueue.spi.QueueUrl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Opens {@code folder:/absolute/path} and {@code folder:relative/path}; the folder is created. */
public final class FolderDriverProvider implements QueueDriverProvider {
    @Override
    public Set<String> schemes() {
        return Set.of("folder");
    }

    @Override
    public QueueDriver open(QueueUrl url, QueueOptions options) throws IOException {
        if (url.path().isBlank() || url.address().startsWith("//")) {
            throw QueueException.invalid(url + " names no folder. Write folder:/var/spool/tasks");
        }
        return FolderDriver.open(Path.of(url.path()), options.time());
    }
}
