#include "resolver/words.h"
#include "common/banned.h"

enum { RUNS_SHOWN = 3, MINORS_MAX = 31 };

static struct str version_at(const struct package *p, uint32_t state)
{
	return p->candidates.items[state - 1].release->version;
}

/* Runs of neighbouring candidates, oldest first: states [newest[i], oldest[i]]. */
struct runs {
	uint32_t newest[RUNS_SHOWN], oldest[RUNS_SHOWN];
	uint32_t n, versions;
};

static struct runs find_runs(const struct package *p, const set_word *states)
{
	struct runs runs = {0};
	bool inside = false;
	for (uint32_t state = p->candidates.states; state-- > 1;) {
		bool has = set_has(states, state);
		runs.versions += has ? 1 : 0;
		if (has && !inside) {
			runs.n++;
			if (runs.n <= RUNS_SHOWN) {
				runs.oldest[runs.n - 1] = state;
			}
		}
		if (has && runs.n <= RUNS_SHOWN) {
			runs.newest[runs.n - 1] = state;
		} else if (has) {
			runs.newest[RUNS_SHOWN - 1] = state; /* too many: only the ends are shown */
		}
		inside = has;
	}
	return runs;
}

void words_put_versions(const struct package *p, const set_word *states, struct buf *out)
{
	struct runs runs = find_runs(p, states);
	if (runs.n > RUNS_SHOWN) {
		runs.newest[0] = runs.newest[RUNS_SHOWN - 1];
		runs.n = 1;
	}
	for (uint32_t i = 0; i < runs.n; i++) {
		const char *joint = i == 0 ? "" : i + 1 == runs.n ? " and " : ", ";
		buf_addf(out, "%s" STR_FMT, joint, STR_ARG(version_at(p, runs.oldest[i])));
		if (runs.newest[i] != runs.oldest[i]) {
			buf_addf(out, " to " STR_FMT, STR_ARG(version_at(p, runs.newest[i])));
		}
	}
	if (runs.versions > 1) {
		buf_addf(out, " (%u versions)", runs.versions);
	}
}

static int clause_rank(const struct specifier *clause)
{
	switch (clause->operator) {
	case SPECIFIER_EQUAL:
	case SPECIFIER_ARBITRARY:
	case SPECIFIER_COMPATIBLE:
		return 0;
	case SPECIFIER_GREATER:
	case SPECIFIER_GREATER_EQUAL:
		return 1;
	case SPECIFIER_NOT_EQUAL:
		return 2;
	case SPECIFIER_LESS:
	case SPECIFIER_LESS_EQUAL:
		return 3;
	}
	return 0;
}

struct str words_specifier(const struct specifier_set *set, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (int rank = 0; rank <= 3; rank++) {
		for (size_t i = 0; i < set->n; i++) {
			if (clause_rank(&set->items[i]) == rank) {
				struct str clause = specifier_clause_text(&set->items[i], arena);
				buf_addf(&out, "%s" STR_FMT, out.n > 0 ? "," : "", STR_ARG(clause));
			}
		}
	}
	return arena_str(arena, buf_str(&out));
}

struct str words_requirement(const struct requirement *requirement, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, requirement->name);
	for (size_t i = 0; i < requirement->n_extras; i++) {
		buf_addf(&out, "%s" STR_FMT, i == 0 ? "[" : ",", STR_ARG(requirement->extras[i]));
	}
	buf_add(&out, requirement->n_extras > 0 ? S("]") : S(""));
	buf_add(&out, words_specifier(&requirement->specifier, arena));
	return arena_str(arena, buf_str(&out));
}

/* Systems that a platform tag can be for. */
enum { LINUX = 1, MUSL = 2, MACOS = 4, WINDOWS = 8, OTHER = 16, ANY = 32 };

static unsigned system_of(struct str tag)
{
	if (str_eq(tag, S("any"))) {
		return ANY;
	}
	return str_starts(tag, S("manylinux")) || str_starts(tag, S("linux")) ? LINUX
	       : str_starts(tag, S("musllinux"))                              ? MUSL
	       : str_starts(tag, S("macosx"))                                 ? MACOS
	       : str_starts(tag, S("win"))                                    ? WINDOWS
									      : OTHER;
}

static unsigned system_here(const struct environment *environment)
{
	return str_eq(environment->platform, S("macos"))     ? MACOS
	       : str_eq(environment->platform, S("windows")) ? WINDOWS
	       : str_eq(environment->libc, S("musl"))        ? MUSL
							     : LINUX;
}

/* Is some platform tag of the wheel for this system and processor? *ret_systems: all that it is for. */
static bool fits_machine(
	struct str platforms, const struct environment *environment, unsigned *ret_systems)
{
	bool fits = false;
	unsigned here = system_here(environment);
	while (platforms.n > 0) {
		struct str tag = platforms;
		struct str rest = S("");
		if (str_cut(platforms, S("."), &tag, &rest)) {
			platforms = rest;
		} else {
			platforms = S("");
		}
		unsigned system = system_of(tag);
		*ret_systems |= system;
		bool processor = str_ends(tag, environment->arch) ||
				 (system == MACOS && str_ends(tag, S("universal2")));
		fits |= system == ANY || (system == here && processor);
	}
	return fits;
}

/* 3.n of "cp3n" among dotted python tags, as bits; UINT32_MAX when every Python will do. */
static uint32_t minors_of(struct str tags)
{
	uint32_t minors = 0;
	while (tags.n > 0) {
		struct str tag = tags;
		struct str rest = S("");
		bool more = str_cut(tags, S("."), &tag, &rest);
		tags = more ? rest : S("");
		uint64_t minor = 0;
		if (str_starts(tag, S("py3")) || str_starts(tag, S("py2"))) {
			return UINT32_MAX;
		}
		if (str_starts(tag, S("cp3")) && str_to_u64(str_skip(tag, 3), &minor) &&
			minor < MINORS_MAX) {
			minors |= 1u << minor;
		}
	}
	return minors;
}

uint32_t words_python_minors(
	const struct excluded_release *excluded, const struct environment *environment)
{
	uint32_t minors = 0;
	unsigned ignored = 0;
	const struct index_file *files = index_release_files(excluded->project, excluded->release);
	for (size_t i = 0; i < excluded->release->n_files; i++) {
		const struct filename *name = &files[i].name;
		if (name->kind == FILENAME_WHEEL &&
			fits_machine(name->platform, environment, &ignored)) {
			minors |= minors_of(name->python);
		}
	}
	return minors;
}

static void put_minors(uint32_t minors, struct buf *out)
{
	bool first = true;
	for (int i = 0; i < MINORS_MAX; i++) {
		if ((minors & 1u << i) == 0) {
			continue;
		}
		int last = i;
		while (last + 1 < MINORS_MAX && (minors & 1u << (last + 1)) != 0) {
			last++;
		}
		buf_addf(out, "%s3.%d", first ? "" : ", ", i);
		if (last > i) {
			buf_addf(out, "%s3.%d", last == i + 1 ? ", " : " to ", last);
		}
		first = false;
		i = last;
	}
}

static struct str platform_words(const struct excluded_release *excluded,
	const struct environment *environment, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	uint32_t minors = words_python_minors(excluded, environment);
	if (minors != 0) {
		bool listed = minors == UINT32_MAX || environment->python_major != 3 ||
			      (minors & 1u << environment->python_minor) != 0;
		if (listed) {
			return S("has no wheel for this Python and platform");
		}
		buf_add(&out, S("has wheels for Python "));
		put_minors(minors, &out);
		buf_add(&out, S(" only"));
		return arena_str(arena, buf_str(&out));
	}
	static const char *const names[] = {
		"linux", "linux with musl", "macos", "windows", "other systems"};
	unsigned systems = 0;
	const struct index_file *files = index_release_files(excluded->project, excluded->release);
	for (size_t i = 0; i < excluded->release->n_files; i++) {
		if (files[i].name.kind == FILENAME_WHEEL) {
			(void)fits_machine(files[i].name.platform, environment, &systems);
		}
	}
	if ((systems & system_here(environment)) != 0) {
		return arena_printf(arena, "has no wheel for " STR_FMT " on " STR_FMT,
			STR_ARG(environment->platform), STR_ARG(environment->arch));
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((systems & 1u << i) != 0) {
			buf_addf(&out, "%s%s", out.n == 0 ? "has wheels for " : ", ", names[i]);
		}
	}
	buf_addf(&out, " only, not for " STR_FMT, STR_ARG(environment->platform));
	return arena_str(arena, buf_str(&out));
}

/* Files there are, but of kinds that the user's options rule out. */
static struct str kind_words(const struct excluded_release *excluded)
{
	bool wheel = false;
	bool sdist = false;
	bool refused = false;
	for (size_t i = 0; i < excluded->release->n_files; i++) {
		struct index_brief file =
			index_release_brief(excluded->project, excluded->release, i);
		wheel |= file.kind == FILENAME_WHEEL;
		sdist |= file.kind == FILENAME_SDIST;
		refused |= file.kind == FILENAME_OTHER;
	}
	if (refused && !wheel && !sdist) {
		return S("has files with different hashes under one name");
	}
	return sdist && !wheel ? S("has only a source distribution, which --only-binary rules out")
	       : wheel && !sdist ? S("has only wheels, which --no-binary rules out")
				 : S("has no file of a kind that may be used");
}

struct str words_exclusion(const struct excluded_release *excluded,
	const struct environment *environment, struct arena *arena)
{
	return excluded->why == EXCLUDED_PLATFORM ? platform_words(excluded, environment, arena)
	       : excluded->why == EXCLUDED_SOURCE ? kind_words(excluded)
						  : exclusion_text(excluded, arena);
}

struct str words_refused(
	const struct index *index, const struct index_project *project, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	size_t n = 0;
	for (size_t r = 0; r < project->n_releases; r++) {
		const struct index_file *files =
			index_release_files(project, &project->releases[r]);
		for (size_t i = 0; i < project->releases[r].n_files; i++) {
			if (!files[i].is_refused || n++ > 0) {
				continue;
			}
			size_t source = index_file_source(project, &files[i]);
			buf_add(&out, S("the index "));
			buf_add_shown(&out, index_source_alias(index, source), true);
			buf_add(&out, S(" lists files with different hashes under one name, '"));
			buf_add_shown(&out, files[i].filename, true);
			buf_byte(&out, '\'');
		}
	}
	if (n > 1) {
		buf_addf(&out, " (and %zu more)", n - 1);
	}
	buf_add(&out, S("; none of them is used"));
	return arena_str(arena, buf_str(&out));
}

struct str words_undated(struct str name, const struct index_project *project, struct arena *arena)
{
	size_t n = project->n_undated;
	return arena_printf(arena,
		"left out by --as-of: %zu file%s of " STR_FMT ", which carr%s no upload time", n,
		n == 1 ? "" : "s", STR_ARG(name), n == 1 ? "ies" : "y");
}
