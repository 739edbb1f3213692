#include <stdio.h>
#include <unistd.h>
#include "cli/command.h"
#include "cli/drive.h"
#include "common/fs.h"
#include "environment/ownspec.h"
#include "common/banned.h"

/* thoth kernel install|list|show|remove: kernelspecs that start the companion. */

struct words {
	struct str verb;
	struct str names[64];
	size_t n;
	struct str from, python, name, display_name, prefix;
	bool user, sys_prefix, json, help;
};

/* The prefix that the running program lies in: /p/bin/thoth, or a wheel below /p/lib/python3.X. */
static struct str own_prefix(struct str program, struct arena *arena)
{
	ptrdiff_t lib = str_find(program, S("/lib/python3"));
	return lib > 0 ? arena_str(arena, str_slice(program, 0, (size_t)lib))
		       : fs_dirname(arena, fs_dirname(arena, program));
}

static struct str own_program(struct arena *arena)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	bool fits = n > 0 && (size_t)n < sizeof(path);
	return fits ? arena_str(arena, (struct str){path, (size_t)n}) : S("");
}

/* thoth-kernel beside us, or where a build tree has it. */
static bool find_companion(
	struct str program, struct arena *arena, struct str *ret, struct err *err)
{
	struct str folder = fs_dirname(arena, program);
	struct str places[] = {fs_join(arena, folder, S("thoth-kernel")),
		fs_join(arena, fs_dirname(arena, folder), S("kernel_ext/thoth-kernel"))};
	for (size_t i = 0; i < 2; i++) {
		if (access(places[i].p, X_OK) == 0) {
			*ret = places[i];
			return true;
		}
	}
	return err_set(
		err, ERR_ENVIRONMENT, "there is no thoth-kernel beside " STR_FMT, STR_ARG(program));
}

/* Jupyter's folder for kernelspecs: of the user, unless a prefix is told. */
static struct str kernels_folder(const struct words *words, struct str program, struct arena *arena)
{
	struct str prefix = words->sys_prefix ? own_prefix(program, arena) : words->prefix;
	struct str data = str_from(getenv("JUPYTER_DATA_DIR"));
	if (prefix.n > 0) {
		return fs_join(arena, prefix, S("share/jupyter/kernels"));
	}
	if (data.n == 0) {
		struct str home = str_from(getenv("XDG_DATA_HOME"));
		data = home.n > 0 ? fs_join(arena, home, S("jupyter"))
				  : fs_join(arena, str_from(getenv("HOME")),
					    S(".local/share/jupyter"));
	}
	return fs_join(arena, data, S("kernels"));
}

static json_t *text_value(struct str s)
{
	json_t *value = json_stringn(s.n == 0 ? "" : s.p, s.n);
	return value != NULL ? value : json_string("");
}

static json_t *spec_json(const struct ownspec *own)
{
	const struct kernelspec *spec = &own->spec;
	json_t *argv = json_array();
	for (size_t i = 0; i < spec->n_argv; i++) {
		json_array_append_new(argv, text_value(spec->argv[i]));
	}
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "name", text_value(spec->name),
		"display_name", text_value(spec->display_name), "language",
		text_value(spec->language), "directory", text_value(spec->directory), "argv", argv,
		"from", text_value(own->from), "interpreter", text_value(spec->interpreter), "ours",
		own->marked);
}

static void add_line(struct buf *out, const char *label, struct str value)
{
	buf_addf(out, "%-12s ", label);
	buf_add_shown(out, value, true);
	buf_byte(out, '\n');
}

static void add_spec(struct buf *out, const struct ownspec *own)
{
	add_line(out, "name", own->spec.name);
	add_line(out, "shown as", own->spec.display_name);
	add_line(out, "language", own->spec.language);
	add_line(out, "folder", own->spec.directory);
	if (own->from.n > 0) {
		add_line(out, "wraps", own->from);
	}
	if (own->spec.interpreter.n > 0) {
		add_line(out, "python", own->spec.interpreter);
	}
	add_line(out, "made by", own->marked ? S("thoth kernel install") : S("the installation"));
	for (size_t i = 0; i < own->spec.n_argv; i++) {
		add_line(out, i == 0 ? "command" : "", own->spec.argv[i]);
	}
}

static int install(const struct words *words, struct arena *arena, struct err *err)
{
	struct str program = own_program(arena);
	struct str directory;
	struct ownspec_request request = {.from = words->from,
		.name = words->name,
		.display_name = words->display_name,
		.kernels = kernels_folder(words, program, arena)};
	if (words->n > 0 || (words->from.n > 0 && words->python.n > 0)) {
		err_hint(err, "usage: thoth %s", cmd_kernel.usage);
		err_set(err, ERR_USAGE,
			words->n > 0 ? "install takes options only"
				     : "expected --from or --python");
		return drive_error(err, words->json);
	}
	request.python = python_find(words->python.n > 0 ? words->python : S("python3"), arena);
	if (request.from.n == 0 && request.python.n == 0) {
		err_hint(err, "give --python PATH");
		err_set(err, ERR_ENVIRONMENT, "there is no python3 on PATH");
		return drive_error(err, words->json);
	}
	if (!find_companion(program, arena, &request.companion, err) ||
		!ownspec_install(&request, arena, &directory, err)) {
		return drive_error(err, words->json);
	}
	AUTO(buf_done) struct buf out = {0};
	if (words->json) {
		json_auto_t *done = json_pack("{s:s,s:o}", "schema", "thoth.kernel/1", "directory",
			text_value(directory));
		drive_print_json(done);
		return 0;
	}
	buf_add(&out, S("installed "));
	buf_add_shown(&out, fs_basename(directory), true);
	buf_add(&out, S(" in "));
	buf_add_shown(&out, directory, true);
	buf_byte(&out, '\n');
	return drive_print(stdout, &out) ? 0 : err_exit_code(ERR_ENVIRONMENT);
}

static int list(const struct words *words, struct arena *arena)
{
	size_t n;
	struct ownspec *all = ownspec_list(arena, &n);
	AUTO(buf_done) struct buf out = {0};
	json_t *rows = json_array();
	json_auto_t *document = json_pack("{s:s,s:o}", "schema", "thoth.kernel/1", "kernels", rows);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(rows, spec_json(&all[i]));
		add_line(&out, arena_cstr(arena, all[i].spec.name), all[i].spec.display_name);
		add_line(&out, "", all[i].spec.directory);
	}
	if (words->json) {
		drive_print_json(document);
		return 0;
	}
	if (n == 0) {
		buf_add(&out,
			S("no kernel starts the companion; 'thoth kernel install' makes one\n"));
	}
	return drive_print(stdout, &out) ? 0 : err_exit_code(ERR_ENVIRONMENT);
}

static int show(const struct words *words, struct arena *arena, struct err *err)
{
	struct ownspec own;
	AUTO(buf_done) struct buf out = {0};
	if (words->n != 1) {
		err_set(err, ERR_USAGE, "show takes the name of one kernel");
		return drive_error(err, words->json);
	}
	if (!ownspec_find(words->names[0], arena, &own, err)) {
		return drive_error(err, words->json);
	}
	if (words->json) {
		json_auto_t *document = spec_json(&own);
		json_object_set_new(document, "schema", json_string("thoth.kernel/1"));
		drive_print_json(document);
		return 0;
	}
	add_spec(&out, &own);
	return drive_print(stdout, &out) ? 0 : err_exit_code(ERR_ENVIRONMENT);
}

static int remove_all(const struct words *words, struct arena *arena, struct err *err)
{
	AUTO(buf_done) struct buf out = {0};
	if (words->n == 0) {
		err_set(err, ERR_USAGE, "remove takes the names of kernels");
		return drive_error(err, words->json);
	}
	for (size_t i = 0; i < words->n; i++) {
		struct ownspec own;
		if (!ownspec_find(words->names[i], arena, &own, err) ||
			!ownspec_remove(&own, err)) {
			return drive_error(err, words->json);
		}
		buf_add(&out, S("removed "));
		buf_add_shown(&out, own.spec.directory, true);
		buf_byte(&out, '\n');
	}
	return words->json || drive_print(stdout, &out) ? 0 : err_exit_code(ERR_ENVIRONMENT);
}

/* A value, in the same word behind '=' or in the next. */
static bool take_value(
	struct str word, const struct str *argv, size_t argc, size_t *i, struct str *ret)
{
	struct str name;
	if (str_cut(word, S("="), &name, ret)) {
		return true;
	}
	if (*i + 1 >= argc) {
		return false;
	}
	*ret = argv[++*i];
	return true;
}

static bool take_option(
	struct words *words, const struct str *argv, size_t argc, size_t *i, struct err *err)
{
	struct str word = argv[*i];
	struct str name = word;
	struct str ignored;
	const struct {
		struct str name;
		bool *flag;
		struct str *value;
	} options[] = {
		{S("--from"),         NULL,               &words->from        },
		{S("--python"),       NULL,               &words->python      },
		{S("--name"),         NULL,               &words->name        },
		{S("--display-name"), NULL,               &words->display_name},
		{S("--prefix"),       NULL,               &words->prefix      },
		{S("--user"),         &words->user,       NULL                },
		{S("--sys-prefix"),   &words->sys_prefix, NULL                },
		{S("--json"),         &words->json,       NULL                },
		{S("-j"),             &words->json,       NULL                },
		{S("--help"),         &words->help,       NULL                },
		{S("-h"),             &words->help,       NULL                },
	};
	(void)str_cut(word, S("="), &name, &ignored);
	for (size_t k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
		if (!str_eq(name, options[k].name)) {
			continue;
		}
		if (options[k].flag != NULL) {
			*options[k].flag = true;
			return true;
		}
		return take_value(word, argv, argc, i, options[k].value) ||
		       err_set(err, ERR_USAGE, "expected a value after " STR_FMT, STR_ARG(name));
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, name, true);
	return err_set(err, ERR_USAGE, "unknown option '%s' of thoth kernel", shown.p);
}

static bool read_words(const struct str *argv, size_t argc, struct words *words, struct err *err)
{
	for (size_t i = 0; i < argc; i++) {
		if (argv[i].n > 1 && argv[i].p[0] == '-') {
			if (!take_option(words, argv, argc, &i, err)) {
				return false;
			}
		} else if (words->verb.n == 0) {
			words->verb = argv[i];
		} else if (words->n < sizeof(words->names) / sizeof(words->names[0])) {
			words->names[words->n++] = argv[i];
		}
	}
	int places =
		(words->user ? 1 : 0) + (words->sys_prefix ? 1 : 0) + (words->prefix.n > 0 ? 1 : 0);
	return places <= 1 ||
	       err_set(err, ERR_USAGE, "expected one of --user, --prefix and --sys-prefix");
}

static void print_help(void)
{
	printf("usage: thoth %s\n\n"
	       "  install             make a kernel that starts the companion\n"
	       "    --from NAME       around this kernel of Jupyter's, whatever its language\n"
	       "    --python PATH     around the ipykernel of this Python (else python3 on PATH)\n"
	       "    --name NAME       its name (else thoth-NAME)\n"
	       "    --display-name TEXT  as people see it\n"
	       "    --user            for this user (the default)\n"
	       "    --prefix DIR      below DIR/share/jupyter/kernels\n"
	       "    --sys-prefix      in the prefix that thoth is installed in\n"
	       "  list                the kernels that start the companion\n"
	       "  show NAME           one of them\n"
	       "  remove NAME...      those that install made, and no others\n\n"
	       "  -j, --json          one JSON document on standard output\n"
	       "  -h, --help          this text\n",
		cmd_kernel.usage);
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct words words = {0};
	struct err err = {0};
	if (!read_words(argv, argc, &words, &err)) {
		return drive_error(&err, words.json);
	}
	if (words.help) {
		print_help();
		return 0;
	}
	if (str_eq(words.verb, S("install"))) {
		return install(&words, &arena, &err);
	}
	if (str_eq(words.verb, S("list"))) {
		return list(&words, &arena);
	}
	if (str_eq(words.verb, S("show"))) {
		return show(&words, &arena, &err);
	}
	if (str_eq(words.verb, S("remove"))) {
		return remove_all(&words, &arena, &err);
	}
	err_hint(&err, "usage: thoth %s", cmd_kernel.usage);
	err_set(&err, ERR_USAGE, "expected install, list, show or remove");
	return drive_error(&err, words.json);
}

const struct command cmd_kernel = {
	.name = "kernel",
	.usage = "kernel install|list|show|remove [NAME...] [OPTIONS]",
	.summary = "Jupyter kernels with the companion: make, list, remove",
	.run = run,
};
