/**
 * The contracts of {@code docs/contract.md} as tests, for anyone who implements {@link
 * io.backgroundqueue.BackgroundQueue} or {@link io.backgroundqueue.spi.QueueDriver}.
 *
 * <p>Implement {@link io.backgroundqueue.testkit.QueueHarness} (or {@link
 * io.backgroundqueue.testkit.DriverHarness}) once, and extend each contract by a class that ends in {@code
 * ContractTest} and does nothing but open that harness.
 */
@NullMarked
package io.backgroundqueue.testkit;

import org.jspecify.annotations.NullMarked;
