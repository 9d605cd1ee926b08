package io.backgroundqueue.internal;

import io.backgroundqueue.spi.Duty;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sends one batch per turn, and decides what becomes of each of its tasks. */
final class SendDuty implements Duty {
    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(1);

    private final EngineContext context;
    private final SendBatcher batcher;
    private final StoreDeduplication deduplication;
    private final SendCall call;
    private final int number;

    SendDuty(EngineContext context, SendBatcher batcher, int number) {
        this.context = context;
        this.batcher = batcher;
        this.deduplication = new StoreDeduplication(context);
        this.call = new SendCall(context.driver(), context);
        this.number = number;
    }

    @Override
    public String name() {
        return "sender-" + number;
    }

    @Override
    public Duration turn() {
        List<PendingSend> batch = batcher.take(number);
        if (batch.isEmpty()) {
            return batcher.untilNextRetry();
        }
        List<PendingSend> winners = context.deduplicatesThroughStore() ? deduplicated(batch) : batch;
        List<PendingSend> leaving = batcher.leaving(winners);
        if (leaving.size() < winners.size()) {
            winners.stream().filter(pending -> !leaving.contains(pending)).forEach(deduplication::withdraw);
        }
        if (!leaving.isEmpty()) {
            send(leaving);
        }
        return Duration.ZERO;
    }

    private List<PendingSend> deduplicated(List<PendingSend> batch) {
        List<PendingSend> winners = new ArrayList<>(batch.size());
        List<StoreDeduplication.Claim> claims = deduplication.claim(batch);
        batcher.locked(() -> {
            for (int i = 0; i < batch.size(); i++) {
                apply(claims.get(i), batch.get(i), winners);
            }
        });
        return winners;
    }

    private void apply(StoreDeduplication.Claim claim, PendingSend pending, List<PendingSend> winners) {
        if (claim instanceof StoreDeduplication.Claim.Won) {
            winners.add(pending);
        } else if (claim instanceof StoreDeduplication.Claim.Lost lost) {
            batcher.answer(pending, pending.duplicate(lost.of()));
        } else if (claim instanceof StoreDeduplication.Claim.Undecided undecided) {
            undecided.error().ifPresent(error -> pending.failed(ErrorClass.TRANSIENT, error));
            batcher.again(pending, FIRST_RETRY);
        }
    }

    private void send(List<PendingSend> batch) {
        long latest =
                batch.stream().mapToLong(pending -> pending.deadlineNanos).max().orElseThrow();
        List<SendResult> results = call.results(batch, context.time().until(latest));
        deduplication.confirm(batch, results);
        batcher.locked(() -> {
            for (int i = 0; i < batch.size(); i++) {
                apply(results.get(i), batch.get(i));
            }
        });
    }

    private void apply(SendResult result, PendingSend pending) {
        if (result instanceof SendResult.Accepted accepted) {
            batcher.answer(pending, pending.accepted(accepted.position()));
        } else if (result instanceof SendResult.Duplicate duplicate) {
            batcher.answer(
                    pending,
                    isItself(duplicate, pending)
                            ? pending.accepted(Optional.empty())
                            : pending.duplicate(duplicate.firstTaskId()));
        } else if (result instanceof SendResult.Failed failed) {
            failed(failed, pending);
        }
    }

    /** Whether a duplicate is this very task, stored by an earlier try whose answer was lost. */
    private static boolean isItself(SendResult.Duplicate duplicate, PendingSend pending) {
        return duplicate.firstTaskId().map(pending.envelope.taskId()::equals).orElse(pending.mayBeStored);
    }

    private void failed(SendResult.Failed failed, PendingSend pending) {
        pending.failed(failed.errorClass(), failed.why());
        switch (failed.errorClass()) {
            case TRANSIENT, THROTTLED, OUTCOME_UNKNOWN -> batcher.again(pending, backoff(pending.failures));
            case REFUSED, MISCONFIGURED, CLOSED -> batcher.fail(pending, pending.refused(failed));
        }
    }

    private static Duration backoff(int failures) {
        Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 6));
        return wait.compareTo(LONGEST_RETRY) < 0 ? wait : LONGEST_RETRY;
    }
}
