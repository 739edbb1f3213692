#include "advise/runtime_file.h"
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "prescriptions/include.h"
#include "prescriptions/yaml.h"
#include "common/banned.h"

enum { PARENTS_MAX = 33 };

/* ---- reading -------------------------------------------------------------------------------------- */

/* A scalar as it is written: 3.10 without quotes is a number to YAML, and means 3.10. */
static struct runtime_value value_of(const struct tree *table, struct str key)
{
	const struct tree *member = tree_get(table, key);
	if (member == NULL || member->kind == TREE_ARRAY || member->kind == TREE_TABLE ||
		member->kind == TREE_BOOL) {
		return (struct runtime_value){0};
	}
	return (struct runtime_value){true, member->kind == TREE_NULL ? S("") : member->text};
}

static bool number_of(const struct tree *table, struct str key, int64_t *ret)
{
	const struct tree *member = tree_get(table, key);
	if (member == NULL || member->kind != TREE_INTEGER) {
		return false;
	}
	*ret = member->integer;
	return true;
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (!char_is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '_') {
			return false;
		}
	}
	return name.n > 0 && name.n <= 100;
}

/* "3.11" */
static bool is_minor(struct str text)
{
	struct str major, minor;
	uint64_t ignored;
	return str_cut(text, S("."), &major, &minor) && str_to_u64(major, &ignored) &&
	       str_to_u64(minor, &ignored);
}

static bool read_one(const struct tree *entry, struct arena *arena, struct runtime_environment *ret,
	struct err *err)
{
	const struct tree *system = tree_get(entry, S("operating_system"));
	const struct tree *hardware = tree_get(entry, S("hardware"));
	struct runtime_environment one = {.os_name = value_of(system, S("name")),
		.os_version = value_of(system, S("version")),
		.python_version = value_of(entry, S("python_version")),
		.platform = value_of(entry, S("platform")),
		.base_image = value_of(entry, S("base_image")),
		.gpu_model = value_of(hardware, S("gpu_model")),
		.cuda_version = value_of(entry, S("cuda_version")),
		.cudnn_version = value_of(entry, S("cudnn_version")),
		.mkl_version = value_of(entry, S("mkl_version")),
		.openblas_version = value_of(entry, S("openblas_version")),
		.openmpi_version = value_of(entry, S("openmpi_version"))};
	enum presc_recommendation type;
	struct str recommendation = tree_text(entry, S("recommendation_type"));
	struct runtime_value name = value_of(entry, S("name"));
	one.recommendation_type =
		presc_recommendation_find(recommendation, &type) ? recommendation : S("");
	one.has_cpu_family = number_of(hardware, S("cpu_family"), &one.cpu_family);
	one.has_cpu_model = number_of(hardware, S("cpu_model"), &one.cpu_model);
	one.name = name.text.n > 0
			   ? name.text
			   : arena_printf(arena, STR_FMT "-" STR_FMT, STR_ARG(one.os_name.text),
				     STR_ARG(one.os_version.text));
	if (str_eq(one.os_name.text, S("ubi"))) {
		one.os_name.text = S("rhel");
	}
	err->line = entry->line;
	err->column = entry->column;
	if (!is_name(one.name)) {
		return err_set(err, ERR_INPUT,
			"expected a name of letters, digits, '-' and '_' for a runtime "
			"environment");
	}
	if (one.python_version.text.n > 0 && !is_minor(one.python_version.text)) {
		return err_set(err, ERR_INPUT,
			"expected a Python such as 3.11 as python_version of '" STR_FMT "'",
			STR_ARG(one.name));
	}
	err->line = err->column = 0;
	*ret = one;
	return true;
}

static bool take_tree(struct str path, const struct tree *tree, struct arena *arena,
	struct runtime_file *ret, struct err *err)
{
	const struct tree *list = tree_get(tree, S("runtime_environments"));
	size_t n = list != NULL && list->kind == TREE_ARRAY ? list->n : 0;
	n = n < RUNTIME_ENVIRONMENTS_MAX ? n : RUNTIME_ENVIRONMENTS_MAX;
	struct runtime_environment *items = arena_array(arena, struct runtime_environment, n);
	for (size_t i = 0; i < n; i++) {
		if (!read_one(&list->items[i], arena, &items[i], err)) {
			return err_in(err, path);
		}
	}
	*ret = (struct runtime_file){path, items, n};
	return true;
}

bool runtime_file_read(struct str path, struct str text, struct arena *arena,
	struct runtime_file *ret, struct err *err)
{
	AUTO(presc_yaml_done) struct presc_yaml yaml = {0};
	struct presc_report report = {.arena = arena};
	struct tree tree;
	bool fine = presc_yaml_read(&yaml, arena_str(arena, text), arena, &report, &tree);
	if (!fine || report.faults.list.n > 0) {
		const struct presc_fault *fault =
			report.faults.list.n > 0 ? &report.faults.list.p[0] : NULL;
		err->line = fault == NULL ? 0 : fault->line;
		err->column = fault == NULL ? 0 : fault->column;
		err_set(err, ERR_INPUT, STR_FMT,
			STR_ARG(fault == NULL ? S("it is no YAML") : fault->message));
		return err_in(err, path);
	}
	return take_tree(path, &tree, arena, ret, err);
}

/* ---- finding -------------------------------------------------------------------------------------- */

static bool is_own_folder(const char *folder)
{
	struct stat st;
	return stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* The file's path, "" none: up from the input's folder while folders are the user's own. */
static struct str find_path(const struct advise_input *input, struct arena *arena)
{
	char real[PATH_MAX];
	if (!input->is_file || input->path.n == 0 || str_eq(input->path, S("-")) ||
		realpath(fs_dirname(arena, input->path).p, real) == NULL) {
		return S("");
	}
	struct str folder = arena_str(arena, str_from(real));
	for (int i = 0; i < PARENTS_MAX; i++) {
		struct str path = fs_join(arena, folder, S(".thoth.yaml"));
		struct stat st;
		if (stat(path.p, &st) == 0 && S_ISREG(st.st_mode)) {
			return path;
		}
		struct str above = fs_dirname(arena, folder);
		if (above.n >= folder.n || !is_own_folder(above.p) || above.n <= 1) {
			break;
		}
		folder = above;
	}
	return S("");
}

/* What the first extension keeps in the notebook: the same as JSON, mostly inside a string. */
static bool from_metadata(const struct advise_input *input, struct arena *arena,
	struct runtime_file *ret, struct err *err)
{
	const json_t *config = input->notebook == NULL
				       ? NULL
				       : json_object_get(input->notebook->metadata, "thoth_config");
	const char *text = json_string_value(config);
	struct tree tree;
	struct err ignored = {0};
	if (text == NULL || !tree_json(arena_str(arena, str_from(text)), arena, &tree, &ignored)) {
		return true;
	}
	return take_tree(S("metadata.thoth_config"), &tree, arena, ret, err);
}

bool runtime_file_find(const struct advise_input *input, struct arena *arena,
	struct runtime_file *ret, struct err *err)
{
	struct str text;
	struct str path = find_path(input, arena);
	*ret = (struct runtime_file){0};
	if (path.n == 0) {
		return from_metadata(input, arena, ret, err);
	}
	return fs_read(path.p, RUNTIME_FILE_MAX, arena, &text, err) &&
	       runtime_file_read(path, text, arena, ret, err);
}

const struct runtime_environment *runtime_file_get(const struct runtime_file *file, struct str name)
{
	for (size_t i = 0; i < file->n; i++) {
		if (str_eq(file->items[i].name, name)) {
			return &file->items[i];
		}
	}
	return NULL;
}

/* ---- the platform --------------------------------------------------------------------------------- */

/* The glibc of a release, as its own package list says. */
static struct str glibc_of(struct str os, struct str version)
{
	static const struct {
		const char *os, *version, *glibc;
	} known[] = {
		{"debian", "10",    "2_28"},
		{"debian", "11",    "2_31"},
		{"debian", "12",    "2_36"},
		{"debian", "13",    "2_41"},
		{"ubuntu", "20.04", "2_31"},
		{"ubuntu", "22.04", "2_35"},
		{"ubuntu", "24.04", "2_39"},
		{"rhel",   "7",     "2_17"},
		{"rhel",   "8",     "2_28"},
		{"rhel",   "9",     "2_34"},
		{"rhel",   "10",    "2_39"},
		{"fedora", "39",    "2_38"},
		{"fedora", "40",    "2_39"},
		{"fedora", "41",    "2_40"},
	};
	bool major = str_eq(os, S("rhel")) || str_eq(os, S("debian"));
	struct str rest;
	if (major) {
		(void)str_cut(version, S("."), &version, &rest);
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(os, str_from(known[i].os)) &&
			str_eq(version, str_from(known[i].version))) {
			return str_from(known[i].glibc);
		}
	}
	return S("");
}

struct str runtime_platform(const struct runtime_environment *environment, struct arena *arena)
{
	struct str platform = environment->platform.text;
	struct str arch = S("x86_64");
	struct str word;
	bool named = platform.n > 0;
	bool linux_word = str_starts(platform, S("linux-"));
	if (linux_word) {
		(void)str_cut(platform, S("-"), &word, &arch);
	}
	struct str glibc = glibc_of(environment->os_name.text, environment->os_version.text);
	if (glibc.n > 0 && (!named || linux_word)) {
		return arena_printf(
			arena, "manylinux_" STR_FMT "_" STR_FMT, STR_ARG(glibc), STR_ARG(arch));
	}
	if (linux_word) {
		return str_eq(arch, S("x86_64"))
			       ? S("linux")
			       : arena_printf(arena, STR_FMT "-unknown-linux-gnu", STR_ARG(arch));
	}
	return platform;
}
