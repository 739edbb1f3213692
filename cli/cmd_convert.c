#include <unistd.h>
#include "advise/convert.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "cli/stop.h"
#include "common/banned.h"

/* thoth convert NOTEBOOK: show what would change, ask, write. */

/* *ret_written: the person, or --yes, said so. */
static bool decide(const struct advise_options *options, const struct notebook *notebook,
	struct str bytes, bool *ret_written, struct err *err)
{
	bool person = isatty(0) && isatty(2) && !options->json;
	bool wanted = !options->dry_run &&
		      (options->yes || (person && drive_ask(NULL, S("write this?"))));
	if (!wanted) {
		return true;
	}
	stop_hold();
	*ret_written = nb_write(notebook, bytes, err);
	stop_release(*ret_written);
	return *ret_written;
}

static int convert(struct str path, const struct advise_options *options)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	AUTO(advise_report_done) struct advise_report report = {0};
	struct advise_input input = {.path = path, .notebook = &notebook, .is_file = true};
	struct err err = {0};
	struct str bytes;
	size_t n = 0;
	bool written = false;
	if (!nb_read(arena_cstr(&arena, path), &arena, &notebook, &err) ||
		!convert_make(&input, &arena, &report, &bytes, &n, &err)) {
		err_in(&err, path);
		return drive_error(&err, options->json);
	}
	if (!options->json && !options->quiet) {
		drive_print(stdout, &report.text);
		fflush(stdout);
	}
	if (n > 0 && !decide(options, &notebook, bytes, &written, &err)) {
		err_in(&err, path);
		return drive_error(&err, options->json);
	}
	json_object_set_new(report.data, "changed", json_boolean(written));
	if (options->json) {
		drive_print_json(report.data);
	} else if (!options->quiet && n > 0) {
		AUTO(buf_done) struct buf out = {0};
		buf_add(&out, written            ? S("\nwritten to ")
			      : options->dry_run ? S("\nnot written (--dry-run): ")
						 : S("\nnot written without a yes (--yes): "));
		buf_add_shown(&out, path, true);
		buf_byte(&out, '\n');
		drive_print(stdout, &out);
	}
	return n > 0 && !written && !options->dry_run ? 1 : 0;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_CONVERT, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_convert.usage);
		advise_options_help(ADVISE_CONVERT, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n != 1) {
		err_hint(&err, "usage: thoth %s", cmd_convert.usage);
		err_set(&err, ERR_USAGE, "which notebook?");
		return drive_error(&err, options.json);
	}
	stop_catch(options.json);
	return convert(options.words.items[0], &options);
}

const struct command cmd_convert = {
	.name = "convert",
	.usage = "convert NOTEBOOK [--yes] [--dry-run]",
	.summary = "install commands in cells into the notebook's metadata",
	.run = run,
};
