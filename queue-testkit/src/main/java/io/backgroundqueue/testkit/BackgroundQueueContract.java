package io.backgroundqueue.testkit;

/**
 * Chapters 1 to 13 of {@code docs/contract.md}, through {@link io.backgroundqueue.BackgroundQueue} alone: for every adapter,
 * and for whoever implements that interface directly.
 *
 * <pre>{@code
 * class RedisQueueContractTest extends BackgroundQueueContract {
 *     @Override
 *     protected QueueHarness openHarness() throws Exception {
 *         return RedisHarness.open();
 *     }
 * }
 * }</pre>
 *
 * <p>The chapters stand in classes of their own, one extending the other, for no other reason than their size: an adapter
 * has one test class, with one report.
 */
public abstract class BackgroundQueueContract extends ByteRules {
    /** For subclasses. */
    protected BackgroundQueueContract() {}
}
