package io.backgroundqueue;

import static io.backgroundqueue.Refused.invalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PayloadTypeTest {
    record Order(int number) {}

    @Test
    void aPlainClassIsItself() {
        assertThat(PayloadType.of(Order.class).type()).isEqualTo(Order.class);
        assertThat(PayloadType.of(Order.class)).hasToString(Order.class.getName());
    }

    @Test
    void aGenericTypeKeepsItsArguments() {
        PayloadType<Map<String, List<Order>>> type = new PayloadType<>() {};

        assertThat(type).hasToString("java.util.Map<java.lang.String, java.util.List<" + Order.class.getName() + ">>");
        assertThat(type).isEqualTo(new PayloadType<Map<String, List<Order>>>() {});
        assertThat(type).hasSameHashCodeAs(new PayloadType<Map<String, List<Order>>>() {});
        assertThat(type).isNotEqualTo(new PayloadType<Map<String, Order>>() {});
        assertThat(PayloadType.of(Order.class)).isEqualTo(new PayloadType<Order>() {});
    }

    @Test
    @SuppressWarnings({"rawtypes", "unchecked"})
    void aTypeWithoutAnArgumentIsRefused() {
        invalid(() -> new PayloadType() {}, "without a type argument", "new PayloadType<List<Order>>() {}");
    }

    @Test
    void theCodecReadsGenericPayloadsAsWhatTheyAre() {
        JsonCodec codec = new JsonCodec();
        List<Order> orders = List.of(new Order(1), new Order(2));

        assertThat(codec.decode(codec.encode(orders), new PayloadType<List<Order>>() {}))
                .isEqualTo(orders);
    }
}
