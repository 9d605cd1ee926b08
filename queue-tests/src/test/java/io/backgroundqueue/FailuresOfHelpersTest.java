package io.backgroundqueue;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.inmemory.InMemoryKeyValueStore;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What goes wrong beside the application's own failure must not hide it, nor reach a host. */
class FailuresOfHelpersTest {
    @Test
    void aStoreThatFailsWhileAClaimIsGivenUpDoesNotHideWhyTheActionFailed() {
        KeyValueStore store = new InMemoryKeyValueStore(Time.system());
        NonRetryableException why = new NonRetryableException("no such customer");

        assertThatThrownBy(() -> Idempotency.once(store, "a", Duration.ofDays(1), () -> {
                    store.close();
                    throw why;
                }))
                .isSameAs(why);
    }

    @Test
    void aQueueWhoseListenerIsBrokenDoesNotReachTheHostOfAHook() {
        DirectQueue queue = new DirectQueue() {
            @Override
            public TaskListener listener() {
                throw new IllegalStateException("no listener");
            }
        };
        QueuedHook<String> hook = QueueHooks.queueHook(queue, "runs", run -> {
            throw new IllegalStateException("no payload");
        });

        assertThatCode(() -> hook.accept("a")).doesNotThrowAnyException();
    }
}
