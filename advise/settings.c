#include "advise/settings.h"
#include "common/err.h"
#include "common/fs.h"
#include "common/vec.h"
#include "common/banned.h"

enum { SETTINGS_FILE_MAX = 1 << 20 };

static bool same_key(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	for (size_t i = 0; i < a.n; i++) {
		char x = a.p[i] == '_' ? '-' : char_lower(a.p[i]);
		char y = b.p[i] == '_' ? '-' : char_lower(b.p[i]);
		if (x != y) {
			return false;
		}
	}
	return true;
}

bool settings_ini_value(struct str text, struct str key, struct arena *arena, struct str *ret)
{
	struct str section = S("");
	struct str line;
	struct str found[2] = {{0}}; /* [global], [install] */
	bool has[2] = {false, false};
	int open = -1; /* the value a continuation line belongs to */
	while (str_next_line(&text, &line)) {
		bool indented = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
		struct str words = str_trim(line);
		if (words.n == 0 || words.p[0] == '#' || words.p[0] == ';') {
			continue;
		}
		if (indented && open >= 0) {
			found[open] = arena_printf(
				arena, STR_FMT " " STR_FMT, STR_ARG(found[open]), STR_ARG(words));
			continue;
		}
		open = -1;
		if (words.p[0] == '[' && str_ends(words, S("]"))) {
			section = str_slice(words, 1, words.n - 1);
			continue;
		}
		size_t cut = 0;
		while (cut < words.n && words.p[cut] != '=' && words.p[cut] != ':') {
			cut++;
		}
		struct str value = str_skip(words, cut + 1);
		if (cut == words.n || !same_key(str_trim(str_slice(words, 0, cut)), key)) {
			continue;
		}
		int slot = str_eq(section, S("install"))  ? 1
			   : str_eq(section, S("global")) ? 0
							  : -1;
		if (slot >= 0) {
			found[slot] = str_trim(value);
			has[slot] = true;
			open = slot;
		}
	}
	if (!has[0] && !has[1]) {
		return false;
	}
	*ret = str_trim(has[1] ? found[1] : found[0]);
	return true;
}

/* The machine's and the desktop's folders, which $XDG_CONFIG_DIRS may name. */
static void add_machine_files(struct arena *arena, struct str *files, size_t max, size_t *n)
{
	struct str dirs = str_from(getenv("XDG_CONFIG_DIRS"));
	struct str rest = dirs.n > 0 ? dirs : S("/etc/xdg");
	files[(*n)++] = S("/etc/pip.conf");
	while (rest.n > 0 && *n < max) {
		struct str dir = rest;
		if (!str_cut(rest, S(":"), &dir, &rest)) {
			rest = S("");
		}
		if (dir.n > 0) {
			files[(*n)++] = fs_join(arena, dir, S("pip/pip.conf"));
		}
	}
}

bool settings_pip(struct str key, struct arena *arena, struct str *ret, struct str *ret_file)
{
	struct str home = str_from(getenv("HOME"));
	struct str xdg = str_from(getenv("XDG_CONFIG_HOME"));
	struct str venv = str_from(getenv("VIRTUAL_ENV"));
	struct str named = str_from(getenv("PIP_CONFIG_FILE"));
	struct str files[16] = {{0}};
	size_t n = 0;
	if (str_eq(named, S("/dev/null"))) {
		return false;
	}
	files[n++] = named;
	files[n++] = venv.n > 0 ? fs_join(arena, venv, S("pip.conf")) : S("");
	files[n++] = xdg.n > 0 ? fs_join(arena, xdg, S("pip/pip.conf"))
			       : fs_join(arena, home, S(".config/pip/pip.conf"));
	files[n++] = fs_join(arena, home, S(".pip/pip.conf"));
	add_machine_files(arena, files, 16, &n);
	for (size_t i = 0; i < n; i++) {
		struct str text;
		struct err ignored = {0};
		if (files[i].n > 0 &&
			fs_read(arena_cstr(arena, files[i]), SETTINGS_FILE_MAX, arena, &text,
				&ignored) &&
			settings_ini_value(text, key, arena, ret) && ret->n > 0) {
			*ret_file = files[i];
			return true;
		}
	}
	return false;
}

bool settings_next_word(struct str *rest, bool commas, struct str *ret)
{
	size_t from = 0;
	while (from < rest->n &&
		(char_is_space(rest->p[from]) || (commas && rest->p[from] == ','))) {
		from++;
	}
	size_t to = from;
	while (to < rest->n && !char_is_space(rest->p[to]) && !(commas && rest->p[to] == ',')) {
		to++;
	}
	*ret = str_slice(*rest, from, to);
	*rest = str_skip(*rest, to);
	return ret->n > 0;
}
