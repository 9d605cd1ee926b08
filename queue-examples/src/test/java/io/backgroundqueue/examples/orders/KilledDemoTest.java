package io.backgroundqueue.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.testkit.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a file of this machine, without any server, killed in the middle and started again. */
class KilledDemoTest {
    private static final Patience PATIENCE = new Patience(
            Duration.ofMinutes(3),
            Patience.standard().never(),
            Patience.standard().poll());

    /** Long enough for the first run to be killed before its last tasks are due. */
    private static final String FOLLOW_UP_SECONDS = "6";

    private static final Pattern RUN = Pattern.compile("Run (\\w+)");
    private static final Pattern ENDED = Pattern.compile("([\\d,]+) of [\\d,]+ tasks ended");

    @TempDir
    Path folder;

    @Test
    void whatAKilledRunLeftIsFinishedByTheNext() throws Exception {
        Path first = folder.resolve("first.log");
        Process killed = demo(first);
        PATIENCE.eventually(
                () -> ENDED.matcher(text(first)).find() || !killed.isAlive(), () -> "the first run: " + first);
        killed.toHandle().destroyForcibly();
        killed.waitFor();
        assertThat(text(first)).doesNotContain("ledger");

        Path second = folder.resolve("second.log");
        Process next = demo(second);
        assertThat(next.waitFor(3, TimeUnit.MINUTES)).as(text(second)).isTrue();

        assertThat(text(second))
                .contains("Run " + run(first) + ", which was killed and goes on")
                .containsPattern("\\d+ tasks were taken over from a run that was killed")
                .containsPattern("The ledger balances: \\d+ taken over \\+ \\d+ accepted = \\d+ completed");
        assertThat(next.exitValue()).isZero();

        Path third = folder.resolve("third.log");
        Process fresh = demo(third);
        assertThat(fresh.waitFor(3, TimeUnit.MINUTES)).as(text(third)).isTrue();
        assertThat(text(third)).doesNotContain("goes on").contains("The ledger balances: 3998 accepted");
        assertThat(fresh.exitValue()).isZero();
    }

    private Process demo(Path log) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OrderPipelineDemo.class.getName(),
                        "jdbc:h2:file:" + folder.resolve("shop"),
                        FOLLOW_UP_SECONDS)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static String run(Path log) throws IOException {
        Matcher matcher = RUN.matcher(text(log));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static String text(Path log) throws IOException {
        return Files.readString(log);
    }
}
