package io.backgroundqueue.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.backgroundqueue.testkit.report.ContractDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The document and the tests say the same. */
class ContractDocumentTest {
    private static final Pattern SUBCLASS =
            Pattern.compile("((?:\\w+\\s+)*)class\\s+(\\w+)\\s+extends\\s+\\w*Contract\\b");
    private static final JavaClasses TESTKIT = new ClassFileImporter()
            .importUrl(Rule.class.getProtectionDomain().getCodeSource().getLocation());

    private final Path root = root();
    private final ContractDocument contract = ContractDocument.read(root.resolve("docs/contract.md"));

    @Test
    void everyRuleHasATestOrSaysWhyNot() {
        Map<String, List<String>> tests = testsByRule();
        assertThat(contract.rules().keySet().stream()
                        .filter(rule -> !tests.containsKey(rule) && !contract.untested(rule))
                        .toList())
                .as("rules without a test that do not say 'untested because'")
                .isEmpty();
    }

    @Test
    void noRuleIsBothTestedAndCalledUntested() {
        Map<String, List<String>> tests = testsByRule();
        assertThat(contract.rules().keySet().stream()
                        .filter(rule -> tests.containsKey(rule) && contract.untested(rule))
                        .toList())
                .as("rules that say 'untested because' and have a test")
                .isEmpty();
    }

    @Test
    void everyTestNamesAnExistingRule() {
        Map<String, List<String>> unknown = testsByRule();
        unknown.keySet().removeAll(contract.rules().keySet());
        assertThat(unknown).as("tests of rules that the contract does not have").isEmpty();
    }

    @Test
    void everyTestOfAContractNamesItsRule() {
        assertThat(testkitMethods()
                        .filter(method -> method.isAnnotatedWith(Test.class) && !method.isAnnotatedWith(Rule.class))
                        .map(JavaMethod::getFullName)
                        .toList())
                .as("tests in the test kit without a rule")
                .isEmpty();
    }

    @Test
    void everyRuleSaysMustOrShould() {
        assertThat(contract.rules().values())
                .as("rules")
                .isNotEmpty()
                .allMatch(text -> text.matches("(?s)(MUST|SHOULD)( NOT)? .*"));
    }

    @Test
    void everySubclassOfAContractIsFoundByTheTestRunner() throws IOException {
        List<String> illNamed = new ArrayList<>();
        int found = 0;
        for (Path source : testSources()) {
            Matcher subclass = SUBCLASS.matcher(Files.readString(source));
            while (subclass.find()) {
                boolean concrete = !subclass.group(1).contains("abstract");
                found += concrete ? 1 : 0;
                if (concrete && !subclass.group(2).endsWith("ContractTest")) {
                    illNamed.add(root.relativize(source) + ": " + subclass.group(2));
                }
            }
        }
        assertThat(found).as("subclasses of contracts in the test sources").isPositive();
        assertThat(illNamed)
                .as("concrete contracts that do not end in ContractTest, which the test runner would pass over")
                .isEmpty();
    }

    @Test
    void aRuleEndsAtTheNextOneOrAtABlankLine() {
        ContractDocument parsed = ContractDocument.parse("""
                ## 1 One
                Text with **bold** words.
                **1.1** MUST do
                this. *Intent: so.*
                **1.2** SHOULD do that; untested because it is hard.

                Not a rule.
                """);
        assertThat(parsed.rules())
                .containsExactly(
                        Map.entry("1.1", "MUST do this. *Intent: so.*"),
                        Map.entry("1.2", "SHOULD do that; untested because it is hard."));
        assertThat(parsed.obligation("1.1")).isEqualTo("MUST do this.");
        assertThat(parsed.untested("1.1")).isFalse();
        assertThat(parsed.untested("1.2")).isTrue();
    }

    @Test
    void aNumberUsedTwiceIsAnError() {
        assertThatThrownBy(() -> ContractDocument.parse("**1.1** MUST a.\n\n**1.1** MUST b.\n"))
                .hasMessageContaining("1.1 twice");
    }

    private static Map<String, List<String>> testsByRule() {
        Map<String, List<String>> tests = new TreeMap<>();
        testkitMethods().filter(method -> method.isAnnotatedWith(Rule.class)).forEach(method -> {
            for (String rule : method.getAnnotationOfType(Rule.class).value()) {
                tests.computeIfAbsent(rule, key -> new ArrayList<>()).add(method.getFullName());
            }
        });
        return tests;
    }

    private static Stream<JavaMethod> testkitMethods() {
        return TESTKIT.stream().flatMap(type -> type.getMethods().stream());
    }

    /** All but the broken drivers, whose contract must fail and is run by their own test. */
    private List<Path> testSources() throws IOException {
        try (Stream<Path> modules = Files.list(root)) {
            List<Path> sources = new ArrayList<>();
            for (Path folder : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .collect(Collectors.toList())) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().endsWith(".java")
                                    && !file.getParent().endsWith("broken"))
                            .forEach(sources::add);
                }
            }
            return sources;
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/contract.md"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("docs/contract.md was not found above the working directory");
            }
        }
        return folder;
    }
}
