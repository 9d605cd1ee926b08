package io.backgroundqueue.examples.folder;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Progress;
import io.backgroundqueue.spi.WireFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A walk through dead letters.
 *
 * @param ahead the files that were there when it began, and are still to be read
 * @param behind what it handed out
 */
record FolderDeadLetters(TopicFolder folder, Deque<TaskFile> ahead, Map<DeadLetter, TaskFile> behind)
        implements DeadLetterCursor {
    @Override
    public List<DeadLetter> next(int max) throws IOException {
        List<DeadLetter> page = new ArrayList<>();
        while (page.size() < max && !ahead.isEmpty()) {
            TaskFile file = ahead.removeFirst();
            TopicFolder.unlessGone(() -> page.add(read(file)));
        }
        return page;
    }

    private DeadLetter read(TaskFile file) throws IOException {
        WireFormat.Read.Task task = folder.task(file);
        DeadLetter letter = task.envelope().letter(task.progress(), DeadReason.valueOf(file.mark()), file.time());
        behind.put(letter, file);
        return letter;
    }

    @Override
    public int replay(List<DeadLetter> letters) throws IOException {
        int replayed = 0;
        for (TaskFile file : files(letters)) {
            Path target = file.to(folder.waiting(), TopicFolder.CLOCK.now(), 0, "");
            replayed += TopicFolder.unlessGone(() -> folder.rewrite(file, Progress.replay(), target)) ? 1 : 0;
        }
        return replayed;
    }

    @Override
    public int purge(List<DeadLetter> letters) throws IOException {
        int purged = 0;
        for (TaskFile file : files(letters)) {
            purged += Files.deleteIfExists(file.path()) ? 1 : 0;
        }
        return purged;
    }

    private List<TaskFile> files(List<DeadLetter> letters) {
        return letters.stream().map(behind::get).filter(Objects::nonNull).toList();
    }

    @Override
    public void close() {}
}
