package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.inmemory.InMemoryKeyValueStore;
import io.backgroundqueue.inmemory.ManualTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class QueueOptionsTest {
    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        QueueOptions options = QueueOptions.DEFAULT;

        assertThat(options.codec()).isInstanceOf(JsonCodec.class);
        assertThat(options.executor()).isEmpty();
        assertThat(options.time()).isSameAs(Time.system());
        assertThat(options.store()).isEmpty();
        assertThat(options.enqueueTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(options.deduplicationWindow()).isEqualTo(Duration.ofMinutes(5));
        assertThat(options.maxPayloadBytes()).isEqualTo(1 << 20);
        assertThat(options.taskDefaults()).isEqualTo(EnqueueOptions.DEFAULT);
        assertThat(options.workerDefaults()).isEqualTo(WorkerOptions.DEFAULT);
    }

    @Test
    void aBuilderFromOptionsCarriesEveryOneOfThem() {
        Time time = new ManualTime(Instant.EPOCH);
        QueueOptions options = QueueOptions.builder()
                .codec(new JsonCodec())
                .executor(Runnable::run)
                .time(time)
                .store(new InMemoryKeyValueStore(time))
                .enqueueTimeout(Duration.ofSeconds(1))
                .deduplicationWindow(Duration.ofSeconds(2))
                .maxPayloadBytes(3)
                .taskDefaults(EnqueueOptions.DEFAULT.priority(4))
                .workerDefaults(WorkerOptions.DEFAULT.concurrency(5))
                .intercept(new EnqueueInterceptor() {
                    @Override
                    public <T> EnqueueRequest<T> intercept(EnqueueRequest<T> request) {
                        return request;
                    }
                })
                .intercept((task, next) -> next.proceed())
                .listener(TaskListener.NONE)
                .build();

        assertThat(options.toBuilder().build()).usingRecursiveComparison().isEqualTo(options);
        assertThat(options.toBuilder().build().taskInterceptors()).hasSize(1);
        assertThat(options.toBuilder().maxPayloadBytes(9).build().maxPayloadBytes())
                .isEqualTo(9);
        assertThat(options.maxPayloadBytes()).isEqualTo(3);
    }

    @Test
    void aBuilderThatIsUsedAgainChangesNothingThatWasBuilt() {
        QueueOptions.Builder builder = QueueOptions.builder().listener(TaskListener.NONE);
        QueueOptions first = builder.build();
        builder.listener(TaskListener.NONE);

        assertThat(first.listeners()).hasSize(1);
        assertThat(builder.build().listeners()).hasSize(2);
    }

    @Test
    void badValuesAreRefusedWhereTheyAreSet() {
        QueueOptions.Builder builder = QueueOptions.builder();

        invalid(() -> builder.enqueueTimeout(Duration.ZERO), "enqueueTimeout is 0");
        invalid(() -> builder.enqueueTimeout(Duration.ofSeconds(-1)), "enqueueTimeout is PT-1S");
        invalid(() -> builder.deduplicationWindow(Duration.ZERO), "deduplicationWindow is 0");
        invalid(() -> builder.maxPayloadBytes(0), "maxPayloadBytes is 0", "at least 1");
    }
}
