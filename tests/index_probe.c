#include "common/clock.h"
#include "index/index.h"
#include "common/banned.h"

/*
 * What the index says, as JSON lines, for the black-box tests and for looking at a real index:
 *
 *	index_probe --index URL [--index URL] [--cache DIR] [--offline] [--refresh] [--as-of DATE]
 *		[--timeout-ms N] [--retries N] [--cancel-after-ms N] [--metadata N] [--time] NAME...
 *
 * --metadata N asks for the metadata of one wheel of each of the N newest releases.
 */
struct arguments {
	struct index_source sources[8];
	struct index_options options;
	size_t n_metadata;
	bool time;
	const char **names;
	int n_names;
	int64_t cancel_ms; /* clock_monotonic_ms() at which to stop; 0: never */
};

static bool cancelled(void *data)
{
	const struct arguments *arguments = data;
	return arguments->cancel_ms > 0 && clock_monotonic_ms() >= arguments->cancel_ms;
}

static void add_json(struct buf *out, struct str s)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\' || c < ' ') {
			buf_addf(out, "\\u%04x", c);
		} else {
			buf_byte(out, (char)c);
		}
	}
	buf_byte(out, '"');
}

static void add_member(struct buf *out, const char *key, struct str value)
{
	buf_addf(out, ",\"%s\":", key);
	add_json(out, value);
}

static void print_line(struct buf *out)
{
	printf("%.*s\n", (int)out->n, out->p);
	buf_reset(out);
}

static void print_error(const char *kind, const char *name, const struct err *err)
{
	AUTO(buf_done) struct buf out = {0};
	buf_addf(&out, "{\"kind\":\"%s\",\"name\":\"%s\"", kind, name);
	add_member(&out, "error", str_from(err_kind_name(err->kind)));
	add_member(&out, "message", str_from(err->message));
	add_member(&out, "hint", str_from(err->hint));
	buf_byte(&out, '}');
	print_line(&out);
}

static void print_project(const struct index_project *project)
{
	AUTO(buf_done) struct buf out = {0};
	buf_addf(&out, "{\"kind\":\"project\"");
	add_member(&out, "name", project->name);
	add_member(&out, "source", project->source_alias);
	add_member(&out, "status", project->status);
	buf_addf(&out, ",\"skipped\":%zu,\"undated\":%zu,\"releases\":[", project->n_skipped,
		project->n_undated);
	for (size_t i = 0; i < project->n_releases; i++) {
		const struct index_release *release = &project->releases[i];
		const struct index_file *files = index_release_files(project, release);
		buf_addf(&out, "%s{\"yanked\":%s", i > 0 ? "," : "",
			release->is_yanked ? "true" : "false");
		add_member(&out, "version", release->version);
		buf_addf(&out, ",\"files\":[");
		for (size_t k = 0; k < release->n_files; k++) {
			const struct index_file *file = &files[k];
			buf_addf(&out, "%s{\"size\":%lld,\"upload_ms\":%lld,\"announced\":%d",
				k > 0 ? "," : "", (long long)file->size, (long long)file->upload_ms,
				file->metadata_state);
			add_member(&out, "filename", file->filename);
			add_member(&out, "url", file->url);
			add_member(&out, "sha256", file->sha256);
			add_member(&out, "requires_python", file->requires_python);
			if (file->is_yanked) {
				add_member(&out, "yanked", file->yanked);
			}
			buf_byte(&out, '}');
		}
		buf_addf(&out, "]}");
	}
	buf_addf(&out, "]}");
	print_line(&out);
}

static void print_metadata(const struct index_file *file, const struct metadata *metadata)
{
	AUTO(buf_done) struct buf out = {0};
	buf_addf(&out, "{\"kind\":\"metadata\"");
	add_member(&out, "filename", file->filename);
	if (metadata == NULL) {
		buf_addf(&out, ",\"none\":true}");
		print_line(&out);
		return;
	}
	add_member(&out, "version", metadata->version);
	add_member(&out, "requires_python", metadata->requires_python);
	buf_addf(&out, ",\"requires\":[");
	for (size_t i = 0; i < metadata->n_requires_dist; i++) {
		buf_addf(&out, "%s", i > 0 ? "," : "");
		add_json(&out, metadata->requires_dist[i]);
	}
	buf_addf(&out, "]}");
	print_line(&out);
}

/* The first wheel; of a release without any, its first file. */
static const struct index_file *first_wheel(
	const struct index_project *project, const struct index_release *release)
{
	const struct index_file *files = index_release_files(project, release);
	for (size_t i = 0; i < release->n_files; i++) {
		if (files[i].name.kind == FILENAME_WHEEL) {
			return &files[i];
		}
	}
	return release->n_files > 0 ? &files[0] : NULL;
}

static bool show_metadata(
	struct index *index, const struct index_project *project, const struct arguments *arguments)
{
	bool good = true;
	size_t n = project->n_releases < arguments->n_metadata ? project->n_releases
							       : arguments->n_metadata;
	for (size_t i = 0; i < n; i++) {
		const struct index_file *file = first_wheel(project, &project->releases[i]);
		if (file != NULL) {
			index_want_metadata(index, project, file);
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct index_file *file = first_wheel(project, &project->releases[i]);
		const struct metadata *metadata;
		struct err err = {0};
		if (file == NULL) {
			continue;
		}
		if (!index_metadata(index, project, file, &metadata, &err)) {
			good = false;
			if (!arguments->time) {
				print_error("metadata", "", &err);
			}
		} else if (!arguments->time) {
			print_metadata(file, metadata);
		}
	}
	return good;
}

static bool show(struct index *index, const char *name, const struct arguments *arguments)
{
	const struct index_project *project = NULL;
	struct err err = {0};
	if (!index_project(index, str_from(name), &project, &err)) {
		print_error("project", name, &err);
		return false;
	}
	if (project == NULL) {
		printf("{\"kind\":\"project\",\"name\":\"%s\",\"unknown\":true}\n", name);
		return true;
	}
	if (!arguments->time) {
		print_project(project);
	}
	return show_metadata(index, project, arguments);
}

static bool take_option(struct arguments *arguments, const char *option, const char *value)
{
	struct index_options *options = &arguments->options;
	int64_t number = value == NULL ? 0 : strtoll(value, NULL, 10);
	if (strcmp(option, "--index") == 0) {
		arguments->sources[options->n_sources++].url = str_from(value);
	} else if (strcmp(option, "--cache") == 0) {
		options->cache_dir = str_from(value);
	} else if (strcmp(option, "--timeout-ms") == 0) {
		options->timeout_ms = (int)number;
	} else if (strcmp(option, "--retries") == 0) {
		options->retries = (int)number;
	} else if (strcmp(option, "--metadata") == 0) {
		arguments->n_metadata = (size_t)number;
	} else if (strcmp(option, "--cancel-after-ms") == 0) {
		arguments->cancel_ms = clock_monotonic_ms() + number;
	} else if (strcmp(option, "--as-of") == 0) {
		return clock_parse(str_from(value), &options->as_of_ms);
	} else {
		return false;
	}
	return true;
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--offline") == 0) {
			arguments->options.offline = true;
		} else if (strcmp(argv[i], "--refresh") == 0) {
			arguments->options.refresh = true;
		} else if (strcmp(argv[i], "--time") == 0) {
			arguments->time = true;
		} else if (argv[i][0] == '-') {
			if (i + 1 >= argc || arguments->options.n_sources == 8 ||
				!take_option(arguments, argv[i], argv[i + 1])) {
				return false;
			}
			i++;
		} else {
			arguments->names[arguments->n_names++] = argv[i];
		}
	}
	return arguments->options.n_sources > 0 && arguments->n_names > 0;
}

int main(int argc, char **argv)
{
	AUTO(arena_done) struct arena arena = {0};
	struct arguments arguments = {.options = {.retries = -1}};
	arguments.options.sources = arguments.sources;
	arguments.options.cancelled = cancelled;
	arguments.options.data = &arguments;
	arguments.names = arena_array(&arena, const char *, (size_t)argc);
	if (!read_arguments(argc, argv, &arguments)) {
		fprintf(stderr, "usage: index_probe --index URL [OPTION...] NAME...\n");
		return 2;
	}
	struct err err = {0};
	int64_t start = clock_monotonic_ns();
	AUTO(index_freep) struct index *index = index_new(&arguments.options, &err);
	if (index == NULL) {
		print_error("index", "", &err);
		return 2;
	}
	bool good = true;
	for (int i = 0; i < arguments.n_names; i++) {
		index_want_project(index, str_from(arguments.names[i]));
	}
	for (int i = 0; i < arguments.n_names; i++) {
		good = show(index, arguments.names[i], &arguments) && good;
	}
	struct index_stats stats = index_stats(index);
	printf("{\"kind\":\"stats\",\"pages\":%zu,\"metadata\":%zu,\"requests\":%zu,\"bytes\":%lld,"
	       "\"stale\":%zu,\"ms\":%.2f}\n",
		stats.pages, stats.metadata_documents, stats.requests,
		(long long)stats.bytes_fetched, stats.stale,
		(double)(clock_monotonic_ns() - start) / 1e6);
	return good ? 0 : 1;
}
