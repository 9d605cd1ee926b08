package io.backgroundqueue.examples.orders;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the ledger says about one topic.
 *
 * @param accepted how many tasks the backend has taken
 * @param duplicates how many it refused because it had taken them before
 * @param completed how many are done
 * @param retried how many runs failed and were followed by another
 * @param expired how many came too late
 * @param twice how many ends were told of tasks that had ended before: the price of at-least-once
 * @param dead why which task was given up
 * @param open ids of tasks that were accepted and of whose end nothing is known
 * @param failed errors of enqueues
 */
record LedgerLine(
        String topic,
        int accepted,
        int duplicates,
        int completed,
        int retried,
        int expired,
        int twice,
        Map<String, String> dead,
        Set<String> open,
        List<String> failed) {}
