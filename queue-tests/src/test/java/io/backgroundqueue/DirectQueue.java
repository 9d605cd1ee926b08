package io.backgroundqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The least that a direct implementation of {@link BackgroundQueue} writes, and a record of what it was asked. */
class DirectQueue implements BackgroundQueue {
    final Recorder<EnqueueRequest<?>> enqueued = new Recorder<>();
    final Recorder<TaskEvent> events = new Recorder<>();
    int closed;

    @Override
    public <T> EnqueueReceipt enqueue(String topic, T payload, EnqueueOptions options) {
        if (payload.equals("bad")) {
            throw QueueException.invalid("a bad payload");
        }
        enqueued.add(new EnqueueRequest<>(topic, payload, options));
        return new EnqueueReceipt(
                "id-" + enqueued.all().size(),
                topic,
                EnqueueReceipt.Status.ACCEPTED,
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty());
    }

    @Override
    public <T> Worker consume(
            String topic, PayloadType<T> type, BackgroundTaskHandler<? super T> handler, WorkerOptions options) {
        return new Worker() {
            @Override
            public String topic() {
                return topic + " as " + type + " with " + options.concurrency().orElse(0);
            }

            @Override
            public void pause() {}

            @Override
            public void resume() {}

            @Override
            public ShutdownReport shutdown(Duration grace) {
                return new ShutdownReport((int) grace.toSeconds(), 0, List.of(), 0, 0);
            }
        };
    }

    @Override
    public void close() {
        closed++;
    }

    @Override
    public TaskListener listener() {
        return events::add;
    }
}
