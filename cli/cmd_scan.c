#include <stdio.h>
#include "advise/exports.h"
#include "advise/scan.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "common/banned.h"

/* thoth scan PATH...: what notebooks and Python files install, import and use. */

static int scan_paths(const struct advise_options *options, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct advise_scan scan = {.arena = arena, .version = S(THOTH_VERSION)};
	struct err err = {0};
	struct str python =
		options->python_versions.n > 0 ? options->python_versions.items[0] : S("");
	for (size_t i = 0; i < options->words.n; i++) {
		if (!advise_scan_add(&scan, options->words.items[i], python, &err)) {
			err_in(&err, options->words.items[i]);
			return drive_error(&err, options->json);
		}
	}
	if (options->format == ADVISE_SARIF) {
		advise_scan_sarif(&scan, &out);
	} else if (options->format == ADVISE_GITHUB) {
		advise_scan_github(&scan, &out);
	} else if (options->json) {
		advise_scan_json(&scan, &out);
	} else if (!options->quiet) {
		advise_scan_text(&scan, &out);
	}
	if (!drive_print(stdout, &out) || fflush(stdout) != 0) {
		fputs("thoth: cannot write the answer\n", stderr);
		return 6;
	}
	return 0;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_SCAN, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_scan.usage);
		advise_options_help(ADVISE_SCAN, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n == 0) {
		err_hint(&err, "thoth %s", cmd_scan.usage);
		err_set(&err, ERR_USAGE, "scan wants the path of a notebook or a Python file");
		return drive_error(&err, options.json);
	}
	if (exports_is_export(options.format)) {
		err_set(&err, ERR_USAGE, "scan answers in text, json, sarif or github");
		return drive_error(&err, options.json);
	}
	return scan_paths(&options, &arena);
}

const struct command cmd_scan = {
	.name = "scan",
	.usage = "scan PATH... [--format text|json|sarif|github] [--python-version X.Y]",
	.summary = "what notebooks and Python files install, import and use",
	.run = run,
};
