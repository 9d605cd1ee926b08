package io.backgroundqueue.brokers;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first thing that a server says to a client (AMQP 0-9-1, {@code connection.start}): a table of what it is.
 *
 * @param version the server's
 */
record AmqpGreeting(String version) {
    private static final byte[] HELLO = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};
    private static final int METHOD = 1;
    private static final int LOOK_MILLIS = 1_000;

    /** The name of the field, its type (a text), the upper bytes of its length, and its length. */
    private static final Pattern VERSION = Pattern.compile("\007versionS\000\000\000.([0-9.]+)", Pattern.DOTALL);

    /** Asks for it; an IOException means that nobody serves on this port yet. */
    static AmqpGreeting of(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LOOK_MILLIS);
            socket.setSoTimeout(LOOK_MILLIS);
            socket.getOutputStream().write(HELLO);
            DataInputStream answer = new DataInputStream(socket.getInputStream());
            if (answer.readByte() != METHOD) {
                throw new IOException("the answer on port " + port + " is not of AMQP 0-9-1");
            }
            answer.readUnsignedShort();
            String frame = new String(answer.readNBytes(answer.readInt()), StandardCharsets.ISO_8859_1);
            Matcher matcher = VERSION.matcher(frame);
            return new AmqpGreeting(matcher.find() ? matcher.group(1) : "unknown");
        }
    }
}
