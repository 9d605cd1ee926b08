package io.backgroundqueue.rabbitmq;

import java.time.Duration;

/**
 * One way through the grid of delays: a number of units of 100 ms, in base 100, three digits. Base, digits and unit make
 * the topology: whoever changes one changes {@link #GRID} with it.
 *
 * @param units 1 to 999,999
 * @param partial whether the delay is longer than that
 */
record DelayLeg(int units, boolean partial) {
    static final String GRID = "bq.delay1";
    static final int DIGITS = 3;
    static final int BASE = 100;
    static final int KEY_LENGTH = "99.99.99.@.".length();
    private static final long UNIT_MILLIS = 100;
    private static final int MOST = BASE * BASE * BASE - 1;
    private static final Duration LONGEST = Duration.ofMillis(MOST * UNIT_MILLIS);

    /** @param delay more than 0; rounded up, never early */
    static DelayLeg of(Duration delay) {
        if (delay.compareTo(LONGEST) > 0) {
            return new DelayLeg(MOST, true);
        }
        long millis = delay.plusNanos(999_999).toMillis();
        return new DelayLeg((int) ((millis + UNIT_MILLIS - 1) / UNIT_MILLIS), false);
    }

    /** Digit 2 is the coarsest. */
    int digit(int place) {
        int rest = units;
        for (int i = 0; i < place; i++) {
            rest /= BASE;
        }
        return rest % BASE;
    }

    /** By which key it goes through the grid to what is called {@code address}. */
    String key(String address) {
        return digit(2) + "." + digit(1) + "." + digit(0) + ".@." + address;
    }

    /** Where a delay with this key waits first. */
    static String firstQueue(String key) {
        String[] digits = key.split("\\.", DIGITS + 1);
        for (int i = 0; i < DIGITS - 1; i++) {
            if (!digits[i].equals("0")) {
                return queue(DIGITS - 1 - i, Integer.parseInt(digits[i]));
            }
        }
        return queue(0, Integer.parseInt(digits[DIGITS - 1]));
    }

    /** The queue of a digit. */
    static String queue(int place, int digit) {
        return "%s.%d.%02d".formatted(GRID, place, digit);
    }

    /** How long a digit waits. The broker cuts times to milliseconds, so one more keeps it from being early. */
    static long millis(int place, int digit) {
        long millis = UNIT_MILLIS * digit;
        for (int i = 0; i < place; i++) {
            millis *= BASE;
        }
        return millis + 1;
    }
}
