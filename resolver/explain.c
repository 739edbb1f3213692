#include "resolver/explain.h"
#include "resolver/forbid.h"
#include "resolver/grow.h"
#include "resolver/words.h"
#include "common/banned.h"

enum {
	REJECTIONS_SHOWN = 40,
	LOOKED_AT = 40,       /* versions, for the reason of a choice */
	LOOKED_AT_ALL = 4000, /* when all rejections are asked for */
	HASH_DIGITS = 64,
};

struct str explain_origin(const struct origin *origin, struct arena *arena)
{
	if (origin->metadata) {
		return S("the notebook's metadata");
	}
	if (origin->cell > 0) {
		const char *executed = origin->executed ? "executed " : "";
		return origin->line > 1 ? arena_printf(arena, "%scell %d, line %d", executed,
						  origin->cell, origin->line)
					: arena_printf(arena, "%scell %d", executed, origin->cell);
	}
	if (origin->file.n > 0 && origin->line > 0) {
		return arena_printf(
			arena, "line %d of " STR_FMT, origin->line, STR_ARG(origin->file));
	}
	return origin->file.n > 0 ? origin->file : S("the command line");
}

static struct str version_at(const struct package *p, uint32_t state)
{
	return p->candidates.items[state - 1].release->version;
}

static bool is_chosen(const struct package *p)
{
	return p->decided != NOT_DECIDED;
}

/* The chosen package of a project's name, or NULL. */
static const struct package *chosen_project(const struct solver *solver, struct str name)
{
	uint32_t id = intern_find(&solver->names, name);
	return id == INTERN_NONE || !is_chosen(&solver->packages.p[id]) ? NULL
									: &solver->packages.p[id];
}

/* "flask>=3" without extras and marker: name and specifier as the requirer writes them. */
static struct str short_requirement(const struct requirement *r, struct arena *arena)
{
	struct str specifier = specifier_text(&r->specifier, arena);
	return arena_printf(arena, STR_FMT STR_FMT, STR_ARG(r->name), STR_ARG(specifier));
}

struct edge_list {
	VEC(struct resolver_edge) edges;
	VEC(const struct requirement *) requirements; /* beside each edge */
};

static void add_edge(struct arena *arena, struct edge_list *list, struct str from, size_t user,
	const struct requirement *r)
{
	for (size_t i = 0; i < list->edges.n; i++) {
		if (from.n > 0 && str_eq(list->edges.p[i].from, from) &&
			str_eq(list->requirements.p[i]->text, r->text)) {
			return; /* base and proxy say the same */
		}
	}
	*vec_push(arena, &list->edges) =
		(struct resolver_edge){from, short_requirement(r, arena), user};
	*vec_push(arena, &list->requirements) = r;
}

/* The list of a project's name, or NULL when nothing of it is chosen. */
static struct edge_list *list_of(
	const struct solver *solver, struct edge_list *lists, struct str name)
{
	const struct package *p = chosen_project(solver, name);
	return p == NULL ? NULL : &lists[p - solver->packages.p];
}

/* What a chosen package, or an extra of one, requires. */
static void add_edges_of(const struct solver *solver, const struct package *p, struct arena *arena,
	struct edge_list *lists)
{
	const struct dependencies *deps = is_chosen(p) ? p->dependencies[p->decided - 1] : NULL;
	bool proxy = p->extra.n > 0;
	size_t n = deps == NULL ? 0 : proxy ? deps->n_with_extra : deps->n_always;
	for (size_t d = 0; d < n; d++) {
		const struct requirement *r = proxy ? &deps->with_extra[d] : &deps->always[d];
		struct edge_list *list =
			str_eq(r->name, p->name) ? NULL : list_of(solver, lists, r->name);
		if (list != NULL &&
			(!proxy || dependency_holds(r, solver->filter.environment, &p->extra, 1))) {
			add_edge(arena, list, p->name, 0, r);
		}
	}
	for (size_t d = 0; !proxy && deps != NULL && d < deps->n_combined; d++) {
		const struct requirement *r = &deps->combined[d].requirement;
		struct edge_list *list = list_of(solver, lists, r->name);
		if (list != NULL && grow_combined_holds(solver, p->base, &deps->combined[d])) {
			add_edge(arena, list, p->name, 0, r);
		}
	}
}

/*
 * Who requires each package of the chosen stack: the user first, then packages in the order found.
 * lists[packages.n], of projects alone; held by arena.
 */
static struct edge_list *find_edges(const struct solver *solver, struct arena *arena)
{
	const struct resolver_request *request = solver->request;
	struct edge_list *lists = arena_array(arena, struct edge_list, solver->packages.n);
	for (size_t i = 0; i < request->n_requirements; i++) {
		const struct requirement *r = &request->requirements[i].requirement;
		struct edge_list *list = list_of(solver, lists, r->name);
		if (list != NULL &&
			marker_evaluate(r->marker, request->environment, NULL, 0) == MARKER_TRUE) {
			add_edge(arena, list, S(""), i, r);
		}
	}
	for (size_t i = 0; i < solver->packages.n; i++) {
		add_edges_of(solver, &solver->packages.p[i], arena, lists);
	}
	return lists;
}

/* The edge that keeps a version out, in words; "" when none does. */
static struct str held_by(const struct solver *solver, const struct edge_list *list,
	const struct version *version, struct arena *arena)
{
	for (size_t i = 0; i < list->edges.n; i++) {
		const struct resolver_edge *edge = &list->edges.p[i];
		if (specifier_contains(&list->requirements.p[i]->specifier, version)) {
			continue;
		}
		if (edge->from.n == 0) {
			const struct resolver_requirement *user =
				&solver->request->requirements[edge->user];
			struct str origin = explain_origin(&user->origin, arena);
			return arena_printf(arena, "%s" STR_FMT " in " STR_FMT,
				user->constraint ? "constraint " : "", STR_ARG(edge->requirement),
				STR_ARG(origin));
		}
		const struct package *from = chosen_project(solver, edge->from);
		struct str at = from == NULL ? S("") : version_at(from, from->decided);
		return arena_printf(arena, STR_FMT " " STR_FMT " requires " STR_FMT,
			STR_ARG(edge->from), STR_ARG(at), STR_ARG(edge->requirement));
	}
	return S("");
}

/* A requirement of this candidate, as far as it was read, that the chosen stack does not meet. */
static struct str own_clash(
	const struct solver *solver, const struct dependencies *deps, struct arena *arena)
{
	if (deps == NULL) {
		return S("");
	}
	if (!deps->available) {
		return deps->why_not;
	}
	for (size_t i = 0; i < deps->n_always; i++) {
		const struct requirement *r = &deps->always[i];
		const struct package *other = chosen_project(solver, r->name);
		if (other == NULL ||
			specifier_contains(&r->specifier,
				&other->candidates.items[other->decided - 1].release->parsed)) {
			continue;
		}
		struct str text = short_requirement(r, arena);
		struct str at = version_at(other, other->decided);
		return arena_printf(arena, "it requires " STR_FMT ", and " STR_FMT " is chosen",
			STR_ARG(text), STR_ARG(at));
	}
	return S("");
}

static const struct str already_had = STR_INIT("the lock already had ");

/* The preference by score that the chosen version of a package goes back to, or NULL. */
static const struct resolver_preference *by_score(
	const struct resolver_request *request, struct str name, struct str version)
{
	for (size_t i = 0; i < request->n_preferred; i++) {
		const struct resolver_preference *p = &request->preferred[i];
		if (p->why.n > 0 && str_eq(p->name, name) && str_eq(p->version, version)) {
			return p;
		}
	}
	return NULL;
}

static struct str candidate_rejection(const struct solver *solver, const struct package *p,
	uint32_t state, const struct edge_list *list, struct arena *arena)
{
	const struct candidate *candidate = &p->candidates.items[state - 1];
	struct str why = held_by(solver, list, &candidate->release->parsed, arena);
	if (why.n == 0) {
		why = own_clash(solver, p->dependencies[state - 1], arena);
	}
	if (why.n == 0) {
		why = forbid_reason(solver, p->base, state);
	}
	if (why.n == 0 && candidate->elsewhere) {
		why = S("has no wheel for this Python and platform");
	}
	if (why.n == 0 && candidate->prerelease && !p->user_prerelease &&
		set_has(p->candidates.stable, p->decided)) {
		why = S("is a pre-release");
	}
	if (why.n == 0 && solver_preferred(p, p->domain) == p->decided) {
		const struct resolver_preference *scored =
			by_score(solver->request, p->name, version_at(p, p->decided));
		why = scored != NULL ? scored->why
				     : arena_printf(arena, STR_FMT STR_FMT, STR_ARG(already_had),
					       STR_ARG(version_at(p, p->decided)));
	}
	return why.n > 0 ? why : S("does not fit together with the other requirements");
}

struct rejections {
	VEC(struct resolver_rejection) list;
	size_t looked_at;
};

/* Another version that was kept out; it joins its newer neighbour when the reason is the same. */
static void add_rejection(struct rejections *rejections, const struct index_release *release,
	struct str why, struct arena *arena)
{
	struct resolver_rejection *last =
		rejections->list.n > 0 ? &rejections->list.p[rejections->list.n - 1] : NULL;
	rejections->looked_at++;
	if (last == NULL || !str_eq(last->reason, why)) {
		last = vec_push(arena, &rejections->list);
		*last = (struct resolver_rejection){.version = release->version, .reason = why};
	}
	last->oldest = release->version;
	last->n++;
	if (last->newest_final.n == 0 && !version_is_prerelease(&release->parsed)) {
		last->newest_final = release->version;
	}
}

/* What a rule keeps out may be no choice anyway: then that is what is said. */
static struct str exclusion_reason(const struct solver *solver,
	const struct excluded_release *excluded, const struct edge_list *list, struct arena *arena)
{
	struct str why = excluded->why == EXCLUDED_RULE
				 ? held_by(solver, list, &excluded->release->parsed, arena)
				 : S("");
	return why.n > 0 ? why : words_exclusion(excluded, solver->request->environment, arena);
}

/* What kept newer releases out, newest first: candidates and excluded releases merged by version. */
static void find_rejections(const struct solver *solver, const struct package *p,
	const struct edge_list *list, struct arena *arena, struct resolver_choice *choice)
{
	struct rejections rejections = {0};
	const struct candidates *c = &p->candidates;
	const struct version *chosen = &c->items[p->decided - 1].release->parsed;
	uint32_t state = 1;
	size_t e = 0;
	size_t most = solver->request->all_rejections ? LOOKED_AT_ALL : LOOKED_AT;
	while (rejections.list.n < REJECTIONS_SHOWN && rejections.looked_at < most) {
		bool more_candidates = state < p->decided;
		bool more_excluded = e < c->n_excluded &&
				     version_compare(&c->excluded[e].release->parsed, chosen) > 0;
		if (!more_candidates && !more_excluded) {
			break;
		}
		bool take_excluded =
			more_excluded &&
			(!more_candidates || version_compare(&c->excluded[e].release->parsed,
						     &c->items[state - 1].release->parsed) > 0);
		if (take_excluded) {
			struct str why = exclusion_reason(solver, &c->excluded[e], list, arena);
			add_rejection(&rejections, c->excluded[e].release, why, arena);
			e++;
		} else {
			struct str why = candidate_rejection(solver, p, state, list, arena);
			add_rejection(&rejections, c->items[state - 1].release, why, arena);
			state++;
		}
	}
	choice->rejections = rejections.list.p;
	choice->n_rejections = rejections.list.n;
}

/* "cell 2 asks for it" or "flask requires it" or "flask and 3 more require it" */
static struct str who_asks(
	const struct solver *solver, const struct edge_list *list, struct arena *arena)
{
	struct str first = S("");
	size_t others = 0;
	for (size_t i = 0; i < list->edges.n; i++) {
		const struct resolver_edge *edge = &list->edges.p[i];
		if (edge->from.n == 0) {
			const struct resolver_requirement *user =
				&solver->request->requirements[edge->user];
			if (user->constraint) {
				continue;
			}
			struct str origin = explain_origin(&user->origin, arena);
			return arena_printf(arena, STR_FMT " asks for it", STR_ARG(origin));
		}
		if (first.n == 0) {
			first = edge->from;
		} else if (!str_eq(first, edge->from)) {
			others++;
		}
	}
	return others == 0 ? arena_printf(arena, STR_FMT " requires it", STR_ARG(first))
			   : arena_printf(arena, STR_FMT " and %zu more require it", STR_ARG(first),
				     others);
}

/* The newest final release that was turned down; NULL when the choice is the newest. */
static const struct resolver_rejection *newest_rejected(const struct resolver_choice *choice)
{
	for (size_t i = 0; i < choice->n_rejections; i++) {
		if (choice->rejections[i].newest_final.n > 0) {
			return &choice->rejections[i];
		}
	}
	return NULL;
}

/* The user's own requirement that pins the package, or that the rejected version does not meet. */
static const struct resolver_edge *own_limit(
	const struct solver *solver, const struct edge_list *list, struct str rejected)
{
	struct version version;
	bool known = version_parse(rejected, &version);
	for (size_t i = 0; i < list->edges.n; i++) {
		const struct resolver_edge *edge = &list->edges.p[i];
		const struct specifier_set *set = &list->requirements.p[i]->specifier;
		if (edge->from.n == 0 && !solver->request->requirements[edge->user].constraint &&
			(specifier_is_pin(set) || (known && !specifier_contains(set, &version)))) {
			return edge;
		}
	}
	return NULL;
}

/* A sentence: who asks, and newest or what holds newer ones back. */
static struct str plain_reason(const struct solver *solver, const struct resolver_choice *choice,
	const struct edge_list *list, struct arena *arena)
{
	const struct resolver_rejection *rejected = newest_rejected(choice);
	const struct resolver_edge *limit =
		own_limit(solver, list, rejected == NULL ? S("") : rejected->newest_final);
	if (limit != NULL) {
		struct str origin =
			explain_origin(&solver->request->requirements[limit->user].origin, arena);
		return arena_printf(arena, STR_FMT " asks for " STR_FMT, STR_ARG(origin),
			STR_ARG(limit->requirement));
	}
	struct str who = who_asks(solver, list, arena);
	return rejected == NULL
		       ? arena_printf(arena, STR_FMT "; newest release", STR_ARG(who))
		       : arena_printf(arena, STR_FMT "; not " STR_FMT ": " STR_FMT, STR_ARG(who),
				 STR_ARG(rejected->newest_final), STR_ARG(rejected->reason));
}

/* The same, with what the score has to do with it. */
static struct str reason(const struct solver *solver, const struct resolver_choice *choice,
	const struct edge_list *list, struct arena *arena)
{
	const struct resolver_preference *scored =
		by_score(solver->request, choice->package.name, choice->package.version);
	if (scored == NULL) {
		return plain_reason(solver, choice, list, arena);
	}
	const struct resolver_rejection *rejected = newest_rejected(choice);
	bool only = rejected == NULL || str_eq(rejected->reason, scored->why);
	struct str before =
		only ? who_asks(solver, list, arena) : plain_reason(solver, choice, list, arena);
	return arena_printf(arena, STR_FMT "; " STR_FMT " instead of " STR_FMT ": " STR_FMT,
		STR_ARG(before), STR_ARG(scored->version), STR_ARG(scored->instead_of),
		STR_ARG(scored->why));
}

static const struct str *via_names(const struct edge_list *list, struct arena *arena, size_t *ret_n)
{
	VEC(struct str) names = {0};
	for (size_t i = 0; i < list->edges.n; i++) {
		struct str name = list->edges.p[i].from;
		size_t at = 0;
		while (at < names.n && str_cmp(names.p[at], name) < 0) {
			at++;
		}
		if (name.n == 0 || (at < names.n && str_eq(names.p[at], name))) {
			continue;
		}
		(void)vec_push(arena, &names);
		memmove(&names.p[at + 1], &names.p[at], (names.n - 1 - at) * sizeof(names.p[0]));
		names.p[at] = name;
	}
	*ret_n = names.n;
	return names.p;
}

/* Extras of a project that are in use, sorted by the order of str_cmp. */
static const struct str *extras_in_use(
	const struct solver *solver, uint32_t base, struct arena *arena, size_t *ret_n)
{
	VEC(struct str) extras = {0};
	for (size_t i = 0; i < solver->packages.n; i++) {
		const struct package *p = &solver->packages.p[i];
		if (p->base != base || p->extra.n == 0 || !is_chosen(p)) {
			continue;
		}
		size_t at = extras.n;
		(void)vec_push(arena, &extras);
		while (at > 0 && str_cmp(extras.p[at - 1], p->extra) > 0) {
			extras.p[at] = extras.p[at - 1];
			at--;
		}
		extras.p[at] = p->extra;
	}
	*ret_n = extras.n;
	return extras.p;
}

static void fill_files(const struct solver *solver, const struct package *p, struct arena *arena,
	struct locked_package *locked)
{
	const struct candidate *chosen = &p->candidates.items[p->decided - 1];
	size_t n;
	const struct index_file *const *files = candidate_files(
		&solver->filter, &p->candidates, chosen, chosen->release->is_yanked, arena, &n);
	struct locked_file *made = arena_array(arena, struct locked_file, n);
	for (size_t i = 0; i < n; i++) {
		struct str sha256 = files[i]->sha256;
		struct err ignored = {0}; /* no hash: explain_choices() says so */
		if (sha256.n == 0 && !index_hash(solver->index, p->candidates.project, files[i],
					     &sha256, &ignored)) {
			sha256 = S("");
		}
		made[i] = (struct locked_file){files[i]->filename, files[i]->url, sha256,
			files[i]->size, files[i]->upload_ms};
	}
	locked->files = made;
	locked->n_files = p->candidates.project->is_tree ? 0 : n;
	locked->requires_python = n == 0 ? S("") : files[0]->requires_python;
}

static struct str edge_that_holds(const struct edge_list *list, const struct version *version)
{
	for (size_t i = 0; i < list->edges.n; i++) {
		if (!specifier_contains(&list->requirements.p[i]->specifier, version)) {
			return list->edges.p[i].from;
		}
	}
	return S("");
}

/* An earlier lock has it at another version: why that could not stay. */
static void why_moved(const struct solver *solver, const struct package *p,
	const struct edge_list *list, struct arena *arena, struct locked_package *locked)
{
	const struct resolver_request *request = solver->request;
	const struct candidates *c = &p->candidates;
	struct str old = S("");
	for (size_t i = 0; i < request->n_preferred; i++) {
		bool own = str_eq(request->preferred[i].name, p->name) &&
			   request->preferred[i].why.n == 0;
		if (own && str_eq(request->preferred[i].version, locked->version)) {
			return;
		}
		old = own && old.n == 0 ? request->preferred[i].version : old;
	}
	if (old.n == 0) {
		return;
	}
	for (uint32_t state = 1; state < c->states; state++) {
		const struct index_release *release = c->items[state - 1].release;
		if (str_eq(release->version, old)) {
			locked->moved = candidate_rejection(solver, p, state, list, arena);
			locked->moved_by = edge_that_holds(list, &release->parsed);
			return;
		}
	}
	for (size_t i = 0; i < c->n_excluded; i++) {
		if (str_eq(c->excluded[i].release->version, old)) {
			struct str why =
				words_exclusion(&c->excluded[i], request->environment, arena);
			locked->moved = arena_printf(
				arena, STR_FMT " " STR_FMT, STR_ARG(old), STR_ARG(why));
			return;
		}
	}
	locked->moved = arena_printf(arena, "the index does not have " STR_FMT, STR_ARG(old));
}

static void fill_choice(const struct solver *solver, uint32_t id, const struct edge_list *list,
	struct arena *arena, struct resolver_choice *choice)
{
	const struct package *p = &solver->packages.p[id];
	find_rejections(solver, p, list, arena, choice);
	struct locked_package *locked = &choice->package;
	locked->name = p->name;
	locked->version = version_at(p, p->decided);
	size_t source = index_file_source(p->candidates.project,
		candidate_file(&p->candidates, &p->candidates.items[p->decided - 1]));
	locked->url = p->candidates.project->direct;
	if (locked->url.n == 0) {
		locked->index = index_source_alias(solver->index, source);
		locked->index_url = index_source_url(solver->index, source);
		locked->other_index = source > 0;
	}
	locked->extras = extras_in_use(solver, id, arena, &locked->n_extras);
	locked->via = via_names(list, arena, &locked->n_via);
	for (size_t i = 0; i < list->edges.n; i++) {
		bool user = list->edges.p[i].from.n == 0;
		locked->direct |=
			user && !solver->request->requirements[list->edges.p[i].user].constraint;
	}
	fill_files(solver, p, arena, locked);
	locked->reason = reason(solver, choice, list, arena);
	if (locked->url.n > 0) {
		locked->reason = arena_printf(arena, STR_FMT "; from its own address",
			STR_ARG(who_asks(solver, list, arena)));
	} else if (p->candidates.items[p->decided - 1].is_sdist) {
		locked->reason = arena_printf(
			arena, STR_FMT "; from its source distribution", STR_ARG(locked->reason));
	}
	why_moved(solver, p, list, arena, locked);
	const struct resolver_rejection *newest = newest_rejected(choice);
	locked->kept = newest != NULL && str_starts(newest->reason, already_had);
	choice->edges = list->edges.p;
	choice->n_edges = list->edges.n;
	choice->elsewhere = p->candidates.items[p->decided - 1].elsewhere;
}

static void lower(int patch, int *first)
{
	if (patch > 0 && (*first == 0 || patch < *first)) {
		*first = patch;
	}
}

/* See resolver_result.first_patch. */
static int first_patch(const struct solver *solver, struct arena *arena)
{
	int first = 0;
	const struct resolver_request *request = solver->request;
	for (size_t i = 0; i < request->n_requirements; i++) {
		size_t n;
		const int *patches = marker_patches(request->requirements[i].requirement.marker,
			request->environment, NULL, 0, arena, &n);
		lower(n > 0 ? patches[0] : 0, &first);
	}
	for (size_t i = 0; i < solver->packages.n; i++) {
		const struct package *p = &solver->packages.p[i];
		if (!is_chosen(p) || p->dependencies[p->decided - 1] == NULL) {
			continue;
		}
		lower(p->dependencies[p->decided - 1]->patch, &first);
		const struct candidates *c = &p->candidates;
		const struct version *chosen = &c->items[p->decided - 1].release->parsed;
		for (size_t e = 0; p->extra.n == 0 && e < c->n_excluded; e++) {
			if (version_compare(&c->excluded[e].release->parsed, chosen) < 0) {
				break;
			}
			if (c->excluded[e].why == EXCLUDED_PYTHON) {
				lower(candidate_python_patch(
					      &solver->filter, c->excluded[e].requires_python),
					&first);
			}
		}
	}
	return first;
}

static int by_name(const void *a, const void *b)
{
	const struct resolver_choice *x = a;
	const struct resolver_choice *y = b;
	return str_cmp(x->package.name, y->package.name);
}

static void add_message(const struct solver *solver, struct str type, struct str package,
	struct str message, struct arena *arena, struct resolver_result *result)
{
	struct lock_message *grown =
		arena_array(arena, struct lock_message, result->n_messages + 1);
	if (result->n_messages > 0) {
		memcpy(grown, result->messages, result->n_messages * sizeof(*grown));
	}
	struct lock_message *made = &grown[result->n_messages++];
	*made = (struct lock_message){.type = type, .package = package, .message = message};
	for (size_t i = 0; i < solver->request->n_requirements; i++) {
		if (str_eq(solver->request->requirements[i].requirement.name, package)) {
			made->origin = solver->request->requirements[i].origin;
		}
	}
	result->messages = grown;
}

/* Warnings about the stack itself: extras that a release does not have, yanked pins, no hashes. */
static void find_messages(
	const struct solver *solver, struct arena *arena, struct resolver_result *result)
{
	for (size_t i = 0; i < solver->packages.n; i++) {
		const struct package *p = &solver->packages.p[i];
		if (!is_chosen(p)) {
			continue;
		}
		const struct index_release *release = p->candidates.items[p->decided - 1].release;
		const struct dependencies *deps = p->dependencies[p->decided - 1];
		bool known = p->extra.n == 0 || deps == NULL;
		for (size_t e = 0; !known && e < deps->n_extras; e++) {
			known = str_eq(deps->extras[e], p->extra);
		}
		if (!known) {
			struct str text = arena_printf(arena,
				STR_FMT " " STR_FMT " has no extra '" STR_FMT "'; it was ignored",
				STR_ARG(p->name), STR_ARG(release->version), STR_ARG(p->extra));
			add_message(solver, S("WARNING"), p->name, text, arena, result);
		}
		if (p->extra.n == 0 && p->candidates.items[p->decided - 1].is_sdist) {
			struct str text = arena_printf(arena,
				STR_FMT " " STR_FMT " has no wheel that can be used; installing it "
					"builds its source distribution, which runs its code",
				STR_ARG(p->name), STR_ARG(release->version));
			add_message(solver, S("WARNING"), p->name, text, arena, result);
		}
		if (p->extra.n == 0 && p->candidates.project->n_refused > 0) {
			struct str text =
				words_refused(solver->index, p->candidates.project, arena);
			add_message(solver, S("WARNING"), p->name, text, arena, result);
		}
		if (p->extra.n == 0 && p->candidates.project->n_undated > 0) {
			struct str text = words_undated(p->name, p->candidates.project, arena);
			add_message(solver, S("WARNING"), p->name, text, arena, result);
		}
		if (p->extra.n == 0 && release->is_yanked) {
			struct excluded_release yanked = {.project = p->candidates.project,
				.release = release,
				.why = EXCLUDED_YANKED};
			struct str why = exclusion_text(&yanked, arena);
			struct str text = arena_printf(arena,
				STR_FMT " " STR_FMT " " STR_FMT "; it is locked because you pin it",
				STR_ARG(p->name), STR_ARG(release->version), STR_ARG(why));
			add_message(solver, S("WARNING"), p->name, text, arena, result);
		}
	}
}

bool explain_choices(
	struct solver *solver, struct arena *arena, struct resolver_result *ret, struct err *err)
{
	VEC(struct resolver_choice) choices = {0};
	const struct edge_list *lists = find_edges(solver, arena);
	for (uint32_t i = 0; i < solver->packages.n; i++) {
		const struct package *p = &solver->packages.p[i];
		if (p->extra.n > 0 || !is_chosen(p)) {
			continue;
		}
		struct resolver_choice *choice = vec_push(arena, &choices);
		fill_choice(solver, i, &lists[i], arena, choice);
		for (size_t f = 0; f < choice->package.n_files; f++) {
			if (choice->package.files[f].sha256.n != HASH_DIGITS) {
				err_hint(err,
					"ask for another index, or for a version whose files it "
					"lists with hashes");
				return err_set(err, ERR_NETWORK,
					"the index gives no sha256 for '" STR_FMT "'",
					STR_ARG(choice->package.files[f].filename));
			}
		}
	}
	if (choices.n > 0) {
		qsort(choices.p, choices.n, sizeof(choices.p[0]), by_name);
	}
	ret->choices = choices.p;
	ret->n_choices = choices.n;
	ret->first_patch = first_patch(solver, arena);
	find_messages(solver, arena, ret);
	return true;
}
