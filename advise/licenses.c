#include "advise/licenses.h"
#include "advise/files.h"
#include "advise/show.h"
#include "common/banned.h"

enum { HEADER_MAX = 80 }; /* a longer License header is the text of a licence and no name */

struct license {
	struct str says;  /* "" nothing */
	const char *from; /* which header; NULL: none */
};

/* "MIT License" of "License :: OSI Approved :: MIT License"; "" of "License :: OSI Approved". */
static struct str name_of(struct str classifier)
{
	struct str rest = classifier;
	struct str name = S("");
	size_t parts = 0;
	while (rest.n > 0) {
		struct str part = rest;
		if (!str_cut(rest, S("::"), &part, &rest)) {
			rest = S("");
		}
		name = str_trim(part);
		parts++;
	}
	return parts > 2 || !str_eq(name, S("OSI Approved")) ? name : S("");
}

static struct str of_classifiers(const struct metadata *metadata, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	for (size_t i = 0; i < metadata->n_license_classifiers; i++) {
		struct str name = name_of(metadata->license_classifiers[i]);
		if (name.n > 0) {
			buf_add(&out, out.n > 0 ? S(", ") : S(""));
			buf_add(&out, name);
		}
	}
	return arena_str(arena, buf_str(&out));
}

static struct license license_of(const struct metadata *metadata, struct arena *arena)
{
	struct str classifiers = of_classifiers(metadata, arena);
	if (metadata->license_expression.n > 0) {
		return (struct license){
			arena_str(arena, metadata->license_expression), "License-Expression"};
	}
	if (classifiers.n > 0) {
		return (struct license){classifiers, "Classifier"};
	}
	bool named = metadata->license.n > 0 && metadata->license.n <= HEADER_MAX &&
		     !str_ieq(metadata->license, S("UNKNOWN"));
	return named ? (struct license){arena_str(arena, metadata->license), "License"}
		     : (struct license){.says = S("")};
}

/* The file of the release that is locked, its wheel before its sdist; NULL: no index lists one. */
static const struct index_file *locked_file(
	const struct index_project *project, const struct locked_package *package)
{
	const struct index_file *found = NULL;
	for (size_t r = 0; project != NULL && r < project->n_releases; r++) {
		const struct index_release *release = &project->releases[r];
		if (!str_eq(release->version, package->version)) {
			continue;
		}
		const struct index_file *files = index_release_files(project, release);
		for (size_t f = 0; f < release->n_files; f++) {
			bool locked = false;
			for (size_t i = 0; i < package->n_files && !locked; i++) {
				locked = str_ieq(files[f].sha256, package->files[i].sha256);
			}
			bool wheel = str_ends(files[f].filename, S(".whl"));
			if (locked && (found == NULL || wheel)) {
				found = &files[f];
			}
		}
	}
	return found;
}

static bool ask(struct index *index, const struct locked_package *package, struct arena *arena,
	struct license *ret, struct err *err)
{
	const struct index_project *project;
	const struct metadata *metadata = NULL;
	*ret = (struct license){.says = S("")};
	if (package->url.n > 0) {
		return true; /* nothing is fetched to learn this */
	}
	if (!index_project(index, package->name, &project, err)) {
		return false;
	}
	const struct index_file *file = locked_file(project, package);
	if (file != NULL && !index_metadata(index, project, file, &metadata, err)) {
		return false;
	}
	if (metadata != NULL) {
		*ret = license_of(metadata, arena);
	}
	return true;
}

/* Everything that will be asked for, at once. */
static bool want_all(struct index *index, const struct lock *lock, struct err *err)
{
	for (size_t i = 0; i < lock->n; i++) {
		if (lock->packages[i].url.n == 0) {
			index_want_project(index, lock->packages[i].name);
		}
	}
	for (size_t i = 0; i < lock->n; i++) {
		const struct index_project *project = NULL;
		if (lock->packages[i].url.n > 0) {
			continue;
		}
		if (!index_project(index, lock->packages[i].name, &project, err)) {
			return false;
		}
		const struct index_file *file = locked_file(project, &lock->packages[i]);
		if (file != NULL) {
			index_want_metadata(index, project, file);
		}
	}
	return true;
}

void licenses_show(const struct advise_options *options, const struct advise_input *input,
	struct lock *lock, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	AUTO(index_freep) struct index *index = files_open_index(options, lock, arena, &err);
	struct str *says = arena_array(arena, struct str, lock->n);
	json_t *list = json_array();
	json_object_set_new(report->data, "licenses", list);
	bool fine = index != NULL && want_all(index, lock, &err);
	for (size_t i = 0; i < lock->n && fine; i++) {
		struct license license;
		fine = ask(index, &lock->packages[i], arena, &license, &err);
		if (!fine) {
			break;
		}
		says[i] = license.says.n > 0 ? license.says : S("not said");
		json_t *row =
			json_pack("{s:o,s:o}", "name", advise_json_text(lock->packages[i].name),
				"version", advise_json_text(lock->packages[i].version));
		if (license.from != NULL) {
			json_object_set_new(row, "license", advise_json_text(license.says));
			json_object_set_new(row, "from", json_string(license.from));
		}
		json_array_append_new(list, row);
	}
	if (!fine) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
		return;
	}
	show_lock_with(lock, "license", says, &report->text);
}
