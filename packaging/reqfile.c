#include "packaging/reqfile.h"
#include "common/vec.h"
#include "packaging/filename.h"
#include "packaging/name.h"
#include "packaging/reqtext.h"
#include "common/banned.h"

typedef VEC(struct reqfile_item) item_vec;

/* A file that is being read, inside the one that named it. */
struct frame {
	const struct frame *outer;
	struct str name;
	bool constraint;
	int depth;
};

/* What is common to all nested files. */
struct reader {
	reqfile_open open;
	void *data;
	bool expand;
	struct arena *arena;
	struct err *err;
	item_vec items;
	int files;
};

/* ---- options ---------------------------------------------------------------------------------- */

enum option_use {
	USE_GLOBAL,      /* becomes an item */
	USE_FILE,        /* -r, -c: read it */
	USE_EDITABLE,    /* -e: a requirement */
	USE_HASH,        /* belongs to the requirement before it */
	USE_REQUIREMENT, /* belongs to it too, and changes no resolution */
};

static const struct option {
	struct str name;
	char letter;
	bool argument;
	enum option_use use;
} options[] = {
	{STR_INIT("--all-releases"),      '\0', true,  USE_GLOBAL     },
	{STR_INIT("--config-settings"),   'C',  true,  USE_REQUIREMENT},
	{STR_INIT("--constraint"),        'c',  true,  USE_FILE       },
	{STR_INIT("--editable"),          'e',  true,  USE_EDITABLE   },
	{STR_INIT("--extra-index-url"),   '\0', true,  USE_GLOBAL     },
	{STR_INIT("--find-links"),        'f',  true,  USE_GLOBAL     },
	{STR_INIT("--hash"),              '\0', true,  USE_HASH       },
	{STR_INIT("--index-url"),         'i',  true,  USE_GLOBAL     },
	{STR_INIT("--no-binary"),         '\0', true,  USE_GLOBAL     },
	{STR_INIT("--no-index"),          '\0', false, USE_GLOBAL     },
	{STR_INIT("--no-require-hashes"), '\0', false, USE_GLOBAL     },
	{STR_INIT("--only-binary"),       '\0', true,  USE_GLOBAL     },
	{STR_INIT("--only-final"),        '\0', true,  USE_GLOBAL     },
	{STR_INIT("--pre"),               '\0', false, USE_GLOBAL     },
	{STR_INIT("--prefer-binary"),     '\0', false, USE_GLOBAL     },
	{STR_INIT("--pypi-url"),          '\0', true,  USE_GLOBAL     },
	{STR_INIT("--require-hashes"),    '\0', false, USE_GLOBAL     },
	{STR_INIT("--requirement"),       'r',  true,  USE_FILE       },
	{STR_INIT("--trusted-host"),      '\0', true,  USE_GLOBAL     },
	{STR_INIT("--use-feature"),       '\0', true,  USE_GLOBAL     },
};

/* A long option by its name or a beginning that no other has. */
static const struct option *find_long(struct str name)
{
	const struct option *found = NULL;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (str_eq(options[i].name, name)) {
			return &options[i];
		}
		if (name.n > 2 && str_starts(options[i].name, name)) {
			if (found != NULL) {
				return NULL;
			}
			found = &options[i];
		}
	}
	return found;
}

static const struct option *find_short(char letter)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (letter != '\0' && options[i].letter == letter) {
			return &options[i];
		}
	}
	return NULL;
}

static bool refuse_option(struct reader *in, const char *why, struct str word)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, str_slice(word, 0, 80), true);
	return err_set(in->err, ERR_INPUT, "%s '" STR_FMT "'", why, STR_ARG(buf_str(&shown)));
}

/* The option of words[*at] and its argument, wherever that stands; *at moves behind both. */
static bool take_option(struct reader *in, const struct str *words, size_t n, size_t *at,
	const struct option **ret, struct str *ret_value)
{
	struct str word = words[(*at)++], name = word, value = S("");
	bool attached = false;
	const struct option *option = NULL;
	if (str_starts(word, S("--"))) {
		attached = str_cut(word, S("="), &name, &value);
		option = find_long(name);
	} else if (word.n >= 2 && word.p[0] == '-') {
		option = find_short(word.p[1]);
		attached = word.n > 2;
		value = str_skip(word, 2);
	}
	if (option == NULL) {
		return refuse_option(
			in, "expected an option of requirements files instead of", word);
	}
	if (attached && !option->argument) {
		return refuse_option(in, "expected no argument in", word);
	}
	if (option->argument && !attached) {
		if (*at == n) {
			return refuse_option(in, "expected an argument after", word);
		}
		value = words[(*at)++];
	}
	*ret = option;
	*ret_value = value;
	return true;
}

/* "sha256:..." of one of the strong kinds, the digits in lower case. */
static bool read_hash(struct reader *in, struct str value, struct str *ret)
{
	static const struct {
		struct str prefix;
		size_t digits;
	} kinds[] = {
		{STR_INIT("sha256:"), 64 },
		{STR_INIT("sha384:"), 96 },
		{STR_INIT("sha512:"), 128},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str digits = str_skip(value, kinds[i].prefix.n);
		if (!str_starts(value, kinds[i].prefix) || digits.n != kinds[i].digits) {
			continue;
		}
		char *lower = arena_array(in->arena, char, value.n + 1);
		bool hexadecimal = true;
		for (size_t k = 0; k < value.n; k++) {
			lower[k] = char_lower(value.p[k]);
			bool digit =
				char_is_digit(lower[k]) || (lower[k] >= 'a' && lower[k] <= 'f');
			hexadecimal = hexadecimal && (digit || k < kinds[i].prefix.n);
		}
		*ret = (struct str){lower, value.n};
		return hexadecimal || refuse_option(in, "expected hexadecimal digits in", value);
	}
	err_hint(in->err, "as in --hash=sha256:...");
	return refuse_option(
		in, "expected sha256, sha384 or sha512 and its digits instead of", value);
}

/* ---- direct addresses ------------------------------------------------------------------------- */

/* "https://...", "file:...", "git+ssh://...": a scheme that pip knows. */
static bool has_scheme(struct str text)
{
	static const struct str schemes[] = {
		STR_INIT("http"), STR_INIT("https"), STR_INIT("file"), STR_INIT("ftp")};
	static const struct str systems[] = {
		STR_INIT("git+"), STR_INIT("hg+"), STR_INIT("svn+"), STR_INIT("bzr+")};
	ptrdiff_t colon = str_find_char(text, ':');
	struct str scheme = str_slice(text, 0, colon < 0 ? 0 : (size_t)colon);
	for (size_t i = 0; i < 4 && scheme.n > 0; i++) {
		if (str_ieq(scheme, schemes[i]) ||
			str_ieq(str_slice(scheme, 0, systems[i].n), systems[i])) {
			return true;
		}
	}
	return false;
}

static bool is_archive(struct str text)
{
	static const struct str endings[] = {STR_INIT(".whl"), STR_INIT(".zip"),
		STR_INIT(".tar.gz"), STR_INIT(".tgz"), STR_INIT(".tar"), STR_INIT(".tar.bz2"),
		STR_INIT(".tbz"), STR_INIT(".tar.xz"), STR_INIT(".txz"), STR_INIT(".tlz"),
		STR_INIT(".tar.lz"), STR_INIT(".tar.lzma")};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (text.n > endings[i].n &&
			str_ieq(str_skip(text, text.n - endings[i].n), endings[i])) {
			return true;
		}
	}
	return false;
}

/* A URL, or a path: with a slash, starting with '.', or naming an archive. "name @ url" is neither. */
static bool is_location(struct str text)
{
	struct str before, after;
	if (has_scheme(text)) {
		return true;
	}
	bool direct = str_cut(text, S("@"), &before, &after) && str_find_char(before, '/') < 0 &&
		      !str_starts(before, S("."));
	return !direct &&
	       (str_find_char(text, '/') >= 0 || str_starts(text, S(".")) || is_archive(text));
}

/* "#egg=Name[extra]&subdirectory=x", or the file name of a wheel or an sdist; "" when neither. */
static struct str location_name(struct str location, struct arena *arena)
{
	struct str path = location, fragment = S(""), ignored;
	(void)str_cut(location, S("#"), &path, &fragment);
	while (fragment.n > 0) {
		struct str part = fragment;
		if (!str_cut(fragment, S("&"), &part, &fragment)) {
			fragment = S("");
		}
		if (str_starts(part, S("egg="))) {
			part = str_skip(part, 4);
			(void)str_cut(part, S("["), &part, &ignored);
			return name_is_valid(part) ? name_normal(part, arena) : S("");
		}
	}
	struct filename file;
	(void)str_cut(path, S("?"), &path, &ignored);
	ptrdiff_t slash = str_find_last_char(path, '/');
	struct str last = str_skip(path, (size_t)(slash + 1));
	if (filename_parse(last, S(""), &file) && name_is_valid(file.name)) {
		return name_normal(file.name, arena);
	}
	return S("");
}

/* "./folder[a,b]": extras behind a path or in "#egg=". */
static bool read_extras(struct reader *in, struct str *location, struct requirement *ret)
{
	ptrdiff_t open = str_find_last_char(*location, '[');
	if (open < 0 || !str_ends(*location, S("]"))) {
		return true;
	}
	struct requirement extras;
	struct str list = str_skip(*location, (size_t)open);
	struct str text = arena_printf(in->arena, "x" STR_FMT, STR_ARG(list));
	if (!requirement_parse(text, in->arena, &extras, in->err)) {
		return false;
	}
	ret->extras = extras.extras;
	ret->n_extras = extras.n_extras;
	ret->extras_spelled = extras.extras_spelled;
	ret->n_extras_spelled = extras.n_extras_spelled;
	*location = str_slice(*location, 0, (size_t)open);
	return true;
}

/* A URL or path, with extras and a marker, which behind a URL needs a blank. */
static bool read_location(struct reader *in, struct str text, struct reqfile_item *item)
{
	struct str marker = S("");
	if (str_cut(text, has_scheme(text) ? S("; ") : S(";"), &text, &marker)) {
		text = str_trim(text);
		if (!marker_parse(
			    str_trim(marker), in->arena, &item->requirement.marker, in->err)) {
			return false;
		}
	}
	item->location = text;
	item->name = location_name(text, in->arena);
	return read_extras(in, &item->location, &item->requirement);
}

/* ---- lines ------------------------------------------------------------------------------------ */

static bool allowed_as_constraint(struct reader *in, const struct reqfile_item *item)
{
	if (!item->constraint) {
		return true;
	}
	if (item->kind == REQFILE_EDITABLE) {
		return err_set(in->err, ERR_INPUT, "constraints cannot be editable");
	}
	if (item->requirement.n_extras > 0) {
		return err_set(in->err, ERR_INPUT, "constraints cannot have extras");
	}
	if (item->kind == REQFILE_URL && item->name.n == 0) {
		err_hint(in->err, "name it, as in 'name @ URL'");
		return err_set(in->err, ERR_INPUT, "constraints must have a name");
	}
	return true;
}

/* A requirement and the options behind it. */
static bool read_requirement(struct reader *in, struct str text, const struct str *words, size_t n,
	struct reqfile_item *item)
{
	VEC(struct str) hashes = {0};
	struct str left = text, ignored;
	(void)str_cut(text, S(";"), &left, &ignored);
	bool read;
	if (is_location(str_trim(left))) {
		item->kind = REQFILE_URL;
		read = read_location(in, text, item);
	} else {
		item->kind = REQFILE_REQUIREMENT;
		read = requirement_parse(text, in->arena, &item->requirement, in->err);
		item->name = item->requirement.name;
	}
	for (size_t at = 0; at < n && read;) {
		const struct option *option;
		struct str value;
		read = take_option(in, words, n, &at, &option, &value);
		if (read && option->use == USE_HASH) {
			read = read_hash(in, value, vec_push(in->arena, &hashes));
		}
	}
	item->hashes = hashes.p;
	item->n_hashes = hashes.n;
	return read && allowed_as_constraint(in, item);
}

static bool read_file(
	struct reader *in, struct str text, const struct frame *frame, struct err *err);

/* -r or -c */
static bool read_nested(
	struct reader *in, const struct frame *frame, struct str path, bool constraint)
{
	struct str text;
	struct frame inner = {.outer = frame, .constraint = constraint, .depth = frame->depth + 1};
	if (in->open == NULL) {
		return refuse_option(in, "files cannot name other files here:", path);
	}
	if (inner.depth > REQFILE_DEPTH_MAX || in->files >= REQFILE_FILES_MAX) {
		return err_set(in->err, ERR_LIMIT,
			"more than %d files inside each other or %d in all", REQFILE_DEPTH_MAX,
			REQFILE_FILES_MAX);
	}
	if (!in->open(in->data, frame->name, path, in->arena, &inner.name, &text, in->err)) {
		return false;
	}
	for (const struct frame *outer = frame; outer != NULL; outer = outer->outer) {
		if (str_eq(outer->name, inner.name)) {
			return refuse_option(in, "the file names itself:", inner.name);
		}
	}
	return read_file(in, text, &inner, in->err);
}

static bool read_options(struct reader *in, const struct frame *frame, const struct str *words,
	size_t n, const struct reqfile_item *start)
{
	for (size_t at = 0; at < n;) {
		const struct option *option;
		struct reqfile_item item = *start;
		if (!take_option(in, words, n, &at, &option, &item.value)) {
			return false;
		}
		switch (option->use) {
		case USE_FILE:
			if (!read_nested(in, frame, item.value, option->letter == 'c')) {
				return false;
			}
			continue;
		case USE_EDITABLE:
			item.kind = REQFILE_EDITABLE;
			if (!read_location(in, item.value, &item) ||
				!allowed_as_constraint(in, &item)) {
				return false;
			}
			item.value = S("");
			break;
		case USE_HASH: /* without a requirement they mean nothing, and pip goes on too */
		case USE_REQUIREMENT:
			continue;
		case USE_GLOBAL:
			item.kind = REQFILE_OPTION;
			item.option = str_eq(option->name, S("--pypi-url")) ? S("--index-url")
									    : option->name;
			break;
		}
		*vec_push(in->arena, &in->items) = item;
	}
	return true;
}

/* Length of what stands before the first word that starts with '-'. */
static size_t before_options(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '-' && (i == 0 || char_is_space(line.p[i - 1]))) {
			return i;
		}
	}
	return line.n;
}

static bool read_line(struct reader *in, const struct frame *frame, struct str line, int number)
{
	struct reqfile_item item = {
		.constraint = frame->constraint, .file = frame->name, .line = number};
	struct str *words;
	size_t n_words, cut;
	if (in->expand) {
		line = reqtext_expand(line, in->arena);
	}
	cut = before_options(line);
	struct str text = str_trim(str_slice(line, 0, cut));
	if (!reqtext_words(str_skip(line, cut), in->arena, &words, &n_words, in->err)) {
		return false;
	}
	if (text.n == 0) {
		return read_options(in, frame, words, n_words, &item);
	}
	if (!read_requirement(in, text, words, n_words, &item)) {
		return false;
	}
	*vec_push(in->arena, &in->items) = item;
	return true;
}

static bool read_file(
	struct reader *in, struct str text, const struct frame *frame, struct err *err)
{
	int line = 0, first;
	struct str logical;
	in->files++;
	if (text.n > REQFILE_MAX) {
		(void)err_set(err, ERR_LIMIT, "requirements file is over %d bytes", REQFILE_MAX);
		return err_in(err, frame->name);
	}
	if (!reqtext_decode(text, in->arena, &text, err)) {
		return err_in(err, frame->name);
	}
	while (reqtext_next(&text, &line, in->arena, &logical, &first)) {
		if (!read_line(in, frame, logical, first)) {
			/* unless a nested file has said where */
			err->line = err->input[0] == '\0' && err->line == 0 ? first : err->line;
			return err_in(err, frame->name);
		}
	}
	return true;
}

bool reqfile_parse(struct str name, struct str text, bool constraint, bool expand_variables,
	reqfile_open open, void *data, struct arena *arena, struct reqfile *ret, struct err *err)
{
	struct reader in = {
		.open = open, .data = data, .expand = expand_variables, .arena = arena, .err = err};
	struct frame frame = {.name = name, .constraint = constraint};
	if (!read_file(&in, text, &frame, err)) {
		return false;
	}
	*ret = (struct reqfile){.items = in.items.p, .n = in.items.n};
	return true;
}
