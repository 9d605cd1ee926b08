package io.backgroundqueue.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong();

    @Test
    void aTerminalShowsRateAndTimeLeftInOneLine() {
        Progress progress = progress(true);
        pass(Duration.ofSeconds(1));
        progress.show(1_000);
        pass(Duration.ofSeconds(1));
        progress.show(3_000);
        progress.end(4_000);

        assertThat(output())
                .startsWith("\r1,000 of 4,000 tasks ended, 1,000/s, about 3 s left")
                .contains("\r3,000 of 4,000 tasks ended, 1,500/s, about 1 s left")
                .contains("\r4,000 tasks ended in 2.0 s, 2,000/s");
        assertThat(output().indexOf('\n')).isEqualTo(output().length() - 1);
    }

    @Test
    void elsewhereAPlainLineComesEveryTwoSeconds() {
        Progress progress = progress(false);
        for (int look = 1; look <= 50; look++) {
            pass(Duration.ofMillis(100));
            progress.show(look * 10L);
        }

        assertThat(output().lines())
                .containsExactly(
                        "200 of 4,000 tasks ended, 100/s, about 38 s left",
                        "400 of 4,000 tasks ended, 100/s, about 36 s left");
    }

    @Test
    void withoutAnyEndThereIsNoGuess() {
        Progress progress = progress(true);
        pass(Duration.ofSeconds(1));
        progress.show(0);

        assertThat(output()).contains("0 of 4,000 tasks ended, 0/s, waiting");
    }

    private Progress progress(boolean terminal) {
        return new Progress(new PrintStream(printed, true, StandardCharsets.UTF_8), terminal, 4_000, nanos::get);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
