#pragma once
#include "common/hash.h"
#include "prescriptions/files.h"

/*
 * The contents of many small files in their order, read by a thread of its own while the caller works on
 * earlier ones: a third of the time of a cold load is opening and reading. The thread also works out the
 * digest of all names and contents. Without a thread everything is read when it is asked for.
 */
struct presc_readahead;

/* files must live until the end; size and time of each are noted. digest: work it out. */
struct presc_readahead *presc_readahead_new(
	struct str root, struct presc_files *files, bool digest);

/*
 * The next file's text, which lives until presc_readahead_release(). False: it cannot be read, err says
 * why. Either way it has to be released before the one after it.
 */
MUST_USE bool presc_readahead_next(
	struct presc_readahead *readahead, struct str *ret, struct err *err);
void presc_readahead_release(struct presc_readahead *readahead);

/* "sha256:..." after the last file was released, "" when none was asked for or a file could not be read. ret[72] */
void presc_readahead_digest(struct presc_readahead *readahead, char ret[HASH_HEX + 8]);

void presc_readahead_free(struct presc_readahead *readahead);
