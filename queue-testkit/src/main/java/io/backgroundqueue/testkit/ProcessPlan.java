package io.backgroundqueue.testkit;

import io.backgroundqueue.RetryPolicy;
import io.backgroundqueue.WorkerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a {@link WorkerProcess} does: it is a producer, a worker, or both. Payloads are strings. Immutable; start at
 * {@link #on} and call one method per wish. It travels to the other JVM as command line arguments.
 */
public final class ProcessPlan {
    private final Map<String, String> settings;

    private ProcessPlan(Map<String, String> settings) {
        this.settings = settings;
    }

    /** Ten tasks at a time from {@code topic}, each completed without delay. */
    public static ProcessPlan on(String url, String topic) {
        return new ProcessPlan(Map.of())
                .with("url", url)
                .with("topic", topic)
                .concurrency(10)
                .grace(Duration.ofSeconds(10));
    }

    /** Enqueues {@code count} tasks one after the other, with the payloads {@code prefix-0}, {@code prefix-1}, … */
    public ProcessPlan producing(int count, String prefix) {
        return with("produce", count).with("prefix", prefix);
    }

    /** Runs so many tasks at once; 0 means that it is no worker. Default: 10. */
    public ProcessPlan concurrency(int tasks) {
        return with("concurrency", tasks);
    }

    /** Lets so many runs of a task fail. Default: the queue's. */
    public ProcessPlan attempts(int runs) {
        return with("attempts", runs);
    }

    /** Lets so many runs of a task end without a verdict. Default: the queue's. */
    public ProcessPlan maxInterruptions(int runs) {
        return with("maxInterruptions", runs);
    }

    /** Holds tasks for this long without a sign of life. Default: the queue's. */
    public ProcessPlan lease(Duration lease) {
        return with("lease", lease);
    }

    /** Waits about this long after a failure, and longer after each further one. Default: the queue's policy. */
    public ProcessPlan backoff(Duration wait) {
        return with("backoff", wait);
    }

    /** Works this long on every task. Default: no time at all. */
    public ProcessPlan work(Duration perTask) {
        return with("work", perTask);
    }

    /** Fails every {@code n}-th run of this process. Default: none. */
    public ProcessPlan failEach(int n) {
        return with("failEach", n);
    }

    /** Halts the JVM in the middle of a run whose payload contains {@code marker}. Default: never. */
    public ProcessPlan haltOn(String marker) {
        return with("haltOn", marker);
    }

    /** Waits this long for running handlers when it is told to end. Default: 10 seconds. */
    public ProcessPlan grace(Duration grace) {
        return with("grace", grace);
    }

    String url() {
        return text("url").orElseThrow();
    }

    String topic() {
        return text("topic").orElseThrow();
    }

    int produced() {
        return number("produce");
    }

    String payload(int index) {
        return text("prefix").orElse("task") + "-" + index;
    }

    int concurrency() {
        return number("concurrency");
    }

    Duration work() {
        return duration("work").orElse(Duration.ZERO);
    }

    Duration grace() {
        return duration("grace").orElse(Duration.ZERO);
    }

    boolean fails(int run) {
        return number("failEach") > 0 && run % number("failEach") == 0;
    }

    boolean halts(String payload) {
        return text("haltOn").filter(payload::contains).isPresent();
    }

    WorkerOptions workerOptions() {
        return new WorkerOptions(
                OptionalInt.of(concurrency()),
                optionalNumber("attempts"),
                optionalNumber("maxInterruptions"),
                duration("lease"),
                Optional.empty(),
                duration("backoff").map(wait -> RetryPolicy.exponential(wait, wait.multipliedBy(8))),
                OptionalInt.empty());
    }

    List<String> arguments() {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue())
                .toList();
    }

    static ProcessPlan parse(String... arguments) {
        ProcessPlan plan = new ProcessPlan(Map.of());
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            plan = plan.with(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return plan;
    }

    private ProcessPlan with(String name, Object value) {
        Map<String, String> changed = new TreeMap<>(settings);
        changed.put(name, value.toString());
        return new ProcessPlan(changed);
    }

    private Optional<String> text(String name) {
        return Optional.ofNullable(settings.get(name));
    }

    private int number(String name) {
        return optionalNumber(name).orElse(0);
    }

    private OptionalInt optionalNumber(String name) {
        return text(name).stream().mapToInt(Integer::parseInt).findFirst();
    }

    private Optional<Duration> duration(String name) {
        return text(name).map(Duration::parse);
    }
}
