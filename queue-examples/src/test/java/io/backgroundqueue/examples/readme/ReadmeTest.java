package io.backgroundqueue.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README shows nothing that does not compile and run. */
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\R(.*?)^```");
    private static final Pattern SNIPPET = Pattern.compile("(?ms)^ *// snippet: (\\V+)\\R(.*?)^ *// end$");
    private static final Path SOURCES = Path.of("queue-examples/src/test/java/io/backgroundqueue/examples/readme");

    @Test
    void everyJavaBlockIsASnippet() throws IOException {
        Map<String, String> snippets = snippets();
        assertThat(blocks())
                .isNotEmpty()
                .allSatisfy(block -> assertThat(snippets.values())
                        .as(
                                "White space apart, this block of the README should be one of the snippets %s:%n%s",
                                snippets.keySet(), block)
                        .anyMatch(snippet -> withoutSpace(snippet).equals(withoutSpace(block))));
    }

    @Test
    void everySnippetIsABlock() throws IOException {
        List<String> blocks = blocks().stream().map(ReadmeTest::withoutSpace).toList();
        assertThat(snippets().entrySet())
                .allSatisfy(snippet -> assertThat(blocks)
                        .as("The README does not show the snippet '%s'; delete it", snippet.getKey())
                        .contains(withoutSpace(snippet.getValue())));
    }

    @Test
    @Timeout(60)
    void theFirstBlockRunsAsPasted(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("FirstTask.java"), blocks().get(0));
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = program.inputReader()) {
            assertThat(output.readLine()).isEqualTo("stored RunStats[steps=12, tokens=3400]");
            assertThat(program.isAlive())
                    .as("whether its worker keeps it running")
                    .isTrue();
        } finally {
            program.destroyForcibly();
        }
    }

    private static List<String> blocks() throws IOException {
        return BLOCK.matcher(Files.readString(root().resolve("README.md")))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static Map<String, String> snippets() throws IOException {
        Map<String, String> snippets = new LinkedHashMap<>();
        for (String source : List.of("FirstTask.java", "ReadmeSnippets.java")) {
            SNIPPET.matcher(Files.readString(root().resolve(SOURCES).resolve(source)))
                    .results()
                    .forEach(found -> snippets.put(found.group(1), found.group(2)));
        }
        return snippets;
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s+", "");
    }

    /** The folder with the parent's {@code pom.xml}, from wherever the test was started. */
    private static Path root() throws IOException {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path pom = folder.resolve("pom.xml");
            if (Files.exists(pom) && Files.readString(pom).contains("<modules>")) {
                return folder;
            }
        }
        throw new IllegalStateException("No folder above " + Path.of("").toAbsolutePath() + " has a pom with modules");
    }
}
