#include "advise/files.h"
#include "common/vec.h"
#include "common/banned.h"

static bool complete_file(
	const struct index_project *project, struct str version, struct locked_file *file)
{
	for (size_t r = 0; r < project->n_releases; r++) {
		const struct index_release *release = &project->releases[r];
		if (!str_eq(release->version, version)) {
			continue;
		}
		const struct index_file *files = index_release_files(project, release);
		for (size_t f = 0; f < release->n_files; f++) {
			const struct index_file *known = &files[f];
			if (str_ieq(known->sha256, file->sha256)) {
				*file = (struct locked_file){known->filename, known->url,
					file->sha256, known->size, known->upload_ms};
				return true;
			}
		}
	}
	return false;
}

static bool complete_package(
	struct index *index, struct locked_package *package, struct arena *arena, struct err *err)
{
	const struct index_project *project;
	if (package->url.n > 0) {
		return true; /* it says itself where it is */
	}
	if (!index_project(index, package->name, &project, err)) {
		return false;
	}
	if (project != NULL) {
		package->index_url = arena_str(arena, index_source_url(index, project->source));
	}
	struct locked_file *files = arena_array(arena, struct locked_file, package->n_files);
	for (size_t i = 0; i < package->n_files; i++) {
		files[i] = package->files[i];
		if (project == NULL || !complete_file(project, package->version, &files[i])) {
			err_hint(err,
				"lock the notebook again, or name the index it was locked with");
			return err_set(err, ERR_NETWORK,
				"no index lists a file of " STR_FMT " " STR_FMT
				" with sha256 " STR_FMT,
				STR_ARG(package->name), STR_ARG(package->version),
				STR_ARG(files[i].sha256));
		}
	}
	package->files = files;
	return true;
}

/* A lock file may name them already. */
static bool is_complete(const struct lock *lock)
{
	for (size_t i = 0; i < lock->n; i++) {
		for (size_t f = 0; f < lock->packages[i].n_files; f++) {
			const struct locked_file *file = &lock->packages[i].files[f];
			if (file->url.n == 0 || file->sha256.n == 0) {
				return false;
			}
		}
	}
	return true;
}

struct index *files_open_index(const struct advise_options *options, const struct lock *lock,
	struct arena *arena, struct err *err)
{
	struct config config;
	if (!config_read(options, arena, &config, err)) {
		return NULL;
	}
	VEC(struct index_pin) pins = {0};
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *package = &lock->packages[i];
		size_t source = package->other_index ? config_find_alias(&config, package->index)
						     : INDEX_NOWHERE;
		if (source != INDEX_NOWHERE) {
			*vec_push(arena, &pins) = (struct index_pin){package->name, source};
		}
	}
	struct index_options index_options = config_index_options(&config, options);
	index_options.pins = pins.p;
	index_options.n_pins = pins.n;
	return index_new(&index_options, err);
}

bool files_complete(const struct advise_options *options, struct lock *lock, struct arena *arena,
	struct err *err)
{
	if (is_complete(lock)) {
		return true;
	}
	AUTO(index_freep) struct index *index = files_open_index(options, lock, arena, err);
	if (index == NULL) {
		return false;
	}
	struct locked_package *packages = arena_array(arena, struct locked_package, lock->n);
	for (size_t i = 0; i < lock->n; i++) {
		packages[i] = lock->packages[i];
		if (packages[i].url.n == 0) {
			index_want_project(index, packages[i].name);
		}
	}
	for (size_t i = 0; i < lock->n; i++) {
		if (!complete_package(index, &packages[i], arena, err)) {
			return false;
		}
	}
	/* what the pages gave lives as long as the index: keep copies */
	for (size_t i = 0; i < lock->n; i++) {
		struct locked_file *files = (struct locked_file *)packages[i].files;
		for (size_t f = 0; f < packages[i].n_files; f++) {
			files[f].filename = arena_str(arena, files[f].filename);
			files[f].url = arena_str(arena, files[f].url);
		}
	}
	lock->packages = packages;
	return true;
}
