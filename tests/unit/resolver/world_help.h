#pragma once
#include "unit/test.h"
#include "resolver/search.h"
#include "resolver/unit.h"
#include "resolver/universal.h"

/* A small index on disk, requirements, and clauses about versions: a question to the scored search. */
enum { PROJECTS_MAX = 16, CLAUSES_MAX = 128, ASKED_MAX = 16 };

struct asked {
	struct arena arena;
	struct str folder;
	struct str names[PROJECTS_MAX];
	struct buf pages[PROJECTS_MAX];
	size_t n_names;
	struct unit_clause clauses[CLAUSES_MAX];
	struct units units;
	struct search_request search;
	struct resolver_scoring scoring;
	struct resolver_requirement requirements[ASKED_MAX];
	struct resolver_preference preferred[ASKED_MAX];
	struct resolver_request request;
	struct environment environment;
	struct index *index;
	struct resolver_result result;
};

static inline void asked_done(struct asked *asked)
{
	for (size_t i = 0; i < asked->n_names; i++) {
		buf_done(&asked->pages[i]);
	}
	index_free(asked->index);
	test_folder_remove(asked->folder);
	arena_done(&asked->arena);
}

static inline void asked_start(struct asked *asked)
{
	*asked = (struct asked){0};
	struct err err = {0};
	asked->folder = test_folder(&asked->arena);
	assert_ok(environment_describe(
			  S("3.11"), S("linux"), &asked->arena, &asked->environment, &err),
		err);
	asked->search = (struct search_request){
		.mode = SEARCH_AUTO, .explore = {.limit = 10000, .count = 1, .width = 1000}
        };
	asked->units.clauses = asked->clauses;
	asked->scoring = (struct resolver_scoring){
		.units = &asked->units, .search = &asked->search, .documents = 1000};
	asked->request = (struct resolver_request){.environment = &asked->environment,
		.requirements = asked->requirements,
		.preferred = asked->preferred,
		.scoring = &asked->scoring};
}

/* As test_file(), without waiting for the disk: there are thousands of them. */
static inline void quick_file(struct asked *asked, struct str path, struct str text)
{
	struct err err = {0};
	struct str whole = fs_join(&asked->arena, asked->folder, path);
	assert_ok(fs_make_dirs(fs_dirname(&asked->arena, whole).p, &err), err);
	FILE *out = fopen(whole.p, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text.p, 1, text.n, out), text.n);
	assert_int_equal(fclose(out), 0);
}

static inline size_t name_at(struct asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->n_names; i++) {
		if (str_eq(asked->names[i], str_from(name))) {
			return i;
		}
	}
	asked->names[asked->n_names] = arena_str(&asked->arena, str_from(name));
	return asked->n_names++;
}

/* A release; requires: requirements separated by ", "; extras among them by their markers. */
static inline void release(
	struct asked *asked, const char *name, const char *version, const char *requires)
{
	struct arena *arena = &asked->arena;
	struct buf *page = &asked->pages[name_at(asked, name)];
	struct str file = arena_printf(arena, "%s-%s-py3-none-any.whl", name, version);
	buf_addf(page,
		"%s{\"filename\":\"" STR_FMT "\",\"url\":\"/files/" STR_FMT
		"\",\"core-metadata\":true,\"hashes\":{\"sha256\":\"%064d\"}}",
		page->n == 0 ? "" : ",", STR_ARG(file), STR_ARG(file), 7);
	AUTO(buf_done) struct buf text = {0};
	buf_addf(&text, "Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version);
	for (struct str rest = str_from(requires); rest.n > 0;) {
		struct str one = rest;
		if (!str_cut(rest, S(", "), &one, &rest)) {
			rest = S("");
		}
		buf_addf(&text, "Requires-Dist: " STR_FMT "\n", STR_ARG(one));
	}
	struct str path = arena_printf(arena, "i/files/" STR_FMT ".metadata", STR_ARG(file));
	quick_file(asked, path, buf_str(&text));
}

static inline void require(struct asked *asked, const char *text)
{
	struct err err = {0};
	struct resolver_requirement *r = &asked->requirements[asked->request.n_requirements++];
	assert_ok(requirement_parse(str_from(text), &asked->arena, &r->requirement, &err), err);
}

static inline void locked(struct asked *asked, const char *name, const char *version)
{
	asked->preferred[asked->request.n_preferred++] =
		(struct resolver_preference){.name = str_from(name), .version = str_from(version)};
}

/* Versions separated by blanks. */
static inline bool fits_versions(const void *what, const struct presc_tuple *candidate)
{
	for (struct str rest = str_from(what), one; rest.n > 0;) {
		one = rest;
		if (!str_cut(rest, S(" "), &one, &rest)) {
			rest = S("");
		}
		if (str_eq(one, candidate->version)) {
			return true;
		}
	}
	return false;
}

struct about {
	const char *name, *versions; /* "": any, all */
};

/* One more clause about n packages. */
static inline struct unit_clause *clause(
	struct asked *asked, int32_t score, uint32_t n, const struct about *terms)
{
	struct unit_term *made = arena_array(&asked->arena, struct unit_term, n);
	for (uint32_t i = 0; i < n; i++) {
		made[i].name = str_from(terms[i].name);
		made[i].fits = terms[i].versions[0] == '\0' ? NULL : fits_versions;
		made[i].what = terms[i].versions;
	}
	struct unit_clause *added = &asked->clauses[asked->units.n_clauses];
	*added = (struct unit_clause){
		.unit = (uint32_t)asked->units.n_clauses++, .terms = made, .n = n, .score = score};
	return added;
}

static inline void open_index(struct asked *asked)
{
	struct arena *arena = &asked->arena;
	struct err err = {0};
	for (size_t i = 0; i < asked->n_names; i++) {
		struct str path =
			arena_printf(arena, "i/" STR_FMT "/index.json", STR_ARG(asked->names[i]));
		struct str page =
			arena_printf(arena, "{\"name\":\"" STR_FMT "\",\"files\":[" STR_FMT "]}",
				STR_ARG(asked->names[i]), STR_ARG(buf_str(&asked->pages[i])));
		quick_file(asked, path, page);
	}
	struct index_source source = {.alias = S("i"),
		.url = arena_printf(arena, "file://" STR_FMT "/i/", STR_ARG(asked->folder))};
	struct index_options options = {
		.sources = &source, .n_sources = 1, .offline = true, .retries = -1};
	asked->index = index_new(&options, &err);
	assert_non_null(asked->index);
}

static inline void solve(struct asked *asked)
{
	struct err err = {0};
	if (asked->index == NULL) {
		open_index(asked);
	}
	assert_ok(
		resolver_solve(asked->index, &asked->request, &asked->arena, &asked->result, &err),
		err);
}

static inline const struct locked_package *chosen(const struct asked *asked, const char *name)
{
	for (size_t i = 0; i < asked->result.n_choices; i++) {
		if (str_eq(asked->result.choices[i].package.name, str_from(name))) {
			return &asked->result.choices[i].package;
		}
	}
	return NULL;
}

static inline void assert_chosen(const struct asked *asked, const char *name, const char *version)
{
	const struct locked_package *package = chosen(asked, name);
	if (version == NULL) {
		assert_null(package);
		return;
	}
	assert_non_null(package);
	assert_str(package->version, str_from(version));
}
