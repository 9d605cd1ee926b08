/**
 * A backend of one's own, for {@code docs/writing-an-adapter.md}: tasks as files in a folder, in the manner of a Maildir.
 * Any number of processes on one machine share the folder; renaming a file is the only lock there is.
 */
@NullMarked
package io.backgroundqueue.examples.folder;

import org.jspecify.annotations.NullMarked;
