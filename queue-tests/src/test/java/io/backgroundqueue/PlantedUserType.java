package io.backgroundqueue;

import io.backgroundqueue.inmemory.ManualTime;
import io.backgroundqueue.internal.SteppedLoops;
import io.backgroundqueue.spi.Lanes;
import java.time.Instant;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.Extension;
import tools.jackson.databind.json.JsonMapper;

/** Planted: what a type of the user's package must not do, one offence per method. */
public final class PlantedUserType {
    private int count;

    /** Knows the seam. */
    public static int knowsTheSeam() {
        return Lanes.of(3);
    }

    /** Knows the engine. */
    public static boolean knowsTheEngine() {
        return new SteppedLoops(new ManualTime(Instant.EPOCH)).mayWait();
    }

    /** Shows a client's type. */
    public static JsonMapper showsAClientsType() {
        return JsonMapper.builder().build();
    }

    /** Knows a library that the core does not have. */
    public static boolean knowsAnotherLibrary(Object any) {
        return any instanceof Extension;
    }

    /** Locks the wrong way. */
    public synchronized int locksTheWrongWay() {
        return ++count;
    }

    /** Prints. */
    public static void prints() {
        System.out.println("a library prints nothing");
    }

    /** Logs the wrong way. */
    public static String logsTheWrongWay() {
        return Logger.getLogger("planted").getName();
    }
}
