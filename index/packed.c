#include "index/packed.h"
#include <assert.h>
#include <stdalign.h>
#include "common/intern.h"
#include "common/vec.h"
#include "common/banned.h"

enum { MAGIC = 0x33677074, SHA256_N = 64 }; /* change the magic with the records */

enum {
	IS_YANKED = 1,
	METADATA_ANNOUNCED = 2,
	METADATA_DENIED = 4,
	HAS_SHA256 = 8,
	HAS_METADATA_SHA256 = 16,
	IS_WHEEL = 32,
	IS_SDIST = 64,
	IS_REFUSED = 128, /* then it is neither wheel nor sdist */
	PAGE_HAS_METADATA = 1,
};

/* Head, then the arrays in this order, then the pool, which offsets count in. Numbers are the machine's own. */
struct packed_head {
	uint32_t magic;
	uint32_t n_files, n_releases, n_pythons, n_tags;
	uint32_t n_skipped, flags;
	uint32_t status_at, status_n, unused;
};

struct packed_file {
	int64_t size, upload_ms;
	uint32_t filename_at, filename_n;
	uint32_t url_at, url_n;
	uint32_t yanked_at, yanked_n;
	uint32_t sha256_at, metadata_sha256_at;
	uint32_t python, tags; /* which of the distinct ones */
	uint32_t flags;
	uint32_t place; /* as in struct index_file; 0 in the cache */
};

struct packed_release {
	uint32_t version_at, version_n; /* as spelled in the first file */
	uint32_t first, n;              /* its files */
};

struct packed_text {
	uint32_t at, n;
};

struct packed_tags {
	struct packed_text python, abi, platform;
};

struct index_records {
	struct arena *arena;
	const struct packed_file *files;
	struct str pool;
};

/* ---- writing ---------------------------------------------------------------------------------- */

struct packer {
	struct arena arena;
	struct buf pool;
	struct intern pythons, tags;
	VEC(struct packed_text) python_texts;
	VEC(struct packed_tags) tag_texts;
	struct str last_yanked;
	struct packed_text last_yanked_at;
};

static void packer_done(struct packer *packer)
{
	arena_done(&packer->arena);
	buf_done(&packer->pool);
	intern_done(&packer->pythons);
	intern_done(&packer->tags);
}

static struct packed_text add_text(struct packer *to, struct str s)
{
	struct packed_text text = {(uint32_t)to->pool.n, (uint32_t)s.n};
	buf_add(&to->pool, s);
	return text;
}

static uint32_t python_id(struct packer *to, struct str python)
{
	uint32_t id = intern_id(&to->pythons, python);
	if (id == to->python_texts.n) {
		*vec_push(&to->arena, &to->python_texts) = add_text(to, python);
	}
	return id;
}

/* Where a part of a file name is in the pool, given where the name is. */
static struct packed_text part_at(
	struct str part, const struct index_named_file *named, const struct packed_file *record)
{
	struct packed_text text = {0};
	assert(record != NULL); /* the file was packed before */
	if (part.n > 0) {
		text.at = record->filename_at + (uint32_t)(part.p - named->file->filename.p);
		text.n = (uint32_t)part.n;
	}
	return text;
}

static uint32_t tags_id(
	struct packer *to, const struct index_named_file *named, const struct packed_file *record)
{
	const struct filename *name = &named->name;
	bool wheel = name->kind == FILENAME_WHEEL;
	struct str key = S("");
	if (wheel) {
		key = (struct str){name->python.p,
			(size_t)(name->platform.p + name->platform.n - name->python.p)};
	}
	uint32_t id = intern_id(&to->tags, key);
	if (id == to->tag_texts.n) {
		struct packed_tags tags = {0};
		if (wheel) {
			tags.python = part_at(name->python, named, record);
			tags.abi = part_at(name->abi, named, record);
			tags.platform = part_at(name->platform, named, record);
		}
		*vec_push(&to->arena, &to->tag_texts) = tags;
	}
	return id;
}

static uint32_t file_flags(const struct index_named_file *named)
{
	const struct index_page_file *file = named->file;
	bool refused = file->is_refused || named->is_refused;
	enum filename_kind kind = refused ? FILENAME_OTHER : named->name.kind;
	return (refused ? IS_REFUSED : 0u) | (file->is_yanked ? IS_YANKED : 0u) |
	       (file->metadata_announced ? METADATA_ANNOUNCED : 0u) |
	       (file->metadata_denied ? METADATA_DENIED : 0u) |
	       (file->sha256.n > 0 ? HAS_SHA256 : 0u) |
	       (file->metadata_sha256.n > 0 ? HAS_METADATA_SHA256 : 0u) |
	       (kind == FILENAME_WHEEL ? IS_WHEEL : 0u) | (kind == FILENAME_SDIST ? IS_SDIST : 0u);
}

static void pack_file(
	struct packer *to, const struct index_named_file *named, struct packed_file *ret)
{
	const struct index_page_file *file = named->file;
	struct packed_text url = add_text(to, file->url);
	struct packed_text filename = {
		url.at + url.n - (uint32_t)file->filename.n, (uint32_t)file->filename.n};
	if (!str_ends(file->url, file->filename)) { /* hardly ever */
		filename = add_text(to, file->filename);
	}
	if (!str_eq(to->last_yanked, file->yanked)) {
		to->last_yanked = file->yanked;
		to->last_yanked_at = add_text(to, file->yanked);
	}
	*ret = (struct packed_file){
		.size = file->size,
		.upload_ms = file->upload_ms,
		.filename_at = filename.at,
		.filename_n = filename.n,
		.url_at = url.at,
		.url_n = url.n,
		.yanked_at = to->last_yanked_at.at,
		.yanked_n = to->last_yanked_at.n,
		.sha256_at = add_text(to, file->sha256).at,
		.metadata_sha256_at = add_text(to, file->metadata_sha256).at,
		.python = python_id(to, file->requires_python),
		.flags = file_flags(named),
		.place = file->place,
	};
	ret->tags = tags_id(to, named, ret);
}

static void add_bytes(struct buf *out, const void *from, size_t n)
{
	buf_add(out, (struct str){from, n});
}

void index_page_pack(
	const struct index_page *page, const struct index_group *groups, size_t n, struct buf *ret)
{
	AUTO(packer_done) struct packer packer = {.pool = {.max = INDEX_PAGE_MAX}};
	VEC(struct packed_file) files = {0};
	struct packed_release *releases = arena_array(&packer.arena, struct packed_release, n);
	struct packed_text status = add_text(&packer, page->status);
	for (size_t g = 0; g < n; g++) {
		releases[g] = (struct packed_release){
			.first = (uint32_t)files.n, .n = (uint32_t)groups[g].n};
		for (size_t i = 0; i < groups[g].n; i++) {
			pack_file(&packer, &groups[g].files[i], vec_push(&packer.arena, &files));
		}
		struct packed_text version = part_at(groups[g].files[0].name.version_text,
			&groups[g].files[0], &files.p[releases[g].first]);
		releases[g].version_at = version.at;
		releases[g].version_n = version.n;
	}
	struct packed_head head = {.magic = MAGIC,
		.n_files = (uint32_t)files.n,
		.n_releases = (uint32_t)n,
		.n_pythons = (uint32_t)packer.python_texts.n,
		.n_tags = (uint32_t)packer.tag_texts.n,
		.n_skipped = (uint32_t)page->n_skipped,
		.flags = page->has_metadata ? PAGE_HAS_METADATA : 0,
		.status_at = status.at,
		.status_n = status.n};
	buf_room(ret, sizeof(head) + files.n * sizeof(*files.p) + packer.pool.n);
	add_bytes(ret, &head, sizeof(head));
	add_bytes(ret, files.p, files.n * sizeof(*files.p));
	add_bytes(ret, releases, n * sizeof(*releases));
	add_bytes(
		ret, packer.python_texts.p, packer.python_texts.n * sizeof(*packer.python_texts.p));
	add_bytes(ret, packer.tag_texts.p, packer.tag_texts.n * sizeof(*packer.tag_texts.p));
	buf_add(ret, buf_str(&packer.pool));
	ret->full = ret->full || packer.pool.full;
}

/* ---- opening ---------------------------------------------------------------------------------- */

/* [at, at + n) of the pool, "" when it is not inside. */
static struct str text_at(struct str pool, uint32_t at, uint32_t n)
{
	bool inside = at <= pool.n && n <= pool.n - at;
	return inside ? (struct str){pool.p + at, n} : S("");
}

/* The next n items of `size` bytes; false when there are less. */
static bool take_array(struct str *rest, size_t n, size_t size, const void **ret)
{
	if (n > rest->n / size) {
		return false;
	}
	*ret = rest->p;
	*rest = str_skip(*rest, n * size);
	return true;
}

struct opened {
	struct packed_head head;
	const struct packed_file *files;
	const struct packed_release *releases;
	const struct packed_text *pythons;
	const struct packed_tags *tags;
	struct str pool;
};

static bool open_arrays(struct str bytes, struct opened *ret)
{
	const void *files;
	const void *releases;
	const void *pythons;
	const void *tags;
	if (bytes.n < sizeof(ret->head)) {
		return false;
	}
	memcpy(&ret->head, bytes.p, sizeof(ret->head));
	struct str rest = str_skip(bytes, sizeof(ret->head));
	const struct packed_head *head = &ret->head;
	if (head->magic != MAGIC ||
		!take_array(&rest, head->n_files, sizeof(*ret->files), &files) ||
		!take_array(&rest, head->n_releases, sizeof(*ret->releases), &releases) ||
		!take_array(&rest, head->n_pythons, sizeof(*ret->pythons), &pythons) ||
		!take_array(&rest, head->n_tags, sizeof(*ret->tags), &tags)) {
		return false;
	}
	ret->files = files;
	ret->releases = releases;
	ret->pythons = pythons;
	ret->tags = tags;
	ret->pool = rest;
	return true;
}

/* The files of a release uploaded before as_of_ms, moved to the front of `to`. */
static size_t files_before(const struct packed_file *from, size_t n, int64_t as_of_ms,
	struct packed_file *to, size_t *n_undated)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (from[i].upload_ms < 0) {
			(*n_undated)++;
		} else if (from[i].upload_ms < as_of_ms) {
			to[kept++] = from[i];
		}
	}
	return kept;
}

/* Files and releases, checked; without those that were uploaded later. */
static bool open_releases(const struct opened *in, int64_t as_of_ms, struct arena *arena,
	struct index_records *records, struct index_project *project)
{
	struct index_release *releases =
		arena_array(arena, struct index_release, in->head.n_releases);
	struct packed_file *dated = NULL;
	if (as_of_ms > 0) {
		dated = arena_array(arena, struct packed_file, in->head.n_files);
		records->files = dated;
	}
	size_t n_dated = 0;
	for (size_t i = 0; i < in->head.n_releases; i++) {
		const struct packed_release *from = &in->releases[i];
		if (from->first > in->head.n_files || from->n > in->head.n_files - from->first) {
			return false;
		}
		struct index_release release = {.first_file = from->first, .n_files = from->n};
		if (dated != NULL) {
			release.first_file = n_dated;
			release.n_files = files_before(&in->files[from->first], from->n, as_of_ms,
				&dated[n_dated], &project->n_undated);
			n_dated += release.n_files;
		}
		if (release.n_files == 0) {
			continue;
		}
		release.is_yanked = true;
		for (size_t f = 0; f < release.n_files; f++) {
			const struct packed_file *file = &records->files[release.first_file + f];
			release.is_yanked = release.is_yanked && (file->flags & IS_YANKED) != 0;
			project->n_refused += (file->flags & IS_REFUSED) != 0;
			if (file->python >= in->head.n_pythons || file->tags >= in->head.n_tags) {
				return false;
			}
		}
		if (!version_parse(text_at(in->pool, from->version_at, from->version_n),
			    &release.parsed)) {
			return false;
		}
		release.version = version_normal(&release.parsed, arena);
		releases[project->n_releases++] = release;
	}
	project->releases = releases;
	return true;
}

static void open_tables(const struct opened *in, struct arena *arena, struct index_project *project)
{
	struct str *pythons = arena_array(arena, struct str, in->head.n_pythons);
	for (size_t i = 0; i < in->head.n_pythons; i++) {
		pythons[i] = text_at(in->pool, in->pythons[i].at, in->pythons[i].n);
	}
	struct filename *tags = arena_array(arena, struct filename, in->head.n_tags);
	for (size_t i = 0; i < in->head.n_tags; i++) {
		const struct packed_tags *from = &in->tags[i];
		tags[i].kind = from->python.n > 0 ? FILENAME_WHEEL : FILENAME_SDIST;
		tags[i].python = text_at(in->pool, from->python.at, from->python.n);
		tags[i].abi = text_at(in->pool, from->abi.at, from->abi.n);
		tags[i].platform = text_at(in->pool, from->platform.at, from->platform.n);
	}
	project->pythons = pythons;
	project->n_pythons = in->head.n_pythons;
	project->tags = tags;
	project->n_tags = in->head.n_tags;
}

bool index_page_open(
	struct str bytes, int64_t as_of_ms, struct arena *arena, struct index_project *ret)
{
	struct opened in;
	if ((uintptr_t)bytes.p % alignof(struct packed_file) != 0) {
		bytes = arena_str(arena, bytes);
	}
	if (!open_arrays(bytes, &in)) {
		return false;
	}
	struct index_records *records = arena_new(arena, struct index_records);
	*records = (struct index_records){arena, in.files, in.pool};
	struct index_project project = {
		.status = text_at(in.pool, in.head.status_at, in.head.status_n),
		.n_skipped = in.head.n_skipped,
		.announces_metadata = (in.head.flags & PAGE_HAS_METADATA) != 0,
		.records = records,
	};
	if (!open_releases(&in, as_of_ms, arena, records, &project)) {
		return false;
	}
	open_tables(&in, arena, &project);
	*ret = project;
	return true;
}

/* ---- files on demand -------------------------------------------------------------------------- */

struct index_brief index_release_brief(
	const struct index_project *project, const struct index_release *release, size_t i)
{
	const struct packed_file *file = &project->records->files[release->first_file + i];
	return (struct index_brief){
		.kind = (file->flags & IS_WHEEL) != 0   ? FILENAME_WHEEL
			: (file->flags & IS_SDIST) != 0 ? FILENAME_SDIST
							: FILENAME_OTHER,
		.is_yanked = (file->flags & IS_YANKED) != 0,
		.python = file->python,
		.tags = file->tags,
	};
}

static void make_file(
	const struct index_project *project, const struct packed_file *from, struct index_file *ret)
{
	struct str pool = project->records->pool;
	uint32_t flags = from->flags;
	*ret = (struct index_file){
		.filename = text_at(pool, from->filename_at, from->filename_n),
		.url = text_at(pool, from->url_at, from->url_n),
		.sha256 = text_at(pool, from->sha256_at, flags & HAS_SHA256 ? SHA256_N : 0),
		.requires_python = project->pythons[from->python],
		.yanked = text_at(pool, from->yanked_at, from->yanked_n),
		.is_yanked = (flags & IS_YANKED) != 0,
		.is_refused = (flags & IS_REFUSED) != 0,
		.metadata_state = (flags & METADATA_ANNOUNCED) != 0,
		.metadata_denied = (flags & METADATA_DENIED) != 0,
		.metadata_sha256 = text_at(
			pool, from->metadata_sha256_at, flags & HAS_METADATA_SHA256 ? SHA256_N : 0),
		.size = from->size,
		.upload_ms = from->upload_ms,
		.place = from->place,
	};
	if (!filename_parse(ret->filename, project->name, &ret->name) || ret->is_refused) {
		ret->name.kind = FILENAME_OTHER;
	}
}

const struct index_file *index_release_files(
	const struct index_project *project, const struct index_release *release)
{
	if (release->files_made == NULL) {
		struct index_file *files =
			arena_array(project->records->arena, struct index_file, release->n_files);
		for (size_t i = 0; i < release->n_files; i++) {
			make_file(project, &project->records->files[release->first_file + i],
				&files[i]);
		}
		((struct index_release *)release)->files_made =
			files; /* ours: made by index_page_open() */
	}
	return release->files_made;
}
