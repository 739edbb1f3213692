#include "advise/place.h"
#include <limits.h>
#include <sys/stat.h>
#include "common/fs.h"
#include "index/local.h"
#include "index/url.h"
#include "common/banned.h"

static bool is_web(struct str location)
{
	return str_starts(location, S("https://")) || str_starts(location, S("http://"));
}

/* "egg=x&subdirectory=y&sha256=z" */
static void read_fragment(struct str fragment, struct place *place)
{
	while (fragment.n > 0) {
		struct str part = fragment;
		if (!str_cut(fragment, S("&"), &part, &fragment)) {
			fragment = S("");
		}
		if (str_starts(part, S("subdirectory="))) {
			place->subdirectory = str_skip(part, 13);
		} else if (str_starts(part, S("sha256="))) {
			place->sha256 = str_skip(part, 7);
		}
	}
}

/* "https://user@host/repository@rev": the '@' that counts is in the path. */
static void cut_reference(struct place *place)
{
	struct index_url parts;
	if (!index_url_split(place->url, &parts)) {
		return;
	}
	ptrdiff_t at = str_find_last_char(parts.path, '@');
	if (at >= 0) {
		place->reference = str_skip(parts.path, (size_t)at + 1);
		place->url = str_slice(
			place->url, 0, (size_t)(parts.path.p - place->url.p) + (size_t)at);
	}
}

bool place_find_path(
	struct str folder, bool foreign, struct str path, struct arena *arena, struct str *ret)
{
	char real[PATH_MAX];
	struct str joined = path.n > 0 && path.p[0] == '/' ? path : fs_join(arena, folder, path);
	if (str_find_char(path, '\0') >= 0) {
		return false;
	}
	if (realpath(arena_cstr(arena, joined), real) == NULL &&
		(foreign || realpath(arena_cstr(arena, path), real) == NULL)) {
		return false;
	}
	*ret = arena_str(arena, str_from(real));
	return true;
}

struct place place_read(struct str text, struct str folder, bool foreign, struct arena *arena)
{
	struct str location = str_trim(text);
	struct str fragment = S("");
	struct place place = {.kind = PLACE_ODD};
	struct stat st;
	if (is_web(location) || str_find(location, S("://")) >= 0) {
		(void)str_cut(location, S("#"), &location, &fragment);
		read_fragment(fragment, &place);
	}
	place.url = location;
	if (str_starts(location, S("git+"))) {
		place.kind = PLACE_GIT;
		place.url = str_skip(location, 4);
		cut_reference(&place);
	} else if (is_web(location)) {
		place.kind = PLACE_WEB;
	} else if (str_starts(location, S("file:")) || str_find(location, S("://")) < 0) {
		struct str path = location;
		if (str_starts(location, S("file:")) && !index_local_path(location, arena, &path)) {
			path = index_url_unescape(str_skip(location, 5), arena);
		}
		if (place_find_path(folder, foreign, path, arena, &place.path) &&
			stat(place.path.p, &st) == 0) {
			place.kind = S_ISDIR(st.st_mode) ? PLACE_FOLDER : PLACE_FILE;
			place.url = index_local_url(place.path, arena);
		}
	}
	return place;
}
