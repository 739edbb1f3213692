#include "staticscan/install.h"
#include "packaging/name.h"
#include "common/banned.h"

/* The words of a command from `at` on. */
struct words {
	const struct shell_word *p;
	size_t n, at;
	bool conditional;
	bool from_pipe; /* xargs adds words that nobody knows */
};

static struct str word_at(const struct words *words, size_t ahead)
{
	size_t at = words->at + ahead;
	return at < words->n ? words->p[at].text : S("");
}

static bool left(const struct words *words)
{
	return words->at < words->n;
}

static bool one_of(struct str s, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (str_eq(s, str_from(list[i]))) {
			return true;
		}
	}
	return false;
}

static void diagnose(struct install_sink *sink, const char *severity, const char *code, size_t at,
	struct str message)
{
	if (sink->diagnostics.n >= INSTALL_REQUESTS_MAX) {
		return;
	}
	struct scan_diagnostic *diagnostic = vec_push(sink->arena, &sink->diagnostics);
	*diagnostic = (struct scan_diagnostic){.severity = str_from(severity),
		.code = str_from(code),
		.message = message,
		.cell = sink->cell->index,
		.cell_id = sink->cell->id};
	source_locate(&sink->cursor, at, &diagnostic->line, &diagnostic->column);
}

static struct scan_request *add_request(struct install_sink *sink, const struct words *words,
	size_t at, size_t end, struct str manager)
{
	int line;
	struct scan_request *request = vec_push(sink->arena, &sink->requests);
	*request = (struct scan_request){.manager = sink->manager.n > 0 ? sink->manager : manager,
		.via = sink->via,
		.text = S(""),
		.name = S(""),
		.index_url = S(""),
		.conditional = sink->conditional || words->conditional,
		.cell = sink->cell->index,
		.cell_id = sink->cell->id};
	source_locate(&sink->cursor, at, &request->line, &request->column);
	source_locate(&sink->end_cursor, end > at ? end : at, &line, &request->end_column);
	return request;
}

/* ---- options of pip and uv ---- */

enum action {
	ACTION_NONE,
	ACTION_VALUE, /* a value that is no requirement */
	ACTION_REQUIREMENTS,
	ACTION_CONSTRAINTS,
	ACTION_EDITABLE,
	ACTION_INDEX,
	ACTION_EXTRA_INDEX,
	ACTION_FIND_LINKS,
	ACTION_TARGET,
	ACTION_ONLY_BINARY,
	ACTION_NO_BINARY,
	ACTION_UPGRADE,
	ACTION_PRE,
	ACTION_NO_DEPS,
	ACTION_NO_INDEX,
	ACTION_FORCE_REINSTALL,
	ACTION_IGNORE_INSTALLED,
	ACTION_USER,
	ACTION_REQUIRE_HASHES,
	ACTION_UNKNOWN,
};

struct option {
	char letter;
	const char *name;
	enum action action;
};

/* Source: the options that `pip install --help` and `uv pip install --help` list. */
static const struct option options[] = {
	{'r', "requirement",      ACTION_REQUIREMENTS    },
	{0,   "requirements",     ACTION_REQUIREMENTS    },
	{'c', "constraint",       ACTION_CONSTRAINTS     },
	{0,   "constraints",      ACTION_CONSTRAINTS     },
	{'e', "editable",         ACTION_EDITABLE        },
	{'i', "index-url",        ACTION_INDEX           },
	{0,   "pypi-url",         ACTION_INDEX           },
	{0,   "default-index",    ACTION_INDEX           },
	{0,   "index",            ACTION_EXTRA_INDEX     },
	{0,   "extra-index-url",  ACTION_EXTRA_INDEX     },
	{'f', "find-links",       ACTION_FIND_LINKS      },
	{'U', "upgrade",          ACTION_UPGRADE         },
	{0,   "pre",              ACTION_PRE             },
	{0,   "no-deps",          ACTION_NO_DEPS         },
	{0,   "no-dependencies",  ACTION_NO_DEPS         },
	{0,   "no-index",         ACTION_NO_INDEX        },
	{'t', "target",           ACTION_TARGET          },
	{0,   "only-binary",      ACTION_ONLY_BINARY     },
	{0,   "no-binary",        ACTION_NO_BINARY       },
	{0,   "force-reinstall",  ACTION_FORCE_REINSTALL },
	{'I', "ignore-installed", ACTION_IGNORE_INSTALLED},
	{0,   "user",             ACTION_USER            },
	{0,   "require-hashes",   ACTION_REQUIRE_HASHES  },
};

static const char *const value_options[] = {"platform", "python-version", "implementation", "abi",
	"root", "prefix", "src", "source", "upgrade-strategy", "config-settings", "config-setting",
	"global-option", "install-option", "build-option", "progress-bar", "report", "log",
	"log-file", "local-log", "proxy", "retries", "timeout", "default-timeout", "exists-action",
	"trusted-host", "cert", "client-cert", "cache-dir", "python", "root-user-action", "group",
	"dependency-group", "keyring-provider", "use-feature", "use-deprecated", "resume-retries",
	"resolution", "prerelease", "index-strategy", "exclude-newer", "link-mode", "torch-backend",
	"color", "directory", "project", "config-file", "script", "package", "extra", "optional",
	"override", "build-constraint", "refresh-package", "reinstall-package", "upgrade-package",
	"allow-insecure-host", "python-platform", "no-build-package", "tag", "branch", "rev",
	"uploaded-prior-to", "requirements-from-script", "build-dir", "build", "download-cache",
	NULL};

static const char *const flag_options[] = {"quiet", "verbose", "yes", "no-user",
	"ignore-requires-python", "no-build-isolation", "use-pep517", "no-use-pep517",
	"check-build-dependencies", "break-system-packages", "compile", "no-compile",
	"no-warn-script-location", "no-warn-conflicts", "prefer-binary", "no-clean", "dry-run",
	"isolated", "require-virtualenv", "require-venv", "no-input", "debug",
	"disable-pip-version-check", "no-color", "no-cache-dir", "no-python-version-warning",
	"help", "version", "system", "no-cache", "no-progress", "offline", "native-tls",
	"reinstall", "strict", "no-build", "no-sources", "refresh", "dev", "frozen", "locked",
	"no-sync", "active", "raw", "bounds", "all-extras", "exact", "egg",
	"process-dependency-links", "no-download", "no-verify-hashes", "verify-hashes", "no-config",
	"managed-python", "no-managed-python", "all-releases", "only-final", "workspace",
	"no-editable", "compile-bytecode", "no-upgrade", NULL};

static enum action long_action(struct str name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (str_eq(name, str_from(options[i].name))) {
			return options[i].action;
		}
	}
	return one_of(name, value_options)  ? ACTION_VALUE
	       : one_of(name, flag_options) ? ACTION_NONE
					    : ACTION_UNKNOWN;
}

static enum action short_action(char letter)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].letter == letter) {
			return options[i].action;
		}
	}
	return letter != '\0' && strchr("CpP", letter) != NULL        ? ACTION_VALUE
	       : letter != '\0' && strchr("qvyhVnUs", letter) != NULL ? ACTION_NONE
								      : ACTION_UNKNOWN;
}

/* What holds for all words of one command. */
struct command_options {
	bool upgrade, pre, no_deps, no_index;
	bool force_reinstall, ignore_installed, user, require_hashes;
	struct str target, only_binary, no_binary;
	struct str index_url;
	VEC(struct str) extra_index_urls, find_links;
};

struct pip {
	struct install_sink *sink;
	struct words *words;
	struct str manager;
	bool uninstall, foreign, tool;
	struct command_options options;
};

static void note_secret(struct pip *pip, size_t at)
{
	diagnose(pip->sink, "warning", "secret-in-url", at,
		S("an address in this cell holds a user name or password"));
}

static struct str masked_value(struct pip *pip, const struct shell_word *word, struct str value)
{
	struct str masked = install_masked(value, pip->sink->arena);
	if (masked.p != value.p) {
		note_secret(pip, word->at);
	}
	return masked;
}

/* A word that asks for something. */
static void take_requirement(struct pip *pip, const struct shell_word *word, bool editable)
{
	struct arena *arena = pip->sink->arena;
	bool secret = false;
	struct scan_request *request =
		add_request(pip->sink, pip->words, word->at, word->end, pip->manager);
	install_word(word, editable, arena, request, &secret);
	request->uninstall = pip->uninstall;
	if (pip->foreign) {
		request->foreign = request->tooling = true;
		request->tool = pip->tool;
		request->kind = request->kind == SCAN_INVALID ? SCAN_REQUIREMENT : request->kind;
	}
	if (secret) {
		note_secret(pip, word->at);
	}
	if (request->kind == SCAN_DYNAMIC) {
		diagnose(pip->sink, "info", "dynamic-requirement", word->at,
			arena_printf(arena, "only the running code knows what '" STR_FMT "' is",
				STR_ARG(request->text)));
	}
	if (word->redirect.n > 0) {
		diagnose(pip->sink, "warning", "unquoted-redirect", word->at,
			arena_printf(arena,
				"the shell reads '" STR_FMT "' after '" STR_FMT
				"' as a redirection; put the requirement in quotes",
				STR_ARG(install_masked(word->redirect, arena)),
				STR_ARG(install_masked(word->text, arena))));
	}
}

static void take_file(struct pip *pip, const struct shell_word *word, struct str path,
	enum scan_request_kind kind)
{
	struct scan_request *request = add_request(
		pip->sink, pip->words, word->at + (word->text.n - path.n), word->end, pip->manager);
	request->kind = word->dynamic ? SCAN_DYNAMIC : kind;
	request->text = masked_value(pip, word, path);
	request->path = request->raw = request->text;
	request->uninstall = pip->uninstall;
	if (pip->foreign) {
		request->foreign = request->tooling = true;
	}
}

/* The option has a value: the rest of its own word, or the next one. */
static void take_value(
	struct pip *pip, enum action action, const struct shell_word *word, struct str value)
{
	struct str *url;
	switch (action) {
	case ACTION_REQUIREMENTS:
		take_file(pip, word, value, SCAN_REQUIREMENTS_FILE);
		return;
	case ACTION_CONSTRAINTS:
		take_file(pip, word, value, SCAN_CONSTRAINTS_FILE);
		return;
	case ACTION_EDITABLE: {
		struct shell_word location = *word;
		size_t cut = word->text.n - value.n;
		location.text = value;
		location.at += cut;
		location.plain = word->plain > cut ? word->plain - cut : 0;
		take_requirement(pip, &location, true);
		return;
	}
	case ACTION_INDEX:
		pip->options.index_url = masked_value(pip, word, value);
		return;
	case ACTION_TARGET:
		pip->options.target = masked_value(pip, word, value);
		return;
	case ACTION_ONLY_BINARY:
		pip->options.only_binary = masked_value(pip, word, value);
		return;
	case ACTION_NO_BINARY:
		pip->options.no_binary = masked_value(pip, word, value);
		return;
	case ACTION_EXTRA_INDEX:
	case ACTION_FIND_LINKS:
		url = action == ACTION_FIND_LINKS
			      ? vec_push(pip->sink->arena, &pip->options.find_links)
			      : vec_push(pip->sink->arena, &pip->options.extra_index_urls);
		*url = masked_value(pip, word, value);
		return;
	case ACTION_NONE:
	case ACTION_VALUE:
	case ACTION_UPGRADE:
	case ACTION_PRE:
	case ACTION_NO_DEPS:
	case ACTION_NO_INDEX:
	case ACTION_FORCE_REINSTALL:
	case ACTION_IGNORE_INSTALLED:
	case ACTION_USER:
	case ACTION_REQUIRE_HASHES:
	case ACTION_UNKNOWN:
		return;
	}
}

static bool takes_value(enum action action)
{
	return action >= ACTION_VALUE && action <= ACTION_NO_BINARY;
}

static void take_flag(struct pip *pip, enum action action, const struct shell_word *word)
{
	pip->options.upgrade = pip->options.upgrade || action == ACTION_UPGRADE;
	pip->options.pre = pip->options.pre || action == ACTION_PRE;
	pip->options.no_deps = pip->options.no_deps || action == ACTION_NO_DEPS;
	pip->options.no_index = pip->options.no_index || action == ACTION_NO_INDEX;
	pip->options.force_reinstall =
		pip->options.force_reinstall || action == ACTION_FORCE_REINSTALL;
	pip->options.ignore_installed =
		pip->options.ignore_installed || action == ACTION_IGNORE_INSTALLED;
	pip->options.user = pip->options.user || action == ACTION_USER;
	pip->options.require_hashes =
		pip->options.require_hashes || action == ACTION_REQUIRE_HASHES;
	if (action == ACTION_UNKNOWN) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, install_masked(word->text, pip->sink->arena), true);
		diagnose(pip->sink, "info", "unknown-option", word->at,
			arena_printf(pip->sink->arena, "'" STR_FMT "' is no option that is known",
				STR_ARG(buf_str(&shown))));
	}
}

/* The value in the next word, which is taken. */
static void next_value(struct pip *pip, enum action action)
{
	struct words *words = pip->words;
	if (left(words)) {
		const struct shell_word *word = &words->p[words->at++];
		take_value(pip, action, word, word->text);
	}
}

/* The option at words->at; it and its value are taken. */
static void take_option(struct pip *pip)
{
	struct words *words = pip->words;
	const struct shell_word *word = &words->p[words->at++];
	struct str text = word->text;
	if (str_starts(text, S("--"))) {
		struct str name = str_skip(text, 2);
		struct str value;
		bool inlined = str_cut(name, S("="), &name, &value);
		enum action action = long_action(name);
		if (!takes_value(action)) {
			take_flag(pip, action, word);
		} else if (inlined) {
			take_value(pip, action, word, value);
		} else {
			next_value(pip, action);
		}
		return;
	}
	for (size_t i = 1; i < text.n; i++) {
		enum action action = short_action(text.p[i]);
		if (takes_value(action)) {
			struct str value = str_skip(text, i + 1);
			value = str_starts(value, S("=")) ? str_skip(value, 1) : value;
			if (value.n > 0) {
				take_value(pip, action, word, value);
			} else {
				next_value(pip, action);
			}
			return;
		}
		take_flag(pip, action, word);
		if (action == ACTION_UNKNOWN) {
			return;
		}
	}
}

static bool is_option(const struct words *words)
{
	struct str text = word_at(words, 0);
	return text.n > 1 && text.p[0] == '-' && words->p[words->at].plain > 0;
}

/* Options and requirements up to the end of the command; the options hold for all of them. */
static void take_arguments(struct pip *pip)
{
	struct words *words = pip->words;
	struct install_sink *sink = pip->sink;
	size_t first = sink->requests.n;
	bool only_words = false;
	while (left(words) && sink->requests.n < INSTALL_REQUESTS_MAX) {
		if (!only_words && str_eq(word_at(words, 0), S("--"))) {
			only_words = true;
			words->at++;
		} else if (!only_words && is_option(words)) {
			take_option(pip);
		} else if (word_at(words, 0).n == 0) {
			words->at++;
		} else {
			take_requirement(pip, &words->p[words->at++], false);
		}
	}
	if (words->from_pipe && words->n > 0) {
		diagnose(sink, "info", "dynamic-requirement", words->p[0].at,
			S("xargs adds requirements that only the running code knows"));
	}
	for (size_t i = first; i < sink->requests.n; i++) {
		struct scan_request *request = &sink->requests.p[i];
		request->upgrade = pip->options.upgrade;
		request->pre = pip->options.pre;
		request->no_deps = pip->options.no_deps;
		request->no_index = pip->options.no_index;
		request->force_reinstall = pip->options.force_reinstall;
		request->ignore_installed = pip->options.ignore_installed;
		request->user = pip->options.user;
		request->require_hashes = pip->options.require_hashes;
		request->target = pip->options.target;
		request->only_binary = pip->options.only_binary;
		request->no_binary = pip->options.no_binary;
		request->index_url = pip->options.index_url;
		request->extra_index_urls = pip->options.extra_index_urls.p;
		request->n_extra_index_urls = pip->options.extra_index_urls.n;
		request->find_links = pip->options.find_links.p;
		request->n_find_links = pip->options.find_links.n;
	}
}

/* Options before the subcommand, then the subcommand itself. */
static struct str subcommand(struct pip *pip)
{
	while (left(pip->words) && is_option(pip->words)) {
		take_option(pip);
	}
	if (!left(pip->words) || pip->words->p[pip->words->at].dynamic) {
		return S("");
	}
	return pip->words->p[pip->words->at++].text;
}

/* `uv pip sync`: its words are requirement files. */
static void take_files(struct pip *pip)
{
	struct words *words = pip->words;
	while (left(words) && pip->sink->requests.n < INSTALL_REQUESTS_MAX) {
		if (is_option(words)) {
			take_option(pip);
		} else {
			const struct shell_word *word = &words->p[words->at++];
			take_file(pip, word, word->text, SCAN_REQUIREMENTS_FILE);
		}
	}
}

/* The arguments, when name is one of the subcommands that install or remove. */
static void take_arguments_of(
	struct pip *pip, struct str name, struct str installs, struct str removes)
{
	pip->uninstall = str_eq(name, removes);
	if (pip->uninstall || str_eq(name, installs)) {
		take_arguments(pip);
	}
}

static void pip_command(struct install_sink *sink, struct words *words)
{
	struct pip pip = {
		.sink = sink, .words = words, .manager = S("pip"), .options.index_url = S("")};
	take_arguments_of(&pip, subcommand(&pip), S("install"), S("uninstall"));
}

static void uv_command(struct install_sink *sink, struct words *words)
{
	struct pip pip = {
		.sink = sink, .words = words, .manager = S("uv"), .options.index_url = S("")};
	struct str name = subcommand(&pip);
	if (str_eq(name, S("tool"))) {
		pip.foreign = pip.tool = true;
		if (str_eq(subcommand(&pip), S("install"))) {
			take_arguments(&pip);
		}
		return;
	}
	if (!str_eq(name, S("pip"))) {
		take_arguments_of(&pip, name, S("add"), S("remove"));
		return;
	}
	name = subcommand(&pip);
	if (str_eq(name, S("sync"))) {
		take_files(&pip);
	} else {
		take_arguments_of(&pip, name, S("install"), S("uninstall"));
	}
}

/* ---- other managers ---- */

/* Managers whose words are read as pip's, with the subcommand that installs. */
struct other_manager {
	const char *program, *manager;
	const char *install, *remove;
	bool foreign;
	const char *values; /* short options that take a value */
};

static const struct other_manager others[] = {
	{"poetry",     "poetry",     "add",     "remove",    false, "GE"  },
	{"pipenv",     "pipenv",     "install", "uninstall", false, "r"   },
	{"pdm",        "pdm",        "add",     "remove",    false, "Gp"  },
	{"pixi",       "pixi",       "add",     "remove",    true,  "fp"  },
	{"pipx",       "pipx",       "install", "uninstall", true,  ""    },
	{"conda",      "conda",      "install", "remove",    true,  "cnp" },
	{"mamba",      "mamba",      "install", "remove",    true,  "cnp" },
	{"micromamba", "micromamba", "install", "remove",    true,  "cnpr"},
	{"apt-get",    "apt",        "install", "remove",    true,  "oct" },
	{"apt",        "apt",        "install", "remove",    true,  "oct" },
	{"yum",        "yum",        "install", "remove",    true,  ""    },
	{"dnf",        "yum",        "install", "remove",    true,  ""    },
	{"apk",        "apk",        "add",     "del",       true,  "tX"  },
	{"brew",       "brew",       "install", "uninstall", true,  ""    },
	{"npm",        "npm",        "install", "uninstall", true,  ""    },
};

static const char *const other_values[] = {"--channel", "--name", "--prefix", "--file", "--solver",
	"--group", "--source", "--extras", "--option", "--target-release", "--virtual",
	"--repository", "--python", "--index", NULL};

/* Skip one option of a manager that is not pip. */
static void skip_option(struct words *words, const char *values)
{
	struct str text = words->p[words->at++].text;
	bool separate = str_starts(text, S("--"))
				? one_of(text, other_values)
				: text.n == 2 && strchr(values, text.p[1]) != NULL;
	words->at += separate && left(words);
}

static void other_command(
	struct install_sink *sink, struct words *words, const struct other_manager *manager)
{
	struct pip pip = {.sink = sink,
		.words = words,
		.manager = str_from(manager->manager),
		.foreign = manager->foreign,
		.options.index_url = S("")};
	while (left(words) && is_option(words)) {
		skip_option(words, manager->values);
	}
	struct str name = word_at(words, 0);
	struct str name_of = str_from(manager->program);
	pip.uninstall = str_eq(name, str_from(manager->remove));
	if (!pip.uninstall && !str_eq(name, str_from(manager->install))) {
		return;
	}
	words->at++;
	struct words ahead = *words;
	while (left(&ahead) && !pip.uninstall) { /* pixi add --pypi: a Python project after all */
		pip.foreign = pip.foreign &&
			      !(str_eq(name, S("add")) && str_eq(word_at(&ahead, 0), S("--pypi")));
		ahead.at++;
	}
	while (left(words) && sink->requests.n < INSTALL_REQUESTS_MAX) {
		if (is_option(words)) {
			skip_option(words, manager->values);
			continue;
		}
		const struct shell_word *word = &words->p[words->at++];
		take_requirement(&pip, word, false);
		struct scan_request *request = &sink->requests.p[sink->requests.n - 1];
		if (pip.foreign) {
			struct str text = word->text;
			size_t n = 0;
			while (n < text.n &&
				(char_is_alnum(text.p[n]) || strchr("-_.+", text.p[n]) != NULL)) {
				n++;
			}
			request->text = install_masked(text, sink->arena);
			request->raw = request->text;
			request->name = name_normal(str_slice(text, 0, n), sink->arena);
			request->specifier = str_skip(request->text, n);
			request->kind = word->dynamic ? SCAN_DYNAMIC : SCAN_REQUIREMENT;
			request->tool = str_eq(name_of, S("pipx"));
		}
	}
}

/* ---- which program ---- */

/* "/opt/venv/bin/pip3.11" and "pip.exe" without folder and ".exe". */
static struct str program_name(struct str text)
{
	text = str_skip(text, (size_t)(str_find_last_char(text, '/') + 1));
	text = str_skip(text, (size_t)(str_find_last_char(text, '\\') + 1));
	return str_ends(text, S(".exe")) ? str_slice(text, 0, text.n - 4) : text;
}

/* `stem` and then nothing but digits and dots. */
static bool is_versioned(struct str name, struct str stem)
{
	if (!str_starts(name, stem)) {
		return false;
	}
	for (size_t i = stem.n; i < name.n; i++) {
		if (!char_is_digit(name.p[i]) && name.p[i] != '.') {
			return false;
		}
	}
	return true;
}

/* "-m pip" after an interpreter and its options; words->at moves behind the module. */
static struct str python_module(struct words *words)
{
	words->at++;
	while (left(words)) {
		struct str text = words->p[words->at++].text;
		if (!str_starts(text, S("-")) || str_eq(text, S("-c"))) {
			return S("");
		}
		if (str_eq(text, S("-W")) || str_eq(text, S("-X"))) {
			words->at++;
		} else if (str_ends(text, S("m")) && !str_starts(text, S("--"))) {
			return left(words) ? words->p[words->at++].text : S("");
		} else if (str_starts(text, S("-m"))) {
			return str_skip(text, 2);
		}
	}
	return S("");
}

static void skip_options(struct words *words, const char *values)
{
	while (left(words) && is_option(words)) {
		struct str text = words->p[words->at++].text;
		if (str_eq(text, S("--"))) {
			return;
		}
		words->at += text.n == 2 && strchr(values, text.p[1]) != NULL && left(words);
	}
}

static bool is_assignment_word(struct str text)
{
	size_t n = 0;
	while (n < text.n && (char_is_alnum(text.p[n]) || text.p[n] == '_')) {
		n++;
	}
	return n > 0 && n < text.n && text.p[n] == '=' && !char_is_digit(text.p[0]);
}

/* Words before the command word: NAME=value, sudo, env, time, ... False when nothing is left. */
static bool skip_prefixes(struct words *words)
{
	static const char *const plain[] = {
		"time", "nohup", "exec", "command", "builtin", "!", NULL};
	while (left(words)) {
		struct str text = word_at(words, 0);
		struct str program = program_name(text);
		if (is_assignment_word(text)) {
			words->at++;
		} else if (str_eq(program, S("sudo"))) {
			words->at++;
			skip_options(words, "ughpCrtUT");
		} else if (str_eq(program, S("env"))) {
			words->at++;
			skip_options(words, "uC");
		} else if (str_eq(program, S("nice"))) {
			words->at++;
			skip_options(words, "n");
		} else if (str_eq(program, S("timeout"))) {
			words->at++;
			skip_options(words, "ks");
			words->at += left(words);
		} else if (str_eq(program, S("xargs"))) {
			words->at++;
			words->from_pipe = true;
			skip_options(words, "nPLIdEsa");
		} else if (one_of(program, plain)) {
			words->at++;
			skip_options(words, "");
		} else {
			return true;
		}
	}
	return false;
}

static void run_program(struct install_sink *sink, struct words *words, struct str name)
{
	if (is_versioned(name, S("pip"))) {
		pip_command(sink, words);
		return;
	}
	if (str_eq(name, S("uv"))) {
		uv_command(sink, words);
		return;
	}
	if (str_eq(name, S("easy_install"))) {
		struct pip pip = {.sink = sink,
			.words = words,
			.manager = S("pip"),
			.options.index_url = S("")};
		take_arguments(&pip);
		return;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (str_eq(name, str_from(others[i].program))) {
			other_command(sink, words, &others[i]);
			return;
		}
	}
}

void install_command(const struct shell_command *command, struct install_sink *sink)
{
	if (sink->requests.n >= INSTALL_REQUESTS_MAX) {
		return; /* scan_find_installs tells */
	}
	struct words words = {
		.p = command->words, .n = command->n, .conditional = command->conditional};
	if (!skip_prefixes(&words)) {
		return;
	}
	struct str name = program_name(word_at(&words, 0));
	bool interpreter = words.p[words.at].dynamic || is_versioned(name, S("python")) ||
			   is_versioned(name, S("pypy")) || str_eq(name, S("py"));
	if (interpreter) {
		name = python_module(&words);
	} else {
		words.at++;
	}
	run_program(sink, &words, name);
}
