package io.backgroundqueue.internal;

import static io.backgroundqueue.Refused.invalid;
import static io.backgroundqueue.internal.Deliveries.fresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Codec;
import io.backgroundqueue.EnqueueInterceptor;
import io.backgroundqueue.EnqueueRequest;
import io.backgroundqueue.PayloadType;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Parts of an adapter or an application that are broken leave nothing open, blocked or unexplained. */
class BrokenPartsTest {
    private final Bench bench = new Bench();

    @Test
    void aReceiverThatCannotNameItsDutiesIsClosedAndTheTopicIsFree() {
        ScriptedReceiver broken = new ScriptedReceiver("orders", bench.driver);
        broken.naming = () -> {
            throw new IllegalStateException("no duties");
        };
        bench.driver.receivers = topic -> broken;
        EngineQueue queue = bench.queue();
        assertThat(catchThrowable(() -> queue.consume("orders", String.class, task -> {})))
                .isNotNull();

        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders");
        assertThat(workerThreads()).isEmpty();
        queue.close();
    }

    @Test
    void aDriverThatCannotNameItsDutiesLeavesNoReceiverOpen() {
        bench.driver.naming = () -> {
            throw new IllegalStateException("no duties");
        };
        EngineQueue queue = bench.queue();
        assertThat(catchThrowable(() -> queue.consume("orders", String.class, task -> {})))
                .isNotNull();

        assertThat(bench.driver.journal.all()).containsExactly("open orders", "close orders");
        assertThat(workerThreads()).isEmpty();
        queue.close();
    }

    @Test
    void aTopicWhoseReceiverCannotBeLoadedIsFree() {
        bench.driver.receivers = topic -> {
            throw new NoClassDefFoundError("a client class");
        };
        EngineQueue queue = bench.queue();
        assertThat(catchThrowable(() -> queue.consume("orders", String.class, task -> {})))
                .isNotNull();
        bench.driver.receivers = topic -> new ScriptedReceiver(topic, bench.driver);

        assertThat(queue.consume("orders", String.class, task -> {}).topic()).isEqualTo("orders");
        queue.close();
    }

    @Test
    void anErrorThatTheDriverCannotClassifyCostsNoVerdict() {
        WorkerBench worker = new WorkerBench(bench);
        worker.receiver.settling = batch -> {
            worker.receiver.settling = again -> ScriptedReceiver.all(again, Outcome.DONE);
            throw new IllegalStateException("unknown to the driver");
        };
        bench.driver.classifying = error -> {
            throw new ClassCastException("a driver that expects its own errors only");
        };
        worker.done(fresh("a"));
        assertThat(catchThrowable(worker::settle)).isNull();
        bench.driver.classifying = error -> ErrorClass.TRANSIENT;
        bench.time.advance(Duration.ofSeconds(1));
        worker.settle();

        assertThat(worker.settler.finished()).isEqualTo(1);
        assertThat(worker.settler.held()).isEmpty();
    }

    @Test
    void anInterceptorThatAnswersNothingIsInvalid() {
        bench.options(builder -> builder.intercept(new EnqueueInterceptor() {
            @Override
            public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) {
                return null;
            }
        }));
        EngineQueue queue = bench.queue();

        invalid(() -> queue.enqueue("orders", "a"), "interceptor", "null");
        CompletableFuture<?> answer = queue.enqueueAsync("orders", "a");
        assertThat(answer).isCompletedExceptionally();
        queue.close();
    }

    @Test
    void aCodecThatAnswersNothingIsInvalid() {
        bench.options(builder -> builder.codec(new Codec() {
            @Override
            public Bytes encode(Object payload) {
                return null;
            }

            @Override
            public <T> T decode(Bytes bytes, PayloadType<T> type) {
                return null;
            }
        }));
        EngineQueue queue = bench.queue();

        invalid(() -> queue.enqueue("orders", "a"), "could not be encoded");
        queue.close();
    }

    private static List<String> workerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("bq-") && name.endsWith("-orders"))
                .toList();
    }
}
