#include "advise/indexes.h"
#include "advise/config.h"
#include "advise/inputs.h"
#include "index/url.h"
#include "common/banned.h"

enum { PROBE_TIMEOUT_MS = 10000 };

/* What is asked for: nearly every index has it or says that it has not, and either will do. */
static const struct str probe_name = STR_INIT("pip");

/* What is said about one index, or find-links. */
struct row {
	const struct index_source *source;
	const char *role;     /* "main", "extra", "pinned", "find-links" */
	const char *tls;      /* "checked", "not checked", "none", "local" */
	const char *metadata; /* "announced", "not announced"; "" unknown */
	bool asked, reachable;
	struct str fault;
	size_t n_locked;
};

static const char *tls_of(const struct config *config, struct str url)
{
	if (!str_starts(url, S("https://"))) {
		return str_starts(url, S("http://")) ? "none" : "local";
	}
	struct str host = index_url_host(url);
	struct str name = host;
	struct str port;
	(void)str_cut(host, S(":"), &name, &port);
	for (size_t i = 0; i < config->n_trusted; i++) {
		if (str_ieq(config->trusted[i], host) || str_ieq(config->trusted[i], name)) {
			return "not checked";
		}
	}
	return "checked";
}

struct stop {
	const struct advise_callbacks *callbacks;
};

static bool is_cancelled(void *data)
{
	const struct advise_callbacks *callbacks = ((struct stop *)data)->callbacks;
	return callbacks != NULL && callbacks->cancelled != NULL &&
	       callbacks->cancelled(callbacks->data);
}

/* Ask this one alone for one project. Known or not known: it answers. */
static void probe(const struct config *config, const struct advise_options *options,
	const struct advise_callbacks *callbacks, bool links, struct arena *arena, struct row *row)
{
	struct stop stop = {callbacks};
	struct index_options one = config_index_options(config, options);
	struct index_source source = *row->source;
	struct index_pin pin = {probe_name, 0};
	const struct index_project *project = NULL;
	struct err err = {0};
	one.sources = links ? NULL : &source;
	one.n_sources = links ? 0 : 1;
	one.links = links ? &source : NULL;
	one.n_links = links ? 1 : 0;
	one.pins = &pin;
	one.n_pins = links ? 0 : 1;
	one.refresh = true;
	one.retries = 0;
	one.timeout_ms = PROBE_TIMEOUT_MS;
	one.cancelled = is_cancelled;
	one.data = &stop;
	one.cache_dir = S("");
	row->asked = !options->offline || str_starts(source.url, S("file:"));
	if (!row->asked) {
		return;
	}
	AUTO(index_freep) struct index *index = index_new(&one, &err);
	row->reachable = index != NULL && index_project(index, probe_name, &project, &err);
	row->fault = arena_str(arena, str_from(err.message));
	if (project != NULL && !links) {
		row->metadata = project->announces_metadata ? "announced" : "not announced";
	}
}

static void count_locked(const struct lock *lock, const struct config *config, struct row *rows,
	size_t n, struct arena *arena)
{
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		if (p->url.n > 0) {
			continue; /* by address, from no index */
		}
		size_t at = 0;
		if (p->other_index) {
			at = config_find_alias(config, p->index);
			at = at == INDEX_NOWHERE ? config_find_url(config, p->index, arena) : at;
			for (size_t k = config->n_sources; k < n && at == INDEX_NOWHERE; k++) {
				at = str_eq(rows[k].source->alias, p->index) ? k : at;
			}
		}
		if (at < n) {
			rows[at].n_locked++;
		}
	}
}

static void put_text(const struct row *rows, size_t n, bool has_lock, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		AUTO(arena_done) struct arena arena = {0};
		struct str url = config_without_credentials(row->source->url, &arena);
		buf_addf(out, "%zu  ", i + 1);
		if (!str_eq(row->source->alias, url)) {
			buf_add_shown(out, row->source->alias, true);
			buf_add(out, S(": "));
		}
		buf_add_shown(out, url, true);
		buf_addf(out, "\n   %s, ", row->role);
		buf_add(out, row->reachable ? S("answers")
			     : row->asked   ? S("does not answer")
					    : S("not asked"));
		buf_addf(out, ", TLS %s", row->tls);
		if (row->metadata[0] != '\0') {
			buf_addf(out, ", metadata files %s", row->metadata);
		}
		if (has_lock) {
			buf_addf(out, ", %zu locked package%s", row->n_locked,
				row->n_locked == 1 ? "" : "s");
		}
		buf_byte(out, '\n');
		if (row->fault.n > 0) {
			buf_add(out, S("   "));
			buf_add_shown(out, row->fault, true);
			buf_byte(out, '\n');
		}
	}
}

static json_t *row_json(const struct row *row, bool has_lock)
{
	AUTO(arena_done) struct arena arena = {0};
	json_t *made = json_object();
	json_object_set_new(made, "name", advise_json_text(row->source->alias));
	json_object_set_new(made, "url",
		advise_json_text(config_without_credentials(row->source->url, &arena)));
	json_object_set_new(made, "role", json_string(row->role));
	json_object_set_new(made, "tls", json_string(row->tls));
	if (row->asked) {
		json_object_set_new(made, "reachable", json_boolean(row->reachable));
	}
	if (row->metadata[0] != '\0') {
		json_object_set_new(made, "metadata", json_string(row->metadata));
	}
	if (row->fault.n > 0) {
		json_object_set_new(made, "fault", advise_json_text(row->fault));
	}
	if (has_lock) {
		json_object_set_new(made, "packages", json_integer((json_int_t)row->n_locked));
	}
	return made;
}

static struct row *make_rows(const struct config *config, const struct advise_options *options,
	const struct advise_callbacks *callbacks, struct arena *arena, size_t *ret_n)
{
	size_t n = config->n_sources + config->n_links;
	struct row *rows = arena_array(arena, struct row, n);
	for (size_t i = 0; i < n; i++) {
		bool links = i >= config->n_sources;
		const struct index_source *source =
			links ? &config->links[i - config->n_sources] : &config->sources[i];
		rows[i] = (struct row){.source = source,
			.role = links                 ? "find-links"
				: i == config->main   ? "main"
				: source->only_pinned ? "pinned"
						      : "extra",
			.tls = tls_of(config, source->url),
			.metadata = ""};
		probe(config, options, callbacks, links, arena, &rows[i]);
	}
	*ret_n = n;
	return rows;
}

void indexes_run(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct config config;
	struct lock lock = {0};
	bool has_lock = false;
	struct err err = {0};
	report->kind = "indexes";
	if (!config_read(options, arena, &config, &err) ||
		(input->path.n > 0 &&
			!inputs_lock(options, input, arena, &lock, &has_lock, &err))) {
		advise_report_error(report, &err);
		return;
	}
	size_t n;
	struct row *rows = make_rows(&config, options, callbacks, arena, &n);
	count_locked(&lock, &config, rows, n, arena);
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.indexes/1"));
	json_object_set_new(report->data, "from", advise_json_text(config.why));
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, row_json(&rows[i], has_lock));
		report->exit = rows[i].asked && !rows[i].reachable ? 5 : report->exit;
	}
	json_object_set_new(report->data, "indexes", list);
	put_text(rows, n, has_lock, &report->text);
	buf_add(&report->text, S("the main index is named by "));
	buf_add_shown(&report->text, config.why, true);
	buf_byte(&report->text, '\n');
}
