#include "environment/machine_files.h"
#include "packaging/name.h"
#include "common/banned.h"

enum { DPKG_MAX = 64 << 20, STATUS_D_MAX = 64 << 10 };

static void add(struct arena *arena, machine_packages *packages, struct machine_package package)
{
	if (package.name.n > 0 && packages->n < MACHINE_PACKAGES_MAX) {
		*vec_push(arena, packages) = package;
	}
}

/* ---- deb ------------------------------------------------------------------------------------------ */

/* Stanzas of "Key: value" with an empty line between them; values may go on in lines with a blank. */
void machine_read_dpkg(struct str status, struct arena *arena, machine_packages *ret)
{
	struct machine_package package = {.kind = MACHINE_DEB};
	bool installed = true; /* the files of status.d say nothing about it */
	struct str line;
	while (str_next_line(&status, &line)) {
		if (line.n == 0) {
			if (installed) {
				add(arena, ret, package);
			}
			package = (struct machine_package){.kind = MACHINE_DEB};
			installed = true;
		} else if (str_starts(line, S("Package: "))) {
			package.name = str_trim(str_skip(line, 9));
		} else if (str_starts(line, S("Version: "))) {
			package.version = str_trim(str_skip(line, 9));
		} else if (str_starts(line, S("Architecture: "))) {
			package.arch = str_trim(str_skip(line, 14));
		} else if (str_starts(line, S("Status: "))) {
			installed = str_ends(str_trim_right(line), S(" installed"));
		}
	}
	if (installed) {
		add(arena, ret, package);
	}
}

/* Images without a package manager keep one file a package. */
static bool look_status_d(
	const struct machine_root *root, struct arena *arena, machine_packages *ret)
{
	AUTO(machine_folder_close) DIR *folder = machine_folder(root, "var/lib/dpkg/status.d");
	const struct dirent *entry;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || str_ends(str_from(entry->d_name), S(".md5sums"))) {
			continue;
		}
		struct str path = arena_printf(arena, "var/lib/dpkg/status.d/%s", entry->d_name);
		machine_read_dpkg(
			machine_file(root, path.p, STATUS_D_MAX, arena, NULL), arena, ret);
	}
	return folder != NULL;
}

/* ---- apk ------------------------------------------------------------------------------------------ */

/* Stanzas of lines "P:name", "V:version", "A:arch". */
void machine_read_apk(struct str installed, struct arena *arena, machine_packages *ret)
{
	struct machine_package package = {.kind = MACHINE_APK};
	struct str line;
	while (str_next_line(&installed, &line)) {
		if (line.n == 0) {
			add(arena, ret, package);
			package = (struct machine_package){.kind = MACHINE_APK};
		} else if (line.n > 2 && line.p[1] == ':') {
			struct str value = str_trim(str_skip(line, 2));
			switch (line.p[0]) {
			case 'P':
				package.name = value;
				break;
			case 'V':
				package.version = value;
				break;
			case 'A':
				package.arch = value;
				break;
			default:
				break;
			}
		}
	}
	add(arena, ret, package);
}

/* ---- conda ---------------------------------------------------------------------------------------- */

bool machine_read_conda_name(struct str file, struct arena *arena, struct machine_package *ret)
{
	if (!str_ends(file, S(".json"))) {
		return false;
	}
	struct str stem = str_slice(file, 0, file.n - 5);
	ptrdiff_t build = str_find_last_char(stem, '-');
	struct str rest = str_slice(stem, 0, build < 0 ? 0 : (size_t)build);
	ptrdiff_t version = str_find_last_char(rest, '-');
	if (version <= 0 || (size_t)version + 1 == rest.n) {
		return false;
	}
	*ret = (struct machine_package){.kind = MACHINE_CONDA,
		.name = arena_str(arena, str_slice(rest, 0, (size_t)version)),
		.version = arena_str(arena, str_skip(rest, (size_t)version + 1))};
	return true;
}

static bool look_conda(const struct machine_root *root, struct str prefix, struct arena *arena,
	machine_packages *ret)
{
	prefix = prefix.n > 0 && prefix.p[0] == '/' ? str_skip(prefix, 1) : prefix;
	struct str path = arena_printf(
		arena, STR_FMT "%sconda-meta", STR_ARG(prefix), prefix.n > 0 ? "/" : "");
	AUTO(machine_folder_close) DIR *folder = machine_folder(root, path.p);
	const struct dirent *entry;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		struct machine_package package;
		if (machine_read_conda_name(str_from(entry->d_name), arena, &package)) {
			add(arena, ret, package);
		}
	}
	return folder != NULL;
}

/* ---- all ------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	const struct machine_package *x = a;
	const struct machine_package *y = b;
	int order = x->kind == y->kind ? str_cmp(x->name, y->name) : x->kind < y->kind ? -1 : 1;
	order = order != 0 ? order : str_cmp(x->arch, y->arch);
	return order != 0 ? order : str_cmp(x->version, y->version);
}

void machine_look_native(const struct machine_root *root, struct str prefix, struct arena *arena,
	struct machine *machine, machine_packages *ret)
{
	bool found = machine_exists(root, "var/lib/dpkg/status");
	if (found) {
		machine_read_dpkg(machine_file(root, "var/lib/dpkg/status", DPKG_MAX, arena, NULL),
			arena, ret);
	}
	found = look_status_d(root, arena, ret) || found;
	if (machine_exists(root, "lib/apk/db/installed")) {
		found = true;
		machine_read_apk(machine_file(root, "lib/apk/db/installed", DPKG_MAX, arena, NULL),
			arena, ret);
	}
	bool has_rpm = false;
	struct err err = {0};
	if (!machine_look_rpm(root, arena, ret, &has_rpm, &err)) {
		machine_note_fault(machine, arena, "the rpm data base", &err);
	}
	found = found || has_rpm;
	if (prefix.n == 0 && root->fd >= 0) {
		prefix = S("opt/conda"); /* where the usual images have it */
	}
	if (prefix.n > 0) {
		found = look_conda(root, prefix, arena, ret) || found;
	}
	machine->knows_packages = found;
	if (ret->n > 0) {
		qsort(ret->p, ret->n, sizeof(*ret->p), by_name);
	}
}
