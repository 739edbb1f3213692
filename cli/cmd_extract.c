#include <unistd.h>
#include "advise/exports.h"
#include "advise/inputs.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "common/fs.h"
#include "common/vec.h"
#include "common/banned.h"

/*
 * `thoth extract NOTEBOOK [FILE...]`: what the notebook holds as files beside it. All of them are made
 * first, and looked at: either every one can be written, or none is.
 */
struct extracted {
	struct str path;
	struct buf bytes;
	bool same, other; /* what is there already */
};

static const struct str by_default[] = {
	STR_INIT("Pipfile"), STR_INIT("Pipfile.lock"), STR_INIT("requirements.txt")};

/* thoth_config is JSON in a string or an object, and JSON is YAML. */
static bool make_config(const struct notebook *notebook, struct buf *out, struct err *err)
{
	json_t *value = json_object_get(notebook->metadata, "thoth_config");
	json_t *parsed = json_is_string(value) ? json_loadb(json_string_value(value),
							 json_string_length(value), 0, NULL)
					       : json_incref(value);
	char *text = json_is_object(parsed) ? json_dumps(parsed, JSON_INDENT(2)) : NULL;
	json_decref(parsed);
	if (text == NULL) {
		return err_set(err, ERR_INPUT, "the notebook has no thoth_config");
	}
	buf_add(out, str_from(text));
	buf_byte(out, '\n');
	free(text);
	return true;
}

static bool make(const struct advise_options *options, const struct notebook *notebook,
	struct str name, struct arena *arena, struct buf *out, int *ret_exit, struct err *err)
{
	AUTO(advise_report_done) struct advise_report report = {0};
	struct advise_input input = {.path = notebook->path, .notebook = notebook, .is_file = true};
	struct advise_options *show = arena_new(arena, struct advise_options);
	*show = *options;
	show->words.n = 0;
	if (str_eq(fs_basename(name), S(".thoth.yaml"))) {
		return make_config(notebook, out, err);
	}
	if (!exports_format_of(name, &show->format)) {
		err_hint(err, "Pipfile, Pipfile.lock, pylock.toml, requirements.txt, "
			      "environment.yml, Containerfile or .thoth.yaml");
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no file that can be extracted",
			STR_ARG(name));
	}
	advise_run(ADVISE_SHOW, show, &input, NULL, arena, &report);
	drive_print(stderr, &report.notes);
	if (report.err.kind != ERR_NONE) {
		*err = report.err;
		*ret_exit = report.exit;
		return false;
	}
	buf_add(out, buf_str(&report.text));
	return true;
}

/* What is at its place already. */
static bool look(struct extracted *file, struct arena *arena, struct err *err)
{
	const char *path = arena_cstr(arena, file->path);
	struct str old;
	if (access(path, F_OK) != 0) {
		return true;
	}
	if (!fs_read(path, (size_t)BUF_MAX_DEFAULT, arena, &old, err)) {
		return false;
	}
	file->same = str_eq(old, buf_str(&file->bytes));
	file->other = !file->same;
	return true;
}

static bool write_all(const struct advise_options *options, struct extracted *files, size_t n,
	struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (files[i].other && !options->force) {
			err_in(err, files[i].path);
			err_hint(err, "give --force to replace it; nothing was written");
			return err_set(err, ERR_INPUT,
				"the file is there already and says something else");
		}
	}
	for (size_t i = 0; i < n && !options->dry_run; i++) {
		struct extracted *file = &files[i];
		const char *path = arena_cstr(arena, file->path);
		if (!file->same &&
			!fs_write_atomic(path, buf_str(&file->bytes), drive_mode_of(path), err)) {
			return err_in(err, file->path);
		}
	}
	return true;
}

static void tell(const struct advise_options *options, const struct extracted *files, size_t n)
{
	AUTO(buf_done) struct buf out = {0};
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, advise_json_text(files[i].path));
		buf_add(&out, files[i].same      ? S("nothing to change in ")
			      : options->dry_run ? S("not written (--dry-run): ")
						 : S("written to "));
		buf_add_shown(&out, files[i].path, true);
		buf_byte(&out, '\n');
	}
	if (options->json) {
		json_t *document =
			json_pack("{s:s,s:O}", "schema", "thoth.extract/1", "files", list);
		char *text = json_dumps(document, JSON_INDENT(1) | JSON_ENSURE_ASCII);
		puts(text == NULL ? "{}" : text);
		free(text);
		json_decref(document);
	} else if (!options->quiet) {
		drive_print(stdout, &out);
	}
	json_decref(list);
}

/* *ret_exit: of a failure, when it is not that of its kind. */
static bool extract(const struct advise_options *options, int *ret_exit, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	struct str path = options->words.items[0];
	if (!nb_read(arena_cstr(&arena, path), &arena, &notebook, err)) {
		return err_in(err, path);
	}
	struct advise_input input = {.path = path, .notebook = &notebook, .is_file = true};
	struct lock lock;
	bool has_lock;
	if (!inputs_lock(options, &input, &arena, &lock, &has_lock, err)) {
		return false;
	}
	bool named = options->words.n > 1;
	size_t n = named      ? options->words.n - 1
		   : has_lock ? sizeof(by_default) / sizeof(by_default[0])
			      : 1; /* a Pipfile needs no lock */
	bool config = !named && json_object_get(notebook.metadata, "thoth_config") != NULL;
	struct extracted *files = arena_array(&arena, struct extracted, n + 1);
	bool fine = true;
	for (size_t i = 0; i < n + config && fine; i++) {
		struct str name = named   ? options->words.items[i + 1]
				  : i < n ? by_default[i]
					  : S(".thoth.yaml");
		files[i].path = named ? name : fs_join(&arena, fs_dirname(&arena, path), name);
		fine = make(options, &notebook, name, &arena, &files[i].bytes, ret_exit, err) &&
		       look(&files[i], &arena, err);
	}
	fine = fine && write_all(options, files, n + config, &arena, err);
	if (fine) {
		tell(options, files, n + config);
	}
	for (size_t i = 0; i < n + config; i++) {
		buf_done(&files[i].bytes);
	}
	return fine || err_in(err, path);
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_EXTRACT, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_extract.usage);
		advise_options_help(ADVISE_EXTRACT, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n == 0) {
		err_hint(&err, "usage: thoth %s", cmd_extract.usage);
		err_set(&err, ERR_USAGE, "which notebook?");
		return drive_error(&err, options.json);
	}
	int code = 0;
	if (extract(&options, &code, &err)) {
		return 0;
	}
	int usual = drive_error(&err, options.json);
	return code != 0 ? code : usual;
}

const struct command cmd_extract = {
	.name = "extract",
	.usage = "extract NOTEBOOK [FILE...] [OPTIONS]",
	.summary = "requirements and lock of a notebook as files beside it",
	.run = run,
};
