package io.backgroundqueue.testkit.seam;

import io.backgroundqueue.testkit.Patience;
import io.backgroundqueue.testkit.SteppableTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The time of one test: turned by hand where the harness can, real elsewhere. While it passes, it does for every living
 * worker what the engine would.
 */
final class SeamTime {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    private final Optional<SteppableTime> clock;
    private final Patience patience;
    private final List<Hand> hands = new ArrayList<>();

    SeamTime(Optional<SteppableTime> clock, Patience patience) {
        this.clock = clock;
        this.patience = patience;
    }

    Patience patience() {
        return patience;
    }

    boolean stepped() {
        return clock.isPresent();
    }

    Instant now() {
        return clock.map(SteppableTime::now).orElseGet(Instant::now);
    }

    /** How long a receive waits in a test that polls: not at all where waiting would need somebody to turn the clock. */
    Duration shortWait() {
        return stepped() ? Duration.ZERO : Duration.ofMillis(50);
    }

    void add(Hand hand) {
        hands.add(hand);
    }

    /** Lets time pass. */
    void pass(Duration time) throws Exception {
        if (stepped()) {
            step(time);
            return;
        }
        Instant end = now().plus(time);
        while (now().isBefore(end)) {
            tend();
            patience.pause();
        }
    }

    /** Renews the leases that want it, and gives receivers their regular call. */
    void tend() throws Exception {
        for (Hand hand : hands) {
            hand.tend(BETWEEN_LOOKS);
        }
    }

    private void step(Duration time) throws Exception {
        SteppableTime steppable = clock.orElseThrow();
        Duration left = time;
        while (left.compareTo(Duration.ZERO) > 0) {
            Duration step = hands.stream()
                    .filter(Hand::holds)
                    .map(hand -> hand.lease().dividedBy(3))
                    .min(Comparator.naturalOrder())
                    .filter(third -> third.compareTo(time) < 0)
                    .orElse(left);
            step = step.compareTo(left) < 0 ? step : left;
            steppable.advance(step);
            left = left.minus(step);
            tend();
        }
    }
}
