package io.backgroundqueue.testkit;

import io.backgroundqueue.testkit.report.Report;
import io.backgroundqueue.testkit.report.Report.Result;
import io.backgroundqueue.testkit.report.Report.Tested;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
            QueueHarness harness = contract.harness();
            run.harness = new HarnessFacts(harness.adapter(), harness.brokerVersion(), harness.startedBy());
        }
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        record(context, Result.PASSED, "");
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        record(context, Result.SKIPPED, said(cause));
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
        String folder = context.getConfigurationParameter(FOLDER).orElse("target/conformance");
        Run run = run(context);
        if (folder.equals("off") || run.tests.isEmpty()) {
            return;
        }
        Class<?> test = context.getRequiredTestClass();
        HarnessFacts facts = run.harness == null ? HarnessFacts.unknown(test) : run.harness;
        new Report(
                        facts.adapter,
                        contractOf(test).getSimpleName(),
                        facts.version,
                        facts.startedBy,
                        System.getProperty("java.version", "unknown"),
                        List.copyOf(run.tests))
                .write(Path.of(folder));
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
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= 400 ? line : line.substring(0, 400) + "…";
    }

    private static Class<?> contractOf(Class<?> test) {
        Class<?> parent = test.getSuperclass();
        return java.lang.reflect.Modifier.isAbstract(parent.getModifiers()) ? parent : contractOf(parent);
    }

    private static Run run(ExtensionContext context) {
        ExtensionContext owner = context;
        while (owner.getTestMethod().isPresent() && owner.getParent().isPresent()) {
            owner = owner.getParent().get();
        }
        return owner.getStore(STORE).computeIfAbsent("run", key -> new Run(), Run.class);
    }

    private static final class Run {
        private final List<Tested> tests = new ArrayList<>();
        private @Nullable HarnessFacts harness;
    }

    private record HarnessFacts(String adapter, String version, String startedBy) {
        /** For a harness that could not be opened. */
        static HarnessFacts unknown(Class<?> test) {
            String name = test.getSimpleName().replaceAll("(Driver|BackgroundQueue|BrokerFault)?ContractTest$", "");
            return new HarnessFacts(name.toLowerCase(Locale.ROOT), "-", "not started");
        }
    }
}
