#include "unit/test.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "common/clock.h"
#include "common/proc.h"
#include "common/banned.h"

#define SH(script) ((const char *const[]){"/bin/sh", "-c", script, NULL})

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (readdir(dir) != NULL) {
		n++;
	}
	closedir(dir);
	return n;
}

static void returns_output_errors_and_status(void **state)
{
	(void)state;
	static const struct {
		const char *script, *output, *errors;
		int status;
	} cases[] = {
		{"echo out; echo err >&2; exit 3",   "out\n",  "err\n", 3  },
		{"cat; printf x",                    "inx",    "",      0  },
		{"kill -TERM $$",                    "",       "",      143},
		{"exec 0<&-; sleep 0.05; echo late", "late\n", "",      0  },
	};
	size_t before = open_descriptors();
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct proc_result result;
		struct proc_options options = {.argv = SH(cases[i].script), .input = S("in")};
		assert_ok(proc_run(&options, &arena, &result, &err), err);
		assert_str(result.output, str_from(cases[i].output));
		assert_str(result.errors, str_from(cases[i].errors));
		assert_int_equal(result.status, cases[i].status);
	}
	assert_int_equal(open_descriptors(), before);
}

static void hands_arguments_over_as_they_are(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct proc_result result;
	struct proc_options options = {
		.argv = (const char *const[]){"printf", "%s|", "a b", "$(id)", "; rm x", "", NULL},
		.directory = "/",
	};
	assert_ok(proc_run(&options, &arena, &result, &err), err);
	assert_str(result.output, S("a b|$(id)|; rm x||"));
}

static void moves_more_than_a_pipe_holds_both_ways(void **state)
{
	(void)state;
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct proc_result result;
	size_t n = 3 << 20;
	char *text = arena_alloc(&arena, n, 1);
	memset(text, 'x', n);
	struct proc_options options = {
		.argv = SH("tee /dev/stderr"), .input = {text, n}
        };
	assert_ok(proc_run(&options, &arena, &result, &err), err);
	assert_int_equal(result.output.n, n);
	assert_int_equal(result.errors.n, n);
}

static void keeps_output_up_to_the_limit_exactly(void **state)
{
	(void)state;
	static const struct {
		size_t limit;
		bool fits;
	} cases[] = {
		{1000,  true },
		{999,   false},
		{70000, true },
	};
	size_t before = open_descriptors();
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct proc_result result;
		struct proc_options options = {
			.argv = (const char *const[]){"printf", "%01000d", "7", NULL},
			.output_limit = cases[i].limit
                };
		assert_int_equal(proc_run(&options, &arena, &result, &err), cases[i].fits);
		assert_int_equal(err.kind, cases[i].fits ? ERR_NONE : ERR_LIMIT);
	}
	assert_int_equal(open_descriptors(), before);
}

static void ends_what_takes_too_long(void **state)
{
	(void)state;
	static const char *const scripts[] = {
		"sleep 20",
		"exec >&- 2>&-; sleep 20",
		"trap '' TERM INT; sleep 20",
		"while :; do echo x; sleep 0.02; done",
	};
	for (size_t i = 0; i < N_OF(scripts); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct proc_result result;
		struct proc_options options = {.argv = SH(scripts[i]), .timeout_ms = 150};
		int64_t start = clock_monotonic_ms();
		assert_false(proc_run(&options, &arena, &result, &err));
		assert_int_equal(err.kind, ERR_ENVIRONMENT);
		assert_non_null(strstr(err.message, "150 ms"));
		assert_in_range(clock_monotonic_ms() - start, 140, 5000);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
	}
}

static void says_what_cannot_be_started_and_leaks_nothing(void **state)
{
	(void)state;
	if (under_valgrind()) {
		skip();
	}
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct proc_result result;
	size_t before = open_descriptors();
	struct proc_options options = {
		.argv = (const char *const[]){"no-such-program", NULL}
        };
	assert_false(proc_run(&options, &arena, &result, &err));
	assert_int_equal(err.kind, ERR_ENVIRONMENT);
	assert_non_null(strstr(err.message, "no-such-program"));
	options = (struct proc_options){.argv = SH("true"), .directory = "/no/such/folder"};
	assert_false(proc_run(&options, &arena, &result, &err));

	/* few descriptors left: the pipes can be made in part, in full, or not the report's */
	options = (struct proc_options){.argv = SH("true")};
	struct rlimit old;
	getrlimit(RLIMIT_NOFILE, &old);
	for (rlim_t room = 0; room < 8; room++) {
		struct rlimit few = {.rlim_cur = before - 3 + room, .rlim_max = old.rlim_max};
		setrlimit(RLIMIT_NOFILE, &few);
		bool ran = proc_run(&options, &arena, &result, &err);
		setrlimit(RLIMIT_NOFILE, &old);
		assert_false(ran);
		assert_int_equal(open_descriptors(), before);
	}
}

/* A daemon may run with its standard descriptors closed; pipes then take their numbers. */
static void works_with_closed_standard_descriptors(void **state)
{
	(void)state;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(0);
		close(1);
		close(2);
		AUTO(arena_done) struct arena arena = {0};
		struct err err = {0};
		struct proc_result result = {0};
		struct proc_options options = {.argv = SH("cat; echo err >&2"), .input = S("in")};
		bool ran = proc_run(&options, &arena, &result, &err);
		_exit(ran && str_eq(result.output, S("in")) && str_eq(result.errors, S("err\n"))
				? 0
				: 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void starts_a_child_that_talks(void **state)
{
	(void)state;
	struct err err = {0};
	int to[2];
	int from[2];
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	struct proc_start options = {
		.argv = SH("read line; echo \"$line $A\""),
		.environment = (const char *const[]){"A=b", "PATH=/usr/bin:/bin", NULL},
		.in = to[0],
		.out = from[1],
		.interrupt = SIG_IGN,
		.die_with_parent = true
        };
	pid_t pid = proc_start(&options, &err);
	assert_true(pid > 0);
	close(to[0]);
	close(from[1]);
	assert_int_equal(kill(pid, SIGINT), 0); /* ignored, as asked for */
	assert_int_equal(write(to[1], "hello\n", 6), 6);
	char got[32] = {0};
	assert_int_equal(read(from[0], got, sizeof(got) - 1), 8);
	assert_string_equal(got, "hello b\n");
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(to[1]);
	close(from[0]);
	if (under_valgrind()) {
		skip();
	}
	options.argv = (const char *const[]){"/no/such/program", NULL};
	options.in = options.out = -1;
	assert_int_equal(proc_start(&options, &err), -1);
	assert_int_equal(err.kind, ERR_ENVIRONMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_output_errors_and_status),
		cmocka_unit_test(hands_arguments_over_as_they_are),
		cmocka_unit_test(moves_more_than_a_pipe_holds_both_ways),
		cmocka_unit_test(keeps_output_up_to_the_limit_exactly),
		cmocka_unit_test(ends_what_takes_too_long),
		cmocka_unit_test(says_what_cannot_be_started_and_leaks_nothing),
		cmocka_unit_test(works_with_closed_standard_descriptors),
		cmocka_unit_test(starts_a_child_that_talks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
