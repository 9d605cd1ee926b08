package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import io.backgroundqueue.Capabilities.Durability;
import io.backgroundqueue.Capabilities.LeaseKind;
import io.backgroundqueue.Capabilities.Precision;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CapabilitiesTest {
    @ParameterizedTest
    @EnumSource(Feature.class)
    void anIncompleteDeclarationIsRefusedWithTheFeatureThatIsMissing(Feature missing) {
        Map<Feature, Support> features = all();
        features.remove(missing);

        invalid(() -> capabilities(features), "'brand'", missing.name(), "every Feature");
    }

    @Test
    void laterChangesOfTheMapAreNotSeen() {
        Map<Feature, Support> features = all();
        Capabilities capabilities = capabilities(features);
        features.clear();

        assertThat(capabilities.has(Feature.CANCEL)).isTrue();
    }

    @Test
    void nativeAndEmulatedFeaturesWorkAndTheOthersDoNot() {
        Capabilities capabilities = capabilities(all())
                .with(Feature.DELAY, Support.emulated("timers"))
                .with(Feature.CANCEL, Support.unsupported("no index", "wait"))
                .with(Feature.DEDUPLICATION, Support.withStore());

        assertThat(capabilities.has(Feature.PRIORITY)).isTrue();
        assertThat(capabilities.has(Feature.DELAY)).isTrue();
        assertThat(capabilities.has(Feature.CANCEL)).isFalse();
        assertThat(capabilities.has(Feature.DEDUPLICATION)).isFalse();
        assertThat(capabilities.support(Feature.CANCEL)).isEqualTo(new Support.Unsupported("no index", "wait"));
        assertThat(capabilities.backend()).isEqualTo("brand");
    }

    @ParameterizedTest
    @EnumSource(Feature.class)
    void whoDeclaresNothingCanDoNothing(Feature feature) {
        assertThat(Capabilities.NONE.has(feature)).isFalse();
        assertThat(Capabilities.NONE.interruptionPrecision()).isEqualTo(Precision.UNKNOWN);
    }

    private static Map<Feature, Support> all() {
        Map<Feature, Support> features = new EnumMap<>(Feature.class);
        for (Feature feature : Feature.values()) {
            features.put(feature, Support.natively());
        }
        return features;
    }

    private static Capabilities capabilities(Map<Feature, Support> features) {
        return new Capabilities(
                "brand", features, Limits.DEFAULT, LeaseKind.TIMED, true, true, Precision.EXACT, Durability.PROCESS);
    }
}
