package io.backgroundqueue.model;

import java.time.Instant;
import java.util.List;

/** Which tasks may be handed out next: rules 14.85 and 14.90 to 14.96, and 14.134. */
final class ModelOrder {
    private static final int SHARE = 16;

    private int sinceLower;
    private int passedOver;

    /** The tasks that may start, but for their priority and place. */
    static List<ModelTask> ready(List<ModelTask> tasks, Instant now) {
        return tasks.stream()
                .filter(task -> task.isDue(now) && leadsItsKey(task, tasks, now))
                .toList();
    }

    private static boolean leadsItsKey(ModelTask task, List<ModelTask> tasks, Instant now) {
        return task.key() == null
                || task.holdsKey
                || tasks.stream()
                        .filter(task::sharesKeyWith)
                        .noneMatch(other -> other.holdsKey || (other.isDue(now) && comesBefore(other, task)));
    }

    /** In line since earlier. Of several that became due at one moment any may come first, unless none was delayed. */
    private static boolean comesBefore(ModelTask one, ModelTask other) {
        boolean same = one.due.equals(other.due) && !one.delayed && !other.delayed;
        return same ? one.number < other.number : one.due.isBefore(other.due);
    }

    /** Checks that {@code chosen} may be next of those that are ready. */
    void handOut(ModelTask chosen, List<ModelTask> ready) {
        Check.that(ready.contains(chosen), () -> chosen + " was handed out, but only these may start: " + ready);
        int top =
                ready.stream().mapToInt(task -> task.envelope.priority()).max().orElseThrow();
        int level = chosen.envelope.priority();
        boolean lowerHasWork = ready.stream().anyMatch(task -> task.envelope.priority() < top);
        Check.that(
                level == top || sinceLower >= SHARE - 1,
                () -> chosen + " was handed out, " + sinceLower
                        + " hand-outs after the last one of a lower level, while" + " priority " + top + " was ready: "
                        + ready);
        sinceLower = level == top ? sinceLower + 1 : 0;
        passedOver = level == top && lowerHasWork ? passedOver + 1 : 0;
        Check.that(
                passedOver < SHARE,
                () -> "the lower levels were passed over " + passedOver + " times in a row: " + ready);
        ready.stream().filter(task -> task.envelope.priority() == level).forEach(task -> checkPlace(chosen, task));
    }

    private static void checkPlace(ModelTask chosen, ModelTask other) {
        Check.that(
                !(chosen.fresh && other.fresh && other.number < chosen.number),
                () -> chosen + " was handed out before " + other + ", which was accepted earlier");
        Check.that(
                !chosen.mustWaitFor(other),
                () -> chosen + " was replayed, and handed out before " + other + ", which was ready then");
    }
}
