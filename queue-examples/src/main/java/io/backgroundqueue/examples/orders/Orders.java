package io.backgroundqueue.examples.orders;

import io.backgroundqueue.Bytes;
import io.backgroundqueue.JsonCodec;
import io.backgroundqueue.PayloadType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What arrived at the shop, in order: {@code orders.jsonl}, one order per line. Some customers clicked twice; one order
 * makes no sense, and one can never be invoiced.
 */
final class Orders {
    private static final String FILE = "orders.jsonl";

    private Orders() {}

    static List<Order> read() {
        JsonCodec json = new JsonCodec();
        PayloadType<Order> type = PayloadType.of(Order.class);
        try (InputStream file = Orders.class.getResourceAsStream(FILE)) {
            if (file == null) {
                throw new IOException(FILE + " is not beside the classes of the example");
            }
            BufferedReader lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8));
            return lines.lines()
                    .map(line -> json.decode(Bytes.utf8(line), type))
                    .toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
