package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import java.util.List;

/** Does what another cursor does. A fault is a method that is overridden. */
class PlainCursor implements DeadLetterCursor {
    final DeadLetterCursor next;

    PlainCursor(DeadLetterCursor next) {
        this.next = next;
    }

    @Override
    public List<DeadLetter> next(int max) throws Exception {
        return next.next(max);
    }

    @Override
    public int replay(List<DeadLetter> letters) throws Exception {
        return next.replay(letters);
    }

    @Override
    public int purge(List<DeadLetter> letters) throws Exception {
        return next.purge(letters);
    }

    @Override
    public void close() {
        next.close();
    }
}
