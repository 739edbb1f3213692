#include "staticscan/standing.h"
#include "common/intern.h"
#include "common/vec.h"
#include "packaging/requirement.h"
#include "common/banned.h"

/* What stands for one project so far. */
struct standing {
	struct scan_request request; /* the one that decides */
	struct requirement requirement;
	VEC(struct str) extras;
	bool present;
	bool by_address; /* request is a file, an address or a repository */
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
static bool take(struct standings *standings, const struct scan_request *request, bool addresses,
	struct arena *arena)
{
	struct requirement requirement = {0};
	struct err ignored = {0};
	if (request->name.n == 0 || request->tooling || request->foreign || request->uncalled) {
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
	bool by_address = request->kind == SCAN_VCS || request->kind == SCAN_URL ||
			  request->kind == SCAN_PATH;
	if (!plain && request->kind != SCAN_DYNAMIC && !(by_address && addresses)) {
		return false;
	}
	for (size_t i = 0; by_address && i < request->n_extras; i++) {
		add_extra(standing, request->extras[i], arena);
	}
	for (size_t i = 0; i < requirement.n_extras; i++) {
		add_extra(standing, requirement.extras[i], arena);
	}
	bool keeps = requirement.specifier.n == 0 && requirement.marker == NULL && !by_address &&
		     standing->present && !request->upgrade;
	if (keeps) {
		return false;
	}
	bool overrides =
		standing->present && exclude_each_other(&standing->requirement, &requirement);
	standing->present = true;
	standing->by_address = by_address;
	standing->request = *request;
	standing->requirement = requirement;
	return overrides;
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
		(void)take(&standings, &installs->requests[i], false, arena);
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

const size_t *standing_overrides(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n)
{
	AUTO(standings_done) struct standings standings = {0};
	VEC(size_t) ret = {0};
	for (size_t i = 0; i < installs->n; i++) {
		if (take(&standings, &installs->requests[i], true, arena)) {
			*vec_push(arena, &ret) = i;
		}
	}
	*ret_n = ret.n;
	return ret.p;
}

/* "name[extras] @ where" */
static struct str address_entry(const struct standing *standing, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	const struct scan_request *request = &standing->request;
	buf_add(&text, request->name);
	for (size_t i = 0; i < standing->extras.n; i++) {
		buf_add(&text, i == 0 ? S("[") : S(","));
		buf_add(&text, standing->extras.p[i]);
	}
	buf_add(&text, standing->extras.n > 0 ? S("] @ ") : S(" @ "));
	buf_add(&text, request->kind == SCAN_PATH ? request->path : request->url);
	if (request->ref.n > 0) {
		buf_byte(&text, '@');
		buf_add(&text, request->ref);
	}
	if (request->marker.n > 0) {
		buf_add(&text, S(" ; "));
		buf_add(&text, request->marker);
	}
	return arena_str(arena, buf_str(&text));
}

/* A line of a constraints file narrows what is asked for. */
static void constrain(struct standings *standings, struct str constraint, struct arena *arena)
{
	struct requirement requirement;
	struct err ignored = {0};
	if (!requirement_parse(constraint, arena, &requirement, &ignored) ||
		intern_find(&standings->names, requirement.name) == INTERN_NONE) {
		return;
	}
	struct standing *standing = standing_of(standings, requirement.name, arena);
	if (!standing->present || standing->by_address || requirement.specifier.n == 0) {
		return;
	}
	AUTO(buf_done) struct buf text = {0};
	struct str old = entry(standing, arena);
	struct str marker = S("");
	(void)str_cut(old, S("; "), &old, &marker);
	buf_add(&text, old);
	for (size_t i = 0; i < requirement.specifier.n; i++) {
		bool first = i == 0 && standing->requirement.specifier.n == 0;
		buf_add(&text, first ? S("") : S(","));
		buf_add(&text, specifier_clause_text(&requirement.specifier.items[i], arena));
	}
	if (marker.n > 0) {
		buf_add(&text, S("; "));
		buf_add(&text, marker);
	}
	struct requirement joined;
	if (requirement_parse(arena_str(arena, buf_str(&text)), arena, &joined, &ignored)) {
		standing->requirement = joined;
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

const struct str *scan_standing(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n)
{
	AUTO(standings_done) struct standings standings = {0};
	VEC(struct str) ret = {0};
	for (size_t i = 0; i < installs->n; i++) {
		(void)take(&standings, &installs->requests[i], true, arena);
	}
	for (size_t i = 0; i < installs->n_constraints; i++) {
		constrain(&standings, installs->constraints[i], arena);
	}
	for (size_t i = 0; i < standings.items.n; i++) {
		const struct standing *standing = &standings.items.p[i];
		if (standing->present) {
			*vec_push(arena, &ret) = standing->by_address
							 ? address_entry(standing, arena)
							 : entry(standing, arena);
		}
	}
	if (ret.n > 1) {
		qsort(ret.p, ret.n, sizeof(*ret.p), by_text);
	}
	*ret_n = ret.n;
	return ret.p;
}
