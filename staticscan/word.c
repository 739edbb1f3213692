#include "packaging/filename.h"
#include "packaging/name.h"
#include "packaging/requirement.h"
#include "staticscan/install.h"
#include "common/banned.h"

/* The user part of the address that starts at s ("//user:pass@host/..."), or 0. */
static size_t user_length(struct str s)
{
	size_t end = 0;
	while (end < s.n && !char_is_space(s.p[end]) && strchr("/?#'\"", s.p[end]) == NULL) {
		end++;
	}
	ptrdiff_t at = str_find_last_char(str_slice(s, 0, end), '@');
	return at > 0 ? (size_t)at : 0;
}

struct str install_masked(struct str text, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	ptrdiff_t at;
	bool masked = false;
	struct str rest = text;
	while ((at = str_find(rest, S("://"))) >= 0) {
		struct str before = str_slice(rest, 0, (size_t)at + 3);
		struct str after = str_skip(rest, (size_t)at + 3);
		size_t user = user_length(after);
		bool ssh = str_ends(before, S("ssh://")) &&
			   str_find_char(str_slice(after, 0, user), ':') < 0;
		buf_add(&out, before);
		if (user > 0 && !ssh && !str_eq(str_slice(after, 0, user), S("****"))) {
			buf_add(&out, S("****"));
			after = str_skip(after, user);
			masked = true;
		}
		rest = after;
	}
	buf_add(&out, rest);
	return masked ? arena_str(arena, buf_str(&out)) : text;
}

static bool has_prefix(struct str s, const char *const *prefixes)
{
	for (size_t i = 0; prefixes[i] != NULL; i++) {
		struct str prefix = str_from(prefixes[i]);
		if (str_ieq(str_slice(s, 0, prefix.n), prefix)) {
			return true;
		}
	}
	return false;
}

static bool has_suffix(struct str s, const char *const *suffixes)
{
	for (size_t i = 0; suffixes[i] != NULL; i++) {
		struct str suffix = str_from(suffixes[i]);
		if (s.n >= suffix.n && str_ieq(str_skip(s, s.n - suffix.n), suffix)) {
			return true;
		}
	}
	return false;
}

static bool is_vcs(struct str s)
{
	static const char *const prefixes[] = {"git+", "hg+", "svn+", "bzr+", NULL};
	return has_prefix(s, prefixes);
}

static bool is_url(struct str s)
{
	static const char *const prefixes[] = {"http://", "https://", "ftp://", "file://", NULL};
	return has_prefix(s, prefixes);
}

static bool is_path(struct str s)
{
	static const char *const prefixes[] = {"./", "../", "/", "~/", ".\\", "..\\", ".[", NULL};
	static const char *const suffixes[] = {
		".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", "/", NULL};
	bool drive = s.n > 2 && char_is_alpha(s.p[0]) && s.p[1] == ':' && s.p[2] == '\\';
	bool plain = str_find(s, S("@")) < 0; /* "name @ file:///x.whl" is a requirement */
	return str_eq(s, S(".")) || str_eq(s, S("..")) || drive || has_prefix(s, prefixes) ||
	       (plain && has_suffix(s, suffixes));
}

/* The name in "#egg=name[extras]&...", or "". */
static struct str egg_name(struct str url, struct arena *arena)
{
	ptrdiff_t at = str_find(url, S("egg="));
	if (at < 0 || str_find_char(str_slice(url, 0, (size_t)at), '#') < 0) {
		return S("");
	}
	struct str egg = str_skip(url, (size_t)at + 4);
	size_t n = 0;
	while (n < egg.n && (char_is_alnum(egg.p[n]) || strchr("-_.", egg.p[n]) != NULL)) {
		n++;
	}
	egg = str_slice(egg, 0, n);
	return name_is_valid(egg) ? name_normal(egg, arena) : S("");
}

/* The project in the file name that an address or path ends in, or "". */
static struct str file_project(struct str location, struct arena *arena)
{
	struct filename filename;
	size_t n = 0;
	while (n < location.n && location.p[n] != '?' && location.p[n] != '#') {
		n++;
	}
	struct str path = str_slice(location, 0, n);
	struct str base = str_skip(path, (size_t)(str_find_last_char(path, '/') + 1));
	return filename_parse(base, S(""), &filename) ? name_normal(filename.name, arena) : S("");
}

/* name[extras]specifier; marker, as staticscan.md 2.5 writes an entry. */
static struct str requirement_entry(const struct requirement *requirement, struct arena *arena)
{
	AUTO(buf_done) struct buf text = {0};
	buf_add(&text, requirement->name);
	for (size_t i = 0; i < requirement->n_extras; i++) {
		buf_add(&text, i == 0 ? S("[") : S(","));
		buf_add(&text, requirement->extras[i]);
	}
	buf_add(&text, requirement->n_extras > 0 ? S("]") : S(""));
	for (size_t i = 0; i < requirement->specifier.n; i++) {
		buf_add(&text, i == 0 ? S("") : S(","));
		buf_add(&text, specifier_clause_text(&requirement->specifier.items[i], arena));
	}
	if (requirement->url.n > 0) {
		buf_add(&text, S(" @ "));
		buf_add(&text, requirement->url);
	}
	if (requirement->marker != NULL) {
		buf_add(&text, requirement->url.n > 0 ? S(" ; ") : S("; "));
		buf_add(&text, marker_text(requirement->marker, arena));
	}
	return arena_str(arena, buf_str(&text));
}

static bool is_tooling(struct str name)
{
	static const char *const names[] = {
		"pip", "setuptools", "wheel", "uv", "conda", "mamba", NULL};
	for (size_t i = 0; names[i] != NULL; i++) {
		if (str_eq(name, str_from(names[i]))) {
			return true;
		}
	}
	return false;
}

/* The name of a word such as "torch=={version}": what stands whole before the placeholder. */
static struct str dynamic_name(const struct shell_word *word, struct arena *arena)
{
	size_t n = 0;
	struct str text = word->text;
	while (n < word->plain && (char_is_alnum(text.p[n]) || strchr("-_.", text.p[n]) != NULL)) {
		n++;
	}
	bool ended = n < word->plain && strchr("=<>!~[@; ", text.p[n]) != NULL;
	struct str name = str_slice(text, 0, n);
	return ended && name_is_valid(name) ? name_normal(name, arena) : S("");
}

/* "git+https://host/a.git@v1#egg=a&subdirectory=b" into its parts. */
static void split_address(struct str text, bool vcs, struct arena *arena, struct scan_request *ret)
{
	struct str fragment = S("");
	(void)str_cut(text, S("#"), &text, &fragment);
	ptrdiff_t at = str_find(fragment, S("subdirectory="));
	if (at >= 0) {
		ret->subdirectory = str_skip(fragment, (size_t)at + strlen("subdirectory="));
		(void)str_cut(ret->subdirectory, S("&"), &ret->subdirectory, &(struct str){0});
	}
	ptrdiff_t host = str_find(text, S("://"));
	ptrdiff_t path = host < 0 ? -1 : str_find_char(str_skip(text, (size_t)host + 3), '/');
	ptrdiff_t ref =
		path < 0 ? -1 : str_find_last_char(str_skip(text, (size_t)(host + 3 + path)), '@');
	if (vcs && ref > 0) {
		size_t cut = (size_t)(host + 3 + path + ref);
		ret->ref = str_skip(text, cut + 1);
		text = str_slice(text, 0, cut);
	}
	ret->url = text;
	if (vcs && ret->name.n == 0) {
		struct str last = str_ends(text, S("/")) ? str_slice(text, 0, text.n - 1) : text;
		last = str_skip(last, (size_t)(str_find_last_char(last, '/') + 1));
		last = str_ends(last, S(".git")) ? str_slice(last, 0, last.n - 4) : last;
		ret->name_guess = name_is_valid(last) ? name_normal(last, arena) : S("");
	}
}

/* "==1.0" when the name of a wheel or sdist says so. */
static struct str file_specifier(struct str location, struct arena *arena)
{
	struct filename filename;
	(void)str_cut(location, S("#"), &location, &(struct str){0});
	(void)str_cut(location, S("?"), &location, &(struct str){0});
	struct str base = str_skip(location, (size_t)(str_find_last_char(location, '/') + 1));
	return filename_parse(base, S(""), &filename)
		       ? arena_printf(arena, "==" STR_FMT, STR_ARG(filename.version_text))
		       : S("");
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* "[dev,test]" at the end of a path, or of the name in "#egg=name[dev]". */
static void take_extras(struct str text, struct arena *arena, struct scan_request *ret)
{
	VEC(struct str) extras = {0};
	ptrdiff_t open = str_find_last_char(text, '[');
	if (open < 0 || !str_ends(text, S("]"))) {
		return;
	}
	struct str rest = str_slice(text, (size_t)open + 1, text.n - 1);
	while (rest.n > 0) {
		struct str one = rest;
		if (!str_cut(rest, S(","), &one, &rest)) {
			rest = S("");
		}
		one = str_trim(one);
		if (name_is_valid(one)) {
			*vec_push(arena, &extras) = name_normal(one, arena);
		}
	}
	if (extras.n > 1) {
		qsort(extras.p, extras.n, sizeof(*extras.p), by_text);
	}
	ret->extras = extras.p;
	ret->n_extras = extras.n;
}

static void take_path(struct str text, struct arena *arena, struct scan_request *ret)
{
	struct str path = text;
	take_extras(text, arena, ret);
	if (ret->n_extras > 0) {
		path = str_slice(text, 0, (size_t)str_find_last_char(text, '['));
	}
	ret->kind = SCAN_PATH;
	ret->path = path;
	ret->name = file_project(path, arena);
	ret->specifier = file_specifier(path, arena);
}

void install_requirement(
	const struct requirement *requirement, struct arena *arena, struct scan_request *ret)
{
	AUTO(buf_done) struct buf specifier = {0};
	for (size_t i = 0; i < requirement->specifier.n; i++) {
		buf_add(&specifier, i == 0 ? S("") : S(","));
		buf_add(&specifier, specifier_clause_text(&requirement->specifier.items[i], arena));
	}
	ret->kind = SCAN_REQUIREMENT;
	ret->name = requirement->name;
	ret->extras = requirement->extras;
	ret->n_extras = requirement->n_extras;
	ret->specifier = arena_str(arena, buf_str(&specifier));
	ret->marker = requirement->marker == NULL ? S("") : marker_text(requirement->marker, arena);
	ret->text = requirement_entry(requirement, arena);
	ret->tooling = is_tooling(requirement->name);
	if (requirement->url.n > 0) {
		ret->kind = is_vcs(requirement->url) ? SCAN_VCS : SCAN_URL;
		split_address(requirement->url, ret->kind == SCAN_VCS, arena, ret);
	}
}

static void take_vcs(struct str text, struct arena *arena, struct scan_request *ret)
{
	ret->kind = SCAN_VCS;
	ret->name = egg_name(text, arena);
	split_address(text, true, arena, ret);
	struct str fragment = S("");
	(void)str_cut(text, S("#"), &text, &fragment);
	(void)str_cut(fragment, S("&"), &fragment, &(struct str){0});
	take_extras(fragment, arena, ret);
}

void install_word(const struct shell_word *word, bool editable, struct arena *arena,
	struct scan_request *ret, bool *ret_secret)
{
	struct str text = str_trim(word->text);
	struct str masked = install_masked(text, arena);
	struct requirement requirement;
	struct err ignored = {0};
	ret->text = ret->raw = masked;
	ret->name = S("");
	*ret_secret = masked.p != text.p;
	if (word->dynamic) {
		ret->kind = SCAN_DYNAMIC;
		ret->name = dynamic_name(word, arena);
	} else if (is_vcs(text)) {
		take_vcs(masked, arena, ret);
	} else if (is_url(text)) {
		ret->kind = SCAN_URL;
		ret->name = egg_name(masked, arena);
		ret->name = ret->name.n > 0 ? ret->name : file_project(masked, arena);
		ret->specifier = file_specifier(masked, arena);
		ret->url = masked;
	} else if (editable || is_path(text)) {
		take_path(masked, arena, ret);
	} else if (requirement_parse(masked, arena, &requirement, &ignored)) {
		install_requirement(&requirement, arena, ret);
	} else {
		ret->kind = SCAN_INVALID;
	}
	ret->editable = editable;
}
