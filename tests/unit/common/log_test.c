#include "unit/test.h"
#include <fcntl.h>
#include "common/log.h"
#include "common/banned.h"

/* What `say` writes to standard error. */
static struct str said(struct arena *arena, void (*say)(void))
{
	struct str folder = test_folder(arena);
	struct str path = fs_join(arena, folder, S("log"));
	int to = open(path.p, O_CREAT | O_WRONLY, 0600);
	int kept = dup(2);
	dup2(to, 2);
	say();
	fflush(stderr);
	dup2(kept, 2);
	close(kept);
	close(to);
	struct err err = {0};
	struct str text;
	assert_ok(fs_read(path.p, 1 << 20, arena, &text, &err), err);
	test_folder_remove(folder);
	return text;
}

static void say_all(void)
{
	log_error("index", "no answer url=%s", "a\nb\x1b");
	log_warn("index", "slow");
	log_info("index", "fetched");
	log_debug("index", "bytes=%d", 7);
}

static void one_line_an_event_up_to_the_level(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	assert_int_equal(log_get_level(), LOG_LEVEL_WARN);
	assert_str(said(&arena, say_all),
		S("thoth: index: no answer url=a\\x0ab\\x1b\nthoth: index: slow\n"));
	log_set_level(LOG_LEVEL_DEBUG);
	assert_str(said(&arena, say_all),
		S("thoth: index: no answer url=a\\x0ab\\x1b\nthoth: index: slow\n"
		  "thoth: index: fetched\nthoth: index: bytes=7\n"));
	log_set_level(LOG_LEVEL_ERROR);
	assert_str(said(&arena, say_all), S("thoth: index: no answer url=a\\x0ab\\x1b\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_an_event_up_to_the_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
