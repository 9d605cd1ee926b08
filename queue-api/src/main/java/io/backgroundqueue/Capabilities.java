package io.backgroundqueue;

import java.util.EnumMap;
import java.util.Map;

/**
 * What a backend can do and within which limits: declared once, by the driver, and read by the engine (which refuses the
 * rest), by the conformance suite and by the documentation.
 *
 * @param backend the backend's short name, such as {@code inmemory}
 * @param features a support for every feature
 * @param limits the numbers
 * @param leaseKind what a lease depends on
 * @param settleDurable whether a settled task is durably settled when the call returns, or at the latest at close
 * @param conflictReported whether a duplicate's receipt names the task that was accepted before
 * @param interruptionPrecision how precisely runs without a verdict are counted
 * @param durability what an accepted task outlives
 */
public record Capabilities(
        String backend,
        Map<Feature, Support> features,
        Limits limits,
        LeaseKind leaseKind,
        boolean settleDurable,
        boolean conflictReported,
        Precision interruptionPrecision,
        Durability durability) {

    /** What a lease depends on. */
    public enum LeaseKind {
        /** On time: it runs out unless it is renewed. */
        TIMED,
        /** On the connection or the group membership of the worker. */
        CONNECTION
    }

    /** How a count relates to the truth. */
    public enum Precision {
        /** It is the truth. */
        EXACT,
        /** The truth is at most this. */
        UPPER_BOUND,
        /** The truth is at least this. */
        LOWER_BOUND,
        /** Nothing is known. */
        UNKNOWN
    }

    /** What an accepted task outlives, as the backend is set up. */
    public enum Durability {
        /** Nothing: it lives in this process. */
        PROCESS,
        /** The workers and producers, not the broker. */
        BROKER_MEMORY,
        /** A restart of the broker. */
        DISK,
        /** The loss of a broker's machine. */
        REPLICATED
    }

    /** What an implementation of {@link BackgroundQueue} inherits that declares nothing. */
    public static final Capabilities NONE = undeclared();

    /** Copies the map and checks that it is complete. */
    public Capabilities {
        for (Feature feature : Feature.values()) {
            if (!features.containsKey(feature)) {
                throw QueueException.invalid("The capabilities of '" + backend + "' say nothing about " + feature
                        + ". Declare a Support for every Feature");
            }
        }
        features = Map.copyOf(features);
    }

    /** How the backend provides {@code feature}. */
    public Support support(Feature feature) {
        Support support = features.get(feature);
        if (support == null) {
            throw new IllegalStateException("checked in the constructor: " + feature);
        }
        return support;
    }

    /** Whether {@code feature} works. */
    public boolean has(Feature feature) {
        return support(feature).works();
    }

    /** The same capabilities with another support for one feature. */
    public Capabilities with(Feature feature, Support support) {
        Map<Feature, Support> changed = new EnumMap<>(features);
        changed.put(feature, support);
        return new Capabilities(
                backend,
                changed,
                limits,
                leaseKind,
                settleDurable,
                conflictReported,
                interruptionPrecision,
                durability);
    }

    private static Capabilities undeclared() {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.unsupported("this queue does not declare it", "see its own documentation"));
        }
        return new Capabilities(
                "undeclared",
                features,
                Limits.DEFAULT.priorityLevels(1),
                LeaseKind.TIMED,
                false,
                false,
                Precision.UNKNOWN,
                Durability.PROCESS);
    }
}
