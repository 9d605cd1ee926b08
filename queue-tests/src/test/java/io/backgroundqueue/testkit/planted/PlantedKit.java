package io.backgroundqueue.testkit.planted;

import io.backgroundqueue.kafka.PlantedNeighbour;

/** Planted: what a part of the test kit must not do. */
public final class PlantedKit {
    private PlantedKit() {}

    static int knowsAnAdapter() {
        return PlantedNeighbour.partitions();
    }
}
