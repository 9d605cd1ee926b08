package io.backgroundqueue;

import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Payloads as JSON, by Jackson. Fields that a reader does not know are ignored, so that producers may be newer than
 * workers.
 */
public final class JsonCodec implements Codec {
    private final JsonMapper mapper;

    /** With Jackson's own defaults: records, {@code java.time} and {@code Optional} work. */
    public JsonCodec() {
        this(JsonMapper.builder().build());
    }

    /** With a mapper of the application's. */
    public JsonCodec(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public Bytes encode(Object payload) {
        return Bytes.wrap(mapper.writeValueAsBytes(payload));
    }

    @Override
    public <T> T decode(Bytes bytes, PayloadType<T> type) {
        JavaType javaType = mapper.constructType(type.type());
        T payload = mapper.readValue(bytes.asStream(), javaType);
        if (payload == null) {
            throw new IllegalArgumentException("the payload is the JSON value null, which no handler can take");
        }
        return payload;
    }
}
