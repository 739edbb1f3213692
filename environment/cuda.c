#include "environment/machine_files.h"
#include <unistd.h>
#include "common/fs.h"
#include "packaging/name.h"
#include "packaging/tree.h"
#include "common/banned.h"

/*
 * CUDA, cuDNN and libraries for linear algebra and messages: the wheels beside the Python first, since
 * frameworks that bring CUDA so use that one; then conda, the toolkit, the system's packages, and what the
 * loader finds.
 */
enum { SMALL_MAX = 256 << 10, CACHE_MAX = 16 << 20, LIBRARIES_MAX = 64 };

static void found(struct machine_fact *fact, struct str version, struct str from)
{
	version = machine_plain_version(version);
	if (fact->version.n == 0 && version.n > 0) {
		*fact = (struct machine_fact){version, from};
	}
}

/* ---- wheels --------------------------------------------------------------------------------------- */

static void look_wheel(struct str folder_name, struct arena *arena, struct machine *machine)
{
	if (!str_ends(folder_name, S(".dist-info"))) {
		return;
	}
	struct str stem = str_slice(folder_name, 0, folder_name.n - strlen(".dist-info"));
	ptrdiff_t dash = str_find_last_char(stem, '-');
	if (dash <= 0) {
		return;
	}
	struct str name = name_normal(str_slice(stem, 0, (size_t)dash), arena);
	struct machine_fact *fact = str_starts(name, S("nvidia-cuda-runtime")) ? &machine->cuda
				    : str_starts(name, S("nvidia-cudnn"))      ? &machine->cudnn
				    : str_eq(name, S("mkl"))                   ? &machine->mkl
									       : NULL;
	if (fact != NULL) {
		found(fact, arena_str(arena, str_skip(stem, (size_t)dash + 1)),
			arena_printf(arena, "wheel " STR_FMT, STR_ARG(name)));
	}
}

static void look_wheels(const struct machine_root *root, struct str folder, struct arena *arena,
	struct machine *machine)
{
	folder = folder.n > 0 && folder.p[0] == '/' ? str_skip(folder, 1) : folder;
	AUTO(machine_folder_close)
	DIR *entries = machine_folder(root, arena_cstr(arena, folder));
	const struct dirent *entry;
	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		struct str name = str_from(entry->d_name);
		if (name.n > 4 && (char_lower(name.p[0]) == 'n' || char_lower(name.p[0]) == 'm')) {
			look_wheel(name, arena, machine);
		}
	}
}

/* Where the Pythons of the usual images keep packages, when nobody says so. */
static void look_usual_folders(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	static const char *const places[] = {"opt/venv/lib", "opt/conda/lib", "usr/local/lib",
		"usr/lib64", "usr/lib", "usr/local/lib64"};
	look_wheels(root, S("usr/lib/python3/dist-packages"), arena, machine);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUTO(machine_folder_close) DIR *folder = machine_folder(root, places[i]);
		const struct dirent *entry;
		while (folder != NULL && (entry = readdir(folder)) != NULL) {
			if (!str_starts(str_from(entry->d_name), S("python3."))) {
				continue;
			}
			look_wheels(root,
				arena_printf(
					arena, "%s/%s/site-packages", places[i], entry->d_name),
				arena, machine);
			look_wheels(root,
				arena_printf(
					arena, "%s/%s/dist-packages", places[i], entry->d_name),
				arena, machine);
		}
	}
}

/* ---- packages ------------------------------------------------------------------------------------- */

static void look_packages(
	const machine_packages *packages, bool conda, struct arena *arena, struct machine *machine)
{
	const struct {
		bool conda, exact;
		struct str name;
		struct machine_fact *fact;
	} known[] = {
		{true,  true,  S("cuda-cudart"),   &machine->cuda    },
		{true,  true,  S("cudatoolkit"),   &machine->cuda    },
		{true,  true,  S("cudnn"),         &machine->cudnn   },
		{true,  true,  S("libopenblas"),   &machine->openblas},
		{true,  true,  S("openmpi"),       &machine->openmpi },
		{true,  true,  S("mkl"),           &machine->mkl     },
		{false, false, S("cuda-cudart-"),  &machine->cuda    },
		{false, false, S("libcudnn"),      &machine->cudnn   },
		{false, false, S("libopenblas0"),  &machine->openblas},
		{false, true,  S("openblas"),      &machine->openblas},
		{false, true,  S("openblas-libs"), &machine->openblas},
		{false, true,  S("openmpi"),       &machine->openmpi },
		{false, true,  S("openmpi-bin"),   &machine->openmpi },
		{false, false, S("libopenmpi"),    &machine->openmpi },
		{false, false, S("intel-mkl"),     &machine->mkl     },
		{false, false, S("libmkl-rt"),     &machine->mkl     },
	};
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
		for (size_t i = 0; known[k].conda == conda && i < packages->n; i++) {
			const struct machine_package *p = &packages->p[i];
			bool named = known[k].exact ? str_eq(p->name, known[k].name)
						    : str_starts(p->name, known[k].name);
			bool dev = str_find(p->name, S("-dev")) >= 0;
			if (named && !dev && (p->kind == MACHINE_CONDA) == conda) {
				found(known[k].fact, p->version,
					arena_printf(arena, "%s " STR_FMT,
						machine_package_kind_name(p->kind),
						STR_ARG(p->name)));
			}
		}
	}
}

/* ---- the toolkit ---------------------------------------------------------------------------------- */

struct str machine_read_cuda_json(struct str text, struct arena *arena)
{
	static const struct str names[] = {
		STR_INIT("cuda_cudart"), STR_INIT("cuda"), STR_INIT("cuda_sdk")};
	struct tree tree;
	struct err ignored = {0};
	if (!tree_json(text, arena, &tree, &ignored)) {
		return S("");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str version = tree_text(tree_get(&tree, names[i]), S("version"));
		if (version.n > 0) {
			return machine_plain_version(version);
		}
	}
	return S("");
}

/* #define NAME 8 */
static bool defined(struct str text, struct str name, uint64_t *ret)
{
	struct str line;
	while (str_next_line(&text, &line)) {
		struct str rest = str_trim(line);
		if (!str_starts(rest, S("#define "))) {
			continue;
		}
		rest = str_trim_left(str_skip(rest, 8));
		if (str_starts(rest, name) && rest.n > name.n && char_is_space(rest.p[name.n])) {
			rest = str_trim(str_skip(rest, name.n));
			size_t n = 0;
			while (n < rest.n && char_is_digit(rest.p[n])) {
				n++;
			}
			return str_to_u64(str_slice(rest, 0, n), ret);
		}
	}
	return false;
}

struct str machine_read_cudnn_header(struct str text, struct arena *arena)
{
	uint64_t major, minor, patch;
	if (!defined(text, S("CUDNN_MAJOR"), &major) || !defined(text, S("CUDNN_MINOR"), &minor) ||
		!defined(text, S("CUDNN_PATCHLEVEL"), &patch)) {
		return S("");
	}
	return arena_printf(arena, "%u.%u.%u", (unsigned)major, (unsigned)minor, (unsigned)patch);
}

static void look_toolkit(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	static const char *const headers[] = {"usr/local/cuda/include/cudnn_version.h",
		"usr/include/cudnn_version.h", "usr/include/x86_64-linux-gnu/cudnn_version.h",
		"usr/include/aarch64-linux-gnu/cudnn_version.h", "usr/local/cuda/include/cudnn.h",
		"usr/include/cudnn.h"};
	static const char toolkit[] = "usr/local/cuda/version.json";
	found(&machine->cuda,
		machine_read_cuda_json(machine_file(root, toolkit, SMALL_MAX, arena, NULL), arena),
		S("/usr/local/cuda/version.json"));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		found(&machine->cudnn,
			machine_read_cudnn_header(
				machine_file(root, headers[i], SMALL_MAX, arena, NULL), arena),
			arena_printf(arena, "/%s", headers[i]));
	}
}

/* ---- the loader ----------------------------------------------------------------------------------- */

static uint32_t little32(struct str bytes, size_t at)
{
	const unsigned char *p = (const unsigned char *)bytes.p + at;
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static struct str text_at(struct str bytes, uint32_t at)
{
	struct str rest = str_skip(bytes, at);
	ptrdiff_t end = str_find_char(rest, '\0');
	return end < 0 ? S("") : str_slice(rest, 0, (size_t)end);
}

/*
 * The format "glibc-ld.so.cache1.1" (glibc's dl-cache.h): a magic of 20 bytes, number of libraries, bytes of
 * strings, 20 bytes; then per library flags, offsets of name and path from the start, and 12 bytes.
 */
void machine_read_loader_cache(
	struct str cache, struct str prefix, struct arena *arena, machine_names *ret)
{
	enum { HEADER = 48, LIBRARY = 24 };
	ptrdiff_t start = str_find(str_slice(cache, 0, 16 << 20), S("glibc-ld.so.cache1.1"));
	if (start < 0) {
		return;
	}
	cache = str_skip(cache, (size_t)start);
	if (cache.n < HEADER) {
		return;
	}
	uint32_t n = little32(cache, 20);
	if ((size_t)n > (cache.n - HEADER) / LIBRARY) {
		return;
	}
	for (uint32_t i = 0; i < n && ret->n < LIBRARIES_MAX; i++) {
		size_t at = HEADER + (size_t)i * LIBRARY;
		struct str rest = str_skip(cache, little32(cache, at + 4));
		if (str_starts(rest, prefix)) {
			struct str path = text_at(cache, little32(cache, at + 8));
			*vec_push(arena, ret) = arena_str(arena, path);
		}
	}
}

/* "libcudart.so.12.4.127" behind the link that the loader knows. */
static struct str real_name(const struct machine_root *root, struct str path, struct arena *arena)
{
	char target[4096];
	path = path.n > 0 && path.p[0] == '/' ? str_skip(path, 1) : path;
	if (root->fd >= 0) {
		ssize_t n = readlinkat(root->fd, arena_cstr(arena, path), target, sizeof(target));
		return n > 0 ? arena_str(arena, (struct str){target, (size_t)n}) : path;
	}
	struct str absolute = arena_printf(arena, "/" STR_FMT, STR_ARG(path));
	return realpath(absolute.p, target) == NULL ? path : arena_str(arena, str_from(target));
}

static void look_loader(
	const struct machine_root *root, struct arena *arena, struct machine *machine)
{
	const struct {
		struct str prefix;
		struct machine_fact *fact;
	} known[] = {
		{S("libcudart.so."), &machine->cuda },
		{S("libcudnn.so."),  &machine->cudnn},
		{S("libmkl_rt.so."), &machine->mkl  },
	};
	bool all = true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		all = all && known[i].fact->version.n > 0;
	}
	struct str cache =
		all ? S("") : machine_file(root, "etc/ld.so.cache", CACHE_MAX, arena, NULL);
	for (size_t i = 0; cache.n > 0 && i < sizeof(known) / sizeof(known[0]); i++) {
		machine_names paths = {0};
		machine_read_loader_cache(cache, known[i].prefix, arena, &paths);
		for (size_t k = 0; k < paths.n; k++) {
			struct str name = fs_basename(real_name(root, paths.p[k], arena));
			if (str_starts(name, known[i].prefix)) {
				found(known[i].fact, str_skip(name, known[i].prefix.n), paths.p[k]);
			}
		}
	}
}

void machine_look_cuda(const struct machine_root *root, const struct machine_options *options,
	const machine_packages *packages, struct arena *arena, struct machine *machine)
{
	for (size_t i = 0; i < options->n_site_folders; i++) {
		look_wheels(root, options->site_folders[i], arena, machine);
	}
	if (root->fd >= 0 && options->n_site_folders == 0) {
		look_usual_folders(root, arena, machine);
	}
	look_packages(packages, true, arena, machine);
	look_toolkit(root, arena, machine);
	look_packages(packages, false, arena, machine);
	look_loader(root, arena, machine);
}
