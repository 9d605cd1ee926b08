package io.backgroundqueue.testkit.broken;

import io.backgroundqueue.spi.QueueDriver;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The driver in memory with one fault.
 *
 * @param name what it does wrong
 * @param rule the rule of {@code docs/contract.md} that this breaks, and no other
 * @param says what the failure must say
 * @param fault plants the fault into each driver of one backend; what it remembers, these drivers share
 */
public record BrokenDriver(String name, String rule, String says, Function<Backend, UnaryOperator<QueueDriver>> fault) {
    /** All there are, in the order of the rules. */
    public static List<BrokenDriver> all() {
        return Stream.of(
                        BrokenSends.all(),
                        BrokenReceives.all(),
                        BrokenBuffers.all(),
                        BrokenSettles.all(),
                        BrokenRetries.all(),
                        BrokenLeases.all(),
                        BrokenTimes.all(),
                        BrokenOrders.all(),
                        BrokenDeduplication.all(),
                        BrokenAdmin.all(),
                        BrokenDeadLetters.all(),
                        BrokenEnds.all())
                .flatMap(List::stream)
                .toList();
    }

    /** The one that does this wrong. */
    public static BrokenDriver named(String name) {
        return all().stream()
                .filter(broken -> broken.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no driver that " + name));
    }

    /** One whose fault remembers nothing that outlives a driver. */
    static BrokenDriver of(String name, String rule, String says, UnaryOperator<QueueDriver> fault) {
        return new BrokenDriver(name, rule, says, backend -> fault);
    }

    /** One whose fault wants to know the backend, or remembers something for all of its drivers. */
    static BrokenDriver sharing(
            String name, String rule, String says, Function<Backend, UnaryOperator<QueueDriver>> fault) {
        return new BrokenDriver(name, rule, says, fault);
    }

    @Override
    public String toString() {
        return rule + " " + name;
    }
}
