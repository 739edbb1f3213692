#include <jansson.h>
#include <sys/stat.h>
#include "common/fs.h"
#include "common/hash.h"
#include "common/vec.h"
#include "environment/installed.h"
#include "packaging/version.h"
#include "common/jansson_text.h"
#include "common/banned.h"

/* What one installed distribution says of itself in its *.dist-info, against what is there. */
enum { DIRECT_URL_MAX = 65536, RECORD_MAX = 32 << 20, FILE_MAX = 1 << 30 };

bool installed_is(const struct installed_package *there, struct str version, struct arena *arena)
{
	struct version a;
	struct version b;
	if (!version_parse(there->version, &a) || !version_parse(version, &b)) {
		return str_eq(there->version, version);
	}
	if (b.local.n == 0 && a.local.n > 0 && !version_parse(version_public(&a, arena), &a)) {
		return false;
	}
	return version_compare(&a, &b) == 0;
}

static struct str member(const json_t *object, const char *key, struct arena *arena)
{
	const json_t *value = json_object_get(object, key);
	struct str text = jansson_text(value);
	return json_is_string(value) ? arena_str(arena, text) : S("");
}

bool installed_origin(
	const struct installed_package *there, struct arena *arena, struct installed_origin *ret)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct err ignored = {0};
	struct str text;
	struct str path = fs_join(&scratch, there->info, S("direct_url.json"));
	if (!fs_read(arena_cstr(&scratch, path), DIRECT_URL_MAX, &scratch, &text, &ignored)) {
		return false;
	}
	json_t *document = json_loadb(text.p, text.n, 0, NULL);
	*ret = (struct installed_origin){.url = member(document, "url", arena),
		.commit = member(json_object_get(document, "vcs_info"), "commit_id", arena),
		.is_editable = json_is_true(
			json_object_get(json_object_get(document, "dir_info"), "editable"))};
	json_decref(document);
	return ret->url.n > 0;
}

/* ---- RECORD ---------------------------------------------------------------------------------------- */

/* "path,sha256=...,size" from the right, since a path may be quoted and hold commas. */
static bool split_record(
	struct str line, struct str *ret_path, struct str *ret_hash, struct arena *arena)
{
	ptrdiff_t size = str_find_last_char(line, ',');
	ptrdiff_t hash = size <= 0 ? -1 : str_find_last_char(str_slice(line, 0, (size_t)size), ',');
	if (hash <= 0) {
		return false;
	}
	struct str path = str_slice(line, 0, (size_t)hash);
	*ret_hash = str_slice(line, (size_t)hash + 1, (size_t)size);
	if (path.n >= 2 && path.p[0] == '"' && path.p[path.n - 1] == '"') {
		AUTO(buf_done) struct buf plain = {0};
		for (size_t i = 1; i + 1 < path.n; i++) {
			buf_byte(&plain, path.p[i]);
			i += path.p[i] == '"' && i + 2 < path.n && path.p[i + 1] == '"';
		}
		path = arena_str(arena, buf_str(&plain));
	}
	*ret_path = path;
	return true;
}

/* Byte code is made again by Python at will, and is listed without a hash as a rule. */
static bool is_as_recorded(struct str folder, struct str path, struct str hash)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct err ignored = {0};
	struct stat info;
	struct str bytes;
	struct str digest;
	char wanted[HASH_HEX + 1];
	char found[HASH_HEX + 1];
	struct str at = path.p[0] == '/' ? path : fs_join(&scratch, folder, path);
	if (stat(arena_cstr(&scratch, at), &info) != 0) {
		return str_ends(path, S(".pyc"));
	}
	if (!str_cut(hash, S("sha256="), &(struct str){0}, &digest) ||
		!hash_from_base64url(digest, wanted)) {
		return true; /* nothing is said of it */
	}
	if (!fs_read(arena_cstr(&scratch, at), FILE_MAX, &scratch, &bytes, &ignored)) {
		return false;
	}
	hash_sha256_hex(bytes, found);
	return strcmp(found, wanted) == 0;
}

const struct str *installed_modified(
	const struct installed_package *there, struct arena *arena, size_t *ret_n)
{
	AUTO(arena_done) struct arena scratch = {0};
	VEC(struct str) changed = {0};
	struct err ignored = {0};
	struct str record;
	struct str line;
	struct str path = fs_join(&scratch, there->info, S("RECORD"));
	struct str folder = fs_dirname(&scratch, there->info);
	*ret_n = 0;
	if (!fs_read(arena_cstr(&scratch, path), RECORD_MAX, &scratch, &record, &ignored)) {
		return NULL;
	}
	while (str_next_line(&record, &line)) {
		struct str file;
		struct str hash;
		if (split_record(line, &file, &hash, &scratch) &&
			!is_as_recorded(folder, file, hash)) {
			*vec_push(arena, &changed) = arena_str(arena, file);
		}
	}
	*ret_n = changed.n;
	return changed.p;
}
