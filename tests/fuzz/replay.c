#include "fuzz/fuzz.h"
#include <dirent.h>
#include "common/fs.h"
#include "common/banned.h"

/*
 * Runs a harness over every file of the folder given, so that the corpus is a test in every build
 * and needs no libFuzzer. Each input is copied to a block of its exact size: a read behind its end
 * is seen by the address sanitizer and valgrind.
 */
enum { INPUT_MAX = 16 << 20 };

static bool replay(const char *path)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct str text;
	if (!fs_read(path, INPUT_MAX, &arena, &text, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return false;
	}
	uint8_t *exact = malloc(text.n == 0 ? 1 : text.n);
	if (exact == NULL) {
		return false;
	}
	memcpy(exact, text.p, text.n);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, text.n);
	free(exact);
	return true;
}

int main(int argc, char **argv)
{
	int n = 0;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		AUTO(arena_done) struct arena arena = {0};
		if (!replay(fs_join(&arena, str_from(argv[1]), str_from(entry->d_name)).p)) {
			closedir(folder);
			return 1;
		}
		n++;
	}
	closedir(folder);
	printf("%d inputs\n", n);
	return n == 0 ? 1 : 0;
}
