package io.backgroundqueue.testkit;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Support;
import io.backgroundqueue.testkit.report.Report;
import io.backgroundqueue.testkit.report.Report.Result;
import io.backgroundqueue.testkit.report.Report.Tested;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Writes {@code target/conformance/<adapter>-<contract>.json} when a contract has run. The configuration parameter
 * {@code bq.conformance} names another folder, or says {@code off}.
 */
final class ConformanceReport implements BeforeEachCallback, TestWatcher, AfterAllCallback {
    private static final String FOLDER = "bq.conformance";
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(ConformanceReport.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        Contract<?> contract = (Contract<?>) context.getRequiredTestInstance();
        ExtensionContext.Store store = context.getStore(STORE);
        store.put("started", System.nanoTime());
        store.put("notes", contract.notes());
        Run run = run(context);
        if (run.harness == null) {
            run.harness = HarnessFacts.of(contract.harness());
        }
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        record(context, Result.PASSED, "");
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        record(context, Result.SKIPPED, said(cause));
        if (cause instanceof Unmet unmet) {
            run(context).unmet.put(context.getRequiredTestMethod().getName(), unmet.rule());
        }
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        record(context, Result.FAILED, said(cause));
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        record(context, Result.SKIPPED, reason.orElse("disabled"));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Run run = run(context);
        List<String> unexplained = run.unexplained();
        String folder = context.getConfigurationParameter(FOLDER).orElse("target/conformance");
        if (!folder.equals("off") && !run.tests.isEmpty()) {
            run.report(context.getRequiredTestClass()).write(Path.of(folder));
        }
        if (!unexplained.isEmpty()) {
            throw new AssertionError(
                    "Tests were given up because of rules whose own tests did not fail: " + unexplained);
        }
    }

    private static void record(ExtensionContext context, Result result, String reason) {
        ExtensionContext.Store store = context.getStore(STORE);
        Long started = store.get("started", Long.class);
        Method method = context.getRequiredTestMethod();
        Rule rule = method.getAnnotation(Rule.class);
        run(context)
                .tests
                .add(new Tested(
                        rule == null ? List.of() : List.of(rule.value()),
                        method.getName(),
                        result,
                        reason,
                        method.isAnnotationPresent(RequiresMissing.class),
                        started == null ? 0 : (System.nanoTime() - started) / 1_000_000,
                        notes(store)));
    }

    private static Map<String, String> notes(ExtensionContext.Store store) {
        Map<String, String> copied = new TreeMap<>();
        if (store.get("notes") instanceof Map<?, ?> notes) {
            notes.forEach((name, value) -> copied.put(String.valueOf(name), String.valueOf(value)));
        }
        return copied;
    }

    private static String said(@Nullable Throwable cause) {
        String message = cause == null ? "no reason given" : String.valueOf(cause.getMessage());
        String line = message.replaceFirst("^Assumption failed: ", "").strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= 400 ? line : line.substring(0, 400) + "…";
    }

    private static Run run(ExtensionContext context) {
        ExtensionContext owner = context;
        while (owner.getTestMethod().isPresent() && owner.getParent().isPresent()) {
            owner = owner.getParent().get();
        }
        return owner.getStore(STORE).computeIfAbsent("run", key -> new Run(), Run.class);
    }

    /** What came of one contract; tests write to it side by side. */
    private static final class Run {
        private final List<Tested> tests = new CopyOnWriteArrayList<>();
        /** Names of tests that were given up, and the rule that was in their way. */
        private final Map<String, String> unmet = new ConcurrentHashMap<>();

        private volatile @Nullable HarnessFacts harness;

        Report report(Class<?> test) {
            HarnessFacts opened = harness;
            HarnessFacts facts = opened == null ? HarnessFacts.unknown(test) : opened;
            return new Report(
                    facts.adapter,
                    contractOf(test),
                    facts.version,
                    facts.startedBy,
                    System.getProperty("java.version", "unknown"),
                    facts.supports,
                    tests.stream().sorted(Comparator.comparing(Tested::test)).toList());
        }

        /** Turns what was given up without a failure to show for it into failures. */
        List<String> unexplained() {
            Set<String> failed = tests.stream()
                    .filter(test -> test.result() == Result.FAILED)
                    .flatMap(test -> test.rules().stream())
                    .collect(Collectors.toSet());
            List<String> unexplained = new ArrayList<>();
            tests.replaceAll(test -> {
                String rule = unmet.get(test.test());
                if (rule == null || test.result() != Result.SKIPPED || failed.contains(rule)) {
                    return test;
                }
                unexplained.add(test.test() + " (" + test.reason() + ")");
                return test.as(Result.FAILED);
            });
            return unexplained;
        }

        private static String contractOf(Class<?> test) {
            Class<?> parent = test.getSuperclass();
            return Modifier.isAbstract(parent.getModifiers()) ? parent.getSimpleName() : contractOf(parent);
        }
    }

    private record HarnessFacts(String adapter, String version, String startedBy, Map<String, String> supports) {
        static HarnessFacts of(QueueHarness harness) {
            return new HarnessFacts(
                    harness.adapter(), harness.brokerVersion(), harness.startedBy(), words(harness.capabilities()));
        }

        private static Map<String, String> words(Capabilities capabilities) {
            Map<String, String> words = new TreeMap<>();
            for (Feature feature : Feature.values()) {
                words.put(feature.name(), word(capabilities.support(feature)));
            }
            words.computeIfPresent(
                    Feature.PRIORITY.name(),
                    (name, word) -> capabilities.has(Feature.PRIORITY)
                            ? word + ", " + capabilities.limits().priorityLevels() + " levels"
                            : word);
            words.put(
                    Feature.DURABILITY.name(),
                    switch (capabilities.durability()) {
                        case PROCESS -> "nothing: this process";
                        case BROKER_MEMORY -> "workers and producers";
                        case DISK -> "a restart of the broker";
                        case REPLICATED -> "the loss of a machine";
                    });
            return words;
        }

        private static String word(Support support) {
            if (support instanceof Support.Emulated emulated) {
                return emulated.how();
            }
            return support instanceof Support.Native
                    ? "native"
                    : support instanceof Support.NeedsStore ? "with a store" : "refused";
        }

        /** For a harness that could not be opened. */
        static HarnessFacts unknown(Class<?> test) {
            String name =
                    test.getSimpleName().replaceAll("(Driver|(Background)?Queue|(Broker)?Fault)?ContractTest$", "");
            return new HarnessFacts(name.toLowerCase(Locale.ROOT), "-", "not started", Map.of());
        }
    }
}
