#include "advise/discover.h"
#include "advise/edit.h"
#include "common/fs.h"
#include "packaging/name.h"
#include "common/banned.h"

/* What becomes of what discover.c found: requirements of a lock, and `thoth discover`. */

static const char *source_name(enum discover_source source)
{
	static const char *const names[] = {
		[DISCOVER_NONE] = "none",
		[DISCOVER_NOTEBOOK] = "notebook",
		[DISCOVER_ENVIRONMENT] = "environment",
		[DISCOVER_TABLE] = "table",
		[DISCOVER_GUESS] = "guess",
	};
	return names[source];
}

static struct str candidates_text(
	const struct discover_item *item, const char *last, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	for (size_t i = 0; i < item->n_candidates; i++) {
		buf_addf(&text, "%s" STR_FMT,
			i == 0                        ? ""
			: i + 1 == item->n_candidates ? last
						      : ", ",
			STR_ARG(item->candidates[i]));
	}
	return arena_str(arena, buf_str(&text));
}

typedef VEC(struct str) names;

/* Projects that install commands and script blocks ask for. */
static void asked_by_code(const struct scan_facts *facts, struct arena *arena, names *ret)
{
	for (size_t i = 0; i < facts->installs.n; i++) {
		const struct scan_request *r = &facts->installs.requests[i];
		if (r->name.n > 0 && !r->uninstall && !r->foreign && !r->uncalled) {
			*vec_push(arena, ret) = r->name;
		}
	}
}

/* ---- for a lock ---------------------------------------------------------------------------------- */

bool discover_gather(const struct advise_input *input, const struct scan_facts *facts,
	struct arena *arena, struct request *request, struct err *err)
{
	struct discover_result found;
	names asked = {0};
	for (size_t i = 0; i < request->requirements.n; i++) {
		const struct resolver_requirement *r = &request->requirements.p[i];
		if (!r->constraint) {
			*vec_push(arena, &asked) = r->requirement.name;
		}
	}
	for (size_t i = 0; i < request->directs.n; i++) {
		*vec_push(arena, &asked) = request->directs.p[i].requirement.name;
	}
	asked_by_code(facts, arena, &asked);
	discover_find(input, facts, asked.p, asked.n, arena_cstr(arena, request->config.cache_dir),
		arena, &found);
	names added = {0};
	for (size_t i = 0; i < found.n; i++) {
		const struct discover_item *item = &found.items[i];
		bool sure = item->source == DISCOVER_ENVIRONMENT || item->source == DISCOVER_TABLE;
		bool again = false;
		for (size_t k = 0; k < added.n; k++) {
			again = again || str_eq(added.p[k], item->distribution);
		}
		if (item->source == DISCOVER_NOTEBOOK || (again && sure)) {
			continue;
		}
		if (item->n_candidates > 0) {
			request_warn(request, arena, item->origin, S(""),
				arena_printf(arena,
					"the import of " STR_FMT " is left out: " STR_FMT
					" have it; add one of them",
					STR_ARG(item->module),
					STR_ARG(candidates_text(item, " and ", arena))));
		} else if (!sure) {
			request_warn(request, arena, item->origin, S(""),
				arena_printf(arena,
					"the import of " STR_FMT
					" is left out: no package is known to have it%s" STR_FMT,
					STR_ARG(item->module),
					item->distribution.n > 0 ? "; add it if it is " : "",
					STR_ARG(item->distribution)));
		} else {
			*vec_push(arena, &added) = item->distribution;
			if (!request_add(
				    request, arena, item->distribution, item->origin, false, err)) {
				return false;
			}
		}
	}
	return true;
}

/* ---- `thoth discover` ---------------------------------------------------------------------------- */

static bool asked_by_metadata(
	const struct advise_input *input, struct arena *arena, names *ret, struct err *err)
{
	struct nb_requirements declared;
	struct requirement requirement;
	struct err ignored = {0};
	if (input->notebook == NULL) {
		return true;
	}
	if (!nb_requirements(input->notebook, arena, &declared, err)) {
		return false;
	}
	for (size_t i = 0; i < declared.n_packages + declared.n_dev; i++) {
		struct str text = i < declared.n_packages ? declared.packages[i]
							  : declared.dev[i - declared.n_packages];
		if (requirement_parse(text, arena, &requirement, &ignored)) {
			*vec_push(arena, ret) = requirement.name;
		}
	}
	return true;
}

/* A person chooses; an answer is a yes to one candidate. */
static void ask(const struct advise_input *input, struct arena *arena, struct discover_item *item)
{
	bool guess = item->source == DISCOVER_GUESS;
	for (size_t i = 0; i < item->n_candidates && item->distribution.n == 0; i++) {
		struct str question = arena_printf(arena,
			STR_FMT " comes with " STR_FMT ": take " STR_FMT "?", STR_ARG(item->module),
			STR_ARG(candidates_text(item, " or ", arena)),
			STR_ARG(item->candidates[i]));
		if (input->consent(input->consent_data, question)) {
			item->distribution = item->candidates[i];
			item->n_candidates = 0;
		}
	}
	struct str question = arena_printf(arena,
		"no package is known to have " STR_FMT ": take the one of that name, " STR_FMT "?",
		STR_ARG(item->module), STR_ARG(item->distribution));
	if (guess && input->consent(input->consent_data, question)) {
		item->source = DISCOVER_NOTEBOOK; /* the person's word */
	}
}

static void put_place(const struct origin *origin, struct buf *out)
{
	if (str_ends(origin->file, S(".py"))) {
		buf_addf(out, "line %d", origin->line);
	} else {
		buf_addf(out, "%scell %d, line %d", origin->executed ? "executed " : "",
			origin->cell, origin->line);
	}
}

static void put_line(const struct discover_item *item, struct arena *arena, struct buf *out)
{
	static const char *const why[] = {
		[DISCOVER_NONE] = "no package is known to have it",
		[DISCOVER_NOTEBOOK] = "asked for already",
		[DISCOVER_ENVIRONMENT] = "installed",
		[DISCOVER_TABLE] = "known to have it",
		[DISCOVER_GUESS] = "a guess by its name",
	};
	AUTO(buf_done) struct buf module = {0};
	bool many = item->n_candidates > 0;
	struct str name = many ? S("?") : item->distribution;
	buf_add_shown(&module, item->module, true);
	buf_addf(out, "  %-24s %-24.*s ", module.p, STR_ARG(name));
	if (many) {
		buf_add(out, candidates_text(item, " or ", arena));
	} else {
		buf_addf(out, "%s", why[item->source]);
	}
	buf_add(out, S("; "));
	put_place(&item->origin, out);
	buf_byte(out, '\n');
}

static json_t *item_json(const struct discover_item *item)
{
	json_t *made = json_object();
	json_object_set_new(made, "module", advise_json_text(item->module));
	if (item->n_candidates > 0) {
		json_t *list = json_array();
		for (size_t i = 0; i < item->n_candidates; i++) {
			json_array_append_new(list, advise_json_text(item->candidates[i]));
		}
		json_object_set_new(made, "candidates", list);
	} else {
		json_object_set_new(made, "distribution", advise_json_text(item->distribution));
		json_object_set_new(made, "source", json_string(source_name(item->source)));
	}
	json_object_set_new(made, "cell", json_integer(item->origin.cell - 1));
	if (item->origin.cell_id.n > 0) {
		json_object_set_new(made, "cell_id", advise_json_text(item->origin.cell_id));
	}
	json_object_set_new(made, "line", json_integer(item->origin.line));
	return made;
}

/* Declare what is sure and new. */
static bool write_items(const struct advise_input *input, const struct discover_result *found,
	struct arena *arena, struct advise_report *report, struct err *err)
{
	json_t *value = json_incref(json_object_get(input->notebook->metadata, "thoth"));
	for (size_t i = 0; i < found->n; i++) {
		const struct discover_item *item = &found->items[i];
		bool told = item->n_candidates > 0 || item->distribution.n == 0 ||
			    item->source == DISCOVER_GUESS;
		if (!told && !edit_add(input->notebook, item->distribution, arena, &value,
				     &report->changed, err)) {
			json_decref(value);
			return false;
		}
	}
	report->metadata = value;
	return true;
}

/* What stands in metadata or cells already need not be declared again. */
static void without_asked(const names *asked, struct discover_result *found, struct arena *arena)
{
	struct discover_item *items = arena_array(arena, struct discover_item, found->n);
	size_t n = 0;
	for (size_t i = 0; i < found->n; i++) {
		bool known = false;
		for (size_t k = 0; k < asked->n && !known; k++) {
			known = str_eq(asked->p[k], found->items[i].distribution);
		}
		if (!known) {
			items[n++] = found->items[i];
		}
	}
	*found = (struct discover_result){items, n};
}

static void report_items(
	const struct discover_result *found, struct arena *arena, struct advise_report *report)
{
	json_t *requirements = json_array();
	json_t *ambiguous = json_array();
	for (size_t i = 0; i < found->n; i++) {
		const struct discover_item *item = &found->items[i];
		bool many = item->n_candidates > 0;
		if (many || item->distribution.n > 0) {
			json_array_append_new(many ? ambiguous : requirements, item_json(item));
		}
		report->exit = many ? 1 : report->exit;
		put_line(item, arena, &report->text);
	}
	if (found->n == 0) {
		buf_add(&report->text,
			S("nothing is imported that an index would have to bring\n"));
	}
	if (json_array_size(ambiguous) > 0) {
		buf_add(&report->notes,
			S("several packages have what some lines import: choose with "
			  "'thoth add', or install one\n"));
	}
	json_object_set_new(report->data, "requirements", requirements);
	json_object_set_new(report->data, "ambiguous", ambiguous);
}

static bool discover(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report, struct err *err)
{
	struct scan_facts facts;
	struct discover_result found;
	names asked = {0};
	size_t n;
	bool python = input->notebook == NULL || nb_is_python(input->notebook);
	if (!python || (input->notebook == NULL && !facts_is_script(input))) {
		err_hint(err, "give a notebook with a Python kernel, or a Python file");
		return err_set(err, ERR_INPUT, "there are no imports to look for");
	}
	const struct scan_cell *cells = facts_cells(input, arena, &n);
	facts_scan(input, cells, n, false, arena, &facts);
	if (!asked_by_metadata(input, arena, &asked, err)) {
		return false;
	}
	asked_by_code(&facts, arena, &asked);
	struct str cache = options->cache_dir.n > 0 ? options->cache_dir : fs_cache_dir(arena);
	discover_find(input, &facts, asked.p, asked.n, arena_cstr(arena, cache), arena, &found);
	for (size_t i = 0; i < found.n && options->write && input->consent != NULL; i++) {
		ask(input, arena, (struct discover_item *)&found.items[i]);
	}
	report_items(&found, arena, report);
	if (options->write && input->notebook != NULL) {
		without_asked(&asked, &found, arena);
		return write_items(input, &found, arena, report, err);
	}
	return true;
}

void discover_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	report->kind = "discover";
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.discover/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	if (!discover(options, input, arena, report, &err)) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
	}
}
