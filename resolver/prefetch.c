#include "resolver/prefetch.h"
#include "resolver/memo.h"
#include "common/banned.h"

static struct prefetch_wish *find_wish(struct prefetch *prefetch, struct str name)
{
	uint32_t id = intern_find(&prefetch->names, name);
	return id == INTERN_NONE ? NULL : &prefetch->wishes.p[id];
}

/* The version an earlier lock has, when the wish allows it; "" else. */
static struct str preferred_version(const struct prefetch *prefetch, struct str name)
{
	for (size_t i = 0; i < prefetch->request->n_preferred; i++) {
		if (str_eq(prefetch->request->preferred[i].name, name)) {
			return prefetch->request->preferred[i].version;
		}
	}
	return S("");
}

static void on_metadata(
	void *data, const struct index_project *project, const struct metadata *metadata);

static void see_project(struct prefetch *prefetch, const struct index_project *project)
{
	struct prefetch_wish *wish = find_wish(prefetch, project->name);
	if (wish == NULL || wish->page_seen) {
		return;
	}
	wish->page_seen = true;
	const struct index_file *file = candidate_likely(
		&prefetch->filter, project, &wish->set, preferred_version(prefetch, project->name));
	if (file == NULL) {
		return;
	}
	index_want_metadata(prefetch->index, project, file);
	const struct metadata *known =
		prefetch->follow_known ? index_metadata_known(prefetch->index, project, file)
				       : NULL;
	if (known != NULL) {
		on_metadata(prefetch, project, known);
	}
}

static void add_wish(struct prefetch *prefetch, const struct requirement *requirement)
{
	if (find_wish(prefetch, requirement->name) != NULL) {
		return;
	}
	intern_id(&prefetch->names, requirement->name);
	*vec_push(&prefetch->arena, &prefetch->wishes) =
		(struct prefetch_wish){.set = requirement->specifier,
			.extras = requirement->extras,
			.n_extras = requirement->n_extras};
	index_want_project(prefetch->index, requirement->name);
	const struct index_project *known = index_project_known(prefetch->index, requirement->name);
	if (known != NULL) {
		see_project(prefetch, known);
	}
}

enum meeting { MEETS, CLASHES, NOT_KNOWN_YET };

/* Can a release meet this and all that the user asks of the same project? */
static enum meeting meet_user(const struct prefetch *prefetch, const struct requirement *asked)
{
	const struct resolver_request *request = prefetch->request;
	VEC(const struct specifier_set *) sets = {0};
	AUTO(arena_done) struct arena scratch = {0};
	for (size_t i = 0; i < request->n_requirements; i++) {
		const struct requirement *r = &request->requirements[i].requirement;
		if (str_eq(r->name, asked->name)) {
			*vec_push(&scratch, &sets) = &r->specifier;
		}
	}
	if (sets.n == 0) {
		return MEETS;
	}
	const struct index_project *project = index_project_known(prefetch->index, asked->name);
	if (project == NULL) {
		return NOT_KNOWN_YET;
	}
	for (size_t i = 0; i < project->n_releases; i++) {
		const struct version *version = &project->releases[i].parsed;
		bool fits = specifier_contains(&asked->specifier, version);
		for (size_t k = 0; k < sets.n && fits; k++) {
			fits = specifier_contains(sets.p[k], version);
		}
		if (fits) {
			return MEETS;
		}
	}
	return CLASHES;
}

/* Is something left of the project, as far as the search has come? */
static enum meeting meet(const struct prefetch *prefetch, const struct requirement *asked)
{
	const struct solver *solver = prefetch->solver;
	uint32_t id = intern_find(&solver->names, asked->name);
	if (id == INTERN_NONE || id >= solver->packages.n) {
		return meet_user(prefetch, asked);
	}
	AUTO(arena_done) struct arena scratch = {0};
	const struct package *p = &solver->packages.p[id];
	const set_word *allowed = candidates_matching(&p->candidates, &asked->specifier, &scratch);
	return set_meets(p->domain, allowed, p->candidates.words) ? MEETS : CLASHES;
}

/* Put off what cannot be judged before the page of something that the user asks for is there. */
static void follow(struct prefetch *prefetch, const struct prefetch_wish *wish,
	const struct metadata *metadata)
{
	VEC(struct requirement) wanted = {0};
	struct parsed_document document =
		resolver_memo_document(prefetch->filter.memo, metadata, &prefetch->arena);
	for (size_t i = 0; i < document.n; i++) {
		const struct requirement *requirement = &document.requirements[i]->requirement;
		bool holds = requirement->url.n == 0 &&
			     dependency_holds(requirement, prefetch->filter.environment,
				     wish->extras, wish->n_extras);
		if (!holds) {
			continue;
		}
		enum meeting meeting = meet(prefetch, requirement);
		if (meeting == NOT_KNOWN_YET) {
			*vec_push(&prefetch->arena, &prefetch->put_off) =
				(struct prefetch_put_off){*wish, metadata};
		}
		if (meeting != MEETS) {
			return;
		}
		*vec_push(&prefetch->arena, &wanted) = *requirement;
	}
	for (size_t i = 0; i < wanted.n; i++) {
		add_wish(prefetch, &wanted.p[i]);
	}
}

static void on_metadata(
	void *data, const struct index_project *project, const struct metadata *metadata)
{
	struct prefetch *prefetch = data;
	struct prefetch_wish *wish = find_wish(prefetch, project->name);
	if (wish != NULL && !wish->metadata_seen) {
		wish->metadata_seen = true;
		struct prefetch_wish copy = *wish; /* the array may move */
		follow(prefetch, &copy, metadata);
	}
}

static void on_project(void *data, const struct index_project *project)
{
	struct prefetch *prefetch = data;
	see_project(prefetch, project);
	size_t n = prefetch->put_off.n;
	prefetch->put_off.n = 0; /* what still cannot be judged is put off again */
	for (size_t i = 0; i < n; i++) {
		struct prefetch_put_off again = prefetch->put_off.p[i];
		follow(prefetch, &again.wish, again.metadata);
	}
}

bool prefetch_init(struct prefetch *prefetch, struct index *index,
	const struct resolver_request *request, const struct solver *solver, bool follow_known,
	struct err *err)
{
	*prefetch = (struct prefetch){
		.index = index, .request = request, .solver = solver, .follow_known = follow_known};
	if (!candidate_filter_init(
		    &prefetch->filter, request->environment, &prefetch->arena, err)) {
		return false;
	}
	prefetch->filter.memo = request->memo;
	prefetch->filter.lower_python = request->lower_python;
	prefetch->filter.elsewhere = request->elsewhere;
	prefetch->filter.n_elsewhere = request->n_elsewhere;
	prefetch->filter.formats = request->formats;
	prefetch->filter.n_formats = request->n_formats;
	prefetch->listener = (struct index_listener){on_project, on_metadata, prefetch};
	index_listen(index, &prefetch->listener);
	for (size_t i = 0; i < request->n_requirements; i++) {
		const struct requirement *r = &request->requirements[i].requirement;
		if (!request->requirements[i].constraint &&
			marker_evaluate(r->marker, request->environment, NULL, 0) == MARKER_TRUE) {
			add_wish(prefetch, r);
		}
	}
	return true;
}

void prefetch_done(struct prefetch *prefetch)
{
	if (prefetch->index != NULL) {
		index_listen(prefetch->index, NULL);
	}
	intern_done(&prefetch->names);
	arena_done(&prefetch->arena);
}
