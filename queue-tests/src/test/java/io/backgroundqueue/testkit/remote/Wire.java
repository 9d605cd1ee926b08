package io.backgroundqueue.testkit.remote;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.backgroundqueue.Bytes;
import io.backgroundqueue.DeadReason;
import io.backgroundqueue.Start;
import io.backgroundqueue.spi.Envelope;
import io.backgroundqueue.spi.PriorStarts;
import io.backgroundqueue.spi.Progress;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/** What travels between {@link RemoteDriver} and {@link RemoteBroker}: one JSON document per call and per answer. */
final class Wire {
    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(Bytes.class, new BytesWriter())
                    .addDeserializer(Bytes.class, new BytesReader()))
            .addMixIn(Start.class, Typed.class)
            .build();

    private Wire() {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
    private interface Typed {}

    /** A call: what to do, and with what. */
    record Call(String what, List<JsonNode> arguments) {
        <T> T argument(int index, Class<T> type) {
            return JSON.treeToValue(arguments.get(index), type);
        }

        <T> List<T> list(int index, Class<T> type) {
            return JSON.convertValue(
                    arguments.get(index), JSON.getTypeFactory().constructCollectionType(List.class, type));
        }
    }

    /** An answer, or what went wrong. */
    record Answer(JsonNode value, String error) {}

    record Sent(String kind, Optional<String> detail) {}

    record Handed(long lease, Envelope envelope, Instant due, Progress progress, PriorStarts starts) {}

    record Verdict(long lease, String kind, Progress progress, Start start, DeadReason reason) {}

    static Call call(String what, Object... arguments) {
        return new Call(
                what,
                java.util.Arrays.stream(arguments)
                        .map(argument -> JSON.<JsonNode>valueToTree(argument))
                        .toList());
    }

    static Answer answer(Object value) {
        return new Answer(JSON.valueToTree(value), "");
    }

    static Answer failed(Exception error) {
        return new Answer(JSON.nullNode(), error.toString());
    }

    static <T> T value(JsonNode node, TypeReference<T> type) {
        return JSON.convertValue(node, type);
    }

    static void write(DataOutputStream output, Object document) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(document);
        output.writeInt(bytes.length);
        output.write(bytes);
        output.flush();
    }

    static <T> T read(DataInputStream input, Class<T> type) throws IOException {
        byte[] bytes = new byte[input.readInt()];
        input.readFully(bytes);
        return JSON.readValue(bytes, type);
    }

    private static final class BytesWriter extends ValueSerializer<Bytes> {
        @Override
        public void serialize(Bytes bytes, JsonGenerator output, SerializationContext context) {
            output.writeBinary(bytes.toArray());
        }
    }

    private static final class BytesReader extends ValueDeserializer<Bytes> {
        @Override
        public Bytes deserialize(JsonParser input, DeserializationContext context) {
            return Bytes.wrap(input.getBinaryValue());
        }
    }
}
