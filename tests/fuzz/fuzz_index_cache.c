#include "fuzz/fuzz.h"
#include "index/cache.h"
#include "index/packed.h"
#include "common/banned.h"

/* An entry of any bytes is no entry, or lies wholly inside of them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct index_cache_entry entry;
	if (index_cache_decode(bytes, S("key"), &entry)) {
		FUZZ_CHECK(entry.body.p >= bytes.p &&
			   entry.body.p + entry.body.n == bytes.p + bytes.n);
		FUZZ_CHECK(entry.url.p >= bytes.p && entry.url.p + entry.url.n <= entry.body.p);
	}
	AUTO(arena_done) struct arena arena = {0};
	struct index_page page;
	if (index_page_unpack(bytes, &arena, &page)) {
		for (size_t i = 0; i < page.n_files; i++) {
			struct str url = page.files[i].url;
			FUZZ_CHECK(url.n == 0 ||
				   (url.p >= bytes.p && url.p + url.n <= bytes.p + bytes.n));
		}
	}
	(void)index_cache_fresh_until(bytes, 0, 1000);
	return 0;
}
