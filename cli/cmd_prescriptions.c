#include "cli/command.h"
#include "cli/drive.h"
#include "advise/rules.h"
#include "common/fs.h"
#include "packaging/tree.h"
#include "prescriptions/cache.h"
#include "prescriptions/load.h"
#include "common/banned.h"

/* thoth prescriptions list|check|compile: sets of rules, looked at by themselves. */

struct opened {
	struct arena *arena;
	struct presc_report report;
	struct presc_table table;
	bool fine;
};

static void opened_done(struct opened *opened)
{
	presc_table_done(&opened->table);
}

/* ---- what is printed -------------------------------------------------------------------------- */

static void count_units(const struct presc_table *table, uint32_t ret[PRESC_TYPES])
{
	memset(ret, 0, sizeof(*ret) * PRESC_TYPES);
	for (uint32_t i = 0; i < table_count(table, TABLE_UNITS); i++) {
		if (table->units[i].type < PRESC_TYPES) {
			ret[table->units[i].type]++;
		}
	}
}

static void put_member(struct buf *out, const char *key, struct str text)
{
	buf_addf(out, ",\"%s\":", key);
	tree_put_json_string(text, out);
}

static void put_list(const struct opened *opened, const char *key,
	const struct presc_fault_list *list, struct buf *out)
{
	buf_addf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < list->list.n; i++) {
		const struct presc_fault *fault = &list->list.p[i];
		buf_add(out, i > 0 ? S(",\n{\"file\":") : S("\n{\"file\":"));
		tree_put_json_string(presc_fault_path(&opened->report, fault, opened->arena), out);
		buf_addf(out, ",\"line\":%d,\"column\":%d", fault->line, fault->column);
		put_member(out, "message", fault->message);
		if (fault->hint != NULL && fault->hint[0] != '\0') {
			put_member(out, "hint", str_from(fault->hint));
		}
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
}

static void put_counts(const struct presc_table *table, struct buf *out)
{
	uint32_t counts[PRESC_TYPES];
	const struct table_header *header = table->header;
	bool first = true;
	count_units(table, counts);
	buf_addf(out, "\"files\":%u,\"units\":{", header == NULL ? 0 : header->n_files);
	for (int i = 0; i < PRESC_TYPES; i++) {
		if (counts[i] > 0) {
			buf_addf(out, "%s\"" STR_FMT "\":%u", first ? "" : ",",
				STR_ARG(presc_type_name((enum presc_type)i)), counts[i]);
			first = false;
		}
	}
	buf_byte(out, '}');
}

static void put_set(const struct opened *opened, bool with_lists, struct buf *out)
{
	const struct presc_table *table = &opened->table;
	buf_byte(out, '{');
	put_counts(table, out);
	if (table->header != NULL) {
		put_member(out, "name", table_str(table, table->header->name));
		put_member(out, "release", table_str(table, table->header->release));
	}
	if (with_lists) {
		put_list(opened, "faults", &opened->report.faults, out);
		put_list(opened, "notes", &opened->report.notes, out);
	}
	if (opened->report.faults.left_out > 0) {
		buf_addf(out, ",\"faults_left_out\":%zu", opened->report.faults.left_out);
	}
	put_member(out, "digest", table->header == NULL ? S("") : str_from(table->header->digest));
	buf_add(out, S("}\n"));
}

static void say_set(const struct opened *opened, struct buf *out)
{
	uint32_t counts[PRESC_TYPES];
	const struct presc_table *table = &opened->table;
	if (table->header == NULL) {
		return;
	}
	count_units(table, counts);
	buf_add_shown(out, table_str(table, table->header->name), true);
	buf_byte(out, ' ');
	buf_add_shown(out, table_str(table, table->header->release), true);
	buf_addf(out, ": %u units in %u files (", table_count(table, TABLE_UNITS),
		table->header->n_files);
	for (int i = 0, n = 0; i < PRESC_TYPES; i++) {
		if (counts[i] > 0) {
			buf_addf(out, "%s%u " STR_FMT, n++ > 0 ? ", " : "", counts[i],
				STR_ARG(presc_type_name((enum presc_type)i)));
		}
	}
	buf_addf(out, ")\n%s\n", table->header->digest);
}

/* Faults and notes as lines for a person. */
static void say_lists(const struct opened *opened, bool quiet, struct buf *out)
{
	const struct presc_report *report = &opened->report;
	for (size_t i = 0; i < report->faults.list.n; i++) {
		presc_fault_show(report, &report->faults.list.p[i], out);
	}
	if (report->faults.left_out > 0) {
		buf_addf(out, "and %zu more\n", report->faults.left_out);
	}
	for (size_t i = 0; !quiet && i < report->notes.list.n; i++) {
		buf_add(out, S("note: "));
		presc_fault_show(report, &report->notes.list.p[i], out);
	}
}

/* ---- the sources in use ---------------------------------------------------------------------- */

static size_t count_hidden(const struct presc_source *source)
{
	size_t hidden = 0;
	for (uint32_t i = 0; source->hidden != NULL && i < table_count(&source->table, TABLE_UNITS);
		i++) {
		hidden += source->hidden[i];
	}
	return hidden;
}

/* A view of one source as if it had been opened by itself. */
static struct opened opened_of(const struct presc_source *source, struct arena *arena)
{
	return (struct opened){.arena = arena,
		.report = source->report,
		.table = source->table,
		.fine = source->in_use};
}

static void put_source(
	const struct presc_source *source, bool first, struct arena *arena, struct buf *out)
{
	struct opened opened = opened_of(source, arena);
	buf_add(out, first ? S("{\"source\":") : S(",\n{\"source\":"));
	tree_put_json_string(source->name, out);
	buf_addf(out, ",\"in_use\":%s,", source->in_use ? "true" : "false");
	if (source->in_use) {
		const struct presc_table *table = &source->table;
		put_counts(table, out);
		put_member(out, "name", table_str(table, table->header->name));
		put_member(out, "release", table_str(table, table->header->release));
		buf_addf(out, ",\"hidden\":%zu", count_hidden(source));
		put_member(out, "digest", str_from(table->header->digest));
	} else {
		buf_addf(out, "\"n_faults\":%zu",
			source->report.faults.list.n + source->report.faults.left_out);
		put_list(&opened, "faults", &source->report.faults, out);
	}
	buf_byte(out, '}');
}

static void say_source(const struct presc_source *source, struct arena *arena, struct buf *out)
{
	struct opened opened = opened_of(source, arena);
	buf_add_shown(out, source->name, true);
	if (!source->in_use) {
		buf_add(out, S(": left out\n"));
		say_lists(&opened, true, out);
		return;
	}
	buf_add(out, S(": "));
	say_set(&opened, out);
	size_t hidden = count_hidden(source);
	if (hidden > 0) {
		buf_addf(out, "%zu of these units are replaced by a later source\n", hidden);
	}
}

static int list(const struct advise_options *options, struct arena *arena)
{
	AUTO(presc_set_done) struct presc_set set;
	AUTO(buf_done) struct buf out = {0};
	rules_open_set(options, arena, &set);
	bool fine = true;
	buf_add(&out, options->json ? S("{\"sources\":[") : S(""));
	for (size_t i = 0; i < set.n; i++) {
		fine = fine && set.sources[i].in_use;
		if (options->json) {
			put_source(&set.sources[i], i == 0, arena, &out);
		} else {
			say_source(&set.sources[i], arena, &out);
		}
	}
	buf_add(&out, options->json ? S("]}\n") : S(""));
	if (!drive_print(stdout, &out)) {
		return 6;
	}
	return fine ? 0 : 1;
}

/* ---- one set by itself ------------------------------------------------------------------------------- */

static struct presc_cache cache_of(const struct advise_options *options, struct arena *arena)
{
	struct presc_cache none = {0};
	return options->no_cache ? none : presc_cache_at(options->cache_dir, arena);
}

static int check(const struct advise_options *options, struct str source, struct arena *arena)
{
	AUTO(opened_done)
	struct opened opened = {.arena = arena, .report = {.arena = arena}};
	AUTO(buf_done) struct buf out = {0};
	struct presc_cache cache = cache_of(options, arena);
	opened.fine = presc_open(&cache, source, &opened.report, &opened.table);
	if (options->json) {
		put_set(&opened, true, &out);
	} else {
		say_lists(&opened, options->quiet, &out);
		if (opened.fine && !options->quiet) {
			say_set(&opened, &out);
		}
	}
	if (!drive_print(stdout, &out)) {
		return 6;
	}
	return opened.fine ? 0 : 1;
}

static int compile(const struct advise_options *options, struct str source, struct arena *arena)
{
	AUTO(opened_done)
	struct opened opened = {.arena = arena, .report = {.arena = arena}};
	AUTO(buf_done) struct buf out = {0};
	struct presc_cache cache = presc_cache_at(options->cache_dir, arena);
	struct err err = {0};
	if (options->no_cache) {
		err_set(&err, ERR_USAGE, "compile writes into the cache: --no-cache is for check");
		return drive_error(&err, options->json);
	}
	opened.fine = presc_load(source, true, &opened.report, &opened.table);
	if (opened.fine && !presc_cache_keep(&cache, &opened.table, &err)) {
		return drive_error(&err, options->json);
	}
	if (options->json) {
		put_set(&opened, !opened.fine, &out);
	} else {
		say_lists(&opened, true, &out);
		if (opened.fine && !options->quiet) {
			say_set(&opened, &out);
		}
	}
	if (!drive_print(stdout, &out)) {
		return 6;
	}
	return opened.fine ? 0 : 1;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(
		    ADVISE_PRESCRIPTIONS, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_prescriptions.usage);
		advise_options_help(ADVISE_PRESCRIPTIONS, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	struct str what = options.words.n == 2 ? options.words.items[0] : S("");
	if (options.words.n == 1 && str_eq(options.words.items[0], S("list"))) {
		return list(&options, &arena);
	}
	if (str_eq(what, S("check"))) {
		return check(&options, options.words.items[1], &arena);
	}
	if (str_eq(what, S("compile"))) {
		return compile(&options, options.words.items[1], &arena);
	}
	err_hint(&err, "thoth %s", cmd_prescriptions.usage);
	err_set(&err, ERR_USAGE,
		"prescriptions wants 'list', or 'check' or 'compile' and a folder");
	return drive_error(&err, options.json);
}

const struct command cmd_prescriptions = {
	.name = "prescriptions",
	.usage = "prescriptions list | check|compile DIR [OPTIONS]",
	.summary = "rules: those in use; what is wrong with some; compile them",
	.run = run,
};
