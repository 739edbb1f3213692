#include "advise/data.h"
#include "cli/command.h"
#include "cli/drive.h"
#include "cli/stop.h"
#include "common/banned.h"

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(advise_report_done) struct advise_report report = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_DATA, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_data.usage);
		advise_options_help(ADVISE_DATA, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	struct advise_callbacks callbacks = {.cancelled = stop_asked};
	stop_catch(options.json);
	data_run(&options, &callbacks, &arena, &report);
	if (!options.quiet) {
		drive_print(stderr, &report.notes);
	}
	if (report.err.kind != ERR_NONE) {
		return drive_error(&report.err, options.json);
	}
	if (options.json) {
		drive_print_json(report.data);
	} else if (!options.quiet) {
		drive_print(stdout, &report.text);
	}
	return report.exit;
}

const struct command cmd_data = {
	.name = "data",
	.usage = "data status|update [FILE|FOLDER|ADDRESS] [OPTIONS]",
	.summary = "known vulnerabilities: what is there, take in newer ones",
	.run = run,
};
