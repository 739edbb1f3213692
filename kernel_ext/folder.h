#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The private folder of a companion: the real kernel's connection file, whose key nobody else may
 * read, and the sockets between us. Whoever is killed leaves it behind; a lock file in it, held for
 * as long as the companion lives, tells the next one which folders it may sweep.
 */
enum {
	KERNEL_ADDRESS_MAX = 107, /* bytes of a socket's path on Linux (sun_path) */
	KERNEL_SWEEP_MAX = 1000,  /* folders looked at in one sweep */
	KERNEL_SWEEP_AGE_S = 60,  /* a folder without a lock may still be in the making */
};

struct kernel_folder {
	struct str path; /* "" until it is made */
	int lock;        /* descriptor; only meaningful when path is there */
};

/*
 * A new folder with mode 0700 below $XDG_RUNTIME_DIR, $TMPDIR or /tmp, the first that is absolute,
 * ours or sticky, and short enough for the sockets in it. The path is held by arena.
 */
MUST_USE bool kernel_folder_make(struct arena *arena, struct kernel_folder *ret, struct err *err);

/* Write a file of mode 0600 in it; its path is held by arena. */
MUST_USE bool kernel_folder_write(const struct kernel_folder *folder, struct str name,
	struct str data, struct arena *arena, struct str *ret_path, struct err *err);

/* Remove the folder and the plain files and sockets in it. Zeroed is fine. */
void kernel_folder_done(struct kernel_folder *folder);

/*
 * Remove the folders beside this one whose companions are gone. Only folders of our own user count,
 * links are never followed, and what is not a plain file or socket stays. Returns how many went.
 */
size_t kernel_folder_sweep(const struct kernel_folder *folder);
