package io.backgroundqueue.internal;

import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.spi.Sender;
import java.time.Duration;
import java.util.List;

/** One call of a sender, which always ends with one result per task, whatever the sender does. */
final class SendCall {
    private final Sender sender;
    private final EngineContext context;

    SendCall(Sender sender, EngineContext context) {
        this.sender = sender;
        this.context = context;
    }

    List<SendResult> results(List<PendingSend> batch, Duration timeout) {
        try {
            List<SendResult> results =
                    sender.send(batch.stream().map(pending -> pending.envelope).toList(), timeout);
            return results.size() == batch.size() ? results : all(batch, miscounted(results.size(), batch.size()));
        } catch (Exception failure) {
            return all(batch, new SendResult.Failed(context.classify(failure), failure));
        } catch (Error failure) {
            return all(batch, new SendResult.Failed(ErrorClass.OUTCOME_UNKNOWN, new IllegalStateException(failure)));
        }
    }

    private static SendResult miscounted(int results, int tasks) {
        return new SendResult.Failed(
                ErrorClass.OUTCOME_UNKNOWN,
                new IllegalStateException("the driver gave " + results + " results for " + tasks + " tasks"));
    }

    private static List<SendResult> all(List<PendingSend> batch, SendResult result) {
        return batch.stream().map(pending -> result).toList();
    }
}
