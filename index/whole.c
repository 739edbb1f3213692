#include "common/hash.h"
#include "index/local.h"
#include "index/recorded.h"
#include "index/state.h"
#include "common/banned.h"

/* A file is downloaded whole for its hash alone where nobody gives one. */
#define WHOLE_MAX ((size_t)16 << 30)

struct download {
	struct index_document document; /* first: the sink gets it */
	struct hash_sha256 hash;
};

static void take_bytes(void *data, struct str bytes, bool first)
{
	struct download *download = data;
	if (first) {
		hash_sha256_init(&download->hash);
	}
	hash_sha256_add(&download->hash, bytes);
}

static bool hash_of_web(struct index *index, const struct index_place *place,
	const struct index_file *file, char *ret_hex, struct err *err)
{
	struct download *download = arena_new(&index->arena, struct download);
	struct index_document *document = &download->document;
	*document = *index_new_document(index, place, file->url);
	document->max = WHOLE_MAX;
	document->is_file = true;
	document->sink = take_bytes;
	hash_sha256_init(&download->hash);
	index_document_start(&index->fetcher, document);
	if (!index_document_wait(document, err)) {
		return false;
	}
	if (document->status != 200) {
		return err_set(err, ERR_NETWORK, "'" STR_FMT "' answers HTTP %d",
			STR_ARG(file->url), document->status);
	}
	hash_sha256_end(&download->hash, ret_hex);
	return true;
}

static bool hash_of(struct index *index, const struct index_project *project,
	const struct index_file *file, char *ret_hex, struct err *err)
{
	size_t source = index_file_source(project, file);
	const struct index_place *place = &index->places[source];
	struct str path = S("");
	if (place->recorded) {
		path = index_recorded_path(
			place->url, project->name, file->filename, file->url, &index->arena);
	} else if (str_starts(file->url, S("file://")) &&
		   !index_local_path(file->url, &index->arena, &path)) {
		path = S("");
	}
	if (path.n > 0) {
		return index_local_sha256(path, ret_hex, err);
	}
	if (source < index->options.n_sources) {
		return err_set(err, ERR_NETWORK, "the index gives no sha256 for it");
	}
	return hash_of_web(index, place, file, ret_hex, err);
}

bool index_hash(struct index *index, const struct index_project *project,
	const struct index_file *file, struct str *ret, struct err *err)
{
	char hex[HASH_HEX + 1];
	if (file->sha256.n > 0) {
		*ret = file->sha256;
		return true;
	}
	for (size_t i = 0; i < index->hashes.n; i++) {
		if (index->hashes.p[i].file == file) {
			*ret = index->hashes.p[i].sha256;
			return true;
		}
	}
	if (!hash_of(index, project, file, hex, err)) {
		return err_prefix(err, "'" STR_FMT "'", STR_ARG(file->filename));
	}
	*ret = arena_str(&index->arena, str_from(hex));
	*vec_push(&index->arena, &index->hashes) = (struct index_hashed){file, *ret};
	return true;
}
