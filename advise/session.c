#include "advise/session.h"
#include <limits.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/jansson_text.h"
#include "common/vec.h"
#include "common/banned.h"

struct str session_take_option(struct str *words, size_t *n)
{
	struct str found = {0};
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		struct str name;
		struct str value;
		if (str_eq(words[i], S("--notebook")) && i + 1 < *n) {
			found = words[++i];
		} else if (str_cut(words[i], S("="), &name, &value) &&
			   str_eq(name, S("--notebook"))) {
			found = value;
		} else {
			words[kept++] = words[i];
		}
	}
	*n = kept;
	return found;
}

/* The cells of a request; other kinds than code keep their places, and no more. */
static struct nb_cell *cells_of(json_t *from, struct arena *arena, size_t *ret_n)
{
	json_t *list = json_object_get(from, "cells");
	struct nb_cell *cells = arena_array(arena, struct nb_cell, json_array_size(list));
	size_t n = 0;
	size_t i;
	json_t *cell;
	json_array_foreach(list, i, cell)
	{
		struct str type = jansson_text(json_object_get(cell, "type"));
		json_t *index = json_object_get(cell, "index");
		if (type.n > 0 && !str_eq(type, S("code"))) {
			continue;
		}
		cells[n++] = (struct nb_cell){.type = NB_CELL_CODE,
			.index = json_is_integer(index) ? (size_t)json_integer_value(index) : i,
			.id = jansson_text(json_object_get(cell, "id")),
			.source = jansson_text(json_object_get(cell, "source"))};
	}
	*ret_n = n;
	return cells;
}

static const struct nb_cell *find_cell(const struct notebook *file, const struct nb_cell *cell)
{
	const struct nb_cell *same = NULL;
	for (size_t i = 0; i < file->n_cells; i++) {
		const struct nb_cell *candidate = &file->cells[i];
		if (candidate->type != NB_CELL_CODE) {
			continue;
		}
		if (cell->id.n > 0 && str_eq(candidate->id, cell->id)) {
			return candidate;
		}
		if (same == NULL && str_eq(str_trim(candidate->source), str_trim(cell->source))) {
			same = candidate;
		}
	}
	return same;
}

/* Put executed cells in their places of the file; false when one is not in it. */
static bool place_cells(struct nb_cell *cells, size_t n, const struct notebook *file)
{
	for (size_t i = 0; i < n; i++) {
		if (find_cell(file, &cells[i]) == NULL) {
			return false;
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct nb_cell *found = find_cell(file, &cells[i]);
		cells[i].index = found->index;
		cells[i].id = found->id;
	}
	return true;
}

/* All code cells of the file, executed ones as they were executed; then those it does not hold. */
static void merge_cells(struct session *session, const struct notebook *file, struct arena *arena)
{
	const struct notebook *seen = &session->notebook;
	VEC(struct nb_cell) all = {0};
	size_t last = 0;
	for (size_t i = 0; i < file->n_cells; i++) {
		if (file->cells[i].type == NB_CELL_CODE) {
			*vec_push(arena, &all) = file->cells[i];
		}
		last = file->cells[i].index;
	}
	size_t of_file = all.n;
	for (size_t i = 0; i < seen->n_cells; i++) {
		const struct nb_cell *found = find_cell(file, &seen->cells[i]);
		if (found == NULL) {
			*vec_push(arena, &all) = seen->cells[i];
			all.p[all.n - 1].index = ++last;
			continue;
		}
		for (size_t k = 0; k < of_file; k++) {
			if (all.p[k].index == found->index) {
				all.p[k].source = seen->cells[i].source;
			}
		}
	}
	session->notebook.cells = all.p;
	session->notebook.n_cells = all.n;
}

static void take_file(struct session *session, struct str path, const struct notebook *file)
{
	json_decref(session->notebook.metadata);
	session->notebook.metadata =
		file->metadata != NULL ? json_incref(file->metadata) : json_object();
	session->notebook.path = path;
	session->is_file = true;
	session->executed = false;
}

/* The file's name alone when it lies where we are: a whole path in an output would travel with it. */
static struct str short_path(struct str path, struct arena *arena)
{
	char folder[PATH_MAX];
	char here[PATH_MAX];
	bool same = realpath(arena_cstr(arena, fs_dirname(arena, path)), folder) != NULL &&
		    getcwd(here, sizeof(here)) != NULL && strcmp(folder, here) == 0;
	return same ? fs_basename(path) : path;
}

/* What a path of the environment holds, when that is this session's notebook. */
static void guess_file(struct session *session, struct arena *arena)
{
	static const char *const variables[] = {"JPY_SESSION_NAME", "THOTH_NOTEBOOK"};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		struct str path = str_from(getenv(variables[i]));
		struct notebook file = {0};
		struct err ignored = {0};
		if (path.n == 0 || !nb_read(path.p, arena, &file, &ignored)) {
			continue;
		}
		struct nb_cell *cells =
			arena_array(arena, struct nb_cell, session->notebook.n_cells);
		memcpy(cells, session->notebook.cells, session->notebook.n_cells * sizeof(*cells));
		bool placed = place_cells(cells, session->notebook.n_cells, &file);
		if (placed) {
			session->notebook.cells = cells;
			take_file(session, short_path(path, arena), &file);
		}
		nb_done(&file);
		if (placed) {
			return;
		}
	}
}

/*
 * The file that a front end shows: its path counts from a folder of the server that we do not know,
 * so only the file's name is taken, beside which JPY_SESSION_NAME or our own folder say.
 */
static void find_shown(struct session *session, struct str shown, struct arena *arena)
{
	struct str name = fs_basename(shown);
	struct str told = str_from(getenv("JPY_SESSION_NAME"));
	struct str path = str_eq(fs_basename(told), name) ? told : name;
	struct notebook file = {0};
	struct err ignored = {0};
	session->notebook.path = name.n > 0 ? name : S("notebook");
	if (name.n == 0 || !nb_read(arena_cstr(arena, path), arena, &file, &ignored)) {
		return;
	}
	session->notebook.path = short_path(path, arena);
	session->is_file = true;
	const char *key;
	json_t *value;
	json_object_foreach(file.metadata, key, value)
	{ /* the older keys; metadata.thoth is what the front end says */
		if (strcmp(key, "thoth") != 0) {
			json_object_set(session->notebook.metadata, key, value);
		}
	}
	nb_done(&file);
}

bool session_open(
	json_t *from, struct str named, struct arena *arena, struct session *ret, struct err *err)
{
	json_t *metadata = json_object_get(from, "metadata");
	struct session session = {
		.attached = json_is_true(json_object_get(from, "attached")),
		.notebook =
			{
				   .path = jansson_text(json_object_get(from, "path")),
				   .nbformat = 4,
				   .nbformat_minor = 5,
				   .language = S("python"),
				   .metadata = json_is_object(metadata) ? json_copy(metadata)
								     : json_object(),
				   },
	};
	struct notebook file = {0};
	session.notebook.cells = cells_of(from, arena, &session.notebook.n_cells);
	session.executed = !session.attached;
	if (session.attached) {
		find_shown(&session, session.notebook.path, arena);
	} else if (named.n > 0) {
		if (!nb_read(arena_cstr(arena, named), arena, &file, err)) {
			nb_done(&session.notebook);
			return err_in(err, named);
		}
		merge_cells(&session, &file, arena);
		take_file(&session, named, &file);
		nb_done(&file);
	} else if (json_object_size(metadata) == 0 && session.notebook.n_cells > 0) {
		guess_file(&session, arena);
	}
	*ret = session;
	return true;
}
