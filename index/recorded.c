#include "index/recorded.h"
#include <unistd.h>
#include "common/fs.h"
#include "index/local.h"
#include "index/simple.h"
#include "index/url.h"
#include "packaging/metadata.h"
#include "common/banned.h"

/* The folder of "file:///folder" without its last '/'. */
static struct str folder_of(struct str source, struct arena *arena)
{
	struct str path = index_url_unescape(str_skip(source, 7), arena);
	while (path.n > 1 && path.p[path.n - 1] == '/') {
		path.n--;
	}
	return path;
}

/* Read a file that may be missing: then true with ret->p NULL. */
static bool read_if_there(
	struct str path, size_t limit, struct arena *arena, struct str *ret, struct err *err)
{
	const char *name = arena_cstr(arena, path);
	if (access(name, F_OK) != 0) {
		*ret = (struct str){0};
		return true;
	}
	if (fs_read(name, limit, arena, ret, err)) {
		return true;
	}
	err->kind = ERR_NETWORK;
	return err_prefix(err, "recorded index");
}

bool index_recorded_page(struct str source, struct str name, struct arena *arena, struct str *ret,
	struct str *ret_content_type, struct err *err)
{
	struct str folder = folder_of(source, arena);
	struct stat st;
	if (stat(arena_cstr(arena, folder), &st) != 0 || !S_ISDIR(st.st_mode)) {
		err_hint(err, "check the address of the index");
		return err_set(
			err, ERR_NETWORK, "no recorded index at '" STR_FMT "'", STR_ARG(folder));
	}
	static const struct {
		const char *file;
		struct str content_type;
	} forms[] = {
		{"index.json", STR_INIT("application/json")},
		{"index.html", STR_INIT("text/html")       },
	};
	*ret = (struct str){0};
	for (size_t i = 0; i < 2 && ret->p == NULL; i++) {
		struct str path = arena_printf(arena, STR_FMT "/" STR_FMT "/%s", STR_ARG(folder),
			STR_ARG(name), forms[i].file);
		if (!read_if_there(path, INDEX_PAGE_MAX, arena, ret, err)) {
			return false;
		}
		*ret_content_type = forms[i].content_type;
	}
	return true;
}

struct str index_recorded_url(struct str source, struct str name, struct arena *arena)
{
	return arena_printf(arena, "file://" STR_FMT "/" STR_FMT "/",
		STR_ARG(folder_of(source, arena)), STR_ARG(name));
}

/* Below the folder, without a way up again. */
static bool is_below(struct str path, struct str folder)
{
	return str_starts(path, folder) && path.n > folder.n && path.p[folder.n] == '/' &&
	       str_find(path, S("/../")) < 0 && str_find_char(path, '\0') < 0;
}

/*
 * Where the document with this ending is: at the file's address when that lies below the folder, else in
 * the project's folder; "" when it is not there.
 */
static struct str find_beside(struct str source, struct str name, struct str filename,
	struct str url, struct str ending, struct arena *arena)
{
	struct str folder = folder_of(source, arena);
	if (str_starts(url, S("file://"))) {
		struct str path = index_url_unescape(str_skip(url, 7), arena);
		struct str rooted =
			arena_printf(arena, STR_FMT STR_FMT, STR_ARG(folder), STR_ARG(path));
		path = is_below(path, folder) ? path : rooted;
		path = arena_printf(arena, STR_FMT STR_FMT, STR_ARG(path), STR_ARG(ending));
		if (is_below(path, folder) && access(path.p, F_OK) == 0) {
			return path;
		}
	}
	struct str path = arena_printf(arena, STR_FMT "/" STR_FMT "/" STR_FMT STR_FMT,
		STR_ARG(folder), STR_ARG(name), STR_ARG(filename), STR_ARG(ending));
	return access(path.p, F_OK) == 0 ? path : S("");
}

static bool read_beside(struct str source, struct str name, struct str filename, struct str url,
	struct str ending, size_t max, struct arena *arena, struct str *ret, struct err *err)
{
	struct str path = find_beside(source, name, filename, url, ending, arena);
	*ret = (struct str){0};
	return path.n == 0 || read_if_there(path, max, arena, ret, err);
}

struct str index_recorded_path(struct str source, struct str name, struct str filename,
	struct str url, struct arena *arena)
{
	return find_beside(source, name, filename, url, S(""), arena);
}

bool index_recorded_list(struct str source, struct str name, struct arena *arena,
	struct index_page *ret, bool *ret_found, struct err *err)
{
	struct str folder = arena_printf(
		arena, STR_FMT "/" STR_FMT, STR_ARG(folder_of(source, arena)), STR_ARG(name));
	struct stat st;
	*ret_found = stat(folder.p, &st) == 0 && S_ISDIR(st.st_mode);
	return !*ret_found || index_local_folder(folder, arena, ret, err);
}

bool index_recorded_metadata(struct str source, struct str name, struct str filename,
	struct str url, struct arena *arena, struct str *ret, struct err *err)
{
	return read_beside(
		source, name, filename, url, S(".metadata"), METADATA_MAX, arena, ret, err);
}

bool index_recorded_file(struct str source, struct str name, struct str filename, struct str url,
	size_t max, struct arena *arena, struct str *ret, struct err *err)
{
	return read_beside(source, name, filename, url, S(""), max, arena, ret, err);
}
