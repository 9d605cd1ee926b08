package io.backgroundqueue.rabbitmq;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What is known to be there, by whichever connection of a queue. Thread-safe. */
final class Declared {
    private volatile Set<String> names = ConcurrentHashMap.newKeySet();

    /** What is known now; a name that is added when all was forgotten meanwhile is forgotten, too. */
    Set<String> now() {
        return names;
    }

    /** Something is gone, or may be: all is declared again when it is needed. */
    void forget() {
        names = ConcurrentHashMap.newKeySet();
    }
}
