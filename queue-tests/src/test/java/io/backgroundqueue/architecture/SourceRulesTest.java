package io.backgroundqueue.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The house rules that byte code does not show, or only of modules that are built later: read from the sources. */
class SourceRulesTest {
    private static final Pattern COMMENT_OR_STRING =
            Pattern.compile("/\\*.*?\\*/|//[^\\n]*|\"(?:\\\\.|[^\"\\\\\\n])*\"", Pattern.DOTALL);
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final String DRIVER = "\\bimplements [^{]*\\b(?:QueueDriver|Receiver|Duty|Sender|KeyValueStore)\\b";

    /** What must not be written, and where. */
    enum SourceRule {
        NO_TEST_SLEEPS(".*/src/test/.*", "\\bThread\\.sleep\\(|\\bTimeUnit\\.\\w+\\.sleep\\("),
        NOTHING_IS_SYNCHRONIZED(".*/src/main/.*", "\\bsynchronized\\b"),
        NOBODY_OUTSIDE_USES_THE_ENGINE(
                "(?!queue-(?:api|tests)/)(?!.*/inmemory/TestQueue\\.java).*", "\\bio\\.backgroundqueue\\.internal\\b"),
        A_DRIVER_STARTS_NO_THREAD(
                "(?!.*/internal/).*/src/main/.*",
                DRIVER + ".*(?:\\bnew (?:Thread|Timer)\\(|\\bExecutors\\.|\\bThread\\.sleep\\()"),
        A_DRIVER_HAS_NO_CLOCK(
                "(?!.*/internal/).*/src/main/.*",
                DRIVER + ".*(?:\\bSystem\\.(?:nanoTime|currentTimeMillis)\\(|\\bInstant\\.now\\()");

        private final Pattern where;
        private final Pattern what;

        SourceRule(String where, String what) {
            this.where = Pattern.compile(where);
            this.what = Pattern.compile(what, Pattern.DOTALL);
        }

        boolean isAbout(Path source) {
            return where.matcher(ROOT.relativize(source).toString().replace('\\', '/'))
                    .matches();
        }

        boolean isBrokenBy(String source) {
            return what.matcher(COMMENT_OR_STRING.matcher(source).replaceAll(" "))
                    .find();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everySourceKeepsTheRule(SourceRule rule) {
        List<Path> sources = sources().filter(rule::isAbout).toList();

        assertThat(sources)
                .isNotEmpty()
                .allSatisfy(source -> assertThat(rule.isBrokenBy(read(source)))
                        .as("%s breaks %s", source, rule)
                        .isFalse());
    }

    @ParameterizedTest
    @EnumSource
    void theRuleFindsWhatBreaksIt(SourceRule rule) {
        String offence = switch (rule) {
            case NO_TEST_SLEEPS -> "void a() throws Exception { Thread.sleep(1); }";
            case NOTHING_IS_SYNCHRONIZED -> "void a() { synchronized (this) { b(); } }";
            case NOBODY_OUTSIDE_USES_THE_ENGINE -> "import io.backgroundqueue.internal.EngineQueue;";
            case A_DRIVER_STARTS_NO_THREAD -> "class A implements Receiver {\n void a() { new Thread(b); } }";
            case A_DRIVER_HAS_NO_CLOCK -> "class A implements B, Duty {\n long a() { return System.nanoTime(); } }";
        };

        assertThat(rule.isBrokenBy(offence)).isTrue();
        assertThat(rule.isBrokenBy("/* " + offence + " */ // " + offence.replace("\n", "")))
                .isFalse();
        assertThat(rule.isBrokenBy("String text = \"" + offence.replace("\n", "") + "\";"))
                .isFalse();
    }

    private static Stream<Path> sources() {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules
                    .map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(SourceRulesTest::javaFiles)
                    .filter(path -> !path.getFileName().toString().startsWith("Planted"))
                    .toList()
                    .stream();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".java")).toList().stream();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String read(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
