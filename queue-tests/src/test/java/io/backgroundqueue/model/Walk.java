package io.backgroundqueue.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes walks, and shortens one that fails: it is cut after the step that fails, and then pieces are taken out, half of
 * it first, single steps last, as long as it still fails.
 *
 * @param worlds opens a new world for each walk
 */
record Walk(Worlds worlds) {
    /** Opens worlds. */
    @FunctionalInterface
    interface Worlds {
        World open() throws Exception;
    }

    /** A walk whose last step fails. */
    record Failure(List<Operation> steps, Throwable cause) {
        /** For whoever has to understand it. */
        String describe(long seed, int length) {
            StringBuilder text = new StringBuilder("Seed " + seed + ", " + length + " steps, fails: ");
            text.append(cause.getMessage()).append("\nShortened to ").append(steps.size());
            text.append(" steps, the last of which fails, or the end after it:");
            for (int i = 0; i < steps.size(); i++) {
                text.append("\n  ").append(i + 1).append(". ").append(steps.get(i));
            }
            return text.append("\nAgain: -Dbq.seed=" + seed + " -Dbq.steps=" + length)
                    .toString();
        }
    }

    /** Walks; answers the shortest failure that it finds, if it fails. */
    Optional<Failure> fails(long seed, int length) {
        Optional<Failure> failure = take(Generator.walk(seed, length));
        return failure.isEmpty() ? failure : Optional.of(shorten(failure.get()));
    }

    private Failure shorten(Failure failure) {
        Failure shortest = failure;
        for (int piece = Math.max(1, failure.steps.size() / 2); piece > 0; piece /= 2) {
            for (int from = 0; from < shortest.steps.size(); ) {
                Optional<Failure> shorter = take(without(shortest.steps, from, piece));
                shortest = shorter.orElse(shortest);
                from += shorter.isPresent() ? 0 : piece;
            }
        }
        return shortest;
    }

    private static List<Operation> without(List<Operation> steps, int from, int count) {
        List<Operation> left = new ArrayList<>(steps.subList(0, from));
        left.addAll(steps.subList(Math.min(steps.size(), from + count), steps.size()));
        return left;
    }

    private Optional<Failure> take(List<Operation> steps) {
        int taken = 0;
        try (World world = worlds.open()) {
            for (Operation step : steps) {
                taken++;
                step.on(world);
                world.compare();
            }
            world.finish();
            return Optional.empty();
        } catch (Exception | AssertionError wrong) {
            return Optional.of(new Failure(List.copyOf(steps.subList(0, taken)), wrong));
        }
    }
}
