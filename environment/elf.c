#include "environment/machine_files.h"
#include <elf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "common/fs.h"
#include "common/banned.h"

/* The versions that a shared library defines (System V gABI; LSB, "Symbol Versioning"). */
enum { LIBRARY_MAX = 32 << 20, SECTIONS_MAX = 10000 };

static bool take(struct str bytes, uint64_t at, void *ret, size_t size)
{
	if (at > bytes.n || bytes.n - at < size) {
		return false;
	}
	memcpy(ret, bytes.p + at, size);
	return true;
}

static struct str section_bytes(struct str bytes, const Elf64_Shdr *section)
{
	if (section->sh_offset > bytes.n || section->sh_size > bytes.n - section->sh_offset) {
		return S("");
	}
	return str_slice(bytes, section->sh_offset, section->sh_offset + section->sh_size);
}

static void add_names(
	struct str versions, struct str strings, struct arena *arena, machine_names *ret)
{
	uint64_t at = 0;
	Elf64_Verdef one;
	while (ret->n < MACHINE_SYMBOLS_MAX && take(versions, at, &one, sizeof(one))) {
		Elf64_Verdaux name;
		/* the first is the library's own name */
		if ((one.vd_flags & VER_FLG_BASE) == 0 &&
			take(versions, at + one.vd_aux, &name, sizeof(name))) {
			struct str text = str_skip(strings, name.vda_name);
			ptrdiff_t end = str_find_char(text, '\0');
			if (end > 0 && end < 256) {
				*vec_push(arena, ret) =
					arena_str(arena, str_slice(text, 0, (size_t)end));
			}
		}
		if (one.vd_next == 0) {
			break;
		}
		at += one.vd_next;
	}
}

bool machine_read_elf(struct str bytes, struct arena *arena, machine_names *ret)
{
	Elf64_Ehdr header;
	if (!take(bytes, 0, &header, sizeof(header)) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
		header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
		header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > SECTIONS_MAX) {
		return false;
	}
	for (unsigned i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr section, strings;
		if (header.e_shoff > bytes.n ||
			!take(bytes, header.e_shoff + (uint64_t)i * sizeof(section), &section,
				sizeof(section))) {
			return false;
		}
		if (section.sh_type == SHT_GNU_verdef && section.sh_link < header.e_shnum &&
			take(bytes, header.e_shoff + (uint64_t)section.sh_link * sizeof(strings),
				&strings, sizeof(strings))) {
			add_names(section_bytes(bytes, &section), section_bytes(bytes, &strings),
				arena, ret);
		}
	}
	return true;
}

/* ---- libc and libstdc++ of the machine --------------------------------------------------------------- */

/* The file mapped, since its versions are a few pages of millions of bytes. */
static bool read_mapped(
	const struct machine_root *root, const char *path, struct arena *arena, machine_names *ret)
{
	AUTO(fs_closep) int fd = machine_open(root, path, 0);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
		st.st_size > LIBRARY_MAX) {
		return false;
	}
	size_t n = (size_t)st.st_size;
	void *bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		return false;
	}
	bool read = machine_read_elf((struct str){bytes, n}, arena, ret);
	munmap(bytes, n);
	return read;
}

static bool read_library(
	const struct machine_root *root, const char *name, struct arena *arena, machine_names *ret)
{
	static const char *const places[] = {"lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu",
		"lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib64", "usr/lib64",
		"usr/lib", "lib"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", places[i], name);
		if (read_mapped(root, path, arena, ret)) {
			return true;
		}
	}
	return false;
}

/* "GLIBC_2.36" is newer than "GLIBC_2.9". */
static struct str newest_glibc(const machine_names *names)
{
	struct str best = S("");
	uint64_t best_minor = 0;
	for (size_t i = 0; i < names->n; i++) {
		struct str version = str_skip(names->p[i], strlen("GLIBC_"));
		uint64_t minor;
		struct str major, rest;
		if (str_starts(names->p[i], S("GLIBC_2.")) &&
			str_cut(version, S("."), &major, &rest) &&
			str_to_u64(machine_version_parts(rest, 1), &minor) &&
			(best.n == 0 || minor > best_minor)) {
			best = machine_version_parts(version, 2);
			best_minor = minor;
		}
	}
	return best;
}

/* The libc that a package says; versions of packages have more behind two numbers, or three of musl. */
static void libc_of_packages(struct machine *machine)
{
	for (size_t i = 0; i < machine->n_packages && machine->libc.n == 0; i++) {
		const struct machine_package *p = &machine->packages[i];
		bool glibc = (p->kind == MACHINE_DEB && str_eq(p->name, S("libc6"))) ||
			     (p->kind == MACHINE_RPM && str_eq(p->name, S("glibc")));
		bool musl = p->kind == MACHINE_APK && str_eq(p->name, S("musl"));
		if (glibc || musl) {
			machine->libc = glibc ? S("glibc") : S("musl");
			machine->libc_version = machine_version_parts(
				machine_plain_version(p->version), glibc ? 2 : 3);
		}
	}
}

static bool has_musl_loader(const struct machine_root *root)
{
	AUTO(machine_folder_close) DIR *folder = machine_folder(root, "lib");
	const struct dirent *entry;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (str_starts(str_from(entry->d_name), S("ld-musl-"))) {
			return true;
		}
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void machine_look_symbols(
	const struct machine_root *root, bool wanted, struct arena *arena, struct machine *machine)
{
	machine_names names = {0};
	libc_of_packages(machine);
	if (machine->libc.n > 0 && !wanted) {
		return;
	}
	bool has_libc = read_library(root, "libc.so.6", arena, &names);
	if (machine->libc.n == 0) {
		machine->libc = has_libc ? S("glibc") : has_musl_loader(root) ? S("musl") : S("");
		machine->libc_version = newest_glibc(&names);
	}
	if (wanted && has_libc) {
		(void)read_library(root, "libstdc++.so.6", arena, &names);
		if (names.n > 1) {
			qsort(names.p, names.n, sizeof(*names.p), by_text);
		}
		machine->knows_symbols = true;
		machine->symbols = names.p;
		machine->n_symbols = names.n;
	}
}
