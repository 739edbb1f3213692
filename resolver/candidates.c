#include "resolver/candidates.h"
#include <limits.h>
#include "common/vec.h"
#include "resolver/memo.h"
#include "common/banned.h"

bool candidate_filter_init(struct candidate_filter *filter, const struct environment *environment,
	struct arena *arena, struct err *err)
{
	struct candidate_filter made = {
		.environment = environment, .tags = tags_new(environment, arena)};
	if (!version_parse(environment->python_full_version, &made.python)) {
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is not a Python version",
			STR_ARG(environment->python_full_version));
	}
	*filter = made;
	return true;
}

enum { PATCH_MAX = 9999 };

static bool sets_lower_bound(const struct specifier *clause)
{
	switch (clause->operator) {
	case SPECIFIER_EQUAL:
	case SPECIFIER_GREATER:
	case SPECIFIER_GREATER_EQUAL:
	case SPECIFIER_COMPATIBLE:
	case SPECIFIER_ARBITRARY:
		return true;
	case SPECIFIER_NOT_EQUAL:
	case SPECIFIER_LESS:
	case SPECIFIER_LESS_EQUAL:
		return false;
	}
	return false;
}

/* "==3.11.*" and "~=3.9" are ">=3.11" and ">=3.9" here; "<4" and "!=3.12.1" are nothing. */
static bool is_over_lower_bound(const struct specifier_set *set, const struct version *python)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct specifier *clause = &set->items[i];
		bool over = clause->operator== SPECIFIER_GREATER
				    ? specifier_clause_contains(clause, python)
				    : clause->version.release.n == 0 ||
					      version_compare(python, &clause->version) >= 0;
		if (sets_lower_bound(clause) && !over) {
			return false;
		}
	}
	return true;
}

bool candidate_python_fits(const struct candidate_filter *filter, struct str requires_python)
{
	if (requires_python.n == 0) {
		return true;
	}
	AUTO(arena_done) struct arena arena = {0};
	struct parsed_python read = resolver_memo_python(filter->memo, requires_python, &arena);
	/* A clause nobody can read must not hide a release: the installer will judge it. */
	return !read.readable ||
	       (filter->lower_python ? is_over_lower_bound(&read.set, &filter->python)
				     : specifier_contains(&read.set, &filter->python));
}

int candidate_python_patch(const struct candidate_filter *filter, struct str requires_python)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct environment *environment = filter->environment;
	struct parsed_python python = resolver_memo_python(filter->memo, requires_python, &arena);
	struct specifier_set set = python.set;
	int highest = 0;
	if (!python.readable) {
		return 0;
	}
	for (size_t i = 0; i < set.n; i++) {
		struct str rest = set.items[i].version.release, digits;
		uint64_t numbers[3] = {0};
		bool read = sets_lower_bound(&set.items[i]);
		for (int k = 0; read && k < 3 && version_next_segment(&rest, &digits); k++) {
			read = digits.n == 0 || str_to_u64(digits, &numbers[k]);
		}
		bool here = read && numbers[0] == (uint64_t)environment->python_major &&
			    numbers[1] == (uint64_t)environment->python_minor &&
			    numbers[2] < PATCH_MAX;
		if (here) {
			bool after = set.items[i].operator== SPECIFIER_GREATER;
			int patch = (int)numbers[2] + (after ? 1 : 0);
			highest = patch > highest ? patch : highest;
		}
	}
	struct candidate_filter then = *filter;
	struct str text = arena_printf(
		&arena, "%d.%d.%d", environment->python_major, environment->python_minor, highest);
	bool later = highest > 0 && version_parse(text, &then.python) &&
		     version_compare(&then.python, &filter->python) > 0;
	return later && candidate_python_fits(&then, requires_python) ? highest : 0;
}

enum {
	SDIST_PRIORITY = INT_MAX,         /* after every wheel */
	ELSEWHERE_PRIORITY = INT_MAX - 1, /* before it, since it says what it requires */
};

/* What a file is for this environment: its tag priority, or why not. */
struct verdict {
	int priority; /* >= 0: usable */
	enum exclusion why;
};

/*
 * Pages repeat a few hundred tags and Requires-Pythons over thousands of files: each is judged once.
 */
struct judge {
	const struct candidate_filter *filter;
	const struct index_project *project;
	int *tags;              /* priority of each of the project's tags; UNKNOWN, or -1 */
	unsigned char *pythons; /* of each Requires-Python: 0 unknown, 1 fits, 2 does not */
	enum candidate_kinds kinds;
};

enum { UNKNOWN = -2, PYTHON_FITS = 1, PYTHON_DOES_NOT = 2 };

static struct judge judge_new(const struct candidate_filter *filter,
	const struct index_project *project, enum candidate_kinds kinds, struct arena *arena)
{
	struct judge judge = {.filter = filter, .project = project, .kinds = kinds};
	judge.tags = arena_array(arena, int, project->n_tags);
	judge.pythons = arena_array(arena, unsigned char, project->n_pythons);
	for (size_t i = 0; i < project->n_tags; i++) {
		judge.tags[i] = UNKNOWN;
	}
	return judge;
}

static bool python_fits(struct judge *judge, uint32_t python)
{
	if (judge->pythons[python] == 0) {
		bool fits = candidate_python_fits(judge->filter, judge->project->pythons[python]);
		judge->pythons[python] = fits ? PYTHON_FITS : PYTHON_DOES_NOT;
	}
	return judge->pythons[python] == PYTHON_FITS;
}

static int wheel_priority(struct judge *judge, uint32_t tags)
{
	const struct filename *wheel = &judge->project->tags[tags];
	if (judge->tags[tags] == UNKNOWN) {
		int priority = tags_priority(judge->filter->tags, wheel);
		for (size_t i = 0; i < judge->filter->n_elsewhere && priority < 0; i++) {
			bool fits = tags_python_fits(judge->filter->elsewhere[i], wheel);
			priority = fits ? ELSEWHERE_PRIORITY : priority;
		}
		judge->tags[tags] = priority;
	}
	return judge->tags[tags];
}

static struct verdict judge_file(
	struct judge *judge, const struct index_brief *file, bool with_yanked)
{
	bool wheel = file->kind == FILENAME_WHEEL && judge->kinds != KINDS_SDISTS;
	bool sdist = file->kind == FILENAME_SDIST && judge->kinds != KINDS_WHEELS;
	if (!wheel && !sdist) {
		return (struct verdict){-1, EXCLUDED_SOURCE};
	}
	if (!python_fits(judge, file->python)) {
		return (struct verdict){-1, EXCLUDED_PYTHON};
	}
	int priority = wheel ? wheel_priority(judge, file->tags) : SDIST_PRIORITY;
	if (priority < 0) {
		return (struct verdict){-1, EXCLUDED_PLATFORM};
	}
	if (file->is_yanked && !with_yanked) {
		return (struct verdict){-1, EXCLUDED_YANKED};
	}
	return (struct verdict){priority, EXCLUDED_SOURCE};
}

/* Build tag as installers order it (PEP 427): none, then leading number, then the rest. */
static int build_compare(struct str a, struct str b)
{
	size_t na = 0;
	size_t nb = 0;
	while (na < a.n && char_is_digit(a.p[na])) {
		na++;
	}
	while (nb < b.n && char_is_digit(b.p[nb])) {
		nb++;
	}
	uint64_t va = 0;
	uint64_t vb = 0;
	if (a.n == 0 || b.n == 0 || !str_to_u64(str_slice(a, 0, na), &va) ||
		!str_to_u64(str_slice(b, 0, nb), &vb)) {
		return a.n == 0 ? (b.n == 0 ? 0 : -1) : 1;
	}
	return va != vb ? (va < vb ? -1 : 1) : str_cmp(str_skip(a, na), str_skip(b, nb));
}

/* Which failure says most about a release whose files all fail: the later in this list wins. */
static int weight(enum exclusion why)
{
	switch (why) {
	case EXCLUDED_SOURCE:
		return 0;
	case EXCLUDED_PLATFORM:
		return 1;
	case EXCLUDED_PYTHON:
		return 2;
	case EXCLUDED_YANKED:
		return 3;
	case EXCLUDED_PRERELEASE:
		return 4;
	case EXCLUDED_RULE:
		return 5;
	}
	return 0;
}

/*
 * Of two sdists the one whose kind can be looked into: installers take .tar.gz where there is a
 * choice.
 */
static bool is_better(const struct index_file *a, const struct index_file *b)
{
	if (a->name.kind == FILENAME_SDIST) {
		return str_ends(a->filename, S(".tar.gz")) && !str_ends(b->filename, S(".tar.gz"));
	}
	return build_compare(a->name.build, b->name.build) > 0;
}

/* The best file of a release; false with the reason in *ret_excluded when there is none. */
static bool best_file(struct judge *judge, const struct index_release *release, bool with_yanked,
	struct candidate *ret, struct excluded_release *ret_excluded)
{
	bool found = false;
	int best_priority = 0;
	*ret_excluded = (struct excluded_release){
		.project = judge->project, .release = release, .why = EXCLUDED_SOURCE};
	for (size_t i = 0; i < release->n_files; i++) {
		struct index_brief file = index_release_brief(judge->project, release, i);
		struct verdict verdict = judge_file(judge, &file, with_yanked);
		if (verdict.priority < 0) {
			if (weight(verdict.why) >= weight(ret_excluded->why)) {
				ret_excluded->why = verdict.why;
				ret_excluded->requires_python =
					judge->project->pythons[file.python];
			}
			continue;
		}
		bool better = !found || verdict.priority < best_priority;
		if (!better && verdict.priority == best_priority &&
			best_priority != ELSEWHERE_PRIORITY) {
			const struct index_file *files =
				index_release_files(judge->project, release);
			better = is_better(&files[i], &files[ret->file]);
		}
		if (better) {
			found = true;
			best_priority = verdict.priority;
			ret->file = (uint32_t)i;
			ret->is_sdist = file.kind == FILENAME_SDIST;
		}
	}
	ret->elsewhere = found && best_priority == ELSEWHERE_PRIORITY;
	return found;
}

enum candidate_kinds candidate_kinds_of(const struct candidate_filter *filter, struct str name)
{
	enum candidate_kinds all = KINDS_ALL;
	enum candidate_kinds own = KINDS_ALL;
	for (size_t i = 0; i < filter->n_formats; i++) {
		const struct candidate_format *format = &filter->formats[i];
		if (str_eq(format->value, S(":all:"))) {
			all = format->kinds;
			own = KINDS_ALL;
		} else if (str_eq(format->value, S(":none:"))) {
			all = all == format->kinds ? KINDS_ALL : all;
			own = own == format->kinds ? KINDS_ALL : own;
		} else if (str_eq(format->value, name)) {
			own = format->kinds;
		}
	}
	return own != KINDS_ALL ? own : all;
}

struct presc_tuple candidate_tuple(const struct candidate_filter *filter,
	const struct index_project *project, const struct candidate *candidate)
{
	struct presc_tuple tuple = {.name = project->name, .version = candidate->release->version};
	bool own = filter->units != NULL && filter->units->needs_index;
	if (filter->index != NULL && project->direct.n == 0) {
		const struct index_file *file =
			own ? &index_release_files(project, candidate->release)[candidate->file]
			    : NULL;
		size_t source = own ? index_file_source(project, file) : project->source;
		tuple.index = index_source_url(filter->index, source);
	}
	for (size_t i = 0; i < filter->n_develop_names && !tuple.develop; i++) {
		tuple.develop = str_eq(filter->develop_names[i], project->name);
	}
	return tuple;
}

/* Does a sieve take it out? *why then says which. */
static bool is_sieved(const struct candidate_filter *filter, const struct index_project *project,
	const struct candidate *candidate, struct excluded_release *why)
{
	struct presc_tuple tuple = candidate_tuple(filter, project, candidate);
	*why = (struct excluded_release){
		.project = project, .release = candidate->release, .why = EXCLUDED_RULE};
	return filter->units->is_sieved(filter->units->data, &tuple, &why->rule);
}

static bool has_sieves(const struct candidate_filter *filter, const struct index_project *project)
{
	const struct units *units = filter->units;
	return units != NULL && units->is_sieved != NULL && project != NULL &&
	       (units->has_sieves == NULL || units->has_sieves(units->data, project->name));
}

void candidates_make(const struct candidate_filter *filter, const struct index_project *project,
	const struct specifier_set *pinned, bool without_pre, struct arena *arena,
	struct candidates *ret)
{
	VEC(struct candidate) items = {0};
	VEC(struct excluded_release) excluded = {0};
	struct judge judge = {0};
	size_t n_releases = project == NULL ? 0 : project->n_releases;
	bool sieves = has_sieves(filter, project);
	if (project != NULL) {
		judge = judge_new(
			filter, project, candidate_kinds_of(filter, project->name), arena);
	}
	for (size_t i = 0; i < n_releases; i++) {
		const struct index_release *release = &project->releases[i];
		bool prerelease = version_is_prerelease(&release->parsed);
		struct excluded_release why = {
			.project = project, .release = release, .why = EXCLUDED_PRERELEASE};
		bool with_yanked = pinned != NULL && specifier_contains(pinned, &release->parsed);
		struct candidate candidate = {.release = release, .prerelease = prerelease};
		if ((prerelease && without_pre) ||
			!best_file(&judge, release, with_yanked, &candidate, &why) ||
			(sieves && is_sieved(filter, project, &candidate, &why))) {
			*vec_push(arena, &excluded) = why;
		} else {
			*vec_push(arena, &items) = candidate;
		}
	}
	uint32_t states = (uint32_t)items.n + 1;
	set_word *stable = arena_array(arena, set_word, set_words(states));
	for (uint32_t i = 0; i < items.n; i++) {
		if (!items.p[i].prerelease && !items.p[i].elsewhere) {
			set_put(stable, i + 1);
		}
	}
	*ret = (struct candidates){project, items.p, (uint32_t)items.n, states, set_words(states),
		stable, excluded.p, excluded.n};
}

set_word *candidates_matching(
	const struct candidates *candidates, const struct specifier_set *set, struct arena *arena)
{
	set_word *bits = arena_array(arena, set_word, candidates->words);
	for (uint32_t i = 0; i < candidates->n; i++) {
		if (specifier_contains(set, &candidates->items[i].release->parsed)) {
			set_put(bits, i + 1);
		}
	}
	return bits;
}

const struct index_file *candidate_likely(const struct candidate_filter *filter,
	const struct index_project *project, const struct specifier_set *set, struct str preferred)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct judge judge =
		judge_new(filter, project, candidate_kinds_of(filter, project->name), &scratch);
	const struct index_file *newest = NULL;
	for (size_t i = 0; i < project->n_releases && (newest == NULL || preferred.n > 0); i++) {
		const struct index_release *release = &project->releases[i];
		struct candidate candidate = {0};
		struct excluded_release why;
		bool wanted = newest == NULL ? !version_is_prerelease(&release->parsed)
					     : str_eq(release->version, preferred);
		if (!wanted || !specifier_contains(set, &release->parsed) ||
			!best_file(&judge, release, false, &candidate, &why)) {
			continue;
		}
		newest = &index_release_files(project, release)[candidate.file];
		if (str_eq(release->version, preferred)) {
			break;
		}
	}
	return newest;
}

const struct index_file *candidate_file(
	const struct candidates *candidates, const struct candidate *candidate)
{
	return &index_release_files(candidates->project, candidate->release)[candidate->file];
}

const struct index_file *const *candidate_files(const struct candidate_filter *filter,
	const struct candidates *candidates, const struct candidate *candidate, bool with_yanked,
	struct arena *arena, size_t *ret_n)
{
	const struct index_release *release = candidate->release;
	const struct index_file *all = index_release_files(candidates->project, release);
	const struct index_file **files =
		arena_array(arena, const struct index_file *, release->n_files);
	if (candidate->is_sdist) {
		files[0] = &all[candidate->file];
		*ret_n = 1;
		return files;
	}
	int *priority = arena_array(arena, int, release->n_files);
	struct judge judge = judge_new(filter, candidates->project, KINDS_WHEELS, arena);
	size_t n = 0;
	for (size_t i = 0; i < release->n_files; i++) {
		const struct index_file *file = &all[i];
		struct index_brief brief = index_release_brief(candidates->project, release, i);
		struct verdict verdict = judge_file(&judge, &brief, with_yanked);
		if (verdict.priority < 0 || verdict.priority == ELSEWHERE_PRIORITY) {
			continue;
		}
		size_t at = n++;
		while (at > 0 && (priority[at - 1] > verdict.priority ||
					 (priority[at - 1] == verdict.priority &&
						 build_compare(files[at - 1]->name.build,
							 file->name.build) < 0))) {
			files[at] = files[at - 1];
			priority[at] = priority[at - 1];
			at--;
		}
		files[at] = file;
		priority[at] = verdict.priority;
	}
	*ret_n = n;
	return files;
}

struct str exclusion_text(const struct excluded_release *excluded, struct arena *arena)
{
	switch (excluded->why) {
	case EXCLUDED_YANKED: {
		struct str reason = S("");
		const struct index_file *files =
			index_release_files(excluded->project, excluded->release);
		for (size_t i = 0; i < excluded->release->n_files && reason.n == 0; i++) {
			reason = files[i].yanked;
		}
		return reason.n == 0 ? S("was yanked by its authors")
				     : arena_printf(arena, "was yanked: " STR_FMT, STR_ARG(reason));
	}
	case EXCLUDED_PYTHON:
		return arena_printf(
			arena, "needs Python " STR_FMT, STR_ARG(excluded->requires_python));
	case EXCLUDED_PLATFORM:
		return S("has no wheel for this Python and platform");
	case EXCLUDED_SOURCE:
		return S("has no file of a kind that may be used");
	case EXCLUDED_PRERELEASE:
		return S("is a pre-release");
	case EXCLUDED_RULE:
		return excluded->rule;
	}
	return S("");
}
