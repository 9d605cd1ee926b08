package io.backgroundqueue.internal;

import io.backgroundqueue.KeyValueStore;
import io.backgroundqueue.KeyValueStore.Put;
import io.backgroundqueue.KeyValueStore.Swap;
import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.spi.Deduplication;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deduplication for brokers that cannot look a key up: an id is claimed in a {@link KeyValueStore} before the task is
 * sent ({@code P|taskId}), and confirmed for the window once it is stored ({@code C|taskId}). At most one task per
 * window, unless a producer is cut off between claim and confirmation for longer than the claim lives; never a lost task.
 */
final class StoreDeduplication {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDeduplication.class);
    private static final String CLAIMED = "P|";
    private static final String CONFIRMED = "C|";

    /** How much longer a claim lives than the caller waits: time for the confirmation. */
    private static final Duration CLAIM_SLACK = Duration.ofSeconds(30);

    private final EngineContext context;

    StoreDeduplication(EngineContext context) {
        this.context = context;
    }

    /** What came of asking for an id. */
    sealed interface Claim {
        /** The task may be sent. */
        record Won() implements Claim {}

        /** A task of this id was accepted before. */
        record Lost(Optional<String> of) implements Claim {}

        /** Another producer is just sending a task of this id, or the store failed: ask again. */
        record Undecided(Optional<Exception> error) implements Claim {}
    }

    /** Asks for the ids of a batch; tasks without one win. */
    List<Claim> claim(List<PendingSend> batch) {
        List<PendingSend> asking = batch.stream()
                .filter(pending -> pending.envelope.deduplication().isPresent() && !pending.claimed)
                .toList();
        List<Claim> answers = asking.isEmpty() ? List.of() : claims(asking);
        List<Claim> claims = new ArrayList<>(batch.size());
        for (PendingSend pending : batch) {
            int asked = asking.indexOf(pending);
            claims.add(asked < 0 ? new Claim.Won() : answers.get(asked));
        }
        return claims;
    }

    /** Confirms the ids of what was stored, and gives back those of what surely was not. */
    void confirm(List<PendingSend> batch, List<SendResult> results) {
        List<PendingSend> stored = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            PendingSend pending = batch.get(i);
            if (!pending.claimed) {
                continue;
            }
            if (results.get(i) instanceof SendResult.Failed failed) {
                release(pending, failed.errorClass());
            } else {
                stored.add(pending);
            }
        }
        if (!stored.isEmpty()) {
            confirm(stored);
        }
    }

    /** Gives the id back that a task holds which is not sent after all, because its caller has gone. */
    void withdraw(PendingSend pending) {
        if (pending.claimed) {
            release(pending, ErrorClass.TRANSIENT);
        }
    }

    private List<Claim> claims(List<PendingSend> asking) {
        try {
            Duration life = context.options().enqueueTimeout().plus(CLAIM_SLACK);
            List<Boolean> won = store().putAllIfAbsent(asking.stream()
                    .map(pending -> new Put(key(pending), CLAIMED + id(pending), life))
                    .toList());
            List<PendingSend> refused = new ArrayList<>();
            for (int i = 0; i < asking.size(); i++) {
                asking.get(i).claimed = won.get(i);
                if (!won.get(i)) {
                    refused.add(asking.get(i));
                }
            }
            List<Optional<String>> holders = refused.isEmpty()
                    ? List.of()
                    : store().getAll(refused.stream().map(this::key).toList());
            return asking.stream()
                    .map(pending ->
                            pending.claimed ? new Claim.Won() : refused(pending, holders.get(refused.indexOf(pending))))
                    .toList();
        } catch (RuntimeException storeFailed) {
            return asking.stream()
                    .<Claim>map(pending -> new Claim.Undecided(Optional.of(storeFailed)))
                    .toList();
        }
    }

    private Claim refused(PendingSend pending, Optional<String> holder) {
        if (holder.isEmpty()) {
            return new Claim.Undecided(Optional.empty());
        }
        String value = holder.get();
        String task = value.substring(Math.min(2, value.length()));
        if (task.equals(id(pending))) {
            pending.claimed = value.startsWith(CLAIMED);
            return new Claim.Won();
        }
        return value.startsWith(CONFIRMED)
                ? new Claim.Lost(Optional.of(task))
                : new Claim.Undecided(
                        Optional.of(new IllegalStateException("task " + task + " claims the deduplication id '"
                                + dedup(pending).id() + "' and has not been confirmed yet")));
    }

    private void confirm(List<PendingSend> stored) {
        try {
            List<Boolean> confirmed = store().compareAndSetAll(stored.stream()
                    .map(pending -> new Swap(
                            key(pending),
                            CLAIMED + id(pending),
                            CONFIRMED + id(pending),
                            dedup(pending).window()))
                    .toList());
            for (int i = 0; i < stored.size(); i++) {
                if (!confirmed.get(i)) {
                    uncertain(stored.get(i));
                }
            }
        } catch (RuntimeException storeFailed) {
            LOG.warn("Deduplication ids could not be confirmed in the store", Errors.clean(storeFailed));
            stored.forEach(this::uncertain);
        }
    }

    private void release(PendingSend pending, ErrorClass errorClass) {
        if (errorClass == ErrorClass.OUTCOME_UNKNOWN || pending.mayBeStored) {
            return;
        }
        pending.claimed = false;
        try {
            store().compareAndDelete(key(pending), CLAIMED + id(pending));
        } catch (RuntimeException storeFailed) {
            LOG.warn("A deduplication id could not be given back; it runs out", Errors.clean(storeFailed));
        }
    }

    private void uncertain(PendingSend pending) {
        context.events()
                .on(new TaskEvent.DeduplicationUncertain(
                        pending.envelope.topic(), id(pending), dedup(pending).id()));
    }

    private KeyValueStore store() {
        return context.options().store().orElseThrow();
    }

    private String key(PendingSend pending) {
        return "bq:dedup:" + pending.envelope.topic() + ":" + dedup(pending).id();
    }

    private static Deduplication dedup(PendingSend pending) {
        return pending.envelope.deduplication().orElseThrow();
    }

    private static String id(PendingSend pending) {
        return pending.envelope.taskId();
    }
}
