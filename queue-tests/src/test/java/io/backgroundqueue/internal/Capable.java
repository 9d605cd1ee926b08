package io.backgroundqueue.internal;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Limits;
import io.backgroundqueue.Support;
import java.util.EnumMap;
import java.util.Map;

/** Capabilities for tests. */
final class Capable {
    private Capable() {}

    /** Everything, natively: a store that fences by itself. */
    static Capabilities ofAll() {
        return of(LeaseKind.TIMED, Limits.DEFAULT);
    }

    /** Everything natively, but for the fence: the worker has to watch its own lease. */
    static Capabilities checking(LeaseKind leaseKind) {
        return of(leaseKind, Limits.DEFAULT).with(Feature.FENCE, Support.emulated("the worker watches its deadline"));
    }

    /** Everything but one feature. */
    static Capabilities without(Feature feature) {
        return ofAll().with(feature, Support.unsupported("it has no " + feature, "do without"));
    }

    static Capabilities limited(Limits limits) {
        return of(LeaseKind.TIMED, limits);
    }

    private static Capabilities of(LeaseKind leaseKind, Limits limits) {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        return new Capabilities(
                "scripted", features, limits, leaseKind, true, true, Precision.EXACT, Durability.PROCESS);
    }
}
