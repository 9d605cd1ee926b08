package io.backgroundqueue.testkit.broken;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.testkit.Patience;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;

/**
 * The contract of whole queues finds what is wrong above the driver. Run are the chapters about that part of a queue:
 * enqueue, refusals, close, hooks. The others lean on the driver, which {@link BrokenDriversTest} is about.
 */
class BrokenQueuesTest {
    private static final Set<String> CHAPTERS = Set.of("1", "2", "11", "12");
    private static final List<Patience> RUNS = List.of(patience(2_000, 20), patience(10_000, 300));

    @Test
    void theUnbrokenQueuePasses() {
        ContractRun run = run(new BrokenQueue("is as it is", "none", "", UnaryOperator.identity()), Set.of());
        assertThat(run.failures()).as("failures of an unbroken queue").isEmpty();
        assertThat(run.passed()).as("tests passed").isGreaterThan(40);
    }

    @ParameterizedTest
    @MethodSource("broken")
    void exactlyTheRuleThatIsBrokenFailsAndSaysWhy(BrokenQueue broken) {
        ContractRun run = run(broken, Set.of(broken.rule()));
        assertThat(run.rules())
                .as("rules that fail for a queue that %s: %s", broken.name(), run.failures())
                .containsExactly(broken.rule());
        assertThat(run.failures().values()).as("what the failures say").anyMatch(said -> said.contains(broken.says()));
    }

    static List<BrokenQueue> broken() {
        return BrokenQueue.all();
    }

    /** The first run in which these rules fail, or else the most patient one. */
    private static ContractRun run(BrokenQueue queue, Set<String> expected) {
        ContractRun run = run(queue, RUNS.get(0));
        for (int i = 1; i < RUNS.size() && !run.rules().equals(expected); i++) {
            run = run(queue, RUNS.get(i));
        }
        return run;
    }

    static ContractRun run(BrokenQueue queue, Patience patience) {
        BrokenQueueContract.isAbout(queue, patience);
        return ContractRun.of(
                BrokenQueueContract.class, test -> FilterResult.includedIf(!test.isTest() || isOfTheseChapters(test)));
    }

    private static boolean isOfTheseChapters(TestDescriptor test) {
        return ContractRun.rules(test).stream()
                .allMatch(rule -> CHAPTERS.contains(rule.substring(0, rule.indexOf('.'))));
    }

    private static Patience patience(int eventually, int never) {
        return new Patience(Duration.ofMillis(eventually), Duration.ofMillis(never), Duration.ofMillis(1));
    }
}
