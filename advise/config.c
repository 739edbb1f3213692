#include "advise/config.h"
#include "common/fs.h"
#include "common/vec.h"
#include "common/banned.h"

enum { CONFIG_FILE_MAX = 1 << 20 };

struct str config_without_credentials(struct str url, struct arena *arena)
{
	struct str scheme;
	struct str rest;
	if (!str_cut(url, S("://"), &scheme, &rest)) {
		return url;
	}
	ptrdiff_t slash = str_find_char(rest, '/');
	struct str authority = slash < 0 ? rest : str_slice(rest, 0, (size_t)slash);
	ptrdiff_t at = str_find_last_char(authority, '@');
	if (at < 0) {
		return url;
	}
	struct str clean = str_skip(rest, (size_t)at + 1);
	return arena_printf(arena, STR_FMT "://" STR_FMT, STR_ARG(scheme), STR_ARG(clean));
}

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

bool config_ini_value(struct str text, struct str key, struct arena *arena, struct str *ret)
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

/* pip's files, the most particular first: PIP_CONFIG_FILE, virtual environment, user, machine. */
static bool pip_setting(struct str key, struct arena *arena, struct str *ret, struct str *ret_file)
{
	struct str home = str_from(getenv("HOME"));
	struct str xdg = str_from(getenv("XDG_CONFIG_HOME"));
	struct str venv = str_from(getenv("VIRTUAL_ENV"));
	struct str named = str_from(getenv("PIP_CONFIG_FILE"));
	struct str files[5] = {named};
	if (venv.n > 0) {
		files[1] = fs_join(arena, venv, S("pip.conf"));
	}
	files[2] = xdg.n > 0 ? fs_join(arena, xdg, S("pip/pip.conf"))
			     : fs_join(arena, home, S(".config/pip/pip.conf"));
	files[3] = fs_join(arena, home, S(".pip/pip.conf"));
	files[4] = S("/etc/pip.conf");
	for (size_t i = 0; i < 5; i++) {
		struct str text;
		struct err ignored = {0};
		if (files[i].n > 0 &&
			fs_read(arena_cstr(arena, files[i]), CONFIG_FILE_MAX, arena, &text,
				&ignored) &&
			config_ini_value(text, key, arena, ret) && ret->n > 0) {
			*ret_file = files[i];
			return true;
		}
	}
	return false;
}

static bool is_address(struct str url)
{
	return str_starts(url, S("https://")) || str_starts(url, S("http://")) ||
	       str_starts(url, S("file:///"));
}

struct sources {
	VEC(struct index_source) list;
};

static bool add(struct sources *sources, struct str url, const char *where, struct arena *arena,
	struct err *err)
{
	url = arena_str(arena, str_trim(url));
	if (!is_address(url)) {
		err_hint(err, "write https://..., http://... or file:///FOLDER");
		return err_set(err, ERR_USAGE, "%s: '" STR_FMT "' is not the address of an index",
			where, STR_ARG(config_without_credentials(url, arena)));
	}
	while (str_ends(url, S("/"))) {
		url.n--;
	}
	for (size_t i = 0; i < sources->list.n; i++) {
		if (str_eq(sources->list.p[i].url, url)) {
			return true;
		}
	}
	*vec_push(arena, &sources->list) =
		(struct index_source){.alias = config_without_credentials(url, arena), .url = url};
	return true;
}

/* Each word of a value is an address. */
static bool add_words(struct sources *sources, struct str value, const char *where,
	struct arena *arena, struct err *err)
{
	for (struct str rest = str_trim(value); rest.n > 0; rest = str_trim_left(rest)) {
		size_t n = 0;
		while (n < rest.n && !char_is_space(rest.p[n])) {
			n++;
		}
		if (!add(sources, str_slice(rest, 0, n), where, arena, err)) {
			return false;
		}
		rest = str_skip(rest, n);
	}
	return true;
}

/* The main index: the first of these that is set. */
static struct str main_index(
	const struct advise_options *options, struct arena *arena, struct str *ret_why)
{
	if (options->index_url.n > 0) {
		*ret_why = S("--index-url");
		return options->index_url;
	}
	static const char *const variables[] = {
		"UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"};
	for (size_t i = 0; i < 3; i++) {
		struct str value = str_from(getenv(variables[i]));
		if (value.n > 0) {
			*ret_why = str_from(variables[i]);
			return value;
		}
	}
	struct str value;
	if (pip_setting(S("index-url"), arena, &value, ret_why)) {
		return value;
	}
	*ret_why = S("the default");
	return S(THOTH_DEFAULT_INDEX);
}

static bool extra_indexes(const struct advise_options *options, struct sources *sources,
	struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < options->extra_index_urls.n; i++) {
		if (!add(sources, options->extra_index_urls.items[i], "--extra-index-url", arena,
			    err)) {
			return false;
		}
	}
	static const char *const variables[] = {"UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"};
	for (size_t i = 0; i < 2; i++) {
		struct str value = str_from(getenv(variables[i]));
		if (!add_words(sources, value, variables[i], arena, err)) {
			return false;
		}
	}
	struct str value;
	struct str file;
	return !pip_setting(S("extra-index-url"), arena, &value, &file) ||
	       add_words(sources, value, arena_cstr(arena, file), arena, err);
}

bool config_read(const struct advise_options *options, struct arena *arena, struct config *ret,
	struct err *err)
{
	struct config config = {0};
	struct sources sources = {0};
	struct str url = main_index(options, arena, &config.why);
	if (!add(&sources, url, arena_cstr(arena, config.why), arena, err)) {
		return false;
	}
	/* --index-url on the command line means this index; further ones are then named there too */
	bool alone = options->index_url.n > 0 && options->extra_index_urls.n == 0;
	if (!alone && !extra_indexes(options, &sources, arena, err)) {
		return false;
	}
	config.sources = sources.list.p;
	config.n_sources = sources.list.n;
	config.cache_dir = options->cache_dir.n > 0 ? options->cache_dir : fs_cache_dir(arena);
	*ret = config;
	return true;
}
