package io.backgroundqueue.testkit.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.testkit.report.Report.Result;
import io.backgroundqueue.testkit.report.Report.Tested;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConformanceMatrixTest {
    private static final ContractDocument CONTRACT =
            ContractDocument.parse(String.join("\n\n", "**1.1** MUST a.", "**1.2** MUST b.", "**1.3** MUST c."));

    @Test
    void aRulePassesOnlyIfAllItsTestsThatRanDid() {
        ConformanceMatrix matrix = matrix(
                tested("1.1", "one", Result.PASSED, ""),
                tested("1.1", "another", Result.SKIPPED, "no URL"),
                tested("1.2", "third", Result.PASSED, ""),
                tested("1.2", "fourth", Result.FAILED, "lost 3"));

        assertThat(matrix.markdown()).contains("| 1.1 | pass | MUST a. |").contains("| 1.2 | **FAIL** | MUST b. |");
        assertThat(matrix.failures()).containsExactly("redis 1.2 fourth: lost 3");
        assertThat(matrix.uncovered()).containsExactly("1.3");
    }

    @Test
    void whatWasSkippedSaysWhyInNumberedNotes() {
        ConformanceMatrix matrix = matrix(
                tested("1.1", "one", Result.SKIPPED, "a"),
                tested("1.1", "two", Result.SKIPPED, "b"),
                tested("1.1", "three", Result.SKIPPED, "c"),
                tested("1.2", "four", Result.SKIPPED, "d"),
                tested("1.3", "five", Result.SKIPPED, "a"),
                tested("1.3", "six", Result.SKIPPED, "d"));

        assertThat(matrix.markdown())
                .contains("| 1.1 | skipped 1–3 |")
                .contains("| 1.2 | skipped 4 |")
                .contains("| 1.3 | skipped 1, 4 |")
                .contains("\n1. a\n")
                .contains("\n4. d\n");
    }

    @Test
    void aMissingFeatureThatIsRefusedAsItShouldIsNoFailure() {
        ConformanceMatrix matrix = matrix(new Tested(List.of("1.1"), "refuses", Result.PASSED, "", true, 1, Map.of()));

        assertThat(matrix.markdown()).contains("| 1.1 | refused |");
    }

    private static ConformanceMatrix matrix(Tested... tests) {
        Report report = new Report("redis", "QueueDriverContract", "8", "container", "17", Map.of(), List.of(tests));
        return new ConformanceMatrix(CONTRACT, List.of(report));
    }

    private static Tested tested(String rule, String test, Result result, String reason) {
        return new Tested(List.of(rule), test, result, reason, false, 1, Map.of());
    }
}
