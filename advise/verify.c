#include "advise/verify.h"
#include "advise/inputs.h"
#include "environment/environment.h"
#include "environment/installed.h"
#include "environment/prefix.h"
#include "packaging/marker.h"
#include "common/banned.h"

enum { MODIFIED_MAX = 20 }; /* files that are named of one package */

enum state { SAME, VERSION, MISSING, ADDRESS, MODIFIED };

static const char *const state_names[] = {
	[SAME] = "same",
	[VERSION] = "version",
	[MISSING] = "missing",
	[ADDRESS] = "address",
	[MODIFIED] = "modified",
};

struct verify {
	const struct advise_options *options;
	const struct advise_input *input;
	struct arena *arena;
	struct lock lock;
	struct prefix prefix;
	struct environment environment;
	struct installed_package *installed;
	size_t n_installed;
	json_t *rows, *extra;
	struct buf *text;
	size_t n_same, n_other;
};

/* ---- which environment ---------------------------------------------------------------------------- */

/* --python, the kernel at hand, the one that is active, or the notebook's kernelspec. */
static struct str which_python(const struct verify *verify, struct err *err)
{
	struct kernelspec spec;
	struct err ignored = {0};
	struct str active = str_from(getenv("VIRTUAL_ENV"));
	if (verify->options->python.n > 0) {
		return verify->options->python;
	}
	if (verify->input->kernel_python.n > 0) {
		return verify->input->kernel_python;
	}
	if (active.n > 0) {
		return arena_printf(verify->arena, STR_FMT "/bin/python", STR_ARG(active));
	}
	const struct notebook *notebook = verify->input->notebook;
	if (notebook != NULL && notebook->kernel_name.n > 0 &&
		kernelspec_find(notebook->kernel_name, verify->arena, &spec, &ignored) &&
		spec.interpreter.n > 0) {
		return spec.interpreter;
	}
	err_hint(err, "give its interpreter with --python, as in --python .venv/bin/python");
	(void)err_set(err, ERR_ENVIRONMENT, "it is not known which environment to look at");
	return S("");
}

static bool open_environment(struct verify *verify, struct err *err)
{
	struct str python = which_python(verify, err);
	if (python.n == 0 || !prefix_of(python, verify->arena, &verify->prefix, err) ||
		!environment_describe(
			verify->prefix.python, S(""), verify->arena, &verify->environment, err)) {
		return false;
	}
	verify->n_installed = installed_list(
		verify->prefix.site, verify->prefix.n_sites, verify->arena, &verify->installed);
	return true;
}

/* ---- one package ---------------------------------------------------------------------------------- */

static bool holds(const struct verify *verify, const struct locked_package *package)
{
	const struct marker *marker = NULL;
	struct err ignored = {0};
	return package->marker.n == 0 ||
	       !marker_parse(package->marker, verify->arena, &marker, &ignored) ||
	       marker_evaluate(marker, &verify->environment, NULL, 0) == MARKER_TRUE;
}

/* The same place, whether with the commit or not, and whatever log-in stood in it. */
static bool is_same_address(struct str locked, const struct installed_origin *origin)
{
	struct str plain = locked;
	if (str_starts(plain, S("git+"))) {
		plain = str_skip(plain, strlen("git+"));
	}
	(void)str_cut(plain, S("#"), &plain, &(struct str){0});
	if (origin->commit.n > 0) {
		return str_starts(plain, origin->url) && str_ends(plain, origin->commit);
	}
	return str_eq(plain, origin->url);
}

static enum state compare(struct verify *verify, const struct locked_package *package,
	const struct installed_package *there, struct str *ret_says)
{
	struct installed_origin origin;
	struct arena *arena = verify->arena;
	*ret_says = S("");
	if (there == NULL) {
		return MISSING;
	}
	*ret_says = there->version;
	bool known = installed_origin(there, arena, &origin);
	bool elsewhere = known ? package->url.n == 0 || !is_same_address(package->url, &origin)
			       : package->url.n > 0;
	if (known) {
		*ret_says =
			arena_printf(arena, STR_FMT " from " STR_FMT "%s", STR_ARG(there->version),
				STR_ARG(origin.url), origin.is_editable ? " (editable)" : "");
	}
	if (package->version.n > 0 && !installed_is(there, package->version, arena)) {
		return VERSION;
	}
	return elsewhere ? ADDRESS : SAME;
}

static void put_files(json_t *row, const struct str *files, size_t n, struct buf *out)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n && i < MODIFIED_MAX; i++) {
		json_array_append_new(list, advise_json_text(files[i]));
		buf_add(out, S("    "));
		buf_add_shown(out, files[i], true);
		buf_byte(out, '\n');
	}
	if (n > MODIFIED_MAX) {
		buf_addf(out, "    and %zu more\n", n - MODIFIED_MAX);
	}
	json_object_set_new(row, "files", list);
}

static void put_difference(struct verify *verify, const struct locked_package *package,
	enum state state, struct str says)
{
	struct buf *out = verify->text;
	buf_add(out, S("  "));
	buf_add_shown(out, package->name, true);
	buf_byte(out, ' ');
	buf_add_shown(out, package->url.n > 0 ? package->url : package->version, true);
	switch (state) {
	case MISSING:
		buf_add(out, S(": not installed\n"));
		break;
	case MODIFIED:
		buf_add(out, S(": files are not what was installed\n"));
		break;
	case SAME:
	case VERSION:
	case ADDRESS:
		buf_add(out, S(": installed is "));
		buf_add_shown(out, says, true);
		buf_byte(out, '\n');
		break;
	}
}

static void check_package(struct verify *verify, const struct locked_package *package)
{
	struct str says;
	const struct installed_package *there =
		installed_named(verify->installed, verify->n_installed, package->name);
	enum state state = compare(verify, package, there, &says);
	const struct str *files = NULL;
	size_t n_files = 0;
	if (verify->options->files && there != NULL) {
		files = installed_modified(there, verify->arena, &n_files);
		state = state == SAME && n_files > 0 ? MODIFIED : state;
	}
	json_t *row = json_pack("{s:o,s:o,s:s}", "name", advise_json_text(package->name), "locked",
		advise_json_text(package->url.n > 0 ? package->url : package->version), "state",
		state_names[state]);
	json_object_set_new(
		row, "installed", there == NULL ? json_null() : advise_json_text(there->version));
	if (state == SAME) {
		verify->n_same++;
	} else {
		verify->n_other++;
		put_difference(verify, package, state, says);
	}
	if (n_files > 0) {
		put_files(row, files, n_files, verify->text);
	}
	json_array_append_new(verify->rows, row);
}

static void check_extra(struct verify *verify)
{
	for (size_t i = 0; i < verify->n_installed; i++) {
		const struct installed_package *there = &verify->installed[i];
		bool locked = false;
		for (size_t k = 0; k < verify->lock.n && !locked; k++) {
			locked = str_eq(verify->lock.packages[k].name, there->name);
		}
		if (!locked) {
			json_array_append_new(verify->extra,
				json_pack("{s:o,s:o}", "name", advise_json_text(there->name),
					"version", advise_json_text(there->version)));
		}
	}
}

/* ---- all of them ---------------------------------------------------------------------------------- */

static void put_summary(const struct verify *verify, struct buf *out)
{
	size_t n = verify->n_same + verify->n_other;
	size_t n_extra = json_array_size(verify->extra);
	buf_add_shown(out, verify->input->path, true);
	buf_addf(out, ": %zu of %zu locked package%s as locked in ", verify->n_same, n,
		n == 1 ? "" : "s");
	buf_add_shown(out, verify->prefix.folder, true);
	buf_addf(out, " (Python " STR_FMT ")", STR_ARG(verify->prefix.python));
	if (n_extra > 0) {
		buf_addf(out, "; %zu more %s not locked", n_extra, n_extra == 1 ? "is" : "are");
	}
	buf_byte(out, '\n');
}

static void put_extra(const struct verify *verify, struct buf *out)
{
	size_t i;
	json_t *row;
	json_array_foreach(verify->extra, i, row)
	{
		buf_add(out, S("  not locked: "));
		buf_add_shown(out, str_from(json_string_value(json_object_get(row, "name"))), true);
		buf_byte(out, ' ');
		buf_add_shown(
			out, str_from(json_string_value(json_object_get(row, "version"))), true);
		buf_byte(out, '\n');
	}
}

static void report_verified(struct verify *verify, struct advise_report *report)
{
	AUTO(buf_done) struct buf rows = {0};
	verify->text = &rows;
	verify->rows = json_array();
	verify->extra = json_array();
	for (size_t i = 0; i < verify->lock.n; i++) {
		if (holds(verify, &verify->lock.packages[i])) {
			check_package(verify, &verify->lock.packages[i]);
		}
	}
	check_extra(verify);
	put_summary(verify, &report->text);
	buf_add(&report->text, buf_str(&rows));
	if (verify->options->verbose > 0) {
		put_extra(verify, &report->text);
	}
	verify->text = NULL;
	report->exit = verify->n_other > 0 ? 1 : 0;
	report->data = json_pack("{s:s,s:o,s:s,s:{s:o,s:o},s:o,s:o}", "schema", "thoth.verify/1",
		"path", advise_json_text(verify->input->path), "status",
		verify->n_other > 0 ? "different" : "same", "environment", "prefix",
		advise_json_text(verify->prefix.folder), "python_version",
		advise_json_text(verify->prefix.python), "packages", verify->rows, "extra",
		verify->extra);
}

void verify_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct verify verify = {.options = options, .input = input, .arena = arena};
	struct err err = {0};
	report->kind = "verify";
	if (!inputs_need_lock(options, input, arena, &verify.lock, report)) {
		return;
	}
	if (!open_environment(&verify, &err)) {
		advise_report_error(report, &err);
		return;
	}
	report_verified(&verify, report);
}
