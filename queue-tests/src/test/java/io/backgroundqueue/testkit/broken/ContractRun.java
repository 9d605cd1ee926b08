package io.backgroundqueue.testkit.broken;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.backgroundqueue.testkit.Contract;
import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.Rule;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/**
 * One run of the whole contract of the seam.
 *
 * @param failures what the failed tests said, by {@code rule test}; a failure of the contract as a whole has no rule
 * @param given how many tests were given up
 * @param passed how many tests passed
 */
record ContractRun(Map<String, String> failures, long given, long passed) {
    static ContractRun of(BrokenDriver broken, Patience patience) {
        BrokenDriverContract.isAbout(broken, patience);
        return of(BrokenDriverContract.class, test -> FilterResult.included("all"));
    }

    /** A run of the tests of a contract that the filter lets through. */
    static ContractRun of(Class<? extends Contract<?>> contract, PostDiscoveryFilter filter) {
        EngineExecutionResults results = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(contract))
                .filters(filter)
                .configurationParameter("bq.conformance", "off")
                .execute();
        Map<String, String> failures = new TreeMap<>();
        results.allEvents().failed().stream()
                .forEach(event -> failures.put(name(event.getTestDescriptor()), message(event)));
        return new ContractRun(
                failures,
                results.testEvents().aborted().count(),
                results.testEvents().succeeded().count());
    }

    /** The rules whose tests failed. */
    Set<String> rules() {
        Set<String> rules = new TreeSet<>();
        failures.keySet().forEach(test -> rules.add(test.substring(0, test.indexOf(' '))));
        return rules;
    }

    private static String name(TestDescriptor test) {
        List<String> rules = rules(test);
        return (rules.isEmpty() ? "none" : String.join("+", rules)) + " " + test.getDisplayName();
    }

    /** The rules of a test; none for anything else. */
    static List<String> rules(TestDescriptor test) {
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(source -> rules(((MethodSource) source).getJavaMethod()))
                .orElse(List.of());
    }

    private static List<String> rules(Method test) {
        return Arrays.asList(test.getAnnotation(Rule.class).value());
    }

    private static String message(Event failed) {
        return failed.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .map(String::valueOf)
                .orElse("");
    }
}
