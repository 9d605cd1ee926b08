package io.backgroundqueue.testkit.broken;

import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.Rule;
import io.backgroundqueue.testkit.seam.QueueDriverContract;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of the seam finds what is wrong with a driver, and says so: one fault, one failed rule. */
class BrokenDriversTest {
    /** Waiting for what does not come takes most of the time: a hasty run comes first, which may err on a busy machine. */
    private static final List<Patience> RUNS = List.of(patience(250, 0), patience(1_000, 20), patience(5_000, 100));

    @ParameterizedTest
    @MethodSource("unbroken")
    void anUnbrokenDriverPasses(BrokenDriver unbroken) {
        ContractRun run = run(unbroken, Set.of());
        assertThat(run.failures())
                .as("failures of a driver that " + unbroken.name())
                .isEmpty();
        assertThat(run.given()).as("tests given up").isZero();
        assertThat(run.passed()).as("tests passed").isGreaterThan(90);
    }

    static List<BrokenDriver> unbroken() {
        return List.of(
                BrokenDriver.of("is as it is", "none", "", driver -> driver),
                BrokenDriver.of(
                        "fetches ahead",
                        "none",
                        "",
                        driver -> Faulty.receiving(driver, (topic, receiver) -> new Prefetching(receiver))));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void exactlyTheRuleThatIsBrokenFailsAndSaysWhy(BrokenDriver broken) {
        ContractRun run = run(broken, Set.of(broken.rule()));
        assertThat(run.rules())
                .as("rules that fail for a driver that %s: %s", broken.name(), run.failures())
                .containsExactly(broken.rule());
        assertThat(run.failures().values()).as("what the failures say").anyMatch(said -> said.contains(broken.says()));
    }

    static List<BrokenDriver> broken() {
        return BrokenDriver.all();
    }

    @Test
    void everyRuleThatHasATestIsBrokenByADriver() {
        Set<String> broken = BrokenDriver.all().stream().map(BrokenDriver::rule).collect(Collectors.toSet());
        Set<String> unbroken = Arrays.stream(QueueDriverContract.class.getMethods())
                .map(method -> method.getAnnotation(Rule.class))
                .flatMap(rule -> rule == null ? Stream.empty() : Arrays.stream(rule.value()))
                .filter(rule -> !broken.contains(rule))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(unbroken).as("rules that no driver breaks").isEmpty();
    }

    /** The first run in which these rules fail, or else the most patient one. */
    private static ContractRun run(BrokenDriver driver, Set<String> expected) {
        ContractRun run = ContractRun.of(driver, RUNS.get(0));
        for (int i = 1; i < RUNS.size() && !run.rules().equals(expected); i++) {
            run = ContractRun.of(driver, RUNS.get(i));
        }
        return run;
    }

    private static Patience patience(int eventually, int never) {
        return new Patience(Duration.ofMillis(eventually), Duration.ofMillis(never), Duration.ofNanos(200_000));
    }
}
