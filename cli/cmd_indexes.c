#include "advise/indexes.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "cli/stop.h"
#include "common/fs.h"
#include "common/banned.h"

enum { FILE_MAX = 16 << 20 };

static bool read_path(struct str path, struct arena *arena, struct notebook *notebook,
	struct advise_input *ret, struct err *err)
{
	*ret = (struct advise_input){.path = path, .is_file = true};
	if (!str_ends(path, S(".ipynb"))) {
		return fs_read(arena_cstr(arena, path), FILE_MAX, arena, &ret->requirements, err);
	}
	ret->notebook = notebook;
	return nb_read(arena_cstr(arena, path), arena, notebook, err);
}

static int report_indexes(const struct advise_options *options)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	AUTO(advise_report_done) struct advise_report report = {0};
	struct advise_input input = {0};
	struct err err = {0};
	if (options->words.n == 1 &&
		!read_path(options->words.items[0], &arena, &notebook, &input, &err)) {
		err_in(&err, options->words.items[0]);
		return drive_error(&err, options->json);
	}
	struct advise_callbacks callbacks = {.cancelled = stop_asked};
	stop_catch(options->json);
	indexes_run(options, &input, &callbacks, &arena, &report);
	if (report.err.kind != ERR_NONE) {
		return drive_error(&report.err, options->json);
	}
	if (options->json) {
		char *text = json_dumps(report.data, JSON_INDENT(1) | JSON_ENSURE_ASCII);
		puts(text == NULL ? "{}" : text);
		free(text);
	} else {
		drive_print(stdout, &report.text);
	}
	return report.exit;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_INDEXES, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_indexes.usage);
		advise_options_help(ADVISE_INDEXES, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n > 1) {
		err_hint(&err, "usage: thoth %s", cmd_indexes.usage);
		err_set(&err, ERR_USAGE, "indexes takes one path at most");
		return drive_error(&err, options.json);
	}
	return report_indexes(&options);
}

const struct command cmd_indexes = {
	.name = "indexes",
	.usage = "indexes [PATH] [OPTIONS]",
	.summary = "where packages come from, and whether it answers",
	.run = run,
};
