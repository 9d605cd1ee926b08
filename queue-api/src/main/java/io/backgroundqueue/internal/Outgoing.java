package io.backgroundqueue.internal;

import com.github.f4b6a3.uuid.UuidCreator;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.EnqueueInterceptor;
import io.backgroundqueue.EnqueueOptions;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.QueueException;
import io.backgroundqueue.QueueException.Kind;
import io.backgroundqueue.QueueOptions;
import io.backgroundqueue.Start;
import io.backgroundqueue.TopicName;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.Envelope;

/** Turns what a caller hands over into an envelope, on the caller's thread, or refuses it there. */
final class Outgoing {
    private final EngineContext context;
    private final Refusals refusals;
    private final int maxPayloadBytes;

    Outgoing(EngineContext context) {
        this.context = context;
        this.refusals = new Refusals(context.capabilities(), Kind.UNSUPPORTED);
        this.maxPayloadBytes = Math.min(
                context.options().maxPayloadBytes(),
                context.capabilities().limits().maxPayloadBytes());
    }

    Envelope envelope(EnqueueRequest<?> asked) {
        requireTopic(asked.topic());
        EnqueueRequest<?> request = intercepted(asked);
        String topic = requireTopic(request.topic());
        if (request.payload() == null) {
            throw QueueException.invalid("The payload for '" + topic + "' is null. Enqueue a value");
        }
        refusals.check(request.options(), context.time().now());
        return envelope(topic, encoded(topic, request.payload()), effective(request.options()));
    }

    private Envelope envelope(String topic, Bytes payload, EnqueueOptions options) {
        QueueOptions queue = context.options();
        return new Envelope(
                UuidCreator.getTimeOrderedEpoch().toString(),
                topic,
                options.start().orElse(Start.now()),
                options.priority().orElse(0),
                options.headers(),
                payload,
                options.deduplicationId()
                        .map(id -> new Deduplication(
                                id, options.deduplicationWindow().orElse(queue.deduplicationWindow()))),
                options.orderingKey(),
                options.attempts(),
                options.expiresAfter(),
                context.time().now());
    }

    private String requireTopic(String topic) {
        TopicName.require(topic);
        int longest = context.capabilities().limits().maxTopicLength();
        if (topic.length() > longest) {
            throw QueueException.invalid("The topic '" + topic + "' has " + topic.length() + " characters, and '"
                    + context.capabilities().backend() + "' takes at most " + longest + ". Choose a shorter name");
        }
        return topic;
    }

    private EnqueueOptions effective(EnqueueOptions asked) {
        EnqueueOptions options = asked.orElse(context.options().taskDefaults());
        if (asked.deduplicationWindow().isPresent() && options.deduplicationId().isEmpty()) {
            throw QueueException.invalid(
                    "deduplicationWindow(" + asked.deduplicationWindow().get()
                            + ") is set without a deduplicationId, so there is nothing to remember. Set both or none");
        }
        return options;
    }

    private EnqueueRequest<?> intercepted(EnqueueRequest<?> asked) {
        EnqueueRequest<?> request = asked;
        try {
            for (EnqueueInterceptor interceptor : context.options().enqueueInterceptors()) {
                request = interceptor.intercept(request);
                if (request == null) {
                    throw QueueException.invalid("An enqueue interceptor, "
                            + interceptor.getClass().getName() + ", answered null for a task of '" + asked.topic()
                            + "'. Answer the request to go on with");
                }
            }
            return request;
        } catch (QueueException refused) {
            throw refused;
        } catch (Exception refused) {
            throw new QueueException(
                    Kind.INVALID,
                    "An enqueue interceptor refused the task for '" + asked.topic() + "': " + Errors.describe(refused),
                    null,
                    Errors.clean(refused));
        }
    }

    private Bytes encoded(String topic, Object payload) {
        Bytes bytes;
        try {
            bytes = context.options().codec().encode(payload);
            if (bytes == null) {
                throw new IllegalStateException(
                        "the codec " + context.options().codec().getClass().getName() + " answered null");
            }
        } catch (Exception | StackOverflowError failure) {
            throw new QueueException(
                    Kind.INVALID,
                    "The payload for '" + topic + "' of type "
                            + payload.getClass().getName()
                            + " could not be encoded: " + Errors.describe(failure)
                            + ". Enqueue a plain value such as a record, or give the queue a codec that knows the type",
                    null,
                    Errors.clean(failure));
        }
        if (bytes.size() > maxPayloadBytes) {
            throw new QueueException(
                    Kind.TOO_LARGE,
                    "The payload for '" + topic + "' takes " + bytes.size() + " bytes, and this queue on '"
                            + context.capabilities().backend() + "' takes at most " + maxPayloadBytes
                            + ". Store it elsewhere and enqueue a reference to it");
        }
        return bytes;
    }
}
