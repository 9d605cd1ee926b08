package io.backgroundqueue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import com.rabbitmq.client.AMQP;
import io.backgroundqueue.DeadLetter;
import io.backgroundqueue.spi.DeadLetterCursor;
import io.backgroundqueue.spi.SendResult;
import io.backgroundqueue.testkit.Brokers;
import io.backgroundqueue.testkit.Patience;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Letters that are odd, double, or cannot be replayed now, and what a walk makes of them. */
class WalkTest {
    private RawRabbitMQ raw;
    private Lab lab;
    private String topic;

    @BeforeEach
    void open() throws Exception {
        String url = Brokers.shared("rabbitmq").url();
        raw = new RawRabbitMQ(url);
        lab = new Lab(url);
        topic = lab.topic();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
        raw.close();
    }

    @Test
    void aLetterThatIsThereTwiceDoesNotEndTheWalkWhenOneOfThemIsReplayed() throws Exception {
        letters("double", "double", "last");
        try (DeadLetterCursor walk = lab.driver.deadLetters(topic)) {
            List<DeadLetter> first = walk.next(1);
            assertThat(walk.replay(first)).isEqualTo(1);

            assertThat(walk.next(10)).extracting(DeadLetter::id).containsExactly("double", "last");
        }
    }

    @Test
    void lettersThatCouldNotBeReplayedAreFoundByTheNextTryInTheMiddleOfTheWalk() throws Exception {
        raw.channel()
                .queueDeclare(
                        RawRabbitMQ.lane(topic, 2),
                        true,
                        false,
                        false,
                        Map.of("x-queue-type", "quorum", "x-overflow", "reject-publish", "x-max-length", 1));
        letters("one", "two", "three");
        try (Lab bare = new Lab(lab.url + "?createTopology=false");
                DeadLetterCursor walk = bare.driver.deadLetters(topic)) {
            Patience.standard()
                    .eventually(
                            () -> !bare.send(Lab.task(topic)).contains(SendResult.ACCEPTED),
                            () -> "the lane should be full");
            List<DeadLetter> two = walk.next(2);
            assertThat(catchException(() -> walk.replay(two))).isInstanceOf(RabbitMQFailure.class);

            Set<String> replayed = new HashSet<>();
            Patience.standard()
                    .eventually(
                            () -> {
                                replayed.addAll(emptied());
                                return replayed.containsAll(List.of("one", "two")) || tried(walk, two) < 0;
                            },
                            () -> "both should be replayed, but only these were: " + replayed);
            assertThat(walk.next(10)).extracting(DeadLetter::id).containsExactly("three");
        }
    }

    @Test
    void aWalkPastMuchKeepsThePageThatItIsAtAndSaysSoOfThoseBefore() throws Exception {
        for (int i = 0; i < 10; i++) {
            letter("large-" + i, new byte[8 << 20]);
        }
        try (DeadLetterCursor walk = lab.driver.deadLetters(topic)) {
            List<DeadLetter> first = walk.next(1);
            for (int i = 1; i < 9; i++) {
                walk.next(1);
            }
            List<DeadLetter> last = walk.next(1);

            assertThat(catchException(() -> walk.replay(first))).hasMessageContaining("replay or purge each page");
            assertThat(walk.purge(first)).isEqualTo(1);
            assertThat(walk.replay(last)).isEqualTo(1);
        }
    }

    private void letters(String... ids) throws Exception {
        for (String id : ids) {
            letter(id, new byte[] {1});
        }
    }

    private void letter(String id, byte[] body) throws Exception {
        AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                .headers(Map.of("id", id, "bqreason", "NON_RETRYABLE"))
                .build();
        raw.publish(RawRabbitMQ.dead(topic), properties, body);
    }

    /** How many were replayed; more may have been, where one was not. */
    private static int tried(DeadLetterCursor walk, List<DeadLetter> letters) {
        try {
            return walk.replay(letters);
        } catch (Exception full) {
            return 0;
        }
    }

    /** What was in the lane. */
    private Set<String> emptied() throws Exception {
        Set<String> ids = new HashSet<>();
        for (var got = raw.channel().basicGet(RawRabbitMQ.lane(topic, 2), true);
                got != null;
                got = raw.channel().basicGet(RawRabbitMQ.lane(topic, 2), true)) {
            ids.add(MessageHeaders.id(got.getProps()));
        }
        return ids;
    }
}
