#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <yaml.h>
#include "common/clock.h"
#include "common/fs.h"
#include "prescriptions/cache.h"
#include "prescriptions/files.h"
#include "prescriptions/include.h"
#include "prescriptions/load.h"
#include "common/banned.h"

/*
 * prescriptions_speed FOLDER [ROUNDS]: milliseconds of reading a folder of rules: a bare pass of libyaml's
 * events over the same files, the same files loaded and checked, a compiled set opened, and the decision
 * which units take part. Smallest of the rounds, wall and processor of the
 * main thread (on an idle machine of two cores that is the wall time); run by
 * prescriptions_speed.py.
 */
struct times {
	double wall, processor;
};

static double processor_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t count_events(struct str text)
{
	yaml_parser_t parser;
	size_t n = 0;
	if (!yaml_parser_initialize(&parser)) {
		return 0;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	for (bool more = true; more; n++) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return n;
}

static void events(struct str folder)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf text = {0};
	struct presc_report report = {.arena = &arena};
	struct presc_files files = {0};
	struct err err = {0};
	size_t n = 0;
	if (!presc_files_list(folder, false, &arena, &report, &files)) {
		return;
	}
	AUTO(fs_closep) int fd = presc_files_open(folder);
	for (size_t i = 0; i < files.list.n; i++) {
		if (presc_files_read(fd, folder, &files.list.p[i], &text, &err)) {
			n += count_events(buf_str(&text));
		}
	}
	fprintf(stderr, "%zu files, %zu events\n", files.list.n, n);
}

static void load(struct str folder)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = &arena};
	bool loaded = presc_load(folder, true, &report, &table);
	fprintf(stderr, "%s, %u units, %zu bytes\n", loaded ? "loaded" : "has faults",
		table_count(&table, TABLE_UNITS), table.n);
}

static void open_cached(struct str source)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = &arena};
	struct presc_cache cache = presc_cache_at(S(""), &arena);
	bool opened = presc_open(&cache, source, &report, &table);
	fprintf(stderr, "%s %s\n", opened ? "opened" : "not opened",
		table.is_mapped ? "mapped" : "made");
}

static struct presc_table included_table;

static void include(struct str folder)
{
	AUTO(arena_done) struct arena arena = {0};
	struct presc_inclusion inclusion;
	struct presc_context context = {
		.machine = {.os_name = S("fedora"),
			    .os_version = S("35"),
			    .python_version = S("3.8"),
			    .platform = S("linux-x86_64")}
        };
	(void)folder;
	presc_include(&included_table, &context, &arena, &inclusion);
	fprintf(stderr, "%zu wraps of %u units and %u conditions\n", inclusion.n[PRESC_WRAPS],
		table_count(&included_table, TABLE_UNITS),
		table_count(&included_table, TABLE_CONDITIONS));
}

static void measure(const char *name, void (*work)(struct str), struct str source, int rounds)
{
	struct times best = {1e9, 1e9};
	for (int i = 0; i < rounds; i++) {
		int64_t start = clock_monotonic_ns();
		double processor = processor_ms();
		work(source);
		double wall = (double)(clock_monotonic_ns() - start) / 1e6;
		processor = processor_ms() - processor;
		best.wall = wall < best.wall ? wall : best.wall;
		best.processor = processor < best.processor ? processor : best.processor;
	}
	printf("%s %.2f %.2f\n", name, best.wall, best.processor);
}

int main(int argc, char **argv)
{
	AUTO(arena_done) struct arena arena = {0};
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
	struct presc_report report = {.arena = &arena};
	struct rusage usage;
	if (argc < 2) {
		fprintf(stderr, "usage: prescriptions_speed FOLDER [ROUNDS]\n");
		return 2;
	}
	struct str folder = str_from(argv[1]);
	measure("events", events, folder, rounds);
	measure("load", load, folder, rounds);
	bool loaded = presc_load(folder, true, &report, &included_table);
	measure("include", include, folder, rounds);
	open_cached(folder);
	measure("folder", open_cached, folder, rounds);
	struct presc_cache cache = presc_cache_at(S(""), &arena);
	struct err err = {0};
	if (loaded && presc_cache_keep(&cache, &included_table, &err)) {
		struct str digest = arena_str(&arena, str_from(included_table.header->digest));
		measure("digest", open_cached, digest, rounds);
	}
	presc_table_done(&included_table);
	getrusage(RUSAGE_SELF, &usage);
	printf("peak_kb %ld\n", usage.ru_maxrss);
	return loaded ? 0 : 1;
}
