package io.backgroundqueue.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Limits;
import io.backgroundqueue.spi.ErrorClass;
import io.backgroundqueue.spi.SendResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which sender is woken for a new task when there are several. */
class IdleSenderTest {
    private final Bench bench = new Bench();

    @Test
    void aSenderThatIsBusyWithARetryIsNotTheOneThatIsWoken() {
        bench.driver.capabilities = Capable.limited(Limits.DEFAULT.send(10, 1_000, 2));
        SendBench send = new SendBench(bench);
        bench.driver.sending = (batch, timeout) -> {
            throw new BackendError(ErrorClass.TRANSIENT, "away for a moment");
        };
        send.turn(1);
        send.turn(0);
        send.add("retried");
        send.turn(1);
        send.turn(1);
        send.add("other");
        send.turn(0);
        send.turn(0);
        bench.time.advance(Duration.ofSeconds(1));
        int[] wokenWhileTheFirstHangs = new int[2];
        bench.driver.sending = (batch, timeout) -> {
            int[] before = {send.wakes(0), send.wakes(1)};
            send.add("fresh");
            wokenWhileTheFirstHangs[0] = send.wakes(0) - before[0];
            wokenWhileTheFirstHangs[1] = send.wakes(1) - before[1];
            return ScriptedDriver.all(batch, SendResult.ACCEPTED);
        };
        int hanging = 1;
        send.turn(hanging);

        assertThat(wokenWhileTheFirstHangs[hanging])
                .as("wakes of the sender that is inside the driver")
                .isZero();
        assertThat(wokenWhileTheFirstHangs[0]).as("wakes of the idle one").isEqualTo(1);
        assertThat(bench.driver.sent()).contains(List.of("retried", "other"));
    }
}
