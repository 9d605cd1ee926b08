package io.backgroundqueue;

/**
 * One task to enqueue: an item of {@link BackgroundQueue#enqueueAll}, and what an {@link EnqueueInterceptor} sees.
 *
 * @param topic where to
 * @param payload what the handler gets
 * @param options what is asked for it
 * @param <T> the payload's type
 */
public record EnqueueRequest<T>(String topic, T payload, EnqueueOptions options) {
    /** A request with default options. */
    public EnqueueRequest(String topic, T payload) {
        this(topic, payload, EnqueueOptions.DEFAULT);
    }

    /** The same request with other options. */
    public EnqueueRequest<T> withOptions(EnqueueOptions newOptions) {
        return new EnqueueRequest<>(topic, payload, newOptions);
    }
}
