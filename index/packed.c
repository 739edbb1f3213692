#include "index/packed.h"
#include "common/banned.h"

enum { MAGIC = 0x31677074, SHA256_N = 64 }; /* change the magic with the records */

enum {
	IS_YANKED = 1,
	METADATA_ANNOUNCED = 2,
	METADATA_DENIED = 4,
	HAS_SHA256 = 8,
	HAS_METADATA_SHA256 = 16,
	PAGE_HAS_METADATA = 1,
};

/* Head, records, pool; offsets count from the start of the pool. Numbers are the machine's own. */
struct packed_head {
	uint32_t magic;
	uint32_t n_files, n_skipped, flags;
	uint32_t status_at, status_n;
};

struct packed_file {
	int64_t size, upload_ms;
	uint32_t filename_at, filename_n;
	uint32_t url_at, url_n;
	uint32_t python_at, python_n;
	uint32_t yanked_at, yanked_n;
	uint32_t sha256_at, metadata_sha256_at;
	uint32_t flags, unused;
};

static uint32_t add_text(struct buf *pool, struct str s)
{
	uint32_t at = (uint32_t)pool->n;
	buf_add(pool, s);
	return at;
}

static void pack_file(const struct index_file *file, const struct index_file *before,
	const struct packed_file *packed_before, struct buf *pool, struct packed_file *ret)
{
	*ret = (struct packed_file){
		.size = file->size,
		.upload_ms = file->upload_ms,
		.filename_n = (uint32_t)file->filename.n,
		.url_n = (uint32_t)file->url.n,
		.python_n = (uint32_t)file->requires_python.n,
		.yanked_n = (uint32_t)file->yanked.n,
		.flags = (file->is_yanked ? IS_YANKED : 0u) |
			 (file->metadata_state == 1 ? METADATA_ANNOUNCED : 0u) |
			 (file->metadata_denied ? METADATA_DENIED : 0u) |
			 (file->sha256.n > 0 ? HAS_SHA256 : 0u) |
			 (file->metadata_sha256.n > 0 ? HAS_METADATA_SHA256 : 0u),
	};
	ret->url_at = add_text(pool, file->url);
	bool at_end = str_ends(file->url, file->filename); /* nearly always */
	ret->filename_at = at_end ? ret->url_at + ret->url_n - ret->filename_n
				  : add_text(pool, file->filename);
	bool same = before != NULL && str_eq(before->requires_python, file->requires_python);
	ret->python_at = same ? packed_before->python_at : add_text(pool, file->requires_python);
	same = before != NULL && str_eq(before->yanked, file->yanked);
	ret->yanked_at = same ? packed_before->yanked_at : add_text(pool, file->yanked);
	ret->sha256_at = add_text(pool, file->sha256);
	ret->metadata_sha256_at = add_text(pool, file->metadata_sha256);
}

void index_page_pack(const struct index_page *page, struct buf *ret)
{
	AUTO(buf_done) struct buf pool = {.max = INDEX_PAGE_MAX};
	size_t records = page->n_files * sizeof(struct packed_file);
	struct packed_head head = {
		.magic = MAGIC,
		.n_files = (uint32_t)page->n_files,
		.n_skipped = (uint32_t)page->n_skipped,
		.flags = page->has_metadata ? PAGE_HAS_METADATA : 0,
		.status_n = (uint32_t)page->status.n,
	};
	head.status_at = add_text(&pool, page->status);
	buf_room(ret, sizeof(head) + records);
	buf_add(ret, (struct str){(const char *)&head, sizeof(head)});
	struct packed_file before = {0};
	for (size_t i = 0; i < page->n_files; i++) {
		struct packed_file record;
		pack_file(&page->files[i], i > 0 ? &page->files[i - 1] : NULL, &before, &pool,
			&record);
		buf_add(ret, (struct str){(const char *)&record, sizeof(record)});
		before = record;
	}
	buf_add(ret, buf_str(&pool));
	ret->full = ret->full || pool.full;
}

/* [at, at + n) of the pool; false when it is not inside. */
static bool text_at(struct str pool, uint32_t at, uint32_t n, struct str *ret)
{
	bool inside = at <= pool.n && n <= pool.n - at;
	*ret = inside ? (struct str){pool.p + at, n} : S("");
	return inside;
}

static bool unpack_file(const struct packed_file *record, struct str pool, struct index_file *ret)
{
	uint32_t flags = record->flags;
	ret->size = record->size;
	ret->upload_ms = record->upload_ms;
	ret->is_yanked = (flags & IS_YANKED) != 0;
	ret->metadata_state = (flags & METADATA_ANNOUNCED) != 0;
	ret->metadata_denied = (flags & METADATA_DENIED) != 0;
	return text_at(pool, record->filename_at, record->filename_n, &ret->filename) &&
	       text_at(pool, record->url_at, record->url_n, &ret->url) &&
	       text_at(pool, record->python_at, record->python_n, &ret->requires_python) &&
	       text_at(pool, record->yanked_at, record->yanked_n, &ret->yanked) &&
	       text_at(pool, record->sha256_at, flags & HAS_SHA256 ? SHA256_N : 0, &ret->sha256) &&
	       text_at(pool, record->metadata_sha256_at, flags & HAS_METADATA_SHA256 ? SHA256_N : 0,
		       &ret->metadata_sha256);
}

bool index_page_unpack(struct str bytes, struct arena *arena, struct index_page *ret)
{
	struct packed_head head;
	struct packed_file record;
	if (bytes.n < sizeof(head)) {
		return false;
	}
	memcpy(&head, bytes.p, sizeof(head));
	struct str records = str_skip(bytes, sizeof(head));
	if (head.magic != MAGIC || head.n_files > records.n / sizeof(record)) {
		return false;
	}
	struct str pool = str_skip(records, head.n_files * sizeof(record));
	struct index_page page = {
		.n_files = head.n_files,
		.n_skipped = head.n_skipped,
		.has_metadata = (head.flags & PAGE_HAS_METADATA) != 0,
	};
	if (!text_at(pool, head.status_at, head.status_n, &page.status)) {
		return false;
	}
	struct index_file *files = arena_array(arena, struct index_file, head.n_files);
	for (size_t i = 0; i < page.n_files; i++) {
		memcpy(&record, records.p + i * sizeof(record), sizeof(record));
		if (!unpack_file(&record, pool, &files[i])) {
			return false;
		}
	}
	page.files = files;
	*ret = page;
	return true;
}
