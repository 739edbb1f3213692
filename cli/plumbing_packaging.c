#include <stdlib.h>
#include "cli/plumbing.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "packaging/filename.h"
#include "packaging/marker.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
#include "packaging/tags.h"
#include "common/banned.h"

static void add_invalid(struct buf *out)
{
	buf_add(out, S("\"valid\":false"));
}

/* ,"key": */
static void add_key(struct buf *out, struct str key)
{
	if (out->n > 0) {
		buf_byte(out, ',');
	}
	buf_byte(out, '"');
	buf_add(out, key);
	buf_add(out, S("\":"));
}

static void add_string_member(struct buf *out, struct str key, struct str value)
{
	add_key(out, key);
	plumbing_add_string(out, value);
}

static void add_bool_member(struct buf *out, struct str key, bool value)
{
	add_key(out, key);
	buf_add(out, value ? S("true") : S("false"));
}

/* Digits of any length, as a JSON number. */
static void add_digits(struct buf *out, struct str digits)
{
	buf_add(out, digits.n == 0 ? S("0") : digits);
}

static int compare_texts(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sort, keep each once; the new count. */
static size_t sort_distinct(struct str *texts, size_t n)
{
	size_t kept = 0;
	if (n > 1) {
		qsort(texts, n, sizeof(texts[0]), compare_texts);
	}
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || !str_eq(texts[i], texts[kept - 1])) {
			texts[kept++] = texts[i];
		}
	}
	return kept;
}

/* ---- version ---------------------------------------------------------------------------------- */

static void add_optional(struct buf *out, struct str key, bool present, struct str digits)
{
	add_key(out, key);
	if (present) {
		add_digits(out, digits);
	} else {
		buf_add(out, S("null"));
	}
}

static void add_pre(struct buf *out, const struct version *version)
{
	static const char *const letters[] = {
		[VERSION_NO_PRE] = "",
		[VERSION_ALPHA] = "a",
		[VERSION_BETA] = "b",
		[VERSION_RC] = "rc",
	};
	add_key(out, S("pre"));
	if (version->pre == VERSION_NO_PRE) {
		buf_add(out, S("null"));
		return;
	}
	buf_addf(out, "[\"%s\",", letters[version->pre]);
	add_digits(out, version->pre_number);
	buf_byte(out, ']');
}

static void add_version(struct buf *out, const struct version *version, struct arena *arena)
{
	struct str normal = version_normal(version, arena), public_part, local = S("");
	if (!str_cut(normal, S("+"), &public_part, &local)) {
		public_part = normal;
	}
	add_bool_member(out, S("valid"), true);
	add_string_member(out, S("norm"), normal);
	add_string_member(out, S("public"), public_part);
	add_string_member(out, S("base"), version_base(version, arena));
	add_key(out, S("epoch"));
	add_digits(out, version->epoch);
	add_key(out, S("release"));
	struct str rest = version->release, digits;
	for (char before = '['; version_next_segment(&rest, &digits); before = ',') {
		buf_byte(out, before);
		add_digits(out, digits);
	}
	buf_byte(out, ']');
	add_pre(out, version);
	add_optional(out, S("post"), version->has_post, version->post_number);
	add_optional(out, S("dev"), version->has_dev, version->dev_number);
	add_key(out, S("local"));
	if (local.n > 0) {
		plumbing_add_string(out, local);
	} else {
		buf_add(out, S("null"));
	}
	add_bool_member(out, S("is_prerelease"), version_is_prerelease(version));
	add_bool_member(out, S("is_postrelease"), version->has_post);
}

static bool answer_compare(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str a, b;
	struct version one, other;
	if (!plumbing_string(question, S("a"), &a, err) ||
		!plumbing_string(question, S("b"), &b, err)) {
		return false;
	}
	if (!version_parse(a, &one) || !version_parse(b, &other)) {
		add_invalid(out);
		return true;
	}
	int order = version_compare(&one, &other);
	add_key(out, S("cmp"));
	buf_addf(out, "%d", (order > 0) - (order < 0));
	return true;
}

bool plumbing_version(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text;
	struct version version;
	if (plumbing_raw(question, S("a")).n > 0) {
		return answer_compare(question, out, err);
	}
	if (!plumbing_string(question, S("in"), &text, err)) {
		return false;
	}
	if (version_parse(text, &version)) {
		add_version(out, &version, question->arena);
	} else {
		add_invalid(out);
	}
	return true;
}

/* ---- specifier -------------------------------------------------------------------------------- */

/* What the caller says about pre-releases: null leaves it to the specifier. */
enum prereleases { PRERELEASES_UNSAID, PRERELEASES_YES, PRERELEASES_NO };

/* A version of the question; `version` is unset when it is none. */
struct candidate {
	struct str text;
	bool parsed;
	struct version version;
};

static struct candidate read_candidate(struct str text)
{
	struct candidate candidate = {.text = text};
	candidate.parsed = version_parse(text, &candidate.version);
	return candidate;
}

/* "===" compares the text as given; anything else needs a version. */
static bool fits(const struct specifier_set *set, const struct candidate *candidate)
{
	for (size_t i = 0; i < set->n; i++) {
		bool text = SPECIFIER_ARBITRARY == set->items[i].operator;
		struct version version = candidate->version;
		version.text = text ? candidate->text : version.text;
		if ((!text && !candidate->parsed) ||
			!specifier_clause_contains(&set->items[i], &version)) {
			return false;
		}
	}
	/* with "===" in the set or without conditions, text that is no version may pass */
	return true;
}

static bool is_prerelease(const struct candidate *candidate)
{
	return candidate->parsed && version_is_prerelease(&candidate->version);
}

static void answer_filter(const struct specifier_set *set, enum prereleases prereleases,
	const struct str *versions, size_t n, struct plumbing_question *question, struct buf *out)
{
	VEC(struct candidate) fitting = {0};
	bool final = false;
	for (size_t i = 0; i < n; i++) {
		struct candidate candidate = read_candidate(versions[i]);
		if (fits(set, &candidate)) {
			final = final || (candidate.parsed && !is_prerelease(&candidate));
			*vec_push(question->arena, &fitting) = candidate;
		}
	}
	if (prereleases == PRERELEASES_UNSAID && specifier_names_prerelease(set)) {
		prereleases = PRERELEASES_YES;
	}
	/* unsaid: pre-releases only where no final release fits */
	bool drop = prereleases == PRERELEASES_NO || (prereleases == PRERELEASES_UNSAID && final);
	add_bool_member(out, S("valid"), true);
	add_key(out, S("filter"));
	char before = '[';
	for (size_t i = 0; i < fitting.n; i++) {
		if (!drop || !is_prerelease(&fitting.p[i])) {
			buf_byte(out, before);
			plumbing_add_string(out, fitting.p[i].text);
			before = ',';
		}
	}
	buf_add(out, before == '[' ? S("[]") : S("]"));
}

bool plumbing_specifier(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text, said = plumbing_raw(question, S("prereleases"));
	struct specifier_set set;
	struct err ignored = {0};
	enum prereleases prereleases = str_eq(said, S("true"))    ? PRERELEASES_YES
				       : str_eq(said, S("false")) ? PRERELEASES_NO
								  : PRERELEASES_UNSAID;
	if (!plumbing_string(question, S("spec"), &text, err)) {
		return false;
	}
	if (!specifier_parse(text, question->arena, &set, &ignored)) {
		add_invalid(out);
		return true;
	}
	if (plumbing_raw(question, S("versions")).n > 0) {
		const struct str *versions;
		size_t n;
		if (!plumbing_strings(question, S("versions"), &versions, &n, err)) {
			return false;
		}
		answer_filter(&set, prereleases, versions, n, question, out);
		return true;
	}
	add_bool_member(out, S("valid"), true);
	if (plumbing_raw(question, S("version")).n > 0) {
		struct str version;
		if (!plumbing_string(question, S("version"), &version, err)) {
			return false;
		}
		struct candidate candidate = read_candidate(version);
		bool dropped = prereleases == PRERELEASES_NO && is_prerelease(&candidate);
		add_bool_member(out, S("contains"), !dropped && fits(&set, &candidate));
	}
	return true;
}

/* ---- marker ----------------------------------------------------------------------------------- */

static void set_variable(struct environment *environment, struct str name, struct str value)
{
	const struct {
		struct str name;
		struct str *field;
	} fields[] = {
		{S("os_name"),                        &environment->os_name                       },
		{S("sys_platform"),                   &environment->sys_platform                  },
		{S("platform_machine"),               &environment->platform_machine              },
		{S("platform_system"),                &environment->platform_system               },
		{S("platform_release"),               &environment->platform_release              },
		{S("platform_version"),               &environment->platform_version              },
		{S("platform_python_implementation"), &environment->platform_python_implementation},
		{S("implementation_name"),            &environment->implementation_name           },
		{S("implementation_version"),         &environment->implementation_version        },
		{S("python_version"),                 &environment->python_version                },
		{S("python_full_version"),            &environment->python_full_version           },
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (str_eq(fields[i].name, name)) {
			*fields[i].field = value;
		}
	}
}

static bool read_environment(
	struct plumbing_question *question, struct environment *ret, struct err *err)
{
	struct jsonread in = jsonread_start(plumbing_raw(question, S("environment")));
	struct str key;
	struct err ignored = {0};
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		if (jsonread_peek(&in) == JSONREAD_STRING) {
			set_variable(ret, key, jsonread_string(&in, question->arena));
		} else {
			jsonread_skip(&in);
		}
	}
	return jsonread_ok(&in, &ignored) ||
	       err_set(err, ERR_INPUT, "expected the object 'environment'");
}

/* `extra`: one name, "" or absent for none, or an array of names. */
static bool read_extras(
	struct plumbing_question *question, const struct str **ret, size_t *ret_n, struct err *err)
{
	struct str raw = plumbing_raw(question, S("extra"));
	struct str *extras = arena_new(question->arena, struct str);
	*ret_n = 0;
	if (raw.n > 0 && raw.p[0] == '[') {
		const struct str *given;
		if (!plumbing_strings(question, S("extra"), &given, ret_n, err)) {
			return false;
		}
		extras = arena_array(question->arena, struct str, *ret_n);
		for (size_t i = 0; i < *ret_n; i++) {
			extras[i] = name_normal(given[i], question->arena);
		}
	} else if (raw.n > 0 && raw.p[0] == '"') {
		if (!plumbing_string(question, S("extra"), &extras[0], err)) {
			return false;
		}
		extras[0] = name_normal(extras[0], question->arena);
		*ret_n = extras[0].n > 0;
	}
	*ret = extras;
	return true;
}

bool plumbing_marker(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text;
	const struct marker *marker;
	struct environment environment = {0};
	const struct str *extras;
	size_t n_extras;
	struct err ignored = {0};
	if (!plumbing_string(question, S("marker"), &text, err) ||
		!read_extras(question, &extras, &n_extras, err)) {
		return false;
	}
	if (!marker_parse(text, question->arena, &marker, &ignored)) {
		add_invalid(out);
		return true;
	}
	add_bool_member(out, S("valid"), true);
	if (plumbing_raw(question, S("environment")).n == 0) {
		return true; /* only asked whether it reads */
	}
	if (!read_environment(question, &environment, err)) {
		return false;
	}
	enum marker_result result = marker_evaluate(marker, &environment, extras, n_extras);
	if (result == MARKER_ERROR) {
		add_string_member(out, S("error"), S("a comparison in the marker has no meaning"));
	} else {
		add_bool_member(out, S("result"), result == MARKER_TRUE);
	}
	return true;
}

/* ---- requirement ------------------------------------------------------------------------------ */

static void add_requirement(
	struct buf *out, const struct requirement *requirement, struct arena *arena)
{
	struct str *extras = arena_array(arena, struct str, requirement->n_extras_spelled);
	struct str *clauses = arena_array(arena, struct str, requirement->specifier.n);
	for (size_t i = 0; i < requirement->n_extras_spelled; i++) {
		extras[i] = requirement->extras_spelled[i];
	}
	for (size_t i = 0; i < requirement->specifier.n; i++) {
		clauses[i] = specifier_clause_text(&requirement->specifier.items[i], arena);
	}
	if (requirement->specifier.n > 1) {
		qsort(clauses, requirement->specifier.n, sizeof(clauses[0]), compare_texts);
	}
	add_bool_member(out, S("valid"), true);
	add_string_member(out, S("name"), requirement->spelled);
	add_string_member(out, S("canonical_name"), requirement->name);
	add_key(out, S("extras"));
	plumbing_add_strings(out, extras, sort_distinct(extras, requirement->n_extras_spelled));
	add_key(out, S("specifier"));
	plumbing_add_strings(out, clauses, requirement->specifier.n);
	add_key(out, S("url"));
	if (requirement->url.n > 0) {
		plumbing_add_string(out, requirement->url);
	} else {
		buf_add(out, S("null"));
	}
	add_key(out, S("marker"));
	if (requirement->marker != NULL) {
		plumbing_add_string(out, marker_text_written(requirement->marker, arena));
	} else {
		buf_add(out, S("null"));
	}
}

bool plumbing_requirement(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text;
	struct requirement requirement;
	struct err ignored = {0};
	if (!plumbing_string(question, S("in"), &text, err)) {
		return false;
	}
	if (requirement_parse(text, question->arena, &requirement, &ignored)) {
		add_requirement(out, &requirement, question->arena);
	} else {
		add_invalid(out);
	}
	return true;
}

bool plumbing_name(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text;
	if (!plumbing_string(question, S("in"), &text, err)) {
		return false;
	}
	if (name_is_valid(text)) {
		add_string_member(out, S("norm"), name_normal(text, question->arena));
	} else {
		add_invalid(out);
	}
	return true;
}

/* ---- filename --------------------------------------------------------------------------------- */

enum { EXPANDED_TAGS_MAX = 100000 }; /* one name can stand for the product of three sets */

static void split_set(struct str set, struct arena *arena, const struct str **ret, size_t *ret_n)
{
	VEC(struct str) members = {0};
	while (set.n > 0) {
		ptrdiff_t dot = str_find_char(set, '.');
		struct str member = str_slice(set, 0, dot < 0 ? set.n : (size_t)dot);
		char *lower = arena_array(arena, char, member.n + 1);
		for (size_t i = 0; i < member.n; i++) {
			lower[i] = char_lower(member.p[i]);
		}
		*vec_push(arena, &members) = (struct str){lower, member.n};
		set = str_skip(set, member.n + 1);
	}
	*ret = members.p;
	*ret_n = members.n;
}

/* Any byte may be in a name, NUL too, so printf will not do. */
static struct str join(const struct str *parts, size_t n, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < n; i++) {
		buf_add(&out, parts[i]);
	}
	return arena_str(arena, buf_str(&out));
}

static bool add_expanded_tags(
	struct buf *out, const struct filename *file, struct arena *arena, struct err *err)
{
	const struct str *pythons, *abis, *platforms;
	size_t n_pythons, n_abis, n_platforms, n = 0;
	split_set(file->python, arena, &pythons, &n_pythons);
	split_set(file->abi, arena, &abis, &n_abis);
	split_set(file->platform, arena, &platforms, &n_platforms);
	size_t total;
	if (__builtin_mul_overflow(n_pythons, n_abis, &total) ||
		__builtin_mul_overflow(total, n_platforms, &total) || total > EXPANDED_TAGS_MAX) {
		return err_set(err, ERR_LIMIT, "expected at most %d tags", EXPANDED_TAGS_MAX);
	}
	struct str *tags = arena_array(arena, struct str, total);
	for (size_t i = 0; i < n_pythons; i++) {
		for (size_t j = 0; j < n_abis; j++) {
			for (size_t k = 0; k < n_platforms; k++) {
				const struct str parts[] = {
					pythons[i], S("-"), abis[j], S("-"), platforms[k]};
				tags[n++] = join(parts, 5, arena);
			}
		}
	}
	add_key(out, S("tags"));
	plumbing_add_strings(out, tags, sort_distinct(tags, n));
	return true;
}

/* [1,"a"] of "1a", [] of none. */
static void add_build(struct buf *out, struct str build)
{
	size_t digits = 0, zeros = 0;
	while (digits < build.n && char_is_digit(build.p[digits])) {
		digits++;
	}
	while (zeros < digits && build.p[zeros] == '0') {
		zeros++;
	}
	add_key(out, S("build"));
	buf_byte(out, '[');
	if (build.n > 0) {
		add_digits(out, str_slice(build, zeros, digits));
		buf_byte(out, ',');
		struct str rest = str_skip(build, digits);
		ptrdiff_t line = str_find_char(rest, '\n');
		plumbing_add_string(out, str_slice(rest, 0, line < 0 ? rest.n : (size_t)line));
	}
	buf_byte(out, ']');
}

bool plumbing_filename(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str text;
	struct filename file;
	if (!plumbing_string(question, S("in"), &text, err)) {
		return false;
	}
	if (!filename_parse(text, S(""), &file)) {
		add_invalid(out);
		return true;
	}
	bool wheel = file.kind == FILENAME_WHEEL;
	add_bool_member(out, S("valid"), true);
	add_string_member(out, S("kind"), wheel ? S("wheel") : S("sdist"));
	add_string_member(out, S("name"), name_normal(file.name, question->arena));
	add_string_member(out, S("version"), version_normal(&file.version, question->arena));
	if (wheel) {
		add_build(out, file.build);
		return add_expanded_tags(out, &file, question->arena, err);
	}
	return true;
}

/* ---- tags ------------------------------------------------------------------------------------- */

/* "linux-x86_64-glibc2.28", "musl-aarch64-1.2", "macos-14-arm64" as a wheel platform tag; others stay. */
static struct str platform_tag(struct str name, struct arena *arena)
{
	struct str family, rest, first, second, major, minor;
	if (!str_cut(name, S("-"), &family, &rest) || !str_cut(rest, S("-"), &first, &second)) {
		return name;
	}
	bool macos = str_eq(family, S("macos"));
	struct str number = macos ? first : second, arch = macos ? second : first;
	if (str_starts(number, S("glibc"))) {
		number = str_skip(number, 5);
	}
	if (!str_cut(number, S("."), &major, &minor)) {
		major = number;
		minor = S("0");
	}
	const char *prefix = macos                       ? "macosx"
			     : str_eq(family, S("musl")) ? "musllinux"
							 : "manylinux";
	return arena_printf(arena, "%s_" STR_FMT "_" STR_FMT "_" STR_FMT, prefix, STR_ARG(major),
		STR_ARG(minor), STR_ARG(arch));
}

static bool read_python(struct plumbing_question *question, struct tags_parts *ret, struct err *err)
{
	struct jsonread in = jsonread_start(plumbing_raw(question, S("python")));
	struct err ignored = {0};
	int64_t numbers[2] = {-1, -1};
	jsonread_array(&in);
	for (size_t i = 0; jsonread_element(&in); i++) {
		int64_t number = jsonread_int(&in);
		if (i < 2) {
			numbers[i] = number;
		}
	}
	if (!jsonread_ok(&in, &ignored) || numbers[0] < 0 || numbers[0] > 99 || numbers[1] < 0 ||
		numbers[1] > 999) {
		return err_set(err, ERR_INPUT, "expected 'python' as [3, 13]");
	}
	ret->major = (int)numbers[0];
	ret->minor = (int)numbers[1];
	return true;
}

static bool read_platforms(
	struct plumbing_question *question, struct tags_parts *ret, struct err *err)
{
	struct str platform;
	struct environment environment;
	if (plumbing_raw(question, S("platform_tags")).n > 0) {
		return plumbing_strings(
			question, S("platform_tags"), &ret->platforms, &ret->n_platforms, err);
	}
	if (!plumbing_string(question, S("platform"), &platform, err) ||
		!environment_describe(S("3.0"), platform_tag(platform, question->arena),
			question->arena, &environment, err)) {
		return false;
	}
	ret->platforms = tags_platforms(&environment, question->arena, &ret->n_platforms);
	return true;
}

bool plumbing_tags(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct tags_parts parts = {0};
	struct str interpreter;
	if (!plumbing_string(question, S("interpreter"), &interpreter, err) ||
		!read_python(question, &parts, err) ||
		!plumbing_strings(question, S("abis"), &parts.abis, &parts.n_abis, err) ||
		!read_platforms(question, &parts, err)) {
		return false;
	}
	/* "cp313t" names the free-threaded build, whose interpreter tag is "cp313" all the same */
	bool free_threaded = str_starts(interpreter, S("cp")) && str_ends(interpreter, S("t"));
	parts.interpreter = str_slice(interpreter, 0, interpreter.n - free_threaded);
	size_t n;
	const struct tags *tags = tags_from_parts(&parts, question->arena);
	const struct str *texts = tags_list(tags, &n);
	add_key(out, S("tags"));
	plumbing_add_strings(out, texts, n);
	return true;
}
