package io.backgroundqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class BytesTest {
    private final Bytes bytes = Bytes.copyOf(new byte[] {1, 2, 3, 2});

    @Test
    void equalityIsByContent() {
        assertThat(Bytes.wrap(new byte[] {1, 2, 3, 2})).isEqualTo(bytes).hasSameHashCodeAs(bytes);
        assertThat(Bytes.wrap(new byte[] {1, 2, 3})).isNotEqualTo(bytes);
        assertThat(Bytes.utf8("")).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void nothingChangesThemAfterwards() {
        byte[] source = {1, 2, 3, 2};
        Bytes copy = Bytes.copyOf(source);
        source[0] = 9;
        copy.toArray()[1] = 9;

        assertThat(copy).isEqualTo(bytes);
        assertThatThrownBy(() -> copy.asBuffer().put(0, (byte) 9)).isInstanceOf(ReadOnlyBufferException.class);
    }

    @Test
    void theyAreReadAsTextArrayBufferAndStream() throws Exception {
        Bytes text = Bytes.utf8("né");

        assertThat(text.asUtf8()).isEqualTo("né");
        assertThat(text.size()).isEqualTo(3);
        assertThat(text.asStream().readAllBytes()).isEqualTo(text.toArray());
        assertThat(text.asBuffer().remaining()).isEqualTo(3);
    }

    @Test
    void aSliceHoldsWhatLiesBetween() {
        assertThat(bytes.slice(1, 3)).isEqualTo(Bytes.wrap(new byte[] {2, 3}));
        assertThat(bytes.slice(4, 4)).isEqualTo(Bytes.EMPTY);
        assertThatThrownBy(() -> bytes.slice(5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theFirstOccurrenceIsFound() {
        assertThat(bytes.indexOf((byte) 2)).isEqualTo(1);
        assertThat(bytes.indexOf((byte) 9)).isEqualTo(-1);
    }

    @Test
    void whatIsPrintedIsTheSizeOnly() {
        assertThat(Bytes.utf8("secret")).hasToString("Bytes[6]");
    }
}
