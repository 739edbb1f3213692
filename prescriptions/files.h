#pragma once
#include "common/err.h"
#include "common/vec.h"
#include "prescriptions/report.h"

/*
 * The files of a set of rules, in an order that depends on their names alone: what a folder holds is
 * sorted by bytes, its metadata file first. Names that start with '.' and files that are no .yaml or .yml
 * are passed over; links to folders too, so that there are no circles.
 */
enum {
	FILES_MAX = 1 << 20,
	FILES_DEPTH_MAX = 32, /* folders inside each other */
};

struct presc_file {
	struct str path; /* below the root; "" when the root is the file */
	bool is_metadata;
	/* when they were looked at: by the listing, or as the file was read */
	uint64_t size;
	int64_t mtime_ns;
};

struct presc_files {
	VEC(struct presc_file) list;
};

/*
 * List what is below root, a folder or one file. times: look at size and time of each, which reading does
 * too. What cannot be read is a fault. False: there is no such folder or file. Paths are held by arena.
 */
MUST_USE bool presc_files_list(struct str root, bool times, struct arena *arena,
	struct presc_report *report, struct presc_files *ret);

/* A descriptor of root for presc_files_read(), or -1 when root is a file. */
int presc_files_open(struct str root);

/*
 * Read a file of the list into buf, which is emptied first, and note its size and time. False: err says
 * why.
 */
MUST_USE bool presc_files_read(
	int fd, struct str root, struct presc_file *file, struct buf *buf, struct err *err);
