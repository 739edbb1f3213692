#include "advise/config.h"
#include <limits.h>
#include "advise/settings.h"
#include "common/fs.h"
#include "index/local.h"
#include "common/vec.h"
#include "common/banned.h"

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

static bool is_address(struct str url)
{
	return str_starts(url, S("https://")) || str_starts(url, S("http://")) ||
	       str_starts(url, S("file:///"));
}

struct sources {
	VEC(struct index_source) list;
};

/* "https://a/simple/" and "https://a/simple" are one address. */
static struct str without_slash(struct str url)
{
	while (str_ends(url, S("/"))) {
		url.n--;
	}
	return url;
}

/* Add an index, or give its name to one that is there. alias "": its address. */
static bool add(struct sources *sources, struct str alias, struct str url, bool only_pinned,
	const char *where, struct arena *arena, struct err *err)
{
	url = arena_str(arena, str_trim(url));
	if (!is_address(url)) {
		err_hint(err, "write https://..., http://... or file:///FOLDER");
		return err_set(err, ERR_USAGE, "%s: '" STR_FMT "' is not the address of an index",
			where, STR_ARG(config_without_credentials(url, arena)));
	}
	url = without_slash(url);
	for (size_t i = 0; i < sources->list.n; i++) {
		struct index_source *known = &sources->list.p[i];
		if (str_eq(known->url, url)) {
			known->alias = alias.n > 0 ? arena_str(arena, alias) : known->alias;
			known->only_pinned = known->only_pinned && only_pinned;
			return true;
		}
	}
	*vec_push(arena, &sources->list) = (struct index_source){
		.alias = alias.n > 0 ? arena_str(arena, alias)
				     : config_without_credentials(url, arena),
		.url = url,
		.only_pinned = only_pinned,
	};
	return true;
}

bool config_is_alias(struct str alias)
{
	for (size_t i = 0; i < alias.n; i++) {
		char c = alias.p[i];
		if (!char_is_alnum(c) && c != '-' && c != '_' && c != '.') {
			return false;
		}
	}
	return alias.n > 0;
}

/* "NAME=URL", or with `bare` a URL alone. */
static bool add_named(struct sources *sources, struct str text, bool bare, bool only_pinned,
	const char *where, struct arena *arena, struct err *err)
{
	struct str alias = S("");
	struct str url = text;
	struct str before;
	struct str after;
	if (str_cut(text, S("="), &before, &after) && config_is_alias(before)) {
		alias = before;
		url = after;
	} else if (!bare) {
		err_hint(err, "as in %s gpu=https://index.example/simple", where);
		return err_set(err, ERR_USAGE, "%s: expected NAME=URL instead of '" STR_FMT "'",
			where, STR_ARG(config_without_credentials(text, arena)));
	}
	return add(sources, alias, url, only_pinned, where, arena, err);
}

/* Each word of a value is an address, or with `named` perhaps NAME=ADDRESS. */
static bool add_words(struct sources *sources, struct str value, bool named, const char *where,
	struct arena *arena, struct err *err)
{
	struct str word;
	while (settings_next_word(&value, false, &word)) {
		bool fine = named ? add_named(sources, word, true, false, where, arena, err)
				  : add(sources, S(""), word, false, where, arena, err);
		if (!fine) {
			return false;
		}
	}
	return true;
}

static bool add_variable(struct sources *sources, const char *variable, bool named,
	struct arena *arena, struct err *err)
{
	return add_words(sources, str_from(getenv(variable)), named, variable, arena, err);
}

static struct str main_of_uv(const struct settings_uv *uv)
{
	for (size_t i = 0; i < uv->n_indexes; i++) {
		if (uv->indexes[i].is_default) {
			return uv->indexes[i].url;
		}
	}
	return uv->index_url;
}

/* The main index: the first of these that is set. */
static struct str main_index(const struct advise_options *options, const struct settings_uv *uv,
	struct arena *arena, struct str *ret_why)
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
	struct str value = main_of_uv(uv);
	if (value.n > 0) {
		*ret_why = uv->file;
		return value;
	}
	if (settings_pip(S("index-url"), arena, &value, ret_why)) {
		return value;
	}
	*ret_why = S("the default");
	return S(THOTH_DEFAULT_INDEX);
}

static bool extra_indexes(const struct advise_options *options, struct sources *sources,
	struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < options->extra_index_urls.n; i++) {
		if (!add(sources, S(""), options->extra_index_urls.items[i], false,
			    "--extra-index-url", arena, err)) {
			return false;
		}
	}
	if (options->index_url.n > 0 && options->extra_index_urls.n == 0) {
		return true;
	}
	struct str value;
	struct str file;
	return add_variable(sources, "PIP_EXTRA_INDEX_URL", false, arena, err) &&
	       (!settings_pip(S("extra-index-url"), arena, &value, &file) ||
		       add_words(sources, value, false, arena_cstr(arena, file), arena, err));
}

/* Those of --index, for packages that are pinned to them. A name alone is for `thoth add`. */
static bool pinned_indexes(const struct advise_options *options, struct sources *sources,
	struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < options->indexes.n; i++) {
		struct str text = options->indexes.items[i];
		if (!config_is_alias(text) &&
			!add_named(sources, text, false, true, "--index", arena, err)) {
			return false;
		}
	}
	return true;
}

static bool names_differ(const struct sources *sources, struct err *err)
{
	for (size_t i = 0; i < sources->list.n; i++) {
		for (size_t k = 0; k < i; k++) {
			struct str alias = sources->list.p[i].alias;
			if (config_is_alias(alias) && str_eq(alias, sources->list.p[k].alias)) {
				err_hint(err, "give each index a name of its own");
				return err_set(err, ERR_USAGE,
					"two indexes are called '" STR_FMT "'", STR_ARG(alias));
			}
		}
	}
	return true;
}

/* ---- find-links ------------------------------------------------------------------------------- */

/* An address, or a path relative to folder. */
static bool add_links(struct config *config, struct str place, const char *where, struct str folder,
	struct arena *arena, struct err *err)
{
	struct str url = str_trim(place);
	if (!str_starts(url, S("https://")) && !str_starts(url, S("http://"))) {
		struct str path;
		char real[PATH_MAX];
		if (!index_local_path(url, arena, &path)) {
			path = str_starts(url, S("~/"))
				       ? fs_join(arena, str_from(getenv("HOME")), str_skip(url, 2))
				       : url;
			path = str_starts(path, S("/")) ? path : fs_join(arena, folder, path);
		}
		if (realpath(arena_cstr(arena, path), real) == NULL) {
			err_hint(err, "write a folder, an HTML file or an https:// address");
			return err_set(err, ERR_USAGE, "%s: there is no '" STR_FMT "'", where,
				STR_ARG(url));
		}
		url = index_local_url(str_from(real), arena);
	}
	for (size_t i = 0; i < config->n_links; i++) {
		if (str_eq(config->links[i].url, url)) {
			return true;
		}
	}
	struct index_source *grown = arena_array(arena, struct index_source, config->n_links + 1);
	if (config->n_links > 0) {
		memcpy(grown, config->links, config->n_links * sizeof(*grown));
	}
	grown[config->n_links++] = (struct index_source){
		.alias = config_without_credentials(url, arena), .url = arena_str(arena, url)};
	config->links = grown;
	return true;
}

static bool add_link_words(struct config *config, struct str value, bool commas, const char *where,
	struct arena *arena, struct err *err)
{
	struct str word;
	while (settings_next_word(&value, commas, &word)) {
		if (!add_links(config, word, where, S("."), arena, err)) {
			return false;
		}
	}
	return true;
}

static bool read_links(const struct advise_options *options, const struct settings_uv *uv,
	struct config *config, struct arena *arena, struct err *err)
{
	struct str value;
	struct str file;
	for (size_t i = 0; i < options->find_links.n; i++) {
		if (!add_links(config, options->find_links.items[i], "--find-links", S("."), arena,
			    err)) {
			return false;
		}
	}
	if (options->index_url.n > 0 || options->find_links.n > 0) {
		return true; /* told where from */
	}
	for (size_t i = 0; i < uv->n_find_links; i++) {
		struct str folder = fs_dirname(arena, uv->file);
		if (!add_links(config, uv->find_links[i], "uv.toml", folder, arena, err)) {
			return false;
		}
	}
	return add_link_words(config, str_from(getenv("UV_FIND_LINKS")), true, "UV_FIND_LINKS",
		       arena, err) &&
	       add_link_words(config, str_from(getenv("PIP_FIND_LINKS")), false, "PIP_FIND_LINKS",
		       arena, err) &&
	       (!settings_pip(S("find-links"), arena, &value, &file) ||
		       add_link_words(config, value, false, arena_cstr(arena, file), arena, err));
}

/* ---- how the network is asked ------------------------------------------------------------------ */

static bool is_on(struct str value)
{
	return str_ieq(value, S("1")) || str_ieq(value, S("true")) || str_ieq(value, S("yes")) ||
	       str_ieq(value, S("on")) || str_ieq(value, S("t")) || str_ieq(value, S("y"));
}

/* The first of two variables that is set, else pip's own setting; "" when none is. */
static struct str value_of(const char *uv, const char *pip, const char *key, struct arena *arena)
{
	struct str value = str_from(uv == NULL ? NULL : getenv(uv));
	struct str file;
	value = value.n > 0 ? value : str_from(getenv(pip));
	if (value.n == 0 && !settings_pip(str_from(key), arena, &value, &file)) {
		value = S("");
	}
	return arena_str(arena, value);
}

static void add_trusted(struct config *config, struct str host, struct arena *arena)
{
	struct str *grown = arena_array(arena, struct str, config->n_trusted + 1);
	if (config->n_trusted > 0) {
		memcpy(grown, config->trusted, config->n_trusted * sizeof(*grown));
	}
	grown[config->n_trusted++] = arena_str(arena, str_trim(host));
	config->trusted = grown;
}

static void add_format(
	struct config *config, bool only_binary, struct str value, struct arena *arena)
{
	struct config_format *grown =
		arena_array(arena, struct config_format, config->n_formats + 1);
	if (config->n_formats > 0) {
		memcpy(grown, config->formats, config->n_formats * sizeof(*grown));
	}
	grown[config->n_formats++] = (struct config_format){only_binary, value};
	config->formats = grown;
}

static void read_network(const struct advise_options *options, const struct settings_uv *uv,
	struct config *config, struct arena *arena)
{
	for (size_t i = 0; i < uv->n_insecure_hosts; i++) {
		add_trusted(config, uv->insecure_hosts[i], arena);
	}
	struct str word;
	struct str file;
	struct str hosts = value_of("UV_INSECURE_HOST", "PIP_TRUSTED_HOST", "trusted-host", arena);
	while (settings_next_word(&hosts, true, &word)) {
		add_trusted(config, word, arena);
	}
	for (size_t i = 0; i < options->trusted_hosts.n; i++) {
		add_trusted(config, options->trusted_hosts.items[i], arena);
	}
	/* PIP_CERT stands in the order of certificates that the index knows itself */
	if (!settings_pip(S("cert"), arena, &config->ca, &file)) {
		config->ca = S("");
	}
	config->told_ca = options->cert;
	config->client_cert =
		options->client_cert.n > 0
			? options->client_cert
			: value_of("SSL_CLIENT_CERT", "PIP_CLIENT_CERT", "client-cert", arena);
	config->proxy =
		options->proxy.n > 0 ? options->proxy : value_of(NULL, "PIP_PROXY", "proxy", arena);
}

/* Settings first, then the command line, where wheels have the last word: they run nothing. */
static void read_formats(const struct advise_options *options, const struct settings_uv *uv,
	struct config *config, struct arena *arena)
{
	for (size_t i = 0; i < uv->n_no_binary; i++) {
		add_format(config, false, uv->no_binary[i], arena);
	}
	for (size_t i = 0; i < uv->n_only_binary; i++) {
		add_format(config, true, uv->only_binary[i], arena);
	}
	struct str no = value_of(NULL, "PIP_NO_BINARY", "no-binary", arena);
	struct str only = value_of(NULL, "PIP_ONLY_BINARY", "only-binary", arena);
	if (no.n > 0) {
		add_format(config, false, no, arena);
	}
	if (only.n > 0) {
		add_format(config, true, only, arena);
	}
	for (size_t i = 0; i < options->no_binary.n; i++) {
		add_format(config, false, options->no_binary.items[i], arena);
	}
	for (size_t i = 0; i < options->only_binary.n; i++) {
		add_format(config, true, options->only_binary.items[i], arena);
	}
}

/* ---- all of it --------------------------------------------------------------------------------- */

static void drop_indexes(struct config *config)
{
	config->no_index = true;
	config->n_sources = 0;
}

/*
 * [[index]] of uv.toml. With `alone` all of them are for what is pinned to them: their names are known all
 * the same. The default gets its name once it stands in its place.
 */
static bool add_uv_indexes(const struct settings_uv *uv, bool defaults, bool alone,
	struct sources *sources, struct arena *arena, struct err *err)
{
	const char *where = arena_cstr(arena, uv->file);
	for (size_t i = 0; i < uv->n_indexes; i++) {
		const struct settings_index *index = &uv->indexes[i];
		struct str name = config_is_alias(index->name) ? index->name : S("");
		bool pinned = index->is_explicit || alone || defaults;
		if (index->is_default == defaults &&
			!add(sources, name, index->url, pinned, where, arena, err)) {
			return false;
		}
	}
	for (size_t i = 0; i < uv->n_extra_index_urls && !alone && !defaults; i++) {
		if (!add(sources, S(""), uv->extra_index_urls[i], false, where, arena, err)) {
			return false;
		}
	}
	return true;
}

static bool read_indexes(const struct advise_options *options, const struct settings_uv *uv,
	struct config *config, struct arena *arena, struct err *err)
{
	struct sources sources = {0};
	/* --index-url on the command line means this index; further ones are then named there too */
	bool alone = options->index_url.n > 0 && options->extra_index_urls.n == 0;
	struct str url = main_index(options, uv, arena, &config->why);
	bool fine =
		alone || (add_variable(&sources, "UV_INDEX", true, arena, err) &&
				 add_variable(&sources, "UV_EXTRA_INDEX_URL", false, arena, err));
	if (!fine || !add_uv_indexes(uv, false, alone, &sources, arena, err) ||
		!add(&sources, S(""), url, false, arena_cstr(arena, config->why), arena, err) ||
		!add_uv_indexes(uv, true, alone, &sources, arena, err) ||
		!extra_indexes(options, &sources, arena, err) ||
		!pinned_indexes(options, &sources, arena, err) || !names_differ(&sources, err)) {
		return false;
	}
	config->sources = sources.list.p;
	config->n_sources = sources.list.n;
	config->main = config_find_url(config, url, arena);
	return true;
}

bool config_read(const struct advise_options *options, struct arena *arena, struct config *ret,
	struct err *err)
{
	struct config config = {.is_told = options->index_url.n > 0};
	struct settings_uv uv;
	if (!settings_uv_read(arena, &uv, err) ||
		!read_indexes(options, &uv, &config, arena, err) ||
		!read_links(options, &uv, &config, arena, err)) {
		return false;
	}
	bool told = options->index_url.n > 0;
	bool set = uv.no_index || is_on(value_of("UV_NO_INDEX", "PIP_NO_INDEX", "no-index", arena));
	if (options->no_index || (!told && set)) {
		drop_indexes(&config);
	}
	read_network(options, &uv, &config, arena);
	read_formats(options, &uv, &config, arena);
	config.cache_dir = options->cache_dir.n > 0 ? options->cache_dir : fs_cache_dir(arena);
	*ret = config;
	return true;
}

/* A list of one, for the functions that fill lists. */
static bool add_source(struct config *config, struct str url, bool replace_main, const char *where,
	struct arena *arena, struct err *err)
{
	struct sources sources = {0};
	for (size_t i = 0; i < config->n_sources; i++) {
		if (!replace_main || i != config->main) {
			*vec_push(arena, &sources.list) = config->sources[i];
		} else if (!add(&sources, S(""), url, false, where, arena, err)) {
			return false;
		}
	}
	if (!replace_main && !add(&sources, S(""), url, false, where, arena, err)) {
		return false;
	}
	config->sources = sources.list.p;
	config->n_sources = sources.list.n;
	return true;
}

bool config_take(struct config *config, struct str option, struct str value, struct str folder,
	struct arena *arena, struct err *err)
{
	const char *where = arena_cstr(arena, option);
	if (str_eq(option, S("--index-url"))) {
		return config->no_index || config->is_told ||
		       add_source(config, value, true, where, arena, err);
	}
	if (str_eq(option, S("--extra-index-url"))) {
		return config->no_index || add_source(config, value, false, where, arena, err);
	}
	if (str_eq(option, S("--find-links"))) {
		return add_links(config, value, where, folder, arena, err);
	}
	if (str_eq(option, S("--no-index"))) {
		drop_indexes(config);
		return true;
	}
	if (str_eq(option, S("--trusted-host"))) {
		add_trusted(config, value, arena);
		return true;
	}
	return false;
}

struct index_options config_index_options(
	const struct config *config, const struct advise_options *options)
{
	return (struct index_options){.sources = config->sources,
		.n_sources = config->n_sources,
		.links = config->links,
		.n_links = config->n_links,
		.cache_dir = config->cache_dir,
		.told_ca = config->told_ca,
		.last_ca = config->last_ca,
		.ca = config->ca,
		.client_cert = config->client_cert,
		.proxy = config->proxy,
		.trusted = config->trusted,
		.n_trusted = config->n_trusted,
		.offline = options->offline,
		.refresh = options->refresh,
		.retries = -1};
}

size_t config_find_alias(const struct config *config, struct str alias)
{
	for (size_t i = 0; i < config->n_sources; i++) {
		if (str_eq(config->sources[i].alias, alias)) {
			return i;
		}
	}
	return INDEX_NOWHERE;
}

size_t config_find_url(const struct config *config, struct str url, struct arena *arena)
{
	url = without_slash(config_without_credentials(str_trim(url), arena));
	for (size_t i = 0; i < config->n_sources; i++) {
		if (str_eq(config_without_credentials(config->sources[i].url, arena), url)) {
			return i;
		}
	}
	/* What public notebooks call the index is, for this user, the index: perhaps a mirror of it. */
	bool main = str_eq(without_slash(S(THOTH_DEFAULT_INDEX)), url);
	return main && config->n_sources > 0 ? config->main : INDEX_NOWHERE;
}

bool config_add_foreign(struct config *config, struct str alias, struct str url,
	struct arena *arena, size_t *ret, struct err *err)
{
	if (!is_address(url) || str_starts(url, S("file://"))) {
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is not the address of an index",
			STR_ARG(config_without_credentials(url, arena)));
	}
	struct index_source *grown = arena_array(arena, struct index_source, config->n_sources + 1);
	memcpy(grown, config->sources, config->n_sources * sizeof(*grown));
	grown[config->n_sources] = (struct index_source){
		.alias = config_find_alias(config, alias) == INDEX_NOWHERE
				 ? arena_str(arena, alias)
				 : config_without_credentials(url, arena),
		.url = arena_str(arena, without_slash(url)),
		.only_pinned = true,
		.foreign = true,
	};
	config->sources = grown;
	*ret = config->n_sources++;
	return true;
}
