#include "advise/options.h"
#include <stddef.h>
#include "common/arena.h"
#include "common/banned.h"

enum kind { FLAG, COUNT, TEXT, LIST, FORMAT, TRUST, UPGRADE };

struct option {
	const char *name; /* without "--" */
	char letter;      /* 0: none */
	enum kind kind;
	size_t offset;
	bool not_in_cell; /* would let a notebook choose where things come from */
	const char *value, *help;
};

#define FIELD(name) offsetof(struct advise_options, name)

/* clang-format off */
static const struct option table[] = {
	{"json",                'j', FLAG,        FIELD(json),                false, NULL,   "one JSON document on standard output"},
	{"quiet",               'q', FLAG,        FIELD(quiet),               false, NULL,   "print less"},
	{"verbose",             'v', COUNT,       FIELD(verbose),             false, NULL,   "print more; twice for debugging"},
	{"no-progress",         0,   FLAG,        FIELD(no_progress),         false, NULL,   "no progress line"},
	{"help",                'h', FLAG,        FIELD(help),                false, NULL,   "this text"},
	{"offline",             0,   FLAG,        FIELD(offline),             false, NULL,   "use only what is cached or local"},
	{"refresh",             0,   FLAG,        FIELD(refresh),             false, NULL,   "ask the index again although the cache is fresh"},
	{"no-scan",             0,   FLAG,        FIELD(no_scan),             false, NULL,   "do not read install commands in cells"},
	{"force",               0,   FLAG,        FIELD(force),               false, NULL,   "write although a running Jupyter has the notebook open"},
	{"check",               0,   FLAG,        FIELD(check),               false, NULL,   "write nothing; exit 1 if the lock would change"},
	{"dry-run",             0,   FLAG,        FIELD(dry_run),             false, NULL,   "write nothing"},
	{"lock",                0,   FLAG,        FIELD(lock),                false, NULL,   "add, remove: lock afterwards"},
	{"dev",                 0,   FLAG,        FIELD(dev),                 false, NULL,   "add: a development requirement"},
	{"upgrade",             0,   UPGRADE,     FIELD(upgrade_names),       false, "NAME", "choose anew: all packages, or these"},
	{"cache-dir",           0,   TEXT,        FIELD(cache_dir),           true,  "DIR",  "where index pages are kept"},
	{"index-url",           'i', TEXT,        FIELD(index_url),           true,  "URL",  "the package index"},
	{"extra-index-url",     0,   LIST,        FIELD(extra_index_urls),    true,  "URL",  "a further index, asked after the first"},
	{"constraint",          'c', LIST,        FIELD(constraints),         true,  "FILE", "a file of constraints"},
	{"requirement",         'r', LIST,        FIELD(requirement_files),   true,  "FILE", "add: read requirements from a file"},
	{"as-of",               0,   TEXT,        FIELD(as_of),               false, "DATE", "only files uploaded before this date"},
	{"python-version",      0,   TEXT,        FIELD(python_version),      false, "X.Y",  "the Python to resolve for"},
	{"platform",            0,   TEXT,        FIELD(platform),            false, "NAME", "linux, macos, windows or a wheel platform tag"},
	{"recommendation-type", 0,   TEXT,        FIELD(recommendation_type), false, "TYPE", "latest, stable, testing, performance, security"},
	{"prereleases",         0,   FLAG,        FIELD(prereleases),         false, NULL,   "allow pre-releases"},
	{"format",              0,   FORMAT,      FIELD(format),              false, "NAME", "show: text, json, requirements or pylock"},
	{"notebook-trust",      0,   TRUST,       FIELD(trust),               true,  "MODE", "ask, wheels-only or never"},
};
/* clang-format on */

enum { N_OPTIONS = sizeof(table) / sizeof(table[0]) };

static bool takes_value(const struct option *option)
{
	return option->value != NULL && option->kind != UPGRADE;
}

static const struct option *find(struct str name, char letter)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		bool same = letter != 0 ? table[i].letter == letter
					: str_eq(str_from(table[i].name), name);
		if (same) {
			return &table[i];
		}
	}
	return NULL;
}

static bool list_add(struct advise_list *list, struct str item, const char *what, struct err *err)
{
	if (list->n == ADVISE_LIST_MAX) {
		return err_set(err, ERR_USAGE, "more than %d %s", ADVISE_LIST_MAX, what);
	}
	list->items[list->n++] = item;
	return true;
}

static bool choose(struct str value, const char *const *names, size_t n, const char *option,
	size_t *ret, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(value, str_from(names[i]))) {
			*ret = i;
			return true;
		}
	}
	AUTO(buf_done) struct buf known = {0};
	for (size_t i = 0; i < n; i++) {
		buf_addf(&known, "%s%s", i == 0 ? "" : ", ", names[i]);
	}
	err_hint(err, "one of: %s", known.p);
	return err_set(err, ERR_USAGE, "--%s does not know '" STR_FMT "'", option, STR_ARG(value));
}

static bool set_format(struct advise_options *options, struct str value, struct err *err)
{
	static const char *const names[] = {"text", "json", "requirements", "pylock"};
	size_t i;
	if (!choose(value, names, 4, "format", &i, err)) {
		return false;
	}
	options->format = (enum advise_format)i;
	options->json = options->json || options->format == ADVISE_JSON;
	return true;
}

static bool set_trust(struct advise_options *options, struct str value, struct err *err)
{
	static const char *const names[] = {"ask", "wheels-only", "never"};
	size_t i;
	if (!choose(value, names, 3, "notebook-trust", &i, err)) {
		return false;
	}
	options->trust = (enum advise_trust)i;
	return true;
}

static bool is_true(struct str value)
{
	return value.n > 0 && !str_eq(value, S("0")) && !str_ieq(value, S("false")) &&
	       !str_ieq(value, S("no"));
}

/* Give an option its value; value "" for a flag that was given. */
static bool apply(struct advise_options *options, const struct option *option, struct str value,
	struct err *err)
{
	void *field = (char *)options + option->offset;
	switch (option->kind) {
	case FLAG:
		*(bool *)field = true;
		return true;
	case COUNT:
		++*(int *)field;
		return true;
	case TEXT:
		*(struct str *)field = value;
		return true;
	case LIST:
		return list_add(field, value, option->name, err);
	case FORMAT:
		return set_format(options, value, err);
	case TRUST:
		return set_trust(options, value, err);
	case UPGRADE:
		options->upgrade = true;
		return true;
	}
	return true;
}

/* THOTH_INDEX_URL and its like, before the arguments. Lists are separated by white space. */
static bool from_environment(struct advise_options *options, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		struct str upper = arena_printf(arena, "THOTH_%s", table[i].name);
		for (char *c = (char *)upper.p; *c != '\0'; c++) {
			*c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
		}
		struct str value = str_from(getenv(upper.p));
		bool switched_off = !takes_value(&table[i]) && !is_true(value);
		if (value.n == 0 || switched_off || table[i].kind == UPGRADE) {
			continue;
		}
		value = arena_str(arena, value);
		struct str word = value;
		struct str rest = value;
		while (table[i].kind == LIST && (rest = str_trim(rest)).n > 0) {
			size_t n = 0;
			while (n < rest.n && !char_is_space(rest.p[n])) {
				n++;
			}
			word = str_slice(rest, 0, n);
			rest = str_skip(rest, n);
			if (rest.n > 0 && !apply(options, &table[i], word, err)) {
				return false;
			}
		}
		if (!apply(options, &table[i], word, err)) {
			return err_prefix(err, "the environment variable %s", upper.p);
		}
	}
	return true;
}

static bool looks_like_path(struct str word)
{
	static const char *const ends[] = {".ipynb", ".txt", ".in", ".toml", ".py", ".lock"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (str_ends(word, str_from(ends[i]))) {
			return true;
		}
	}
	return str_eq(word, S("-")) || str_find_char(word, '/') >= 0 || str_eq(word, S("Pipfile"));
}

struct reader {
	const struct str *argv;
	size_t argc, at;
	bool in_cell, upgrade_list, only_words;
};

static bool refused(const struct reader *reader, const struct option *option, struct err *err)
{
	if (!reader->in_cell || !option->not_in_cell) {
		return false;
	}
	err_hint(err, "set THOTH_%s before the server starts, or use the command line",
		option->name);
	err_set(err, ERR_USAGE, "--%s is not taken from a cell: a notebook must not choose it",
		option->name);
	return true;
}

static bool long_option(
	struct reader *reader, struct advise_options *options, struct str word, struct err *err)
{
	struct str name = str_skip(word, 2);
	struct str value = S("");
	bool inline_value = str_cut(name, S("="), &name, &value);
	const struct option *option = find(name, 0);
	if (option == NULL) {
		err_hint(err, "'thoth help' lists the options");
		return err_set(err, ERR_USAGE, "unknown option '--" STR_FMT "'", STR_ARG(name));
	}
	if (refused(reader, option, err)) {
		return false;
	}
	if (takes_value(option) && !inline_value) {
		if (reader->at == reader->argc) {
			return err_set(
				err, ERR_USAGE, "--%s wants a %s", option->name, option->value);
		}
		value = reader->argv[reader->at++];
	}
	if (option->kind == UPGRADE && inline_value) {
		options->upgrade = true;
		return list_add(&options->upgrade_names, value, "names", err);
	}
	if (!takes_value(option) && inline_value) {
		return err_set(err, ERR_USAGE, "--%s takes no value", option->name);
	}
	reader->upgrade_list = option->kind == UPGRADE;
	return apply(options, option, value, err);
}

static bool short_options(
	struct reader *reader, struct advise_options *options, struct str word, struct err *err)
{
	for (size_t i = 1; i < word.n; i++) {
		const struct option *option = find(S(""), word.p[i]);
		if (option == NULL) {
			err_hint(err, "'thoth help' lists the options");
			return err_set(err, ERR_USAGE, "unknown option '-%c'", word.p[i]);
		}
		if (refused(reader, option, err)) {
			return false;
		}
		struct str value = str_skip(word, i + 1);
		if (takes_value(option)) {
			if (value.n == 0 && reader->at == reader->argc) {
				return err_set(
					err, ERR_USAGE, "-%c wants a %s", word.p[i], option->value);
			}
			value = value.n == 0 ? reader->argv[reader->at++] : value;
			return apply(options, option, value, err);
		}
		if (!apply(options, option, S(""), err)) {
			return false;
		}
	}
	reader->upgrade_list = false;
	return true;
}

bool advise_options_parse(const struct str *argv, size_t argc, bool in_cell, struct arena *arena,
	struct advise_options *ret, struct err *err)
{
	struct advise_options *options = arena_new(arena, struct advise_options);
	options->recommendation_type = S("stable");
	if (!from_environment(options, arena, err)) {
		return false;
	}
	struct reader reader = {.argv = argv, .argc = argc, .in_cell = in_cell};
	while (reader.at < argc) {
		struct str word = argv[reader.at++];
		bool fine;
		if (reader.only_words || word.n < 2 || word.p[0] != '-') {
			bool name = reader.upgrade_list && !looks_like_path(word);
			fine = list_add(name ? &options->upgrade_names : &options->words, word,
				"arguments", err);
			reader.upgrade_list = name;
		} else if (str_eq(word, S("--"))) {
			reader.only_words = true;
			fine = true;
		} else if (str_starts(word, S("--"))) {
			fine = long_option(&reader, options, word, err);
		} else {
			fine = short_options(&reader, options, word, err);
		}
		if (!fine) {
			return false;
		}
	}
	static const char *const types[] = {
		"latest", "stable", "testing", "performance", "security"};
	size_t ignored;
	if (!choose(options->recommendation_type, types, 5, "recommendation-type", &ignored, err)) {
		return false;
	}
	*ret = *options;
	return true;
}

void advise_options_help(struct buf *out)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		size_t before = out->n;
		if (table[i].letter != 0) {
			buf_addf(out, "  -%c, --%s", table[i].letter, table[i].name);
		} else {
			buf_addf(out, "      --%s", table[i].name);
		}
		if (table[i].value != NULL) {
			buf_addf(
				out, table[i].kind == UPGRADE ? " [%s...]" : " %s", table[i].value);
		}
		int width = (int)(out->n - before);
		buf_addf(out, "%*s%s\n", width < 32 ? 32 - width : 1, "", table[i].help);
	}
}
