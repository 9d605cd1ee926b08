package io.backgroundqueue.examples.orders;

import io.backgroundqueue.KeyValueStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * Notes beside the tasks which run is under way, so that a run whose process was killed is found again by the next one.
 *
 * @param run the name of the run; part of its topics' names
 * @param takenOver whether another process began it, and is gone
 */
record RunNote(String run, boolean takenOver, KeyValueStore store, String text) {
    private static final String KEY = "order-pipeline-demo";
    private static final Duration A_DAY = Duration.ofDays(1);

    /** Takes over what a process of this machine left behind, or begins a new run. */
    static RunNote in(KeyValueStore store) {
        RunNote fresh = of(UUID.randomUUID().toString().substring(0, 8), false, store);
        if (store.putIfAbsent(KEY, fresh.text, A_DAY)) {
            return fresh;
        }
        Optional<String> found = store.get(KEY).filter(RunNote::leftBehind);
        if (found.isPresent()) {
            RunNote next = of(found.get().split(" ", -1)[0], true, store);
            if (store.compareAndSet(KEY, found.get(), next.text, A_DAY)) {
                return next;
            }
        }
        return fresh; // somebody else is at work here: this run has topics of its own
    }

    /** Nothing is left to be taken over. */
    void finished() {
        store.compareAndDelete(KEY, text);
    }

    private static RunNote of(String run, boolean takenOver, KeyValueStore store) {
        return new RunNote(
                run,
                takenOver,
                store,
                run + " " + host() + " " + ProcessHandle.current().pid());
    }

    private static boolean leftBehind(String text) {
        String[] words = text.split(" ", -1);
        return words[1].equals(host())
                && ProcessHandle.of(Long.parseLong(words[2]))
                        .filter(ProcessHandle::isAlive)
                        .isEmpty();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
