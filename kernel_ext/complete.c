#include "kernel_ext/complete.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "common/jansson_text.h"
#include "common/banned.h"

enum { MATCHES_MAX = 1000 };

/* What a cell may say; bits for the options below. */
enum {
	LOCK = 1 << 0,
	ADD = 1 << 1,
	REMOVE = 1 << 2,
	SHOW = 1 << 3,
	WHY = 1 << 4,
	OUTDATED = 1 << 5,
	UPDATE = 1 << 6,
	REQUIREMENTS = 1 << 7,
	HELP = 1 << 8,
	SCAN = 1 << 9,
	DISCOVER = 1 << 10,
	CONVERT = 1 << 11,
	AUDIT = 1 << 12,
	VERIFY = 1 << 13,
	EDIT = ADD | REMOVE | REQUIREMENTS,
	WRITE = LOCK | EDIT | UPDATE,
	SOLVE = WRITE | WHY | OUTDATED | AUDIT,
	NAMES = REMOVE | WHY | UPDATE | ADD, /* take names of packages */
};

static const struct command {
	const char *name, *arguments, *summary;
	unsigned bit;
} commands[] = {
	{"add",          "NAME...",   "declare requirements",                                   ADD         },
	{"audit",        "",          "known vulnerabilities of the lock, and what fixes them", AUDIT       },
	{"convert",      "",          "install commands as %thoth add lines, shown",            CONVERT     },
	{"discover",     "",          "which packages give what it imports",                    DISCOVER    },
	{"help",         "",          "list the commands",                                      HELP        },
	{"lock",         "",          "choose and pin every package, with a reason for each",   LOCK        },
	{"outdated",     "",          "newer versions, and what keeps each back",               OUTDATED    },
	{"remove",       "NAME...",   "take declared requirements out",                         REMOVE      },
	{"requirements", "",          "declare the requirements in the lines below (%%thoth)",  REQUIREMENTS},
	{"scan",         "",          "what the code installs, imports and uses",               SCAN        },
	{"show",         "",          "the lock and its reasons",                               SHOW        },
	{"update",       "[NAME...]", "choose packages anew, and say what moved why",           UPDATE      },
	{"verify",       "",          "what this kernel has installed, against the lock",       VERIFY      },
	{"why",          "[NAME]",    "why this package, why this version",                     WHY         },
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* The options that a cell may give; the rest is the user's alone (magics.c) or has no effect. */
static const struct option {
	const char *name;
	unsigned commands;
	const char *values; /* separated by blanks; NULL: free, or a flag */
} options[] = {
	{"--all-hashes",            SOLVE,					     NULL					},
	{"--as-of",                 SOLVE,					     NULL					},
	{"--beam-width",            WRITE,					     NULL					},
	{"--check",                 WRITE,					     NULL					},
	{"--count",                 WRITE,					     NULL					},
	{"--dev",		   (SOLVE & ~(unsigned)REMOVE) | SHOW,                NULL                                        },
	{"--discover",              SOLVE,					     NULL					},
	{"--dry-run",               WRITE | CONVERT,                                   NULL                                        },
	{"--environment",           SOLVE,					     NULL					},
	{"--extra",                 SOLVE | SHOW,				      NULL					},
	{"--files",                 VERIFY,					    NULL					},
	{"--format",                WRITE | SHOW | SCAN | AUDIT,
         "text json requirements pylock pipfile pipfile-lock conda-env containerfile"                                              },
	{"--group",                 SOLVE | SHOW,				      NULL					},
	{"--help",                  SOLVE | SHOW | SCAN | DISCOVER | CONVERT | VERIFY, NULL                                        },
	{"--index",                 SOLVE | SHOW,				      NULL					},
	{"--label",                 SOLVE,					     NULL					},
	{"--licenses",              SHOW,					      NULL					},
	{"--limit",                 WRITE,					     NULL					},
	{"--limit-latest-versions", WRITE,					     NULL                                        },
	{"--lock",                  EDIT,					      NULL					},
	{"--no-index",              SOLVE | SHOW,				      NULL                                        },
	{"--no-scan",               SOLVE,					     NULL					},
	{"--offline",               SOLVE | SHOW,				      NULL					},
	{"--only-binary",           SOLVE,					     NULL					},
	{"--platform",              SOLVE,					     "linux macos windows"                       },
	{"--plot",                  LOCK | UPDATE,				     NULL					},
	{"--predictor",             WRITE,
         "auto exact latest hill annealing td mcts random sampling combinations"                                                   },
	{"--prereleases",           SOLVE,					     NULL					},
	{"--python-version",        SOLVE | SCAN,                                      NULL                                        },
	{"--recommendation-type",   SOLVE,					     "latest stable testing performance security"},
	{"--refresh",               SOLVE,					     NULL					},
	{"--seed",                  WRITE,					     NULL					},
	{"--thoth-literal",         SOLVE,					     NULL					},
	{"--timeout",               SOLVE,					     NULL					},
	{"--universal",             SOLVE,					     NULL					},
	{"--upgrade",               LOCK | EDIT,				       NULL					},
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

/* Where the cursor is, when it is behind %thoth. */
struct place {
	struct kernel_words words; /* whole words between %thoth and the one at the cursor */
	struct str word;           /* of that one, what is before the cursor */
	struct str whole;          /* and with what is behind it */
	size_t start, end;         /* of `word`, in code points of the cell */
};

static size_t code_points(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80 ? 1 : 0;
	}
	return n;
}

/* The byte at which the code point `n` starts, or the end. */
static size_t byte_of(struct str s, int64_t n)
{
	size_t at = 0;
	for (; at < s.n; at++) {
		bool starts = ((unsigned char)s.p[at] & 0xc0) != 0x80;
		if (starts && n-- <= 0) {
			break;
		}
	}
	return at;
}

static bool read_request(
	struct str content, struct arena *arena, struct str *ret_code, size_t *ret_at)
{
	struct jsonread in = jsonread_start(content);
	struct str code = {0};
	struct str name;
	struct err err = {0};
	int64_t cursor = -1;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		enum jsonread_kind kind = jsonread_peek(&in);
		if (kind == JSONREAD_STRING && str_eq(name, S("code"))) {
			code = jsonread_string(&in, arena);
		} else if (kind == JSONREAD_NUMBER && str_eq(name, S("cursor_pos"))) {
			cursor = jsonread_int(&in);
		} else {
			jsonread_skip(&in);
		}
	}
	if (!jsonread_end(&in, &err) || !str_is_utf8(code)) {
		return false;
	}
	*ret_code = code;
	*ret_at = cursor < 0 ? code.n : byte_of(code, cursor);
	return true;
}

/* The start of the word that ends where `line` ends. Words in quotes are not completed. */
static size_t word_start(struct str line)
{
	size_t at = line.n;
	while (at > 0 && !char_is_space(line.p[at - 1])) {
		at--;
	}
	return at;
}

static bool find_place(struct str content, struct arena *arena, struct place *ret)
{
	struct str code;
	size_t cursor;
	if (!read_request(content, arena, &code, &cursor)) {
		return false;
	}
	struct str before = str_slice(code, 0, cursor);
	size_t line_start = (size_t)(str_find_last_char(before, '\n') + 1);
	struct str line = str_skip(before, line_start);
	struct str rest;
	if (!kernel_magic_line(line, line_start == 0, &rest) || rest.n == 0) {
		return false;
	}
	struct place place = {.end = code_points(before)};
	size_t start = word_start(rest);
	place.word = str_skip(rest, start);
	place.start = place.end - code_points(place.word);
	size_t behind = cursor;
	while (behind < code.n && !char_is_space(code.p[behind])) {
		behind++;
	}
	place.whole = (struct str){place.word.p, place.word.n + behind - cursor};
	struct err err = {0};
	if (!kernel_words_split(str_slice(rest, 0, start), arena, &place.words, &err)) {
		place.words = (struct kernel_words){0}; /* within quotes */
		place.start = place.end;
		place.word = S("'");
	}
	*ret = place;
	return true;
}

static const struct command *find_command(struct str name)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (str_eq(str_from(commands[i].name), name)) {
			return &commands[i];
		}
	}
	return NULL;
}

static const struct option *find_option(struct str name)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (str_eq(str_from(options[i].name), name)) {
			return &options[i];
		}
	}
	return NULL;
}

static void offer(json_t *matches, struct str prefix, struct str word)
{
	if (str_starts(word, prefix) && json_array_size(matches) < MATCHES_MAX) {
		json_array_append_new(matches, json_stringn(word.p, word.n));
	}
}

static void offer_values(json_t *matches, struct str prefix, const char *values)
{
	struct str rest = str_from(values);
	struct str word;
	while (str_cut(rest, S(" "), &word, &rest)) {
		offer(matches, prefix, word);
	}
	offer(matches, prefix, rest);
}

/* "numpy==2.1.3; marker --hash=..." gives numpy. */
static struct str name_of(struct str line)
{
	size_t n = 0;
	while (n < line.n && (char_is_alnum(line.p[n]) || memchr("-_.", line.p[n], 3) != NULL)) {
		n++;
	}
	return str_slice(line, 0, n);
}

static void offer_packages(json_t *matches, struct str prefix, const json_t *metadata)
{
	size_t i;
	json_t *line;
	json_t *packages = json_object_get(json_object_get(metadata, "lock"), "packages");
	json_array_foreach(packages, i, line)
	{
		struct str name = name_of(jansson_text(line));
		bool known = name.n == 0;
		for (size_t k = 0; k < json_array_size(matches) && !known; k++) {
			known = str_eq(
				name, str_from(json_string_value(json_array_get(matches, k))));
		}
		if (!known) {
			offer(matches, prefix, name);
		}
	}
}

/* Of the locks made in this session, and of the notebooks that front ends show. */
static void offer_known_packages(
	json_t *matches, struct str prefix, const struct kernel_frontend *frontend)
{
	const char *path;
	json_t *message;
	json_object_foreach(frontend->locks, path, message)
	{
		offer_packages(matches, prefix, json_object_get(message, "metadata"));
	}
	for (size_t i = 0; i < frontend->comms.n; i++) {
		offer_packages(matches, prefix, frontend->comms.comm[i].metadata);
	}
}

static void offer_all(
	json_t *matches, const struct place *place, const struct kernel_frontend *frontend)
{
	const struct kernel_words *words = &place->words;
	if (words->n == 0) {
		for (size_t i = 0; i < N_COMMANDS; i++) {
			offer(matches, place->word, str_from(commands[i].name));
		}
		return;
	}
	const struct command *command = find_command(words->p[0]);
	const struct option *last = find_option(words->p[words->n - 1]);
	if (command == NULL) {
		return;
	}
	if (last != NULL && last->values != NULL && (last->commands & command->bit) != 0) {
		offer_values(matches, place->word, last->values);
		return;
	}
	for (size_t i = 0; i < N_OPTIONS && str_starts(place->word, S("-")); i++) {
		if ((options[i].commands & command->bit) != 0) {
			offer(matches, place->word, str_from(options[i].name));
		}
	}
	bool upgrades = last != NULL && str_eq(str_from(last->name), S("--upgrade"));
	if ((command->bit & NAMES) != 0 || upgrades) {
		offer_known_packages(matches, place->word, frontend);
	}
}

static struct str dumped(json_t *content, struct arena *arena)
{
	char *text = json_dumps(content, JSON_COMPACT);
	struct str kept = arena_str(arena, str_from(text));
	free(text);
	return kept;
}

bool kernel_complete(struct str content, const struct kernel_frontend *frontend,
	struct arena *arena, struct str *ret)
{
	struct place place;
	if (!find_place(content, arena, &place)) {
		return false;
	}
	json_t *matches = json_array();
	offer_all(matches, &place, frontend);
	json_auto_t *reply = json_pack("{s:s,s:o,s:I,s:I,s:{}}", "status", "ok", "matches", matches,
		"cursor_start", (json_int_t)place.start, "cursor_end", (json_int_t)place.end,
		"metadata");
	*ret = dumped(reply, arena);
	return true;
}

static void describe(const struct command *command, struct buf *out)
{
	buf_addf(out, "%s%%thoth %s", command->bit == REQUIREMENTS ? "%" : "", command->name);
	if (command->arguments[0] != '\0') {
		buf_addf(out, " %s", command->arguments);
	}
	buf_addf(out, ": %s\n", command->summary);
}

static void describe_options(const struct command *command, struct buf *out)
{
	const char *before = "options: ";
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if ((options[i].commands & command->bit) != 0) {
			buf_addf(out, "%s%s", before, options[i].name);
			before = " ";
		}
	}
	if (before[0] == ' ') {
		buf_addf(out, "\n%%thoth %s --help says what they do\n", command->name);
	}
}

bool kernel_inspect(struct str content, struct arena *arena, struct str *ret)
{
	struct place place;
	if (!find_place(content, arena, &place)) {
		return false;
	}
	struct str name = place.words.n == 0 ? place.whole : place.words.p[0];
	const struct command *command = find_command(name);
	AUTO(buf_done) struct buf text = {0};
	if (command != NULL) {
		describe(command, &text);
		describe_options(command, &text);
	} else {
		for (size_t i = 0; i < N_COMMANDS; i++) {
			describe(&commands[i], &text);
		}
	}
	json_auto_t *reply = json_pack("{s:s,s:b,s:{s:s%},s:{}}", "status", "ok", "found", 1,
		"data", "text/plain", text.p, text.n, "metadata");
	*ret = dumped(reply, arena);
	return true;
}
