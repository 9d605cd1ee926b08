package io.backgroundqueue.internal;

import io.backgroundqueue.TaskEvent;
import io.backgroundqueue.TaskListener;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells every listener, and lets none of them disturb the engine or the others. */
final class Events implements TaskListener {
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final List<TaskListener> listeners;

    Events(List<TaskListener> listeners) {
        this.listeners = listeners;
    }

    @Override
    public void on(TaskEvent event) {
        for (TaskListener listener : listeners) {
            try {
                listener.on(event);
            } catch (Throwable failure) {
                LOG.warn("A task listener threw on {}; it is ignored", event, failure);
            }
        }
    }
}
