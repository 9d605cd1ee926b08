package io.backgroundqueue.kafka;

/** Planted: an adapter that another adapter uses. */
public final class PlantedNeighbour {
    private PlantedNeighbour() {}

    /** Something worth stealing. */
    public static int partitions() {
        return 3;
    }
}
