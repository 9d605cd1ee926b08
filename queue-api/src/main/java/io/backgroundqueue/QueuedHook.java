package io.backgroundqueue;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * An application hook that enqueues a task and returns at once. Never throws into its host: a failure goes to {@link
 * #onFailure} and, as {@link TaskEvent.HookFailed}, to the queue's listener. Thread-safe.
 *
 * @param <A> what the host application hands to its hook
 */
public interface QueuedHook<A> extends Consumer<A> {
    /** Makes the payload on the calling thread, hands it to the queue and returns without waiting for the backend. */
    @Override
    void accept(A argument);

    /**
     * The same hook with a callback for failures, in addition to those set before. It gets the hook's argument and the
     * error: what the payload function threw, or a {@link QueueException}.
     */
    QueuedHook<A> onFailure(BiConsumer<? super A, ? super Throwable> callback);

    /** How many calls of this hook are still on their way to the backend. */
    int pending();
}
