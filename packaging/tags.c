#include "packaging/tags.h"
#include "common/vec.h"
#include "common/banned.h"

/*
 * The list of tags is made of rows. A row is an interpreter and an ABI, and stands for one tag per
 * platform (best first) or for the one tag of platform "any". So a wheel is looked up by its row and
 * the rank of its platform, and the thousand texts are only written when somebody asks for them.
 */
struct row {
	struct str python, abi;
	bool any;
	int first; /* priority of its first tag */
};

typedef VEC(struct str) str_vec;

struct tags {
	struct arena *arena;
	struct row *rows;
	size_t n_rows;
	const struct str *platforms;
	size_t n_platforms;
	size_t n; /* tags of all rows */
};

/* ---- platforms -------------------------------------------------------------------------------- */

static void add_glibc(const struct environment *environment, struct arena *arena, str_vec *out)
{
	struct str arch = environment->arch;
	bool old = str_eq(arch, S("x86_64")) || str_eq(arch, S("i686"));
	for (int minor = environment->os_minor; minor >= (old ? 5 : 17); minor--) {
		*vec_push(arena, out) =
			arena_printf(arena, "manylinux_2_%d_" STR_FMT, minor, STR_ARG(arch));
		const char *alias = minor == 17   ? "manylinux2014"
				    : minor == 12 ? "manylinux2010"
				    : minor == 5  ? "manylinux1"
						  : NULL;
		if (alias != NULL) {
			*vec_push(arena, out) =
				arena_printf(arena, "%s_" STR_FMT, alias, STR_ARG(arch));
		}
	}
}

static void add_linux(const struct environment *environment, struct arena *arena, str_vec *out)
{
	struct str arch = environment->arch;
	if (str_eq(environment->libc, S("musl"))) {
		for (int minor = environment->os_minor; minor >= 0; minor--) {
			*vec_push(arena, out) = arena_printf(arena, "musllinux_%d_%d_" STR_FMT,
				environment->os_major, minor, STR_ARG(arch));
		}
	} else {
		add_glibc(environment, arena, out);
	}
	*vec_push(arena, out) = arena_printf(arena, "linux_" STR_FMT, STR_ARG(arch));
}

/* The binary formats that a macOS on this architecture runs, at one version. */
static void add_macos_version(
	struct str arch, int major, int minor, struct arena *arena, str_vec *out)
{
	static const char *const arm[] = {"arm64", "universal2", NULL};
	static const char *const arm_before_11[] = {"universal2", NULL};
	static const char *const intel[] = {
		"x86_64", "intel", "fat64", "fat3", "universal2", "universal", NULL};
	bool is_intel = str_eq(arch, S("x86_64"));
	const char *const *format = is_intel ? intel : major >= 11 ? arm : arm_before_11;
	for (; *format != NULL; format++) {
		*vec_push(arena, out) =
			arena_printf(arena, "macosx_%d_%d_%s", major, minor, *format);
	}
}

static void add_macos(const struct environment *environment, struct arena *arena, str_vec *out)
{
	int from = environment->os_minor;
	for (int major = environment->os_major; major >= 11; major--) {
		add_macos_version(environment->arch, major, 0, arena, out);
		from = 16;
	}
	for (int minor = from; minor >= 4; minor--) {
		add_macos_version(environment->arch, 10, minor, arena, out);
	}
}

const struct str *tags_platforms(
	const struct environment *environment, struct arena *arena, size_t *ret_n)
{
	str_vec out = {0};
	if (str_eq(environment->platform, S("linux"))) {
		add_linux(environment, arena, &out);
	} else if (str_eq(environment->platform, S("macos"))) {
		add_macos(environment, arena, &out);
	} else if (str_eq(environment->arch, S("win32"))) {
		*vec_push(arena, &out) = environment->arch;
	} else {
		*vec_push(arena, &out) =
			arena_printf(arena, "win_" STR_FMT, STR_ARG(environment->arch));
	}
	*ret_n = out.n;
	return out.p;
}

/* ---- rows ------------------------------------------------------------------------------------- */

typedef VEC(struct row) row_vec;

struct builder {
	const struct tags_parts *parts;
	struct arena *arena;
	row_vec rows;
	int n; /* tags so far */
};

static void add_row(struct builder *to, struct str python, struct str abi, bool any)
{
	*vec_push(to->arena, &to->rows) =
		(struct row){.python = python, .abi = abi, .any = any, .first = to->n};
	to->n += any ? 1 : (int)to->parts->n_platforms;
}

static struct str numbered(struct builder *to, const char *letters, int minor)
{
	return arena_printf(to->arena, "%s%d%d", letters, to->parts->major, minor);
}

/* The rows of CPython itself: its ABIs, the stable ABI of this and of older minors. */
static void add_cpython(struct builder *to)
{
	const struct tags_parts *parts = to->parts;
	bool free_threaded = false;
	for (size_t i = 0; i < parts->n_abis; i++) {
		add_row(to, parts->interpreter, parts->abis[i], false);
		free_threaded = free_threaded || (i == 0 && str_ends(parts->abis[i], S("t")));
	}
	bool has_stable = parts->major > 3 || (parts->major == 3 && parts->minor >= 2);
	struct str stable = free_threaded ? S("abi3t") : S("abi3");
	if (has_stable) {
		add_row(to, parts->interpreter, stable, false);
	}
	add_row(to, parts->interpreter, S("none"), false);
	for (int minor = parts->minor - 1; has_stable && minor >= 2; minor--) {
		add_row(to, numbered(to, "cp", minor), stable, false);
	}
}

/* py313, py3, py312 ... py30, each without an ABI. */
static void add_python(struct builder *to, bool any)
{
	add_row(to, numbered(to, "py", to->parts->minor), S("none"), any);
	add_row(to, arena_printf(to->arena, "py%d", to->parts->major), S("none"), any);
	for (int minor = to->parts->minor - 1; minor >= 0; minor--) {
		add_row(to, numbered(to, "py", minor), S("none"), any);
	}
}

const struct tags *tags_from_parts(const struct tags_parts *parts, struct arena *arena)
{
	struct builder to = {.parts = parts, .arena = arena};
	bool cpython = str_starts(parts->interpreter, S("cp"));
	if (cpython) {
		add_cpython(&to);
	} else {
		for (size_t i = 0; i < parts->n_abis; i++) {
			add_row(&to, parts->interpreter, parts->abis[i], false);
		}
		add_row(&to, parts->interpreter, S("none"), false);
	}
	add_python(&to, false);
	/* pip names other interpreters without their minor here: pp3-none-any */
	add_row(&to,
		cpython ? parts->interpreter
			: arena_printf(arena, STR_FMT "%d",
				  STR_ARG(str_slice(parts->interpreter, 0, 2)), parts->major),
		S("none"), true);
	add_python(&to, true);
	struct tags *tags = arena_new(arena, struct tags);
	*tags = (struct tags){
		.arena = arena,
		.rows = to.rows.p,
		.n_rows = to.rows.n,
		.platforms = parts->platforms,
		.n_platforms = parts->n_platforms,
		.n = (size_t)to.n,
	};
	return tags;
}

/* "pypy310_pp73" from Python 3.10 and PyPy 7.3.17 */
static struct str pypy_abi(const struct environment *environment, struct arena *arena)
{
	struct version version;
	struct str major = S("7"), minor = S("3");
	if (version_parse(environment->implementation_version, &version)) {
		struct str rest = version.release;
		(void)!version_next_segment(&rest, &major);
		(void)!version_next_segment(&rest, &minor);
	}
	return arena_printf(arena, "pypy%d%d_pp" STR_FMT STR_FMT, environment->python_major,
		environment->python_minor, STR_ARG(major), STR_ARG(minor));
}

const struct tags *tags_new(const struct environment *environment, struct arena *arena)
{
	int major = environment->python_major, minor = environment->python_minor;
	struct tags_parts parts = {.major = major, .minor = minor, .n_abis = 1};
	struct str *abi = arena_new(arena, struct str);
	if (str_eq(environment->implementation_name, S("pypy"))) {
		parts.interpreter = arena_printf(arena, "pp%d%d", major, minor);
		*abi = pypy_abi(environment, arena);
	} else {
		/* before 3.8 an "m" told of the memory allocator that every build had */
		const char *flags = environment->free_threaded ? "t"
				    : major == 3 && minor < 8  ? "m"
							       : "";
		parts.interpreter = arena_printf(arena, "cp%d%d", major, minor);
		*abi = arena_printf(arena, "cp%d%d%s", major, minor, flags);
	}
	parts.abis = abi;
	parts.platforms = tags_platforms(environment, arena, &parts.n_platforms);
	return tags_from_parts(&parts, arena);
}

/* ---- asking ----------------------------------------------------------------------------------- */

/* Tags of wheels are compared without regard to case. */
static struct str take_member(struct str *rest)
{
	ptrdiff_t dot = str_find_char(*rest, '.');
	struct str member = str_slice(*rest, 0, dot < 0 ? rest->n : (size_t)dot);
	*rest = str_skip(*rest, member.n + 1);
	return member;
}

/* Most tags of one length differ in their last character, or in the number before the machine. */
static bool is_tag(struct str a, struct str b)
{
	size_t inside = a.n < 3 ? 0 : a.n * 2 / 3 - 1;
	return a.n == b.n && a.n > 0 && char_lower(a.p[a.n - 1]) == char_lower(b.p[a.n - 1]) &&
	       char_lower(a.p[inside]) == char_lower(b.p[inside]) && str_ieq(a, b);
}

/* Nearly every python and abi tag stands alone: then nothing is split. */
static bool set_holds(struct str set, bool alone, struct str tag)
{
	if (alone) {
		return is_tag(set, tag);
	}
	while (set.n > 0) {
		if (is_tag(take_member(&set), tag)) {
			return true;
		}
	}
	return false;
}

/* Rank of the best platform of a set, or n_platforms. */
static size_t best_platform(const struct tags *tags, struct str set)
{
	size_t best = tags->n_platforms;
	while (set.n > 0) {
		struct str member = take_member(&set);
		for (size_t i = 0; i < best; i++) {
			if (is_tag(member, tags->platforms[i])) {
				best = i;
				break;
			}
		}
	}
	return best;
}

bool tags_python_fits(const struct tags *tags, const struct filename *wheel)
{
	bool one_python = str_find_char(wheel->python, '.') < 0;
	bool one_abi = str_find_char(wheel->abi, '.') < 0;
	for (size_t i = 0; i < tags->n_rows && wheel->kind == FILENAME_WHEEL; i++) {
		if (set_holds(wheel->python, one_python, tags->rows[i].python) &&
			set_holds(wheel->abi, one_abi, tags->rows[i].abi)) {
			return true;
		}
	}
	return false;
}

int tags_priority(const struct tags *tags, const struct filename *wheel)
{
	if (wheel->kind != FILENAME_WHEEL) {
		return -1;
	}
	bool any = set_holds(wheel->platform, false, S("any"));
	bool one_python = str_find_char(wheel->python, '.') < 0;
	bool one_abi = str_find_char(wheel->abi, '.') < 0;
	size_t platform = best_platform(tags, wheel->platform);
	if (!any && platform == tags->n_platforms) {
		return -1;
	}
	for (size_t i = 0; i < tags->n_rows; i++) {
		const struct row *row = &tags->rows[i];
		bool reachable = row->any ? any : platform < tags->n_platforms;
		if (reachable && set_holds(wheel->python, one_python, row->python) &&
			set_holds(wheel->abi, one_abi, row->abi)) {
			return row->first + (row->any ? 0 : (int)platform);
		}
	}
	return -1;
}

const struct str *tags_list(const struct tags *tags, size_t *ret_n)
{
	struct str *texts = arena_array(tags->arena, struct str, tags->n);
	size_t n = 0;
	for (size_t i = 0; i < tags->n_rows; i++) {
		const struct row *row = &tags->rows[i];
		size_t platforms = row->any ? 1 : tags->n_platforms;
		for (size_t k = 0; k < platforms; k++) {
			struct str platform = row->any ? S("any") : tags->platforms[k];
			texts[n++] = arena_printf(tags->arena, STR_FMT "-" STR_FMT "-" STR_FMT,
				STR_ARG(row->python), STR_ARG(row->abi), STR_ARG(platform));
		}
	}
	*ret_n = n;
	return texts;
}
