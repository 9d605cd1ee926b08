package io.backgroundqueue.examples.orders;

import java.math.BigDecimal;
import java.util.List;

/** An order as the shop took it, paid for already. */
record Order(String id, String user, String email, List<Item> items, BigDecimal total, String currency) {
    /** One line of it. */
    record Item(String sku, int quantity, BigDecimal price) {}
}
