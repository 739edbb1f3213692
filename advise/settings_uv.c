#include <unistd.h>
#include "advise/settings.h"
#include "common/fs.h"
#include "common/vec.h"
#include "packaging/toml.h"
#include "common/banned.h"

enum { UV_FILE_MAX = 1 << 20 };

/* A key at the top, else in [pip]. False: it is of another kind. */
static bool find(const struct tree *file, struct str key, enum tree_kind kind,
	const struct tree **ret, struct err *err)
{
	if (!tree_member(file, key, kind, ret, err)) {
		return false;
	}
	const struct tree *pip = tree_get(file, S("pip"));
	return *ret != NULL || pip == NULL || pip->kind != TREE_TABLE ||
	       tree_member(pip, key, kind, ret, err);
}

static bool read_list(const struct tree *file, struct str key, struct arena *arena,
	const struct str **ret, size_t *ret_n, struct err *err)
{
	const struct tree *list;
	if (!find(file, key, TREE_ARRAY, &list, err)) {
		return false;
	}
	size_t n = list == NULL ? 0 : list->n;
	struct str *texts = arena_array(arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		if (list->items[i].kind != TREE_STRING) {
			return tree_expected(&list->items[i], "a string", err);
		}
		texts[i] = list->items[i].text;
	}
	*ret = texts;
	*ret_n = n;
	return true;
}

/* `no-build = true` with `no-build-package = [...]`: ":all:" and names. */
static bool read_names(const struct tree *file, struct str all, struct str names,
	struct arena *arena, const struct str **ret, size_t *ret_n, struct err *err)
{
	const struct tree *flag;
	if (!find(file, all, TREE_BOOL, &flag, err)) {
		return false;
	}
	if (flag == NULL || !flag->truth) {
		return read_list(file, names, arena, ret, ret_n, err);
	}
	struct str *one = arena_array(arena, struct str, 1);
	one[0] = S(":all:");
	*ret = one;
	*ret_n = 1;
	return true;
}

static bool is_set(const struct tree *table, struct str key)
{
	const struct tree *value = tree_get(table, key);
	return value != NULL && value->kind == TREE_BOOL && value->truth;
}

static bool read_indexes(
	const struct tree *file, struct arena *arena, struct settings_uv *ret, struct err *err)
{
	VEC(struct settings_index) indexes = {0};
	const struct tree *list;
	if (!tree_member(file, S("index"), TREE_ARRAY, &list, err)) {
		return false;
	}
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		const struct tree *from = &list->items[i];
		struct settings_index index = {.name = tree_text(from, S("name")),
			.url = tree_text(from, S("url")),
			.is_default = is_set(from, S("default")),
			.is_explicit = is_set(from, S("explicit"))};
		if (index.url.n == 0) {
			return tree_expected(from, "an index with 'url'", err);
		}
		*vec_push(arena, &indexes) = index;
	}
	ret->indexes = indexes.p;
	ret->n_indexes = indexes.n;
	return true;
}

bool settings_uv_parse(
	struct str text, struct arena *arena, struct settings_uv *ret, struct err *err)
{
	struct settings_uv uv = {0};
	struct tree file;
	const struct tree *url;
	const struct tree *no_index;
	if (!toml_parse(text, arena, &file, err) || !read_indexes(&file, arena, &uv, err) ||
		!find(&file, S("index-url"), TREE_STRING, &url, err) ||
		!find(&file, S("no-index"), TREE_BOOL, &no_index, err) ||
		!read_list(&file, S("extra-index-url"), arena, &uv.extra_index_urls,
			&uv.n_extra_index_urls, err) ||
		!read_list(&file, S("find-links"), arena, &uv.find_links, &uv.n_find_links, err) ||
		!read_list(&file, S("allow-insecure-host"), arena, &uv.insecure_hosts,
			&uv.n_insecure_hosts, err) ||
		!read_names(&file, S("no-build"), S("no-build-package"), arena, &uv.only_binary,
			&uv.n_only_binary, err) ||
		!read_names(&file, S("no-binary"), S("no-binary-package"), arena, &uv.no_binary,
			&uv.n_no_binary, err)) {
		return false;
	}
	uv.index_url = url == NULL ? S("") : url->text;
	uv.no_index = no_index != NULL && no_index->truth;
	*ret = uv;
	return true;
}

static bool read_file(
	struct str path, struct arena *arena, struct settings_uv *ret, struct err *err)
{
	struct str text;
	if (!fs_read(arena_cstr(arena, path), UV_FILE_MAX, arena, &text, err) ||
		!settings_uv_parse(text, arena, ret, err)) {
		return err_in(err, path);
	}
	ret->file = path;
	return true;
}

bool settings_uv_read(struct arena *arena, struct settings_uv *ret, struct err *err)
{
	struct str off = str_from(getenv("UV_NO_CONFIG"));
	struct str named = str_from(getenv("UV_CONFIG_FILE"));
	struct str home = str_from(getenv("XDG_CONFIG_HOME"));
	*ret = (struct settings_uv){0};
	if (off.n > 0 && !str_eq(off, S("0")) && !str_ieq(off, S("false"))) {
		return true;
	}
	if (named.n > 0) {
		return read_file(named, arena, ret, err);
	}
	home = home.n > 0 ? home : fs_join(arena, str_from(getenv("HOME")), S(".config"));
	struct str files[] = {fs_join(arena, home, S("uv/uv.toml")), S("/etc/xdg/uv/uv.toml"),
		S("/etc/uv/uv.toml")};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (access(arena_cstr(arena, files[i]), F_OK) == 0) {
			return read_file(files[i], arena, ret, err);
		}
	}
	return true;
}
