package io.backgroundqueue.spi;

import io.backgroundqueue.internal.SteppedLoops;
import tools.jackson.databind.json.JsonMapper;

/** Planted: what a shared part of the seam must not do. */
public final class PlantedSharedPart {
    private PlantedSharedPart() {}

    static boolean knowsTheEngine(SteppedLoops loops) {
        return loops.mayWait();
    }

    static String readsJson() {
        return JsonMapper.builder().build().writeValueAsString("only WireFormat may");
    }
}
