#include "environment/ownspec.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/jansson_text.h"
#include "common/vec.h"
#include "common/banned.h"

enum { KERNEL_JSON_MAX = 1 << 20, LOGO_MAX = 4 << 20 };

static json_t *text_value(struct str s)
{
	json_t *value = json_stringn(s.n == 0 ? "" : s.p, s.n);
	return value != NULL ? value : json_string("");
}

/* The whole of a kernel.json, or NULL. */
static json_t *read_json(struct str directory)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	struct str text;
	struct str path = fs_join(&arena, directory, S("kernel.json"));
	if (!fs_read(path.p, KERNEL_JSON_MAX, &arena, &text, &ignored)) {
		return NULL;
	}
	return json_loadb(text.p, text.n, 0, NULL);
}

static bool starts_companion(const struct kernelspec *spec)
{
	return spec->n_argv > 0 && str_starts(fs_basename(spec->argv[0]), S("thoth-kernel"));
}

static const json_t *mark_of(const json_t *spec)
{
	return json_object_get(json_object_get(spec, "metadata"), "thoth");
}

/* [PYTHON, -m, ipykernel_launcher, -f, {connection_file}]: what --python does by itself. */
static bool is_plain_ipykernel(const struct kernelspec *spec)
{
	return spec->n_argv == 5 && spec->interpreter.n > 0 && str_eq(spec->argv[1], S("-m")) &&
	       (str_eq(spec->argv[2], S("ipykernel_launcher")) ||
		       str_eq(spec->argv[2], S("ipykernel"))) &&
	       str_eq(spec->argv[3], S("-f")) && str_eq(spec->argv[4], S("{connection_file}"));
}

/* A bare name means what it meant for the other kernelspec: its prefix's program, or PATH's. */
static struct str program_of(const struct kernelspec *spec, struct arena *arena)
{
	struct str program = spec->argv[0];
	const struct str below = S("/share/jupyter/kernels");
	struct str folder = fs_dirname(arena, spec->directory);
	if (str_find_char(program, '/') >= 0) {
		return program;
	}
	if (str_ends(folder, below)) {
		struct str prefix = str_slice(folder, 0, folder.n - below.n);
		struct str inside = arena_printf(
			arena, STR_FMT "/bin/" STR_FMT, STR_ARG(prefix), STR_ARG(program));
		if (access(inside.p, X_OK) == 0) {
			return inside;
		}
	}
	struct str found = python_find(program, arena);
	return found.n > 0 ? found : program;
}

static json_t *argv_of(const struct ownspec_request *request, const struct kernelspec *from,
	struct str interrupt_mode, struct arena *arena)
{
	json_t *argv =
		json_pack("[o,s,s]", text_value(request->companion), "-f", "{connection_file}");
	if (from == NULL || is_plain_ipykernel(from)) {
		json_array_append_new(argv, json_string("--python"));
		json_array_append_new(
			argv, text_value(from == NULL ? request->python : from->interpreter));
		return argv;
	}
	bool python = str_ieq(from->language, S("python"));
	bool message = str_eq(interrupt_mode, S("message"));
	json_array_append_new(argv, json_string("--language"));
	json_array_append_new(argv, text_value(from->language));
	if (message || !python) { /* ipykernel and its kin want interrupts ignored at first */
		json_array_append_new(argv, json_string("--interrupt"));
		json_array_append_new(argv, json_string(message ? "message" : "default"));
	}
	json_array_append_new(argv, json_string("--"));
	json_array_append_new(argv, text_value(program_of(from, arena)));
	for (size_t i = 1; i < from->n_argv; i++) {
		json_array_append_new(argv, text_value(from->argv[i]));
	}
	return argv;
}

static json_t *metadata_of(const json_t *original, struct str from)
{
	json_t *metadata = json_object();
	json_object_update(metadata, json_object_get(original, "metadata"));
	json_object_set_new(metadata, "supported_encryption", json_pack("[s]", "curve"));
	json_object_set_new(metadata, "thoth", json_pack("{s:o}", "from", text_value(from)));
	return metadata;
}

/* The new kernel.json; original is the other's, or NULL. */
static json_t *spec_of(const struct ownspec_request *request, const struct kernelspec *from,
	json_t *original, struct arena *arena)
{
	static const char *const kept[] = {
		"language", "interrupt_mode", "env", "kernel_protocol_version"};
	struct str mode = jansson_text(json_object_get(original, "interrupt_mode"));
	json_t *spec = json_pack("{s:s,s:s}", "language", "python", "interrupt_mode", "signal");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && original != NULL; i++) {
		json_t *value = json_object_get(original, kept[i]);
		if (value != NULL) {
			json_object_set(spec, kept[i], value);
		}
	}
	struct str shown = request->display_name;
	if (shown.n == 0 && from != NULL) {
		shown = arena_printf(arena, STR_FMT " (thoth)", STR_ARG(from->display_name));
	} else if (shown.n == 0) {
		shown = S("Python 3 (thoth)");
	}
	json_object_set_new(spec, "display_name", text_value(shown));
	json_object_set_new(spec, "argv", argv_of(request, from, mode, arena));
	json_object_set_new(spec, "metadata", metadata_of(original, request->from));
	if (from == NULL) {
		json_object_set_new(json_object_get(spec, "metadata"), "debugger", json_true());
		json_object_set_new(spec, "kernel_protocol_version", json_string("5.5"));
	}
	return spec;
}

/* Pictures and the scripts of the classic notebook. */
static void copy_extras(struct str from, struct str to, struct arena *arena)
{
	static const struct str names[] = {STR_INIT("logo-32x32.png"), STR_INIT("logo-64x64.png"),
		STR_INIT("logo-svg.svg"), STR_INIT("kernel.js"), STR_INIT("kernel.css")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str data;
		struct err ignored = {0};
		if (fs_read(fs_join(arena, from, names[i]).p, LOGO_MAX, arena, &data, &ignored)) {
			bool kept = fs_write_atomic(
				fs_join(arena, to, names[i]).p, data, 0644, &ignored);
			(void)kept; /* a picture is no reason to fail */
		}
	}
}

/* May we write there? Only where nothing is, or what we made. */
static bool check_place(struct str directory, struct err *err)
{
	json_auto_t *there = read_json(directory);
	if (access(directory.p, F_OK) != 0 || mark_of(there) != NULL) {
		return true;
	}
	err_hint(err, "give another --name");
	return err_set(err, ERR_INPUT, "'" STR_FMT "' is a kernelspec that thoth did not make",
		STR_ARG(directory));
}

static bool valid_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (!char_is_alnum(name.p[i]) && memchr("._-", name.p[i], 3) == NULL) {
			return false;
		}
	}
	return name.n > 0 && name.n < 200 && name.p[0] != '.';
}

bool ownspec_install(const struct ownspec_request *request, struct arena *arena,
	struct str *ret_directory, struct err *err)
{
	struct kernelspec from;
	bool wraps = request->from.n > 0;
	struct str name = request->name;
	if (wraps && !kernelspec_find(request->from, arena, &from, err)) {
		return false;
	}
	if (wraps && (starts_companion(&from) || from.n_argv == 0)) {
		return err_set(err, ERR_INPUT, "'" STR_FMT "' %s", STR_ARG(request->from),
			from.n_argv == 0 ? "has no command" : "starts the companion already");
	}
	if (name.n == 0) {
		name = arena_printf(
			arena, "thoth-" STR_FMT, STR_ARG(wraps ? from.name : S("python3")));
	}
	if (!valid_name(name)) {
		return err_set(err, ERR_INPUT,
			"'" STR_FMT "' cannot be the name of a Jupyter kernel", STR_ARG(name));
	}
	struct str directory = fs_join(arena, request->kernels, name);
	json_auto_t *original = wraps ? read_json(from.directory) : NULL;
	json_auto_t *spec = spec_of(request, wraps ? &from : NULL, original, arena);
	if (!check_place(directory, err)) {
		return false;
	}
	char *text = json_dumps(spec, JSON_INDENT(1) | JSON_SORT_KEYS);
	struct str kept = arena_printf(arena, "%s\n", text);
	free(text);
	struct str path = fs_join(arena, directory, S("kernel.json"));
	if (!fs_make_dirs(directory.p, err) || !fs_write_atomic(path.p, kept, 0644, err)) {
		err->kind = ERR_ENVIRONMENT;
		return false;
	}
	if (wraps) {
		copy_extras(from.directory, directory, arena);
	}
	*ret_directory = directory;
	return true;
}

static bool read_own(struct str directory, struct arena *arena, struct ownspec *ret)
{
	struct err ignored = {0};
	struct kernelspec spec;
	if (!kernelspec_read(directory, arena, &spec, &ignored) || !starts_companion(&spec)) {
		return false;
	}
	json_auto_t *json = read_json(directory);
	const json_t *mark = mark_of(json);
	*ret = (struct ownspec){.spec = spec,
		.marked = json_is_object(mark),
		.from = arena_str(arena, jansson_text(json_object_get(mark, "from")))};
	return true;
}

struct ownspec *ownspec_list(struct arena *arena, size_t *ret_n)
{
	VEC(struct ownspec) found = {0};
	size_t n;
	struct str *folders = kernelspec_folders(arena, &n);
	for (size_t i = 0; i < n; i++) {
		struct dirent **entries = NULL;
		int count = scandir(folders[i].p, &entries, NULL, alphasort);
		for (int k = 0; k < count; k++) {
			struct ownspec one;
			struct str name = str_from(entries[k]->d_name);
			if (name.p[0] != '.' &&
				read_own(fs_join(arena, folders[i], name), arena, &one)) {
				*vec_push(arena, &found) = one;
			}
			free(entries[k]);
		}
		free(entries);
	}
	*ret_n = found.n;
	return found.p;
}

bool ownspec_find(struct str name, struct arena *arena, struct ownspec *ret, struct err *err)
{
	size_t n;
	struct ownspec *all = ownspec_list(arena, &n);
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(all[i].spec.name, name)) {
			*ret = all[i];
			return true;
		}
	}
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, name, true);
	err_hint(err, "'thoth kernel list' names those that thoth made");
	return err_set(err, ERR_INPUT, "no kernel '%s' that starts the companion",
		shown.p == NULL ? "" : shown.p);
}

bool ownspec_remove(const struct ownspec *spec, struct err *err)
{
	struct str directory = spec->spec.directory;
	if (!spec->marked) {
		err_hint(err, "it goes when that installation is removed");
		return err_set(err, ERR_INPUT, "'" STR_FMT "' came with an installation",
			STR_ARG(spec->spec.name));
	}
	int fd = open(directory.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (entries == NULL) {
		int code = errno;
		fs_closep(&fd);
		return err_set(err, ERR_ENVIRONMENT, "cannot open '" STR_FMT "': %s",
			STR_ARG(directory), strerror(code));
	}
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		unlinkat(fd, entry->d_name, 0); /* fails for . and .. and for folders */
	}
	closedir(entries);
	if (rmdir(directory.p) != 0) {
		return err_set(err, ERR_ENVIRONMENT, "cannot remove '" STR_FMT "': %s",
			STR_ARG(directory), strerror(errno));
	}
	return true;
}
