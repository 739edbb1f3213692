#include "advise/audit.h"
#include "advise/data.h"
#include "advise/inputs.h"
#include "advise/lock.h"
#include "advise/rules.h"
#include "common/banned.h"

/* A vulnerability of a locked package. */
struct finding {
	const struct locked_package *package;
	const struct knowledge_advisory *advisory;
	struct str fixed;   /* "" nobody says so */
	struct str allowed; /* what the requirements allow instead; "" none, or not known */
	bool is_accepted;   /* by the label allow-cve */
};

struct audit {
	const struct advise_options *options;
	const struct advise_input *input;
	const struct advise_callbacks *callbacks;
	struct arena *arena;
	struct lock lock;
	bool has_lock;
	struct knowledge_snapshot snapshot;
	VEC(struct finding) findings;
	size_t n_open;      /* not accepted */
	struct str unknown; /* why it is not known what the requirements allow; "" it is */
};

/* ---- looking -------------------------------------------------------------------------------------- */

static bool is_accepted(
	const struct str *allowed, size_t n, const struct knowledge_advisory *advisory)
{
	for (size_t i = 0; i < n; i++) {
		if (knowledge_is_named(advisory, allowed[i])) {
			return true;
		}
	}
	return false;
}

static bool look(struct audit *audit, struct knowledge *knowledge, struct err *err)
{
	size_t n_allowed;
	const struct str *allowed = rules_allowed(audit->options, audit->arena, &n_allowed);
	for (size_t i = 0; i < audit->lock.n; i++) {
		const struct locked_package *package = &audit->lock.packages[i];
		struct knowledge_package known;
		struct version version;
		if (!knowledge_package(knowledge, package->name, audit->arena, &known, err)) {
			return false;
		}
		for (size_t k = 0; k < known.n && version_parse(package->version, &version); k++) {
			const struct knowledge_advisory *advisory = &known.advisories[k];
			if (!knowledge_affects(advisory, &version)) {
				continue;
			}
			bool accepted = is_accepted(allowed, n_allowed, advisory);
			audit->n_open += !accepted;
			*vec_push(audit->arena, &audit->findings) =
				(struct finding){.package = package,
					.advisory = advisory,
					.fixed = knowledge_fixed(advisory, &version),
					.is_accepted = accepted};
		}
	}
	return true;
}

/* ---- what the requirements allow ------------------------------------------------------------------- */

/* A lock of type security in which only what is affected may move. */
static bool solve(struct audit *audit, struct index **ret_index, struct universal_result *ret,
	struct err *err)
{
	struct advise_options *options = arena_new(audit->arena, struct advise_options);
	struct request request;
	*options = *audit->options;
	options->recommendation_type = S("security");
	options->upgrade = true;
	options->upgrade_names.n = 0;
	for (size_t i = 0; i < audit->findings.n; i++) {
		if (options->upgrade_names.n < ADVISE_LIST_MAX) {
			options->upgrade_names.items[options->upgrade_names.n++] =
				audit->findings.p[i].package->name;
		}
	}
	lock_environment_options(&audit->lock, audit->arena, options);
	return request_gather(audit->input, options, audit->arena, &request, err) &&
	       lock_solve(&request, options, &audit->lock, audit->callbacks, audit->arena,
		       ret_index, ret, err);
}

static void find_allowed(struct audit *audit)
{
	struct universal_result result; /* views the index */
	AUTO(index_freep) struct index *index = NULL;
	struct err err = {0};
	if (audit->n_open == 0) {
		return;
	}
	if (!solve(audit, &index, &result, &err)) {
		audit->unknown = arena_str(audit->arena, str_from(err.message));
		return;
	}
	if (!result.solved) {
		audit->unknown = S("the requirements allow no versions without known "
				   "vulnerabilities for all packages at once");
		return;
	}
	for (size_t i = 0; i < audit->findings.n; i++) {
		struct finding *finding = &audit->findings.p[i];
		for (size_t k = 0; k < result.n_packages && finding->allowed.n == 0; k++) {
			if (str_eq(result.packages[k].name, finding->package->name)) {
				finding->allowed =
					arena_str(audit->arena, result.packages[k].version);
			}
		}
	}
}

/* ---- telling -------------------------------------------------------------------------------------- */

static void set_text(json_t *to, const char *key, struct str text)
{
	if (text.n > 0) {
		json_object_set_new(to, key, advise_json_text(text));
	}
}

static json_t *finding_json(const struct finding *finding)
{
	json_t *made = json_object();
	json_t *aliases = json_array();
	struct str rest = finding->advisory->aliases;
	while (rest.n > 0) {
		struct str word = rest;
		if (!str_cut(rest, S(" "), &word, &rest)) {
			rest = S("");
		}
		json_array_append_new(aliases, advise_json_text(word));
	}
	set_text(made, "package", finding->package->name);
	set_text(made, "version", finding->package->version);
	set_text(made, "id", finding->advisory->id);
	json_object_set_new(made, "aliases", aliases);
	set_text(made, "summary", finding->advisory->summary);
	set_text(made, "severity", finding->advisory->severity);
	set_text(made, "published", finding->advisory->published);
	set_text(made, "link", finding->advisory->link);
	set_text(made, "fixed", finding->fixed);
	set_text(made, "allowed", finding->allowed);
	if (finding->is_accepted) {
		json_object_set_new(made, "accepted", json_true());
	}
	return made;
}

static void put_json(const struct audit *audit, struct advise_report *report)
{
	json_t *findings = json_array();
	for (size_t i = 0; i < audit->findings.n; i++) {
		json_array_append_new(findings, finding_json(&audit->findings.p[i]));
	}
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.audit/1"));
	set_text(report->data, "path", audit->input->path);
	json_object_set_new(report->data, "packages", json_integer((json_int_t)audit->lock.n));
	json_t *advisories = json_object();
	set_text(advisories, "date", audit->snapshot.date);
	set_text(advisories, "source", audit->snapshot.source);
	set_text(advisories, "revision", audit->snapshot.revision);
	json_object_set_new(report->data, "advisories", advisories);
	json_object_set_new(report->data, "findings", findings);
	set_text(report->data, "allowed_unknown", audit->unknown);
}

static void put_words(const struct finding *finding, struct buf *out)
{
	const struct knowledge_advisory *advisory = finding->advisory;
	buf_add_shown(out, finding->package->name, true);
	buf_byte(out, ' ');
	buf_add_shown(out, finding->package->version, true);
	buf_add(out, S(": "));
	buf_add_shown(out, advisory->id, true);
	if (advisory->aliases.n > 0) {
		buf_add(out, S(" ("));
		buf_add_shown(out, advisory->aliases, true);
		buf_byte(out, ')');
	}
	if (finding->fixed.n > 0) {
		buf_add(out, S(", fixed in "));
		buf_add_shown(out, finding->fixed, true);
	} else {
		buf_add(out, S(", no fixed version is known"));
	}
	if (finding->allowed.n > 0) {
		buf_add(out, S("; the requirements allow "));
		buf_add_shown(out, finding->allowed, true);
	}
	if (finding->is_accepted) {
		buf_add(out, S("; accepted by label"));
	}
}

/* A workflow command: what would end it or one of its properties is escaped. */
static void put_escaped(struct str text, bool property, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
			buf_addf(out, "%%%02X", (unsigned char)c);
		} else {
			buf_byte(out, c);
		}
	}
}

static void put_github(const struct audit *audit, struct buf *out)
{
	for (size_t i = 0; i < audit->findings.n; i++) {
		const struct finding *finding = &audit->findings.p[i];
		AUTO(buf_done) struct buf words = {0};
		put_words(finding, &words);
		buf_addf(out, "::%s file=", finding->is_accepted ? "notice" : "warning");
		put_escaped(audit->input->path, true, out);
		buf_add(out, S("::"));
		put_escaped(buf_str(&words), false, out);
		buf_byte(out, '\n');
	}
}

static void put_text(const struct audit *audit, struct buf *out)
{
	for (size_t i = 0; i < audit->findings.n; i++) {
		const struct finding *finding = &audit->findings.p[i];
		put_words(finding, out);
		buf_byte(out, '\n');
		if (finding->advisory->summary.n > 0) {
			buf_add(out, S("  "));
			buf_add_shown(out, finding->advisory->summary, true);
			buf_byte(out, '\n');
		}
		if (finding->advisory->link.n > 0) {
			buf_add(out, S("  "));
			buf_add_shown(out, finding->advisory->link, true);
			buf_byte(out, '\n');
		}
	}
	struct str date = data_snapshot_name(&audit->snapshot, audit->arena);
	buf_addf(out, "%zu known vulnerabilit%s in %zu packages (advisories of " STR_FMT ")\n",
		audit->findings.n, audit->findings.n == 1 ? "y" : "ies", audit->lock.n,
		STR_ARG(date));
	if (audit->unknown.n > 0) {
		buf_add(out, S("what the requirements allow instead is not known: "));
		buf_add_shown(out, audit->unknown, true);
		buf_byte(out, '\n');
	}
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static bool read_lock(struct audit *audit, struct err *err)
{
	if (!inputs_lock(audit->options, audit->input, audit->arena, &audit->lock, &audit->has_lock,
		    err)) {
		audit->has_lock = true; /* but it cannot be read */
		return false;
	}
	if (audit->has_lock) {
		return true;
	}
	err_hint(err, "lock it with 'thoth lock'");
	return err_set(err, ERR_INPUT,
		audit->input->notebook != NULL ? "there is no lock in metadata.thoth"
					       : "there is no lock of this file");
}

static bool read_all(struct audit *audit, struct knowledge **ret, struct err *err)
{
	struct str why;
	if (!read_lock(audit, err)) {
		return false;
	}
	data_open(audit->arena, ret, &why);
	if (*ret == NULL) {
		err_hint(err, "thoth data update FILE|FOLDER|ADDRESS");
		return err_set(err, ERR_INPUT, STR_FMT, STR_ARG(why));
	}
	return knowledge_snapshot_read(*ret, audit->arena, &audit->snapshot, err) &&
	       look(audit, *ret, err);
}

void audit_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct audit *audit = arena_new(arena, struct audit);
	AUTO(knowledge_freep) struct knowledge *knowledge = NULL;
	struct err err = {0};
	audit->options = options;
	audit->input = input;
	audit->callbacks = callbacks;
	audit->arena = arena;
	report->kind = "audit";
	if (!read_all(audit, &knowledge, &err)) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
		report->exit = audit->has_lock ? report->exit : 1;
		return;
	}
	find_allowed(audit);
	put_json(audit, report);
	if (options->format == ADVISE_GITHUB) {
		put_github(audit, &report->text);
	} else {
		put_text(audit, &report->text);
	}
	report->exit = audit->n_open > 0 ? 1 : 0;
}
