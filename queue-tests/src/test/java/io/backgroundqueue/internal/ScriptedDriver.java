package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Recorder;
import io.backgroundqueue.Scope;
import io.backgroundqueue.TopicStats;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.QueueDriver;
import io.backgroundqueue.spi.Receiver;
import io.backgroundqueue.spi.ReceiverOptions;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** A backend that does what a test tells it to do, and notes what it was asked. Thread-safe. */
final class ScriptedDriver implements QueueDriver {
    /** How a batch is answered. */
    @FunctionalInterface
    interface Sending {
        List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception;
    }

    /** Opening and closing, in order: "open orders", "close duty reaper", "close orders", "close driver". */
    final Recorder<String> journal = new Recorder<>();

    final Recorder<List<Envelope>> batches = new Recorder<>();
    final Recorder<ReceiverOptions> receiverOptions = new Recorder<>();
    final AtomicBoolean interrupted = new AtomicBoolean();
    volatile Capabilities capabilities = Capable.ofAll();
    volatile Sending sending = (batch, timeout) -> all(batch, SendResult.ACCEPTED);
    volatile Function<String, ScriptedReceiver> receivers = topic -> new ScriptedReceiver(topic, this);
    volatile List<Duty> duties = List.of();
    volatile Runnable naming = () -> {};
    volatile Function<Exception, ErrorClass> classifying =
            error -> error instanceof BackendError known ? known.errorClass : ErrorClass.TRANSIENT;
    volatile Callable<Long> lost = () -> 0L;
    volatile Callable<Object> administering = () -> true;
    volatile DeadLetterCursor letters = new ScriptedLetters(List.of());

    static List<SendResult> all(List<Envelope> batch, SendResult result) {
        return batch.stream().map(envelope -> result).toList();
    }

    /** The ids of what was sent, batch by batch. */
    List<List<String>> sent() {
        return batches.all().stream()
                .map(batch -> batch.stream().map(Envelope::taskId).toList())
                .toList();
    }

    void noteInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            interrupted.set(true);
        }
    }

    @Override
    public List<SendResult> send(List<Envelope> batch, Duration timeout) throws Exception {
        noteInterrupt();
        batches.add(new ArrayList<>(batch));
        return sending.send(batch, timeout);
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public Receiver receiver(String topic, ReceiverOptions options) throws Exception {
        administering.call();
        receiverOptions.add(options);
        ScriptedReceiver receiver = receivers.apply(topic);
        journal.add("open " + topic);
        return receiver;
    }

    @Override
    public DeadLetterCursor deadLetters(String topic) throws Exception {
        administering.call();
        return letters;
    }

    @Override
    public TopicStats stats(String topic) throws Exception {
        administering.call();
        return new TopicStats(
                OptionalLong.of(5), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty());
    }

    @Override
    public long purge(String topic, Scope scope) throws Exception {
        administering.call();
        return 7;
    }

    @Override
    public void check() throws Exception {
        administering.call();
    }

    @Override
    public List<Duty> duties() {
        naming.run();
        return duties;
    }

    @Override
    public ErrorClass classify(Exception error) {
        return classifying.apply(error);
    }

    @Override
    public long lostAtClose() {
        try {
            return lost.call();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        noteInterrupt();
        journal.add("close driver");
    }
}
