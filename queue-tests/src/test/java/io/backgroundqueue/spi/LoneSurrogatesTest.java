package io.backgroundqueue.spi;

import static io.backgroundqueue.spi.SampleTask.task;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Half a character, which no UTF-8 can hold: errors cut in the middle of one, headers made from broken input. */
class LoneSurrogatesTest {
    private static final String HALF = "a" + "\uD834";

    @Test
    void anErrorThatWasCutInTheMiddleOfACharacterCanBeStored() {
        Progress progress = new Progress(1, 1, 0, false, Optional.of(HALF));

        assertThat(WireFormat.fromLine(WireFormat.toLine(task("a").envelope(), progress, null), "orders", "x"))
                .isInstanceOf(WireFormat.Read.Task.class);
    }

    @Test
    void aHeaderWithHalfACharacterCanBeStored() {
        Envelope envelope = task("a").headers(Map.of("h", HALF)).envelope();

        assertThat(WireFormat.fromLine(WireFormat.toLine(envelope, Progress.NONE, null), "orders", "x"))
                .isInstanceOf(WireFormat.Read.Task.class);
    }
}
