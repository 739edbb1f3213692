#pragma once
#include "fuzz/fuzz.h"
#include "index/project.h"

/* Any page gives a project whose files are usable, or an error with words. */
static inline void fuzz_page(struct str text, struct str type)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct index_page page;
	struct index_project project;
	if (!index_page_parse(
		    text, type, S("https://index.example/simple/x/"), &arena, &page, &err)) {
		FUZZ_CHECK(
			err.kind == ERR_NETWORK && err.message[0] != '\0' && err.hint[0] != '\0');
		return;
	}
	for (size_t i = 0; i < page.n_files; i++) {
		const struct index_page_file *file = &page.files[i];
		FUZZ_CHECK(file->filename.n > 0 && str_find_char(file->filename, '/') < 0);
		FUZZ_CHECK(str_starts(file->url, S("http")) && str_find_char(file->url, '#') < 0);
		FUZZ_CHECK(file->sha256.n == 0 || file->sha256.n == 64);
	}
	AUTO(buf_done) struct buf packed = {0};
	index_project_pack(&page, S("x"), &packed);
	FUZZ_CHECK(index_project_open(buf_str(&packed), S("x"), 0, &arena, &project));
	size_t n = 0;
	for (size_t i = 0; i < project.n_releases; i++) {
		n += project.releases[i].n_files;
		FUZZ_CHECK(project.releases[i].n_files > 0);
		FUZZ_CHECK(i == 0 || version_compare(&project.releases[i - 1].parsed,
					     &project.releases[i].parsed) > 0);
	}
	FUZZ_CHECK(n <= page.n_files);
}
