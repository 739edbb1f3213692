#include "common/fs.h"
#include "common/hash.h"
#include "index/local.h"
#include "index/project.h"
#include "index/sdist.h"
#include "index/state.h"
#include "index/url.h"
#include "packaging/name.h"
#include "common/banned.h"

/* Projects that have one release with one file, named by its address instead of an index. */

static size_t add_place(struct index *index, const struct index_direct *direct)
{
	struct arena *arena = &index->arena;
	struct index_place *grown = arena_array(arena, struct index_place, index->n_places + 1);
	if (index->n_places > 0) {
		memcpy(grown, index->places, index->n_places * sizeof(*grown));
	}
	struct str url = arena_str(arena, index_url_public(direct->url, arena));
	grown[index->n_places] = (struct index_place){
		.alias = url,
		.url = url,
		.userinfo = arena_str(arena, direct->userinfo),
		.origin = index_url_origin(url, arena),
		.only_pinned = true,
		.foreign = direct->foreign,
		.local = str_starts(url, S("file://")),
	};
	index->places = grown;
	return index->n_places++;
}

/* All bytes of an archive, from disk or the network. */
static bool read_all(
	struct index *index, size_t place, struct str url, struct str *ret, struct err *err)
{
	struct arena *arena = &index->arena;
	struct str path;
	if (index_local_path(url, arena, &path)) {
		return fs_read(arena_cstr(arena, path), SDIST_MAX, arena, ret, err);
	}
	struct index_document *document = index_new_document(index, &index->places[place], url);
	document->is_file = true;
	document->max = SDIST_MAX;
	index_document_start(&index->fetcher, document);
	if (!index_document_wait(document, err)) {
		return false;
	}
	if (document->status == 413) {
		return err_set(err, ERR_LIMIT, "it is larger than %d bytes", SDIST_MAX);
	}
	if (document->status != 200) {
		return err_set(err, ERR_NETWORK, "'" STR_FMT "' answers HTTP %d",
			STR_ARG(index_url_host(url)), document->status);
	}
	*ret = document->body;
	return true;
}

/* What the parts of a direct package are, found bit by bit. */
struct found {
	size_t place;
	struct str url, filename, sha256, metadata, bytes;
	struct str name, version;
	bool is_wheel, is_open; /* open: the build decides */
};

static bool check_hash(const struct index_direct *direct, struct str hex, struct err *err)
{
	if (direct->sha256.n > 0 && !str_ieq(direct->sha256, hex)) {
		err_hint(err, "somebody put another file there, or the hash was mistyped");
		return err_set(err, ERR_INPUT,
			"its sha256 is " STR_FMT ", not the one that was asked for", STR_ARG(hex));
	}
	return true;
}

static bool look_into_archive(struct index *index, const struct index_direct *direct,
	struct found *found, struct err *err)
{
	struct arena *arena = &index->arena;
	char hex[HASH_HEX + 1];
	struct str bytes;
	struct metadata metadata;
	if (!index_sdist_is_archive(found->filename)) {
		err_hint(err, "give a wheel (.whl) or a source distribution (.tar.gz, .zip)");
		return err_set(err, ERR_INPUT, "it is no wheel and no source distribution");
	}
	if (!read_all(index, found->place, found->url, &bytes, err)) {
		return false;
	}
	hash_sha256_hex(bytes, hex);
	if (!check_hash(direct, str_from(hex), err)) {
		return false;
	}
	found->sha256 = arena_str(arena, str_from(hex));
	found->bytes = bytes;
	if (direct->metadata.n > 0) {
		found->metadata = direct->metadata;
		return true;
	}
	struct err none = {0};
	found->is_open =
		!index_sdist_read(bytes, found->filename, true, arena, &found->metadata, &none) ||
		!metadata_parse(found->metadata, arena, &metadata, &none) ||
		!index_sdist_is_static(&metadata);
	return none.kind != ERR_ENVIRONMENT || (*err = none, false);
}

/* Name and version out of the metadata, and a file name that says them. */
static bool take_metadata(struct index *index, struct found *found, struct err *err)
{
	struct arena *arena = &index->arena;
	struct metadata metadata;
	struct version version;
	if (!metadata_parse(found->metadata, arena, &metadata, err)) {
		return false;
	}
	if (!name_is_valid(metadata.name) || !version_parse(metadata.version, &version)) {
		return err_set(err, ERR_INPUT, "its metadata has no valid name and version");
	}
	found->name = name_normal(metadata.name, arena);
	found->version = version_normal(&version, arena);
	struct str stem = arena_str(arena, found->name);
	for (size_t i = 0; i < stem.n; i++) {
		((char *)stem.p)[i] = stem.p[i] == '-' ? '_' : stem.p[i];
	}
	found->filename = arena_printf(
		arena, STR_FMT "-" STR_FMT ".tar.gz", STR_ARG(stem), STR_ARG(found->version));
	return true;
}

static bool take_wheel_name(struct index *index, struct found *found, struct err *err)
{
	struct filename parts;
	if (!filename_parse(found->filename, S(""), &parts) || parts.kind != FILENAME_WHEEL) {
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is not the name of a wheel",
			STR_ARG(found->filename));
	}
	found->is_wheel = true;
	found->name = name_normal(parts.name, &index->arena);
	found->version = version_normal(&parts.version, &index->arena);
	return true;
}

static struct index_project *make_project(
	struct index *index, const struct index_direct *direct, const struct found *found)
{
	struct arena *arena = &index->arena;
	AUTO(buf_done) struct buf packed = {0};
	struct index_page_file file = {.filename = found->filename,
		.url = found->url,
		.sha256 = found->sha256,
		.requires_python = S(""),
		.yanked = S(""),
		.metadata_sha256 = S(""),
		.metadata_denied = true,
		.size = -1,
		.upload_ms = -1,
		.place = (uint32_t)found->place + 1};
	struct index_page page = {.status = S("active"), .files = &file, .n_files = 1};
	struct index_project *project = arena_new(arena, struct index_project);
	index_project_pack(&page, found->name, &packed);
	if (packed.full || !index_project_open(arena_str(arena, buf_str(&packed)), found->name, 0,
				   arena, project)) {
		return NULL;
	}
	project->source = found->place;
	project->source_alias = index->places[found->place].alias;
	project->direct = arena_str(arena, direct->lock_url);
	project->is_tree = direct->is_tree;
	return project;
}

/* Two addresses for one name cannot both be had. */
static bool put_job(struct index *index, const struct index_project *project, struct err *err)
{
	struct arena *arena = &index->arena;
	uint32_t id = intern_id(&index->names, project->name);
	while (index->pages.n <= id) {
		*vec_push(arena, &index->pages) = NULL;
	}
	const struct index_page_job *before = index->pages.p[id];
	const struct index_project *other = before == NULL ? NULL : before->project;
	if (other != NULL && other->direct.n > 0) {
		if (str_eq(other->direct, project->direct)) {
			return true;
		}
		err_hint(err, "leave one of them out");
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is asked for from '" STR_FMT "' too",
			STR_ARG(project->name), STR_ARG(other->direct));
	}
	struct index_page_job *job = arena_new(arena, struct index_page_job);
	index->pages.p[id] = job;
	*job = (struct index_page_job){.index = index,
		.name = intern_str(&index->names, id),
		.place = project->source,
		.pinned = true,
		.state = ANSWER_KNOWN,
		.started = true,
		.project = project,
		.merged = true};
	return true;
}

bool index_add_direct(struct index *index, const struct index_direct *direct,
	struct index_found *ret, struct err *err)
{
	struct arena *arena = &index->arena;
	struct found found = {.sha256 = direct->sha256, .metadata = direct->metadata};
	found.url = arena_str(arena, index_url_public(direct->url, arena));
	found.filename = index_url_unescape(index_url_last_part(found.url), arena);
	found.place = add_place(index, direct);
	bool wheel = !direct->is_tree && str_ends(found.filename, S(".whl"));
	bool fine = wheel ? take_wheel_name(index, &found, err)
			  : direct->is_tree || look_into_archive(index, direct, &found, err);
	if (!fine) {
		return false;
	}
	*ret = (struct index_found){.needs_build = found.is_open, .archive = found.bytes};
	if (found.is_open) {
		return true;
	}
	if (!wheel && !take_metadata(index, &found, err)) {
		return false;
	}
	if (direct->name.n > 0 && !str_eq(direct->name, found.name)) {
		return err_set(err, ERR_INPUT, "it is '" STR_FMT "', not '" STR_FMT "'",
			STR_ARG(found.name), STR_ARG(direct->name));
	}
	const struct index_project *project = make_project(index, direct, &found);
	if (project == NULL || project->n_releases != 1) {
		return err_set(err, ERR_INPUT, "'" STR_FMT "' is not the name of a file to install",
			STR_ARG(found.filename));
	}
	if (!put_job(index, project, err)) {
		return false;
	}
	if (!wheel) {
		const struct index_release *release = &project->releases[0];
		index_metadata_give(
			index, project, index_release_files(project, release), found.metadata);
	}
	ret->name = project->name;
	ret->version = project->releases[0].version;
	return true;
}
