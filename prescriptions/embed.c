#include <stdio.h>
#include "common/fs.h"
#include "prescriptions/files.h"
#include "prescriptions/load.h"
#include "common/banned.h"

/*
 * A step of the build, no part of the program: a folder of rules to C source that holds the compiled
 * set (shipped.h), and a dependency file, so that a changed or new rule is built in.
 *
 *	rules_embed FOLDER OUT.c OUT.d
 */
enum { PER_LINE = 16, TEXT_MAX = 64 << 20 };

/* The set without the times of the files, so that the same rules give the same program. */
static void put_source(const struct presc_table *table, struct arena *arena, struct buf *out)
{
	unsigned char *bytes = arena_array(arena, unsigned char, table->n);
	memcpy(bytes, table->p, table->n);
	struct table_header *header = (struct table_header *)bytes;
	struct table_file *files = (struct table_file *)(bytes + header->parts[TABLE_FILES].at);
	for (size_t i = 0; i < header->parts[TABLE_FILES].n; i++) {
		files[i].mtime_ns = 0;
	}
	const size_t summed = offsetof(struct table_header, digest);
	header->checksum = table_checksum(bytes + summed, table->n - summed);
	buf_add(out, S("#include \"prescriptions/shipped.h\"\n\n"
		       "static const unsigned char bytes[] __attribute__((aligned(16))) = {"));
	for (size_t i = 0; i < table->n; i++) {
		buf_addf(out, "%s%u,", i % PER_LINE == 0 ? "\n\t" : "", bytes[i]);
	}
	buf_add(out, S("\n};\n\nstruct str presc_shipped(void)\n{\n"
		       "\treturn (struct str){(const char *)bytes, sizeof(bytes)};\n}\n"));
}

static bool put_dependencies(
	struct str folder, const char *made, struct arena *arena, struct buf *out, struct err *err)
{
	struct presc_files files = {0};
	struct presc_report report = {.arena = arena};
	if (!presc_files_list(folder, false, arena, &report, &files)) {
		return err_set(err, ERR_INPUT, "the folder cannot be listed");
	}
	buf_addf(out, "%s: " STR_FMT, made, STR_ARG(folder));
	for (size_t i = 0; i < files.list.n; i++) {
		buf_addf(out, " \\\n  " STR_FMT "/" STR_FMT, STR_ARG(folder),
			STR_ARG(files.list.p[i].path));
	}
	buf_byte(out, '\n');
	return true;
}

static bool embed(const char *folder, const char *made, const char *dependencies, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf out = {.max = TEXT_MAX};
	AUTO(buf_done) struct buf files = {.max = TEXT_MAX};
	struct presc_report report = {.arena = &arena};
	struct presc_table table = {0};
	bool fine = presc_load(str_from(folder), true, &report, &table);
	for (size_t i = 0; i < report.faults.list.n; i++) {
		presc_fault_show(&report, &report.faults.list.p[i], &out);
	}
	if (!fine) {
		(void)fwrite(out.p, 1, out.n, stderr);
		presc_table_done(&table);
		return err_set(err, ERR_INPUT, "the rules have faults");
	}
	put_source(&table, &arena, &out);
	presc_table_done(&table);
	return put_dependencies(str_from(folder), made, &arena, &files, err) &&
	       fs_write_atomic(made, buf_str(&out), 0644, err) &&
	       fs_write_atomic(dependencies, buf_str(&files), 0644, err);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	if (argc != 4) {
		(void)fputs("usage: rules_embed FOLDER OUT.c OUT.d\n", stderr);
		return 2;
	}
	if (!embed(argv[1], argv[2], argv[3], &err)) {
		(void)fprintf(stderr, "%s: %s\n", argv[1], err.message);
		return 1;
	}
	return 0;
}
