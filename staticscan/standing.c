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

/* A version right above (or below) every version that the release in `v` begins; "" when it has an epoch. */
static struct str neighbour(const struct version *v, bool above, struct arena *arena)
{
	struct str head = S("");
	struct str last = v->release;
	uint64_t number;
	ptrdiff_t dot = str_find_last_char(v->release, '.');
	if (dot >= 0) {
		head = str_slice(v->release, 0, (size_t)dot + 1);
		last = str_skip(v->release, (size_t)dot + 1);
	}
	if (v->epoch.n > 0 || !str_to_u64(last, &number) || number > 1000000000) {
		return S("");
	}
	if (above) {
		return arena_printf(
			arena, STR_FMT "%llu", STR_ARG(head), (unsigned long long)number + 1);
	}
	if (number > 0) {
		return arena_printf(arena, STR_FMT "%llu.999999", STR_ARG(head),
			(unsigned long long)number - 1);
	}
	struct version shorter;
	return head.n > 0 && version_parse(str_slice(head, 0, head.n - 1), &shorter)
		       ? neighbour(&shorter, false, arena)
		       : S("");
}

static bool both_contain(const struct requirement *a, const struct requirement *b, struct str text)
{
	struct version version;
	return text.n > 0 && version_parse(text, &version) &&
	       specifier_contains(&a->specifier, &version) &&
	       specifier_contains(&b->specifier, &version);
}

/*
 * No version can satisfy both: none of those that their clauses name, right above them, after their
 * release, or below it. That is where what a set of clauses allows begins and ends.
 */
static bool exclude_each_other(
	const struct requirement *a, const struct requirement *b, struct arena *arena)
{
	size_t n = a->specifier.n + b->specifier.n;
	if (a->specifier.n == 0 || b->specifier.n == 0 || n > 50) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct specifier *clause = i < a->specifier.n
							 ? &a->specifier.items[i]
							 : &b->specifier.items[i - a->specifier.n];
		const struct version *v = &clause->version;
		if (v->text.n == 0 || v->epoch.n > 0) {
			return false; /* not ours to judge */
		}
		struct str after = arena_printf(arena, STR_FMT ".0.0.1", STR_ARG(v->release));
		if (both_contain(a, b, v->text) || both_contain(a, b, after) ||
			both_contain(a, b, neighbour(v, true, arena)) ||
			both_contain(a, b, neighbour(v, false, arena))) {
			return false;
		}
	}
	return true;
}

/*
 * Take one request into account. True when it replaces an earlier specifier that it cannot stand
 * beside: *ret_earlier is that.
 */
static bool take_over(struct standings *standings, const struct scan_request *request,
	bool addresses, struct arena *arena, struct scan_request *ret_earlier)
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
	bool overrides = standing->present &&
			 exclude_each_other(&standing->requirement, &requirement, arena);
	*ret_earlier = standing->request;
	standing->present = true;
	standing->by_address = by_address;
	standing->request = *request;
	standing->requirement = requirement;
	return overrides;
}

static void take(struct standings *standings, const struct scan_request *request, bool addresses,
	struct arena *arena)
{
	struct scan_request earlier;
	(void)take_over(standings, request, addresses, arena, &earlier);
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
		take(&standings, &installs->requests[i], false, arena);
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

const struct standing_override *standing_overrides(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n)
{
	AUTO(standings_done) struct standings standings = {0};
	VEC(struct standing_override) ret = {0};
	for (size_t i = 0; i < installs->n; i++) {
		struct standing_override override = {.index = i};
		if (take_over(&standings, &installs->requests[i], true, arena, &override.earlier)) {
			*vec_push(arena, &ret) = override;
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
		take(&standings, &installs->requests[i], true, arena);
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
