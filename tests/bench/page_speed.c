#include <time.h>
#include "common/fs.h"
#include "index/simple.h"
#include "common/banned.h"

/*
 * How fast pages become file records (name, hash, Requires-Python, time; versions are not parsed):
 *
 *	page_speed ROUNDS FILE...
 *
 * Prints the bytes, the files on them, GB/s of the best round, and beside it GB/s of memchr() looking for a
 * byte that is not there, which is what memory alone allows. Files whose name ends in .json are JSON.
 */
static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct page {
	struct str text, type;
};

static size_t parse_all(const struct page *pages, size_t n)
{
	size_t files = 0;
	for (size_t i = 0; i < n; i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct index_page page;
		struct err err = {0};
		if (!index_page_parse(pages[i].text, pages[i].type,
			    S("https://index.example/simple/x/"), &arena, &page, &err)) {
			fprintf(stderr, "%s\n", err.message);
			exit(1);
		}
		files += page.n_files;
	}
	return files;
}

static size_t look_at_all(const struct page *pages, size_t n)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		found += str_find_char(pages[i].text, '\x01') >= 0;
	}
	return found;
}

static double best_of(size_t (*work)(const struct page *, size_t), const struct page *pages,
	size_t n, int rounds, size_t *ret)
{
	double best = 1e9;
	for (int i = 0; i < rounds; i++) {
		double start = seconds();
		*ret = work(pages, n);
		double took = seconds() - start;
		best = took < best ? took : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	AUTO(arena_done) struct arena arena = {0};
	size_t n = argc > 2 ? (size_t)argc - 2 : 0;
	struct page *pages = arena_array(&arena, struct page, n);
	size_t bytes = 0, files = 0, found = 0;
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		const char *name = argv[i + 2];
		if (!fs_read(name, INDEX_PAGE_MAX, &arena, &pages[i].text, &err)) {
			fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		pages[i].type = str_ends(str_from(name), S(".json")) ? S("application/json")
								     : S("text/html");
		bytes += pages[i].text.n;
	}
	int rounds = n > 0 ? (int)strtol(argv[1], NULL, 10) : 1;
	double parse = best_of(parse_all, pages, n, rounds, &files);
	double look = best_of(look_at_all, pages, n, rounds, &found);
	printf("{\"pages\":%zu,\"bytes\":%zu,\"files\":%zu,\"gb_s\":%.2f,\"memchr_gb_s\":%.2f}\n",
		n, bytes, files, (double)bytes / parse / 1e9, (double)bytes / look / 1e9);
	return 0;
}
