#include "advise/options.h"
#include "advise/exports.h"
#include <stddef.h>
#include "common/arena.h"
#include "resolver/search.h"
#include "common/banned.h"

enum kind {
	FLAG,
	COUNT,
	TEXT,
	LIST,
	TARGETS,
	INDEX,
	FORMAT,
	TRUST,
	UPGRADE,
	SECONDS,
	RECOMMENDATION,
	LABEL,
	NUMBER,
	PREDICTOR,
	PLOT,
};

/* Who may give an option. */
enum giver {
	ANYONE,
	SHELL, /* of no effect in a cell, whose answer has every form at once */
	USER,  /* never a cell: a notebook would choose where things come from */
};

/* The commands that heed an option, as bits. */
enum {
	LOCK = 1 << ADVISE_LOCK,
	ADD = 1 << ADVISE_ADD,
	REMOVE = 1 << ADVISE_REMOVE,
	SHOW = 1 << ADVISE_SHOW,
	WHY = 1 << ADVISE_WHY,
	DIFF = 1 << ADVISE_DIFF,
	OUTDATED = 1 << ADVISE_OUTDATED,
	UPDATE = 1 << ADVISE_UPDATE,
	DISCOVER = 1 << ADVISE_DISCOVER,
	CONVERT = 1 << ADVISE_CONVERT,
	VERIFY = 1 << ADVISE_VERIFY,
	ADOPT = 1 << ADVISE_ADOPT,
	SCAN = 1 << ADVISE_SCAN,
	INDEXES = 1 << ADVISE_INDEXES,
	EXTRACT = 1 << ADVISE_EXTRACT,
	SAVE = 1 << ADVISE_SAVE,
	PRESCRIPTIONS = 1 << ADVISE_PRESCRIPTIONS,
	ENV = 1 << ADVISE_ENV,
	DATA = 1 << ADVISE_DATA,
	AUDIT = 1 << ADVISE_AUDIT,
	LOG = 1 << ADVISE_LOG,
	FILES = EXTRACT | SAVE,
	EDIT = ADD | REMOVE,
	WRITE = LOCK | EDIT | UPDATE,
	SOLVE = WRITE | WHY | OUTDATED | AUDIT, /* add and remove: with --lock */
	DRIVE = SOLVE | SHOW,
	ASK = DRIVE | INDEXES | EXTRACT,
	NET = ASK | DATA,
	ALL = ASK | DIFF | DISCOVER | CONVERT | VERIFY | ADOPT | SCAN | SAVE | PRESCRIPTIONS | ENV |
	      DATA | LOG,
	TAKEN = 1 << 30, /* by the others too, which it tells nothing: wrappers give these to all */
};

struct option {
	const char *name; /* without "--" */
	char letter;      /* 0: none */
	enum kind kind;
	size_t offset;
	unsigned commands;
	enum giver giver;
	const char *value;
	const char *help; /* NULL: taken, and of no effect yet; not listed */
};

#define FIELD(name) offsetof(struct advise_options, name)

/* clang-format off */
static const struct option table[] = {
	{"json",                'j', FLAG,    FIELD(json),                ALL,           SHELL,  NULL,   "one JSON document on standard output"},
	{"quiet",               'q', FLAG,    FIELD(quiet),               ALL,           SHELL,  NULL,   "print less"},
	{"verbose",             'v', COUNT,   FIELD(verbose),             DRIVE | DIFF | SCAN | VERIFY | LOG | TAKEN, SHELL,  NULL,   "print more; twice for debugging"},
	{"no-progress",         0,   FLAG,    FIELD(no_progress),         SOLVE | TAKEN, SHELL,  NULL,   "no progress line"},
	{"help",                'h', FLAG,    FIELD(help),                ALL,           ANYONE, NULL,   "this text"},
	{"format",              0,   FORMAT,  FIELD(format),              WRITE | SHOW | SCAN | AUDIT, ANYONE, "NAME", "text, json; of a lock requirements, pylock, pipfile, pipfile-lock, conda-env, containerfile; of a scan sarif, github"},
	{"output",              'o', TEXT,    FIELD(output),              LOCK | UPDATE | SHOW, USER, "FILE", "write the export to a file; its name says the format"},
	{"check",               0,   FLAG,    FIELD(check),               WRITE,         ANYONE, NULL,   "write nothing; exit 1 if something would change"},
	{"dry-run",             0,   FLAG,    FIELD(dry_run),             WRITE | CONVERT | ADOPT | FILES, ANYONE, NULL,   "write nothing"},
	{"lock",                0,   FLAG,    FIELD(lock),                EDIT,          ANYONE, NULL,   "lock afterwards; the options of lock are for this"},
	{"licenses",            0,   FLAG,    FIELD(licenses),            SHOW,          ANYONE, NULL,   "what each release says of its licence"},
	{"dev",                 0,   FLAG,    FIELD(dev),                 (SOLVE & ~REMOVE) | SHOW, ANYONE, NULL, "development requirements too; add: as one of them"},
	{"extra",               0,   LIST,    FIELD(extras),              SOLVE | SHOW | SAVE,  ANYONE, "NAME", "an extra of a pyproject.toml or a lock; may be repeated"},
	{"group",               0,   LIST,    FIELD(groups),              SOLVE | SHOW | SAVE,  ANYONE, "NAME", "a dependency group or a category of a Pipfile; may be repeated"},
	{"requirement",         'r', LIST,    FIELD(requirement_files),   ADD,           USER,   "FILE", "read requirements from a file"},
	{"upgrade",             0,   UPGRADE, FIELD(upgrade_names),       LOCK | EDIT,   ANYONE, "NAME", "choose anew: all packages, or these"},
	{"no-scan",             0,   FLAG,    FIELD(no_scan),             SOLVE | TAKEN, ANYONE, NULL,   "do not read install commands in cells"},
	{"discover",            0,   FLAG,    FIELD(discover),            SOLVE | TAKEN, ANYONE, NULL,   "require what is imported, too"},
	{"write",               0,   FLAG,    FIELD(write),               DISCOVER,      SHELL,  NULL,   "declare in the notebook what is sure; asks about the rest"},
	{"yes",                 'y', FLAG,    FIELD(yes),                 CONVERT,       SHELL,  NULL,   "write without asking"},
	{"constraint",          'c', LIST,    FIELD(constraints),         SOLVE | TAKEN, USER,   "FILE", "a file of constraints"},
	{"prereleases",         0,   FLAG,    FIELD(prereleases),         SOLVE | TAKEN, ANYONE, NULL,   "allow pre-releases"},
	{"as-of",               0,   TEXT,    FIELD(as_of),               SOLVE | TAKEN, ANYONE, "DATE", "only files uploaded before this date"},
	{"python-version",      0,   TARGETS, FIELD(python_versions),     SOLVE | SCAN | TAKEN, ANYONE, "X.Y",  "the Python to resolve for; may be repeated"},
	{"platform",            0,   TARGETS, FIELD(platforms),           SOLVE | TAKEN, ANYONE, "NAME", "linux, macos, windows or a wheel platform tag; may be repeated"},
	{"environment",         0,   TARGETS, FIELD(environments),        SOLVE | TAKEN, ANYONE, "KEY",  "an environment as locks name it, or one of .thoth.yaml; may be repeated"},
	{"universal",           0,   FLAG,    FIELD(universal),           SOLVE | TAKEN, ANYONE, NULL,   "for Linux, macOS and Windows and every Python from the lowest on"},
	{"all-hashes",          0,   FLAG,    FIELD(all_hashes),          SOLVE | TAKEN, ANYONE, NULL,   "hashes of all files of a release, not only of those of use"},
	{"index-url",           'i', TEXT,    FIELD(index_url),           ASK | TAKEN, USER,   "URL",  "the package index"},
	{"extra-index-url",     0,   LIST,    FIELD(extra_index_urls),    ASK | TAKEN, USER,   "URL",  "a further index, asked after the first"},
	{"index",               0,   INDEX,   FIELD(indexes),             ASK | TAKEN, ANYONE, "NAME=URL", "an index for what is pinned to it; NAME alone: pin to it (add)"},
	{"find-links",          'f', LIST,    FIELD(find_links),          ASK | TAKEN, USER,   "PLACE", "a folder or page of files, beside the indexes"},
	{"no-index",            0,   FLAG,    FIELD(no_index),            ASK | TAKEN, ANYONE, NULL,   "ask no index: --find-links alone"},
	{"only-binary",         0,   LIST,    FIELD(only_binary),         SOLVE | TAKEN, ANYONE, "NAMES", "wheels only, for these packages or :all:"},
	{"no-binary",           0,   LIST,    FIELD(no_binary),           SOLVE | TAKEN, USER,   "NAMES", "source distributions only, for these or :all:"},
	{"allow-build",         0,   LIST,    FIELD(allow_build),         SOLVE | TAKEN, USER,   "NAMES", "run the build of these packages (or :all:) to learn what they require"},
	{"trusted-host",        0,   LIST,    FIELD(trusted_hosts),       NET | TAKEN, USER,   "HOST", "do not check the certificate of this host"},
	{"cert",                0,   TEXT,    FIELD(cert),                NET | TAKEN, USER,   "FILE", "the certificates to trust"},
	{"client-cert",         0,   TEXT,    FIELD(client_cert),         NET | TAKEN, USER,   "FILE", "our own certificate and key, for indexes that want one"},
	{"proxy",               0,   TEXT,    FIELD(proxy),               NET | TAKEN, USER,   "URL",  "the proxy to use"},
	{"offline",             0,   FLAG,    FIELD(offline),             NET | TAKEN, ANYONE, NULL,   "use only what is cached or local"},
	{"refresh",             0,   FLAG,    FIELD(refresh),             SOLVE | TAKEN, ANYONE, NULL,   "ask the index again although the cache is fresh"},
	{"cache-dir",           0,   TEXT,    FIELD(cache_dir),           DRIVE | EXTRACT | DISCOVER | PRESCRIPTIONS | LOG | ENV | TAKEN, USER, "DIR",  "where index pages and compiled rules are kept"},
	{"python",              0,   TEXT,    FIELD(python),              VERIFY,        USER,   "PATH", "the interpreter of the environment"},
	{"files",               0,   FLAG,    FIELD(files),               VERIFY,        ANYONE, NULL,   "look at the hash of every installed file, too"},
	{"advisories",          0,   TEXT,    FIELD(advisories),          DATA,          USER,   "PLACE", "the file, folder or address that advisories come from"},
	{"sha256",              0,   TEXT,    FIELD(sha256),              DATA,          USER,   "HEX",  "the hash that the file of advisories must have"},
	{"machine",             0,   TEXT,    FIELD(machine),             SOLVE | ENV,           USER,   "DIR",  "a folder that describes another machine"},
	{"no-cache",            0,   FLAG,    FIELD(no_cache),            PRESCRIPTIONS, USER,   NULL,   "neither read nor write compiled rules"},
	{"timeout",             0,   SECONDS, FIELD(timeout_ms),          SOLVE | TAKEN, ANYONE, "S",    "give up after so many seconds"},
	{"recommendation-type", 0,   RECOMMENDATION, FIELD(recommendation_type), SOLVE | TAKEN, ANYONE, "TYPE", "latest, stable, testing, performance or security: which rules take part"},
	{"prescriptions",       0,   LIST,    FIELD(prescriptions),       SOLVE | PRESCRIPTIONS | TAKEN, USER, "DIR", "a folder of rules besides ours, before the earlier ones; may be repeated"},
	{"thoth-literal",       0,   FLAG,    FIELD(thoth_literal),       SOLVE | TAKEN, ANYONE, NULL,   "decide conditions of rules as the original does, where it errs"},
	{"label",               0,   LABEL,   FIELD(labels),              SOLVE | TAKEN, ANYONE, "K=V",  "a label that rules ask for; may be repeated"},
	{"predictor",           0,   PREDICTOR, FIELD(predictor),         WRITE | TAKEN, ANYONE, "NAME", "how to search for the best-scored stack: auto, exact, latest, hill, annealing, td, mcts, random, sampling, combinations"},
	{"limit",               0,   NUMBER,  FIELD(limit),               WRITE | TAKEN, ANYONE, "N",    "stacks that a predictor scores; 10000 unless said"},
	{"count",               0,   NUMBER,  FIELD(count),               WRITE | TAKEN, ANYONE, "N",    "tell the N best stacks in the JSON document"},
	{"beam-width",          0,   NUMBER,  FIELD(beam_width),          WRITE | TAKEN, ANYONE, "N",    "go over partial stacks and keep so many of them; 1000 for those that do anyway"},
	{"limit-latest-versions", 0, NUMBER,  FIELD(limit_latest_versions), WRITE | TAKEN, ANYONE, "N",  "of a package that rules score, look at N releases, whatever that costs"},
	{"seed",                0,   NUMBER,  FIELD(seed),                WRITE | TAKEN, ANYONE, "N",    "where chance begins; 0 unless said"},
	{"plot",                0,   PLOT,    FIELD(plot_file),           LOCK | UPDATE | LOG, ANYONE, "FILE", "draw the search as SVG; in a cell without FILE, as its output"},
	{"force",               0,   FLAG,    FIELD(force),               LOCK | UPDATE | SHOW | FILES | TAKEN, SHELL, NULL, "replace what is there already"},
	{"notebook-trust",      0,   TRUST,   FIELD(trust),               SOLVE | TAKEN, USER,   "MODE", "ask, wheels-only or never: what only the notebook names"},
};
/* clang-format on */

enum { N_OPTIONS = sizeof(table) / sizeof(table[0]) };

static const char *const command_names[] = {
	[ADVISE_LOCK] = "lock",
	[ADVISE_ADD] = "add",
	[ADVISE_REMOVE] = "remove",
	[ADVISE_SHOW] = "show",
	[ADVISE_WHY] = "why",
	[ADVISE_DIFF] = "diff",
	[ADVISE_OUTDATED] = "outdated",
	[ADVISE_UPDATE] = "update",
	[ADVISE_DISCOVER] = "discover",
	[ADVISE_CONVERT] = "convert",
	[ADVISE_VERIFY] = "verify",
	[ADVISE_ADOPT] = "adopt",
	[ADVISE_SCAN] = "scan",
	[ADVISE_INDEXES] = "indexes",
	[ADVISE_EXTRACT] = "extract",
	[ADVISE_SAVE] = "save",
	[ADVISE_PRESCRIPTIONS] = "prescriptions",
	[ADVISE_ENV] = "env",
	[ADVISE_DATA] = "data",
	[ADVISE_AUDIT] = "audit",
	[ADVISE_LOG] = "log",
};

const char *advise_command_name(enum advise_command command)
{
	return command_names[command];
}

static bool is_of(const struct option *option, enum advise_command command)
{
	return (option->commands & 1u << command) != 0;
}

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
	static const char *const names[] = {"text", "json", "requirements", "pylock", "pipfile",
		"pipfile-lock", "conda-env", "containerfile", "sarif", "github"};
	size_t i;
	if (!choose(value, names, 10, "format", &i, err)) {
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

static bool set_recommendation(struct str *ret, struct str value, struct err *err)
{
	static const char *const names[] = {
		"latest", "stable", "testing", "performance", "security"};
	size_t i;
	if (!choose(value, names, 5, "recommendation-type", &i, err)) {
		return false;
	}
	*ret = value;
	return true;
}

static bool add_label(struct advise_list *list, struct str value, struct err *err)
{
	if (str_find_char(value, '=') <= 0) {
		err_hint(err, "as in --label team=vision");
		return err_set(err, ERR_USAGE, "--label: '" STR_FMT "' is no K=V", STR_ARG(value));
	}
	return list_add(list, value, "label", err);
}

/* "5", "0.25": at least a millisecond, at most a year. */
static bool set_seconds(int64_t *ret_ms, struct str value, struct err *err)
{
	struct str whole = value;
	struct str rest = S("0");
	uint64_t seconds = 0;
	uint64_t thousandths = 0;
	(void)str_cut(value, S("."), &whole, &rest);
	AUTO(arena_done) struct arena scratch = {0};
	struct str three = str_slice(
		arena_printf(&scratch, STR_FMT "000", STR_ARG(str_slice(rest, 0, 3))), 0, 3);
	bool fine = str_to_u64(whole, &seconds) && str_to_u64(three, &thousandths) &&
		    seconds < 366u * 86400u && seconds * 1000 + thousandths > 0;
	if (!fine) {
		err_hint(err, "as in --timeout 30 or --timeout 0.5");
		return err_set(
			err, ERR_USAGE, "--timeout: '" STR_FMT "' are no seconds", STR_ARG(value));
	}
	*ret_ms = (int64_t)(seconds * 1000 + thousandths);
	return true;
}

static bool set_number(
	uint64_t *ret, const struct option *option, struct str value, struct err *err)
{
	enum { MOST = 1000000000 };
	uint64_t number = 0;
	bool zero = option->offset == FIELD(seed);
	if (!str_to_u64(value, &number) || number > MOST || (number == 0 && !zero)) {
		return err_set(err, ERR_USAGE,
			"--%s wants a number from %d to %d, not '" STR_FMT "'", option->name,
			zero ? 0 : 1, MOST, STR_ARG(value));
	}
	*ret = number;
	return true;
}

static bool set_predictor(struct str *ret, struct str value, struct err *err)
{
	const char *names[SEARCH_MODES];
	size_t i;
	for (int mode = 0; mode < SEARCH_MODES; mode++) {
		names[mode] = search_mode_name((enum search_mode)mode).p;
	}
	if (!choose(value, names, SEARCH_MODES, "predictor", &i, err)) {
		return false;
	}
	*ret = value;
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
	case TARGETS:
	case INDEX:
		return list_add(field, value, option->name, err);
	case FORMAT:
		return set_format(options, value, err);
	case TRUST:
		return set_trust(options, value, err);
	case UPGRADE:
		options->upgrade = true;
		return true;
	case SECONDS:
		return set_seconds(field, value, err);
	case RECOMMENDATION:
		options->type_given = true;
		return set_recommendation(field, value, err);
	case LABEL:
		return add_label(field, value, err);
	case NUMBER:
		return set_number(field, option, value, err);
	case PREDICTOR:
		return set_predictor(field, value, err);
	case PLOT:
		options->plot = true;
		*(struct str *)field = value;
		return true;
	}
	return true;
}

/* THOTH_INDEX_URL of index-url. */
static struct str variable_of(const struct option *option, struct arena *arena)
{
	struct str upper = arena_printf(arena, "THOTH_%s", option->name);
	for (char *c = (char *)upper.p; *c != '\0'; c++) {
		*c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
	}
	return upper;
}

/*
 * THOTH_INDEX_URL and its like, before the arguments. Lists are separated by white space. A variable
 * is set for all commands, so those that do not heed it pass it by.
 */
static bool from_environment(enum advise_command command, struct advise_options *options,
	struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		struct str upper = variable_of(&table[i], arena);
		struct str value = str_from(getenv(upper.p));
		bool switched_off = !takes_value(&table[i]) && !is_true(value);
		if (value.n == 0 || switched_off || table[i].kind == UPGRADE ||
			!is_of(&table[i], command)) {
			continue;
		}
		value = arena_str(arena, value);
		struct str word = value;
		struct str rest = value;
		bool list = table[i].kind == LIST || table[i].kind == INDEX ||
			    table[i].kind == TARGETS || table[i].kind == LABEL;
		while (list && (rest = str_trim(rest)).n > 0) {
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
	enum advise_command command;
	struct arena *arena;
	bool in_cell, upgrade_list, only_words;
	bool given[N_OPTIONS]; /* as an argument */
};

/* word as it was given. NULL is an option that nobody knows. */
static bool may_have(
	const struct reader *reader, const struct option *option, struct str word, struct err *err)
{
	const char *program = reader->in_cell ? "%thoth" : "thoth";
	const char *command = command_names[reader->command];
	bool taken = option != NULL && (option->commands & TAKEN) != 0;
	if (!taken && (option == NULL || !is_of(option, reader->command))) {
		err_hint(err, "'%s %s --help' lists its options", program, command);
		return err_set(err, ERR_USAGE, "unknown option '" STR_FMT "' for '%s %s'",
			STR_ARG(word), program, command);
	}
	if (reader->in_cell && option->giver == USER) {
		struct str variable = variable_of(option, reader->arena);
		err_hint(err, "set %s before the server starts, or use the command line",
			variable.p);
		return err_set(err, ERR_USAGE,
			"--%s is not taken from a cell: a notebook must not choose it",
			option->name);
	}
	return true;
}

/* A notebook writes no file: what is drawn is shown. */
static bool may_draw(
	const struct reader *reader, const struct option *option, struct str value, struct err *err)
{
	if (reader->in_cell && option->kind == PLOT && value.n > 0) {
		err_hint(err, "--plot alone shows the picture below the cell");
		return err_set(err, ERR_USAGE, "--plot FILE is not taken from a cell");
	}
	return true;
}

/* A cell may pin to an index by its name; where that index is, is the user's to say. */
static bool may_name(
	const struct reader *reader, const struct option *option, struct str value, struct err *err)
{
	bool url = option->kind == INDEX && str_find_char(value, '=') >= 0;
	if (!reader->in_cell || !url) {
		return true;
	}
	err_hint(err, "give the name alone; the address belongs into your own settings");
	return err_set(err, ERR_USAGE,
		"--index NAME=URL is not taken from a cell: a notebook must not choose it");
}

/* Give an option its value from an argument: of what to lock for the first replaces the variable's. */
static bool give(struct reader *reader, struct advise_options *options, const struct option *option,
	struct str value, struct err *err)
{
	bool *given = &reader->given[option - table];
	if (option->kind == TARGETS && !*given) {
		((struct advise_list *)((char *)options + option->offset))->n = 0;
	}
	*given = true;
	return may_name(reader, option, value, err) && may_draw(reader, option, value, err) &&
	       apply(options, option, value, err);
}

/* --universal names all targets itself; of two that are at odds an argument counts more than a variable. */
static bool agree_on_targets(
	const struct reader *reader, struct advise_options *options, struct err *err)
{
	size_t given = 0;
	bool universal = false;
	for (size_t i = 0; i < N_OPTIONS; i++) {
		given += reader->given[i] && (table[i].offset == FIELD(platforms) ||
						     table[i].offset == FIELD(environments));
		universal |= reader->given[i] && table[i].offset == FIELD(universal);
	}
	if (universal && given > 0) {
		err_hint(err, "give --python-version X.Y for the lowest Python, or leave out "
			      "--universal");
		return err_set(err, ERR_USAGE,
			"--universal has platforms of its own: it takes no --platform and no "
			"--environment");
	}
	if (options->universal && given > 0) {
		options->universal = false;
	} else if (options->universal) {
		options->platforms.n = options->environments.n = 0;
	}
	if (options->universal && options->python_versions.n > 1) {
		return err_set(err, ERR_USAGE,
			"--universal wants one --python-version, the lowest, not %zu",
			options->python_versions.n);
	}
	return true;
}

static bool long_option(
	struct reader *reader, struct advise_options *options, struct str word, struct err *err)
{
	struct str name = str_skip(word, 2);
	struct str value = S("");
	bool inline_value = str_cut(name, S("="), &name, &value);
	const struct option *option = find(name, 0);
	if (!may_have(reader, option, str_slice(word, 0, name.n + 2), err)) {
		return false;
	}
	bool may_lack = option->kind == PLOT && reader->in_cell;
	if (takes_value(option) && !inline_value && !may_lack) {
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
	return give(reader, options, option, value, err);
}

static bool short_options(
	struct reader *reader, struct advise_options *options, struct str word, struct err *err)
{
	for (size_t i = 1; i < word.n; i++) {
		const struct option *option = find(S(""), word.p[i]);
		struct str letter = arena_printf(reader->arena, "-%c", word.p[i]);
		if (!may_have(reader, option, letter, err)) {
			return false;
		}
		struct str value = str_skip(word, i + 1);
		if (takes_value(option)) {
			if (value.n == 0 && reader->at == reader->argc) {
				return err_set(
					err, ERR_USAGE, "-%c wants a %s", word.p[i], option->value);
			}
			value = value.n == 0 ? reader->argv[reader->at++] : value;
			return give(reader, options, option, value, err);
		}
		if (!give(reader, options, option, S(""), err)) {
			return false;
		}
	}
	reader->upgrade_list = false;
	return true;
}

bool advise_options_parse(enum advise_command command, const struct str *argv, size_t argc,
	bool in_cell, struct arena *arena, struct advise_options *ret, struct err *err)
{
	struct advise_options *options = arena_new(arena, struct advise_options);
	options->recommendation_type = S("stable");
	options->predictor = S("auto");
	options->limit = 10000;
	options->count = 1;
	if (!from_environment(command, options, arena, err)) {
		return false;
	}
	struct reader reader = {
		.argv = argv, .argc = argc, .command = command, .arena = arena, .in_cell = in_cell};
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
	if (!agree_on_targets(&reader, options, err)) {
		return false;
	}
	bool audits = command == ADVISE_AUDIT;
	if (audits && options->format > ADVISE_JSON && options->format != ADVISE_GITHUB) {
		return err_set(err, ERR_USAGE, "--format of 'thoth audit' is text, json or github");
	}
	if (options->format >= ADVISE_SARIF && command != ADVISE_SCAN && !audits) {
		return err_set(err, ERR_USAGE, "--format sarif and github are for 'thoth scan'");
	}
	if (options->output.n > 0 && !exports_is_export(options->format) &&
		!exports_format_of(options->output, &options->format)) {
		err_hint(err, "give --format too");
		return err_set(err, ERR_USAGE, "--output: '" STR_FMT "' does not say which format",
			STR_ARG(options->output));
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

void advise_options_help(enum advise_command command, bool in_cell, struct buf *out)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		bool listed = is_of(&table[i], command) && table[i].help != NULL &&
			      (!in_cell || table[i].giver == ANYONE);
		if (!listed) {
			continue;
		}
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
