package io.backgroundqueue.testkit;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/**
 * Finds brokers for tests, each once per JVM: by URL in the environment ({@code BQ_REDIS_URL} and so on), else in a
 * container, else as a local process; {@code -Dbq.brokers.kind=container} or {@code process} leaves only that. A missing
 * broker fails the test, unless {@code -Dbq.brokers.waived=redis,kafka} names it (or says {@code all}): then the test is
 * skipped, and the report says so. Thread-safe.
 */
public final class Brokers {
    /** The system property: names of brokers, separated by commas, or {@code all}. */
    public static final String WAIVED = "bq.brokers.waived";

    /** The system property: {@code container} or {@code process}, to start brokers in no other way. */
    public static final String KIND = "bq.brokers.kind";

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Map<String, RunningBroker> RUNNING = new TreeMap<>();

    private Brokers() {}

    /** The broker of that name, started if this is the first call, and ended with the JVM. */
    public static RunningBroker shared(String broker) throws Exception {
        return shared(broker, waived(broker));
    }

    /**
     * {@link #shared} for a broker that an adapter is tested against besides its own, such as a compatible one: where it
     * is missing, the test is skipped, and the report says why.
     */
    public static RunningBroker sharedIfFound(String broker) throws Exception {
        return shared(broker, true);
    }

    /**
     * A broker of the test's own, started as the shared ones are; the test closes it. Where the broker is given by URL, the
     * test is skipped: that one is not ours to set up.
     *
     * @param settings in the broker's own words; its {@link BrokerStarter} says what one is
     */
    public static RunningBroker own(String broker, String... settings) throws Exception {
        return own(broker, List.of(settings), waived(broker), System.getenv(), starters());
    }

    private static RunningBroker shared(String broker, boolean mayBeMissing) throws Exception {
        LOCK.lock();
        try {
            RunningBroker running = RUNNING.get(broker);
            if (running == null) {
                running = find(broker, mayBeMissing, System.getenv(), starters());
                RUNNING.put(broker, running);
                Runtime.getRuntime().addShutdownHook(new Thread(running::close, "bq-broker-end"));
            }
            return running;
        } finally {
            LOCK.unlock();
        }
    }

    static RunningBroker find(
            String broker, boolean mayBeMissing, Map<String, String> environment, List<BrokerStarter> starters)
            throws Exception {
        String variable = variable(broker);
        String url = environment.get(variable);
        return url != null && !url.isBlank()
                ? new GivenBroker(url, variable)
                : started(broker, List.of(), mayBeMissing, starters);
    }

    static RunningBroker own(
            String broker,
            List<String> settings,
            boolean mayBeMissing,
            Map<String, String> environment,
            List<BrokerStarter> starters)
            throws Exception {
        String variable = variable(broker);
        if (!environment.getOrDefault(variable, "").isBlank()) {
            throw new TestAbortedException(
                    "the broker given by " + variable + " is not ours to set up. The test wants " + settings);
        }
        return started(broker, settings, mayBeMissing, starters);
    }

    private static String variable(String broker) {
        return "BQ_" + broker.toUpperCase(Locale.ROOT) + "_URL";
    }

    private static RunningBroker started(
            String broker, List<String> settings, boolean mayBeMissing, List<BrokerStarter> starters) throws Exception {
        List<BrokerStarter> fitting = starters.stream()
                .filter(starter -> starter.broker().equals(broker))
                .sorted(Comparator.comparing(BrokerStarter::kind))
                .toList();
        Optional<BrokerStarter> first =
                fitting.stream().filter(BrokerStarter::available).findFirst();
        if (first.isPresent()) {
            return first.get().start(settings);
        }
        String missing = missing(broker, fitting);
        if (mayBeMissing) {
            throw new TestAbortedException((waived(broker) ? "waived by -D" + WAIVED + ": " : "") + missing);
        }
        throw new IllegalStateException(
                missing + ". To go on without it, and have the report say so: -D" + WAIVED + "=" + broker);
    }

    private static String missing(String broker, List<BrokerStarter> starters) {
        String remedies = starters.stream().map(BrokerStarter::remedy).collect(Collectors.joining(", or "));
        return "no " + broker + " was found" + only() + ". Set " + variable(broker)
                + (remedies.isEmpty() ? "" : ", or " + remedies);
    }

    private static String only() {
        String kind = System.getProperty(KIND, "");
        return kind.isBlank() ? "" : " with -D" + KIND + "=" + kind;
    }

    static Set<BrokerStarter.Kind> kinds(String property) {
        if (property.isBlank()) {
            return EnumSet.allOf(BrokerStarter.Kind.class);
        }
        try {
            return EnumSet.of(BrokerStarter.Kind.valueOf(property.strip().toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException(
                    "-D" + KIND + "=" + property + " is no kind of broker. Say container or process", unknown);
        }
    }

    private static boolean waived(String broker) {
        Set<String> names = Set.of(System.getProperty(WAIVED, "").split("[,\\s]+"));
        return names.contains("all") || names.contains(broker);
    }

    private static List<BrokerStarter> starters() {
        Set<BrokerStarter.Kind> kinds = kinds(System.getProperty(KIND, ""));
        return ServiceLoader.load(BrokerStarter.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(starter -> kinds.contains(starter.kind()))
                .toList();
    }

    /** Somebody else's: it is neither stopped nor closed. */
    private record GivenBroker(String url, String variable) implements RunningBroker {
        @Override
        public String version() {
            return "unknown";
        }

        @Override
        public String startedBy() {
            return "given by " + variable;
        }

        @Override
        public Optional<BrokerProcess> process() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
