package io.backgroundqueue;

import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wraps the hooks of an application, so that what they trigger runs in a worker and not in the host. */
public final class QueueHooks {
    private static final Logger LOG = LoggerFactory.getLogger(QueueHooks.class);

    private QueueHooks() {}

    /** {@link #queueHook(BackgroundQueue, String, Function, EnqueueOptions)} with default options. */
    public static <A> QueuedHook<A> queueHook(BackgroundQueue queue, String topic, Function<? super A, ?> payload) {
        return queueHook(queue, topic, payload, EnqueueOptions.DEFAULT);
    }

    /**
     * A hook that enqueues {@code payload.apply(argument)} to {@code topic}.
     *
     * <p>The payload function and the codec run on the thread that calls the hook; everything else follows through
     * {@link BackgroundQueue#enqueueAsync}. Closing the queue completes what is pending.
     *
     * @throws QueueException of kind INVALID if the topic is not a legal name
     */
    public static <A> QueuedHook<A> queueHook(
            BackgroundQueue queue, String topic, Function<? super A, ?> payload, EnqueueOptions options) {
        return new Hook<>(
                new Target<>(queue, TopicName.require(topic), payload, options),
                (argument, error) -> {},
                new AtomicInteger());
    }

    private record Target<A>(
            BackgroundQueue queue, String topic, Function<? super A, ?> payload, EnqueueOptions options) {}

    private record Hook<A>(Target<A> target, BiConsumer<? super A, ? super Throwable> callback, AtomicInteger underWay)
            implements QueuedHook<A> {

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // ended() hears of every failure, and never throws
        public void accept(A argument) {
            underWay.incrementAndGet();
            try {
                target.queue
                        .enqueueAsync(target.topic, target.payload.apply(argument), target.options)
                        .whenComplete((receipt, error) -> ended(argument, error));
            } catch (Throwable error) {
                ended(argument, error);
            }
        }

        @Override
        public QueuedHook<A> onFailure(BiConsumer<? super A, ? super Throwable> further) {
            BiConsumer<? super A, ? super Throwable> before = callback;
            return new Hook<A>(
                    target,
                    (argument, error) -> {
                        call(before, argument, error);
                        call(further, argument, error);
                    },
                    underWay);
        }

        @Override
        public int pending() {
            return underWay.get();
        }

        private void ended(A argument, @Nullable Throwable error) {
            underWay.decrementAndGet();
            if (error != null) {
                Throwable cause =
                        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
                LOG.warn("A hook could not enqueue to '{}'; its host goes on", target.topic, cause);
                call(callback, argument, cause);
                tell(cause);
            }
        }

        private void tell(Throwable cause) {
            try {
                target.queue.listener().on(new TaskEvent.HookFailed(target.topic, cause));
            } catch (RuntimeException broken) {
                LOG.warn("The listener of a hook's queue threw; it is ignored", broken);
            }
        }

        private static <A> void call(BiConsumer<? super A, ? super Throwable> callback, A argument, Throwable error) {
            try {
                callback.accept(argument, error);
            } catch (Throwable failure) {
                LOG.warn("The failure callback of a hook threw; it is ignored", failure);
            }
        }
    }
}
