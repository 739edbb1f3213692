#include <unistd.h>
#include "advise/save.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "common/fs.h"
#include "common/banned.h"

/*
 * `thoth save NOTEBOOK [FILE...]`: requirements and locks of files into metadata.thoth; without a file
 * those beside the notebook, or what other tools left in its metadata.
 */
enum { SAVE_FILE_MAX = 16 << 20 };

static bool read_files(const struct advise_options *options, struct str notebook,
	struct arena *arena, struct save_file *ret, size_t *ret_n, struct err *err)
{
	static const struct str beside[] = {STR_INIT("Pipfile"), STR_INIT("Pipfile.lock")};
	struct str folder = fs_dirname(arena, notebook);
	size_t n = 0;
	for (size_t i = 1; i < options->words.n; i++) {
		ret[n++].path = options->words.items[i];
	}
	for (size_t i = 0; options->words.n == 1 && i < 2; i++) {
		struct str path = fs_join(arena, folder, beside[i]);
		if (access(arena_cstr(arena, path), R_OK) == 0) {
			ret[n++].path = path;
		}
	}
	for (size_t i = 0; i < n; i++) {
		const char *path = arena_cstr(arena, ret[i].path);
		if (!fs_read(path, SAVE_FILE_MAX, arena, &ret[i].text, err)) {
			return err_in(err, ret[i].path);
		}
	}
	*ret_n = n;
	return true;
}

static bool save(
	struct str path, const struct advise_options *options, bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	struct save_file files[ADVISE_LIST_MAX];
	size_t n_files = 0;
	json_t *value = NULL;
	if (!nb_read(arena_cstr(&arena, path), &arena, &notebook, err) ||
		!read_files(options, path, &arena, files, &n_files, err) ||
		!save_value(options, &notebook, files, n_files, &arena, &value, ret_changed, err)) {
		return false;
	}
	bool fine = !*ret_changed || options->dry_run || drive_write(&notebook, value, err);
	json_decref(value);
	return fine;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_SAVE, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_save.usage);
		advise_options_help(ADVISE_SAVE, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n == 0) {
		err_hint(&err, "usage: thoth %s", cmd_save.usage);
		err_set(&err, ERR_USAGE, "which notebook?");
		return drive_error(&err, options.json);
	}
	bool changed = false;
	struct str path = options.words.items[0];
	if (!save(path, &options, &changed, &err)) {
		err_in(&err, path);
		return drive_error(&err, options.json);
	}
	if (options.json) {
		printf("{\"schema\": \"thoth.save/1\", \"changed\": %s}\n",
			changed ? "true" : "false");
	} else if (!options.quiet) {
		AUTO(buf_done) struct buf out = {0};
		buf_add(&out, !changed          ? S("nothing to change in metadata.thoth of ")
			      : options.dry_run ? S("not written (--dry-run): metadata.thoth of ")
						: S("written to metadata.thoth of "));
		buf_add_shown(&out, path, true);
		buf_byte(&out, '\n');
		drive_print(stdout, &out);
	}
	return 0;
}

const struct command cmd_save = {
	.name = "save",
	.usage = "save NOTEBOOK [FILE...] [OPTIONS]",
	.summary = "requirements and locks of files, or of older metadata, into the notebook",
	.run = run,
};
