#include "staticscan/scan.h"
#include "packaging/requirement.h"
#include "staticscan/install.h"
#include "common/banned.h"

/* What stands for one project so far. */
struct standing {
	struct scan_request request; /* the one that decides */
	struct requirement requirement;
	VEC(struct str) extras;
	bool present;
};

struct standings {
	struct intern names;
	VEC(struct standing) items; /* items.p[id] of names' id */
};

static void standings_done(struct standings *standings)
{
	intern_done(&standings->names);
}

static struct standing *standing_of(
	struct standings *standings, struct str name, struct arena *arena)
{
	uint32_t id = intern_id(&standings->names, name);
	while (standings->items.n <= id) {
		(void)vec_push(arena, &standings->items);
	}
	return &standings->items.p[id];
}

static void add_extra(struct standing *standing, struct str extra, struct arena *arena)
{
	size_t at = 0;
	while (at < standing->extras.n && str_cmp(standing->extras.p[at], extra) < 0) {
		at++;
	}
	if (at < standing->extras.n && str_eq(standing->extras.p[at], extra)) {
		return;
	}
	(void)vec_push(arena, &standing->extras);
	for (size_t i = standing->extras.n - 1; i > at; i--) {
		standing->extras.p[i] = standing->extras.p[i - 1];
	}
	standing->extras.p[at] = extra;
}

/* The two cannot hold together: one is a pin that the other does not allow. */
static bool exclude_each_other(const struct requirement *a, const struct requirement *b)
{
	for (int turn = 0; turn < 2; turn++) {
		const struct specifier_set *pin = turn == 0 ? &a->specifier : &b->specifier;
		const struct specifier_set *other = turn == 0 ? &b->specifier : &a->specifier;
		if (pin->n == 1 && specifier_is_pin(pin) && pin->items[0].version.text.n > 0 &&
			!specifier_contains(other, &pin->items[0].version)) {
			return true;
		}
	}
	return false;
}

/*
 * Take one request into account. True when it replaces an earlier specifier that it cannot stand
 * beside.
 */
static bool take(
	struct standings *standings, const struct scan_request *request, struct arena *arena)
{
	struct requirement requirement = {0};
	struct err ignored = {0};
	if (request->name.n == 0 || request->tooling || request->foreign) {
		return false;
	}
	struct standing *standing = standing_of(standings, request->name, arena);
	if (request->uninstall) {
		*standing = (struct standing){0};
		return false;
	}
	bool plain = request->kind == SCAN_REQUIREMENT;
	if (plain && !requirement_parse(request->text, arena, &requirement, &ignored)) {
		return false;
	}
	if (!plain && request->kind != SCAN_DYNAMIC) {
		return false;
	}
	for (size_t i = 0; i < requirement.n_extras; i++) {
		add_extra(standing, requirement.extras[i], arena);
	}
	bool keeps = requirement.specifier.n == 0 && requirement.marker == NULL &&
		     standing->present && !request->upgrade;
	if (keeps) {
		return false;
	}
	bool overrides =
		standing->present && exclude_each_other(&standing->requirement, &requirement);
	standing->present = true;
	standing->request = *request;
	standing->requirement = requirement;
	return overrides;
}

void scan_find_installs(const struct scan_cell *cells, size_t n_cells, struct arena *arena,
	struct scan_installs *ret)
{
	AUTO(source_names_done) struct source_names names = {0};
	AUTO(standings_done) struct standings standings = {0};
	struct install_sink sink = {.arena = arena};
	for (size_t i = 0; i < n_cells; i++) {
		struct source_result found = {0};
		source_read(&cells[i], &names, arena, &found);
		sink.cell = &cells[i];
		sink.cursor = (struct source_cursor){.source = cells[i].source};
		for (size_t j = 0; j < found.diagnostics.n; j++) {
			*vec_push(arena, &sink.diagnostics) = found.diagnostics.p[j];
		}
		for (size_t j = 0; j < found.shells.n; j++) {
			shell_commands commands = {0};
			sink.via = found.shells.p[j].via;
			sink.conditional = found.shells.p[j].conditional;
			shell_parse(found.shells.p[j].text, arena, &commands);
			for (size_t k = 0; k < commands.n; k++) {
				install_command(&commands.p[k], &sink);
			}
		}
	}
	for (size_t i = 0; i < sink.requests.n; i++) {
		const struct scan_request *request = &sink.requests.p[i];
		if (take(&standings, request, arena)) {
			*vec_push(arena, &sink.diagnostics) = (struct scan_diagnostic){
				.severity = S("warning"),
				.code = S("overridden-requirement"),
				.message = arena_printf(arena,
					"'" STR_FMT "' replaces what an earlier cell asked for",
					STR_ARG(request->text)),
				.cell = request->cell,
				.cell_id = request->cell_id,
				.line = request->line,
				.column = request->column};
		}
	}
	if (sink.requests.n >= INSTALL_REQUESTS_MAX) {
		const struct scan_request *last = &sink.requests.p[sink.requests.n - 1];
		*vec_push(arena, &sink.diagnostics) =
			(struct scan_diagnostic){.severity = S("warning"),
				.code = S("cell-too-large"),
				.message = S("more than 10,000 requirements: the rest is not read"),
				.cell = last->cell,
				.cell_id = last->cell_id,
				.line = last->line,
				.column = last->column};
	}
	*ret = (struct scan_installs){.requests = sink.requests.p,
		.n = sink.requests.n,
		.diagnostics = sink.diagnostics.p,
		.n_diagnostics = sink.diagnostics.n};
}

/* name[extras]specifier; marker of what stands. */
static struct str entry(const struct standing *standing, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	const struct requirement *requirement = &standing->requirement;
	buf_add(&text, standing->request.name);
	for (size_t i = 0; i < standing->extras.n; i++) {
		buf_add(&text, i == 0 ? S("[") : S(","));
		buf_add(&text, standing->extras.p[i]);
	}
	buf_add(&text, standing->extras.n > 0 ? S("]") : S(""));
	for (size_t i = 0; i < requirement->specifier.n; i++) {
		buf_add(&text, i == 0 ? S("") : S(","));
		buf_add(&text, specifier_clause_text(&requirement->specifier.items[i], arena));
	}
	if (requirement->marker != NULL) {
		buf_add(&text, S("; "));
		buf_add(&text, marker_text(requirement->marker, arena));
	}
	return arena_str(arena, buf_str(&text));
}

const struct scan_request *scan_effective(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n)
{
	AUTO(standings_done) struct standings standings = {0};
	VEC(struct scan_request) ret = {0};
	for (size_t i = 0; i < installs->n; i++) {
		(void)take(&standings, &installs->requests[i], arena);
	}
	for (size_t i = 0; i < standings.items.n; i++) { /* ids count up by first mention */
		const struct standing *standing = &standings.items.p[i];
		if (standing->present) {
			struct scan_request *request = vec_push(arena, &ret);
			*request = standing->request;
			request->kind = SCAN_REQUIREMENT;
			request->text = entry(standing, arena);
		}
	}
	*ret_n = ret.n;
	return ret.p;
}
