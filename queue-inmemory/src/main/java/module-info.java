/** The reference driver: a queue in this process's memory, its key-value store, and a clock turned by hand. */
module io.backgroundqueue.inmemory {
    requires transitive io.backgroundqueue;
    requires static org.jspecify;

    exports io.backgroundqueue.inmemory;

    provides io.backgroundqueue.spi.QueueDriverProvider with
            io.backgroundqueue.inmemory.InMemoryProvider;
    provides io.backgroundqueue.spi.KeyValueStoreProvider with
            io.backgroundqueue.inmemory.InMemoryKeyValueStoreProvider;
}
