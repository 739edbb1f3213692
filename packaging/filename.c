#include "packaging/filename.h"
#include "packaging/blank.h"
#include "common/banned.h"

/* ---- wheels: name-version[-build]-python-abi-platform.whl -------------------------------------- */

enum { PARTS_MAX = 8 };

/* Parts between the hyphens; more than PARTS_MAX are counted but not kept. */
static size_t split_parts(struct str text, struct str parts[PARTS_MAX])
{
	size_t n = 0;
	for (;;) {
		ptrdiff_t hyphen = str_find_char(text, '-');
		struct str part = str_slice(text, 0, hyphen < 0 ? text.n : (size_t)hyphen);
		if (n < PARTS_MAX) {
			parts[n] = part;
		}
		n++;
		if (hyphen < 0) {
			return n;
		}
		text = str_skip(text, part.n + 1);
	}
}

/* Letters beyond ASCII are letters too; white space beyond ASCII is none. */
static bool is_word_char(struct str rest)
{
	char c = rest.p[0];
	return char_is_alnum(c) || c == '_' ||
	       ((unsigned char)c >= 0x80 && blank_length(rest) == 0);
}

/* Letters, digits, '_' and '.', no "__": hyphens of the project name are written '_'. */
static bool wheel_name_is_valid(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (!is_word_char(str_skip(name, i)) && name.p[i] != '.') {
			return false;
		}
	}
	return name.n > 0 && str_find(name, S("__")) < 0;
}

/* A dotted set without empty members; `identifiers`: each could be a name in Python. */
static bool tag_set_is_valid(struct str set, bool identifiers)
{
	bool start = true;
	for (size_t i = 0; i < set.n; i++) {
		char c = set.p[i];
		if (c == '.') {
			if (start) {
				return false;
			}
			start = true;
			continue;
		}
		if (identifiers &&
			(!is_word_char(str_skip(set, i)) || (start && char_is_digit(c)))) {
			return false;
		}
		start = false;
	}
	return !start;
}

static bool starts_with_digit(struct str text)
{
	return text.n > 0 && char_is_digit(text.p[0]);
}

/* What stands behind the version: [build-]python-abi-platform. */
static bool parse_wheel_tags(struct str rest, struct filename *file)
{
	struct str parts[PARTS_MAX];
	size_t n = split_parts(rest, parts);
	bool variant = n == 5 || (n == 4 && !starts_with_digit(parts[0]));
	if (variant) {
		file->kind = FILENAME_VARIANT;
		return false;
	}
	if (n < 3 || n > 4) {
		return false;
	}
	file->build = n == 4 ? parts[0] : S("");
	file->python = parts[n - 3];
	file->abi = parts[n - 2];
	file->platform = parts[n - 1];
	return tag_set_is_valid(file->python, true) && tag_set_is_valid(file->abi, false) &&
	       tag_set_is_valid(file->platform, false);
}

static bool parse_wheel(struct str stem, struct filename *ret)
{
	struct filename file = {.kind = FILENAME_WHEEL};
	struct str rest;
	if (!str_cut(stem, S("-"), &file.name, &rest) ||
		!str_cut(rest, S("-"), &file.version_text, &rest)) {
		return false;
	}
	bool fine = parse_wheel_tags(rest, &file);
	if (file.kind == FILENAME_VARIANT) {
		ret->kind = FILENAME_VARIANT;
	}
	if (!fine || !wheel_name_is_valid(file.name) ||
		!version_parse(file.version_text, &file.version)) {
		return false;
	}
	*ret = file;
	return true;
}

bool filename_parse_wheel_after(
	struct str filename, const struct filename *before, struct filename *ret)
{
	if (before->kind != FILENAME_WHEEL || !str_ends(filename, S(".whl"))) {
		return false;
	}
	size_t n = (size_t)(before->version_text.p + before->version_text.n - before->name.p) + 1;
	struct str stem = str_slice(filename, 0, filename.n - 4);
	if (stem.n <= n || memcmp(stem.p, before->name.p, n) != 0) {
		return false;
	}
	struct filename file = *before;
	if (!parse_wheel_tags(str_skip(stem, n), &file)) {
		return false;
	}
	*ret = file;
	return true;
}

/* ---- sdists: name-version.tar.gz --------------------------------------------------------------- */

/* True when `spelled` is a spelling of the normal name `name`. */
static bool same_name(struct str spelled, struct str name)
{
	size_t at = 0;
	for (size_t i = 0; i < spelled.n; i++) {
		char c = spelled.p[i];
		bool separator = c == '-' || c == '_' || c == '.';
		if (separator && at > 0 && name.p[at - 1] == '-') {
			continue; /* of a run only the first counts */
		}
		if (at >= name.n || name.p[at] != (separator ? '-' : char_lower(c))) {
			return false;
		}
		at++;
	}
	return at == name.n;
}

static bool cut_at(struct str stem, size_t hyphen, struct filename *ret)
{
	struct filename file = {
		.kind = FILENAME_SDIST,
		.name = str_slice(stem, 0, hyphen),
		.version_text = str_skip(stem, hyphen + 1),
	};
	if (file.name.n == 0 || !version_parse(file.version_text, &file.version)) {
		return false;
	}
	*ret = file;
	return true;
}

/* Old names hold hyphens on both sides, so the name asked for says where the version starts. */
static bool parse_sdist(struct str stem, struct str project, struct filename *ret)
{
	if (project.n == 0) {
		ptrdiff_t hyphen = str_find_last_char(stem, '-');
		return hyphen > 0 && cut_at(stem, (size_t)hyphen, ret);
	}
	for (size_t i = 0; i < stem.n; i++) {
		if (stem.p[i] == '-' && same_name(str_slice(stem, 0, i), project) &&
			cut_at(stem, i, ret)) {
			return true;
		}
	}
	return false;
}

bool filename_parse(struct str filename, struct str project, struct filename *ret)
{
	static const struct {
		struct str ending;
		bool old; /* taken only beside a project name */
	} sdists[] = {
		{STR_INIT(".tar.gz"),  false},
		{STR_INIT(".zip"),     false},
		{STR_INIT(".tgz"),     true },
		{STR_INIT(".tar.bz2"), true },
		{STR_INIT(".tar.xz"),  true },
		{STR_INIT(".tar.Z"),   true },
	};
	ret->kind = FILENAME_OTHER;
	if (str_ends(filename, S(".whl"))) {
		return parse_wheel(str_slice(filename, 0, filename.n - 4), ret);
	}
	for (size_t i = 0; i < sizeof(sdists) / sizeof(sdists[0]); i++) {
		struct str ending = sdists[i].ending;
		if (str_ends(filename, ending) && (!sdists[i].old || project.n > 0)) {
			struct str stem = str_slice(filename, 0, filename.n - ending.n);
			return parse_sdist(stem, project, ret);
		}
	}
	return false;
}
