package io.backgroundqueue.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backgroundqueue.Capabilities;
import io.backgroundqueue.Feature;
import io.backgroundqueue.Support;
import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips what the backend says it cannot do, in the backend's own words. */
final class Requirements implements BeforeEachCallback {
    @Override
    public void beforeEach(ExtensionContext context) {
        Method test = context.getRequiredTestMethod();
        Requires requires = test.getAnnotation(Requires.class);
        RequiresMissing missing = test.getAnnotation(RequiresMissing.class);
        if (requires == null && missing == null) {
            return;
        }
        Capabilities capabilities =
                ((Contract<?>) context.getRequiredTestInstance()).harness().capabilities();
        if (requires != null) {
            for (Feature feature : requires.value()) {
                assumeTrue(capabilities.has(feature), () -> reason(feature, capabilities.support(feature)));
            }
        }
        if (missing != null) {
            assumeTrue(!capabilities.has(missing.value()), () -> missing.value() + " works here: nothing to refuse");
        }
    }

    static String reason(Feature feature, Support support) {
        if (support instanceof Support.Unsupported refused) {
            return feature + " is unsupported: " + refused.why() + ". Instead: " + refused.instead();
        }
        return feature + (support instanceof Support.NeedsStore ? " needs a store" : " works");
    }
}
