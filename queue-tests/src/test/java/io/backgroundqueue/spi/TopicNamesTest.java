package io.backgroundqueue.spi;

import static io.backgroundqueue.Refused.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.QueueException.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopicNamesTest {
    private static final String ALPHABET = "ABCXYZabcxyz0189._-";

    private static final List<TopicNames> ENCODINGS = List.of(
            new TopicNames(TopicNamesTest::word, '_', 1_000),
            new TopicNames(TopicNamesTest::word, 'Z', 1_000),
            new TopicNames(TopicNamesTest::lower, '-', 1_000),
            new TopicNames(TopicNamesTest::lower, 'x', 1_000),
            new TopicNames(c -> true, '.', 1_000));

    @Test
    void namesThatLookAlikeStayApart() {
        List<String> alike =
                List.of("a.b", "a_b", "a-b", "A.B", "A_B", "a__b", "a_2eb", "a.2eb", "a", "A", ".", "_", "-");

        for (TopicNames names : ENCODINGS) {
            assertThat(alike.stream().map(names::encode)).doesNotHaveDuplicates();
            assertThat(alike)
                    .allSatisfy(topic ->
                            assertThat(names.decode(names.encode(topic))).isEqualTo(topic));
        }
    }

    @Test
    void whatTheBrokerTakesStaysReadable() {
        TopicNames names = new TopicNames(TopicNamesTest::word, '_', 100);

        assertThat(names.encode("orders")).isEqualTo("orders");
        assertThat(names.encode("mail.out_2")).isEqualTo("mail_2eout_5f2");
    }

    @Test
    void randomNamesAreMappedInjectivelyAndBack() {
        Random random = new Random(4711);
        for (TopicNames names : ENCODINGS) {
            Map<String, String> topicOf = new HashMap<>();
            for (int round = 0; round < 20_000; round++) {
                String topic = randomTopic(random);
                String name = names.encode(topic);
                assertThat(names.decode(name)).isEqualTo(topic);
                assertThat(topicOf.merge(name, topic, (first, second) -> first.equals(second) ? first : "COLLISION"))
                        .as("%s is the name of two topics", name)
                        .isEqualTo(topic);
            }
        }
    }

    @Test
    void onlyCharactersThatTheBrokerTakesAreWritten() {
        Random random = new Random(11);
        TopicNames names = new TopicNames(TopicNamesTest::lower, '-', 1_000);
        for (int round = 0; round < 1_000; round++) {
            assertThat(names.encode(randomTopic(random)).chars()).allMatch(TopicNamesTest::lower);
        }
    }

    @Test
    void aNameThatBecomesTooLongIsRefusedWithBothNamesAndTheLimit() {
        TopicNames names = new TopicNames(TopicNamesTest::word, '_', 13);

        assertThat(names.encode("a.b.c.d")).isEqualTo("a_2eb_2ec_2ed").hasSize(13);
        refused(
                Kind.TOO_LARGE,
                () -> names.encode("a.b.c.d.e"),
                "'a.b.c.d.e'",
                "'a_2eb_2ec_2ed_2ee'",
                "17 characters",
                "13",
                "shorter");
    }

    private static String randomTopic(Random random) {
        StringBuilder topic = new StringBuilder();
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            topic.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return topic.toString();
    }

    private static boolean word(int c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private static boolean lower(int c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
}
