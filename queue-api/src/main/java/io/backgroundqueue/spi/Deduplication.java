package io.backgroundqueue.spi;

import java.time.Duration;

/**
 * Accept one task of this id on its topic.
 *
 * @param id 1 to 256 characters
 * @param window how long the id is remembered, from acceptance; retries do not renew it
 */
public record Deduplication(String id, Duration window) {}
