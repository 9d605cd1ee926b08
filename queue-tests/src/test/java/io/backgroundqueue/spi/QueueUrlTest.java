package io.backgroundqueue.spi;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backgroundqueue.QueueException;
import java.time.Duration;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueueUrlTest {
    @Test
    void anOpaqueUrlHasASchemeAndAName() {
        QueueUrl url = QueueUrl.parse("memory:my%20tests");

        assertThat(url.scheme()).isEqualTo("memory");
        assertThat(url.address()).isEqualTo("my%20tests");
        assertThat(url.path()).isEqualTo("my tests");
        assertThat(url.hosts()).isEmpty();
        assertThat(url.userInfo()).isEmpty();
    }

    @Test
    void aHierarchicalUrlHasUserHostsAndPath() {
        QueueUrl url = QueueUrl.parse("amqp://guest:g%40st@one:5672,two:5673/my%2Fhost?heartbeat=5s");

        assertThat(url.scheme()).isEqualTo("amqp");
        assertThat(url.userInfo()).contains("guest:g%40st");
        assertThat(url.hosts()).isEqualTo("one:5672,two:5673");
        assertThat(url.path()).isEqualTo("my/host");
        assertThat(url.duration("heartbeat")).contains(Duration.ofSeconds(5));
    }

    @Test
    void thePartsThatAreNotThereAreEmpty() {
        QueueUrl url = QueueUrl.parse("redis://localhost");

        assertThat(url.hosts()).isEqualTo("localhost");
        assertThat(url.path()).isEmpty();
        assertThat(url.userInfo()).isEmpty();
        assertThat(url.text("concurrency")).isEmpty();
        assertThat(QueueUrl.parse("memory:").path()).isEmpty();
    }

    @Test
    void anAtSignInAPasswordEndsNoUserInfo() {
        QueueUrl url = QueueUrl.parse("redis://:p@ss@host:1");

        assertThat(url.userInfo()).contains(":p@ss");
        assertThat(url.hosts()).isEqualTo("host:1");
    }

    @Test
    void aSchemeIsReadInLowerCaseAndMayNestAnother() {
        QueueUrl url = QueueUrl.parse("JDBC:postgresql://db/queue");

        assertThat(url.scheme()).isEqualTo("jdbc");
        assertThat(url.address()).isEqualTo("postgresql://db/queue");
        assertThat(url.hosts()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "redis", "://host", "1redis://host", "/path", "?a=b", " memory:"})
    void whatHasNoSchemeIsRefused(String text) {
        invalid(() -> QueueUrl.parse(text), "'" + text + "'", "begins with a scheme");
    }

    @Test
    void parametersAreDecodedAndAPlusStaysAPlus() {
        QueueUrl url = QueueUrl.parse("memory:?name=a%26b%3Dc+d%20e&empty=&bare&&x=1");

        assertThat(url.text("name")).contains("a&b=c+d e");
        assertThat(url.text("empty")).contains("");
        assertThat(url.text("bare")).contains("");
        assertThat(url.integer("x", 0, 9)).hasValue(1);
        url.requireAllTaken();
    }

    @Test
    void aParameterGivenTwiceIsRefused() {
        invalid(() -> QueueUrl.parse("memory:?a=1&b=2&%61=3"), "parameter a twice");
    }

    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "30s, PT30S",
        "5m, PT5M",
        "2h, PT2H",
        "1d, PT24H",
        "0s, PT0S",
        "PT1M30S, PT1M30S",
        "P2D, PT48H"
    })
    void durationsAreWrittenShortOrAsIso8601(String text, String expected) {
        assertThat(QueueUrl.parse("memory:?lease=" + text).duration("lease")).contains(Duration.parse(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"30", "s", "", "5 m", "1.5s", "-5s", "5w", "9999999999999s", "PT99999999999999999999S"})
    void aWrongDurationIsRefusedWithItsNameAndValue(String text) {
        QueueUrl url = QueueUrl.parse("memory:?lease=" + text.replace(" ", "%20"));

        invalid(() -> url.duration("lease"), "lease=" + text, "500ms, 30s, 5m, 2h or 1d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "11", "-1", "ten", "", "1.0", "99999999999"})
    void aWrongNumberIsRefusedWithItsNameAndValueAndTheBounds(String text) {
        QueueUrl url = QueueUrl.parse("memory:?size=" + text);

        invalid(() -> url.integer("size", 1, 10), "size=" + text, "a whole number from 1 to 10");
    }

    @Test
    void aFlagIsTrueOrFalseAndNothingElse() {
        QueueUrl url = QueueUrl.parse("memory:?yes=true&no=false&maybe=TRUE");

        assertThat(url.flag("yes")).contains(true);
        assertThat(url.flag("no")).contains(false);
        assertThat(url.flag("absent")).isEmpty();
        invalid(() -> url.flag("maybe"), "maybe=TRUE", "true or false");
    }

    @Test
    void unknownParametersAreRefusedTogetherWithTheKnownOnes() {
        QueueUrl url = QueueUrl.parse("redis://host?concurency=5&lease=1s&zone=b");
        url.duration("lease");
        url.integer("concurrency", 1, 10);

        invalid(url::requireAllTaken, "unknown parameters concurency, zone", "Known are concurrency, lease");
        QueueUrl one = QueueUrl.parse("memory:?zone=b");
        invalid(one::requireAllTaken, "unknown parameter zone");

        QueueUrl half = QueueUrl.parse("amqp://bob:20?secret@rabbit");
        assertThatThrownBy(half::requireAllTaken).hasMessageNotContaining("secret");
    }

    @Test
    void parametersThatWereTakenNeedNotBeThere() {
        QueueUrl url = QueueUrl.parse("memory:");
        assertThat(url.text("a")).isEqualTo(Optional.empty());
        url.requireAllTaken();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://user:hunter2@host:6379/0",
                "redis://:hunter2@host",
                "redis://:hun:hunter2@host?a=b",
                "redis://user:p@hunter2@host",
                "memory:?password=hunter2",
                "memory:?a=b&PASSWORD=hunter2&c=d",
                "memory:?dbPassword=hunter2",
                "memory:?secret=hunter2",
                "memory:?client_secret=hunter2&x=y",
                "memory:?token=hunter2",
                "memory:?accessKey=hunter2",
                "memory:?credentials=hunter2",
                "memory:?store=redis%3A%2F%2F%3Ahunter2%40host",
                "jdbc:sqlserver://host;user=sa;password=hunter2",
                "jdbc:postgresql://u:hunter2@host/db?sslmode=require"
            })
    void nothingPrintedHoldsASecret(String text) {
        QueueUrl url = QueueUrl.parse(text + (text.contains("?") ? "&" : "?") + "number=x&lease=y&flag=z&odd=1");

        assertThat(url.toString()).doesNotContain("hunter2").contains("***");
        assertThat(QueueUrl.redact("could not open " + text)).doesNotContain("hunter2");
        assertNoSecret(() -> url.integer("number", 1, 2));
        assertNoSecret(() -> url.duration("lease"));
        assertNoSecret(() -> url.flag("flag"));
        assertNoSecret(url::requireAllTaken);
        assertNoSecret(() -> QueueUrl.parse(text + (text.contains("?") ? "&" : "?") + "twice=1&twice=2"));
    }

    @Test
    void redactingKeepsWhatIsNoSecret() {
        assertThat(QueueUrl.redact("redis://user:pw@host:6379/0?concurrency=5&password=x&lease=30s"))
                .isEqualTo("redis://user:***@host:6379/0?concurrency=5&password=***&lease=30s");
        assertThat(QueueUrl.redact("nothing secret about user@host:22")).isEqualTo("nothing secret about user@host:22");
    }

    @Test
    void aTextWithoutASchemeIsRefusedWithoutItsSecret() {
        assertNoSecret(() -> QueueUrl.parse("//user:hunter2@host"));
        assertNoSecret(() -> QueueUrl.parse("?password=hunter2"));
    }

    private static void assertNoSecret(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(QueueException.class)
                .satisfies(
                        error -> assertThat(error.toString() + error.getCause()).doesNotContain("hunter2"));
    }
}
