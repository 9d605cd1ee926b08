package io.backgroundqueue.inmemory;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import java.util.List;

/**
 * A walk that keeps only its place. It ends at the last letter there was when it began: one that replays tasks which die
 * again would otherwise never end.
 */
final class InMemoryDeadLetterCursor implements DeadLetterCursor {
    private final TopicStore store;
    private final long last;
    private final Runnable requireOpen;
    private long seen;

    InMemoryDeadLetterCursor(TopicStore store, long last, Runnable requireOpen) {
        this.store = store;
        this.last = last;
        this.requireOpen = requireOpen;
    }

    @Override
    public List<DeadLetter> next(int max) {
        requireOpen.run();
        List<Letter> letters = store.letters(seen, last, max);
        if (!letters.isEmpty()) {
            seen = letters.get(letters.size() - 1).number();
        }
        return letters.stream().map(Letter::content).toList();
    }

    @Override
    public int replay(List<DeadLetter> letters) {
        requireOpen.run();
        return store.replay(letters);
    }

    @Override
    public int purge(List<DeadLetter> letters) {
        requireOpen.run();
        return store.purge(letters);
    }

    @Override
    public void close() {}
}
