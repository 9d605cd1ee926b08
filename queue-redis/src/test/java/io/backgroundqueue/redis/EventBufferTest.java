package io.backgroundqueue.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.Time;
import io.backgroundqueue.redis.EventBuffer.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventBufferTest {
    @Test
    void eventsAreTakenAsTheyArrived() throws Exception {
        EventBuffer buffer = buffer(10, 1_000);
        add(buffer, "a", "b", "c");

        assertThat(take(buffer, 2)).containsExactly("a", "b");
        assertThat(take(buffer, 2)).containsExactly("c");
        assertThat(take(buffer, 2)).isEmpty();
    }

    @Test
    void tooManyEventsPushOutTheOldest() throws Exception {
        EventBuffer buffer = buffer(3, 1_000);
        add(buffer, "a", "b", "c", "d", "e");

        assertThat(take(buffer, 10)).containsExactly("c", "d", "e");
    }

    @Test
    void tooManyBytesPushOutTheOldest() throws Exception {
        EventBuffer buffer = buffer(100, 10);
        add(buffer, "aaaa", "bbbb", "cccc");

        assertThat(take(buffer, 10)).containsExactly("bbbb", "cccc");
    }

    @Test
    void anEventLargerThanAllTheRoomStandsAlone() throws Exception {
        EventBuffer buffer = buffer(100, 10);
        add(buffer, "a", "large beyond the bound");

        assertThat(take(buffer, 10)).containsExactly("large beyond the bound");
        add(buffer, "b");
        assertThat(take(buffer, 10)).containsExactly("b");
    }

    @Test
    void whatIsTakenMakesRoom() throws Exception {
        EventBuffer buffer = buffer(100, 8);
        for (int i = 0; i < 5; i++) {
            add(buffer, "aaaa", "bbbb");
            assertThat(take(buffer, 10)).containsExactly("aaaa", "bbbb");
        }
    }

    @Test
    void atMostSoManyBytesAreTakenButAlwaysAnEvent() throws Exception {
        EventBuffer buffer = buffer(100, 1_000);
        add(buffer, "aaaa", "bbbb", "cccc");

        assertThat(texts(buffer.take(10, 9, Duration.ZERO))).containsExactly("aaaa", "bbbb");
        assertThat(texts(buffer.take(10, 1, Duration.ZERO))).containsExactly("cccc");
    }

    @Test
    void whatIsGivenBackIsTheNext() throws Exception {
        EventBuffer buffer = buffer(100, 1_000);
        add(buffer, "a", "b");
        List<Event> first = buffer.take(1, 100, Duration.ZERO);

        buffer.giveBack(first.get(0));

        assertThat(take(buffer, 10)).containsExactly("a", "b");
    }

    @Test
    void whatWaitsIsCounted() throws Exception {
        EventBuffer buffer = buffer(2, 1_000);
        add(buffer, "a", "b", "c");
        assertThat(buffer.size()).isEqualTo(2);

        take(buffer, 1);
        assertThat(buffer.size()).isEqualTo(1);
    }

    private static EventBuffer buffer(int events, long bytes) {
        return new EventBuffer("topic", events, bytes, Time.system());
    }

    private static void add(EventBuffer buffer, String... events) throws InterruptedException {
        for (String event : events) {
            buffer.add(Bytes.wrap(event.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private static List<String> take(EventBuffer buffer, int max) throws InterruptedException {
        return texts(buffer.take(max, 1 << 20, Duration.ZERO));
    }

    private static List<String> texts(List<Event> events) {
        return events.stream()
                .map(event -> new String(event.bytes().toArray(), StandardCharsets.UTF_8))
                .toList();
    }
}
