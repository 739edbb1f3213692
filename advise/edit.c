#include "advise/edit.h"
#include "advise/direct.h"
#include "advise/lock.h"
#include "common/fs.h"
#include "packaging/name.h"
#include "common/banned.h"

enum { ADD_FILE_MAX = 16 << 20 };

/* A view of the notebook whose metadata.thoth is `value` already, for the next edit in a row. */
static struct notebook with_value(const struct notebook *notebook, json_t *value)
{
	struct notebook view = *notebook;
	view.metadata = notebook->metadata == NULL ? json_object() : json_copy(notebook->metadata);
	if (value == NULL) {
		json_object_del(view.metadata, "thoth");
	} else {
		json_object_set(view.metadata, "thoth", value);
	}
	return view;
}

/* own_folder: of the notebook, when the words are the user's; else "". */
static bool add_one(const struct notebook *notebook, struct str text, bool dev,
	struct str own_folder, struct arena *arena, json_t **value, bool *changed, struct err *err)
{
	struct requirement requirement;
	if (!requirement_parse(text, arena, &requirement, err)) {
		err_hint(err, "write it as in 'pandas>=2'");
		err->kind = ERR_USAGE;
		return err_prefix(err, "'" STR_FMT "' is not a requirement", STR_ARG(text));
	}
	if (own_folder.n > 0) {
		direct_allow(&requirement, own_folder, arena);
	}
	struct notebook view = with_value(notebook, *value);
	json_t *made = NULL;
	bool moved = false;
	bool fine = nb_add_requirement(&view, str_trim(text), dev, &made, &moved, err);
	json_decref(view.metadata);
	if (fine) {
		json_decref(*value);
		*value = made;
		*changed |= moved;
	}
	return fine;
}

bool edit_add(const struct notebook *notebook, struct str text, struct arena *arena, json_t **value,
	bool *changed, struct err *err)
{
	return add_one(notebook, text, false, S(""), arena, value, changed, err);
}

/* The index of `add --index`, and where it is when the user's settings say so. */
struct edit_index {
	struct str alias; /* "": none */
	struct str url;   /* without credentials */
};

static bool find_index(const struct advise_options *options, struct arena *arena,
	struct edit_index *ret, struct err *err)
{
	struct config config;
	size_t n = options->indexes.n;
	if (n == 0) {
		return true;
	}
	if (!config_read(options, arena, &config, err)) {
		return false;
	}
	struct str alias = options->indexes.items[n - 1];
	struct str ignored;
	(void)str_cut(alias, S("="), &alias, &ignored);
	size_t at = config_find_alias(&config, alias);
	if (at == INDEX_NOWHERE) {
		err_hint(err, "define it with --index " STR_FMT "=URL, or in your settings",
			STR_ARG(alias));
		return err_set(err, ERR_USAGE, "your settings name no index '" STR_FMT "'",
			STR_ARG(alias));
	}
	struct str url = config_without_credentials(config.sources[at].url, arena);
	/* a folder of this machine tells nobody else anything */
	*ret = (struct edit_index){alias, str_starts(url, S("file:")) ? S("") : url};
	return true;
}

static bool pin_one(const struct notebook *notebook, struct str text,
	const struct edit_index *index, struct arena *arena, json_t **value, bool *changed,
	struct err *err)
{
	struct requirement requirement;
	if (index->alias.n == 0) {
		return true;
	}
	if (!requirement_parse(text, arena, &requirement, err)) {
		return false;
	}
	struct notebook view = with_value(notebook, *value);
	json_t *made = NULL;
	bool moved = false;
	bool fine = nb_pin_requirement(
		&view, requirement.name, index->alias, index->url, &made, &moved, err);
	json_decref(view.metadata);
	if (fine) {
		json_decref(*value);
		*value = made;
		*changed |= moved;
	}
	return fine;
}

static bool remove_one(const struct notebook *notebook, struct str name, json_t **value,
	bool *changed, struct err *err)
{
	struct notebook view = with_value(notebook, *value);
	json_t *made = NULL;
	bool moved = false;
	bool fine = nb_remove_requirement(&view, name, &made, &moved, err);
	json_decref(view.metadata);
	if (fine) {
		json_decref(*value);
		*value = made;
		*changed |= moved;
	}
	return fine;
}

static bool add_from_files(const struct notebook *notebook, const struct advise_options *options,
	struct str own_folder, const struct edit_index *index, struct arena *arena, json_t **value,
	bool *changed, struct err *err)
{
	for (size_t i = 0; i < options->requirement_files.n; i++) {
		struct str path = options->requirement_files.items[i];
		struct str text;
		struct reqfile file;
		if (!fs_read(arena_cstr(arena, path), ADD_FILE_MAX, arena, &text, err) ||
			!reqfile_parse(path, text, false, true, NULL, NULL, arena, &file, err)) {
			return false;
		}
		for (size_t k = 0; k < file.n; k++) {
			struct str line = file.items[k].requirement.text;
			if (file.items[k].kind == REQFILE_REQUIREMENT &&
				(!add_one(notebook, line, options->dev, own_folder, arena, value,
					 changed, err) ||
					!pin_one(notebook, line, index, arena, value, changed,
						err))) {
				return false;
			}
		}
	}
	return true;
}

static bool edit_all(bool removing, const struct advise_options *options, struct str own_folder,
	const struct notebook *notebook, struct arena *arena, json_t **value, bool *changed,
	size_t *n_missing, struct advise_report *report, struct err *err)
{
	struct edit_index index = {0};
	if (!removing && !find_index(options, arena, &index, err)) {
		return false;
	}
	for (size_t i = 0; i < options->words.n; i++) {
		struct str word = options->words.items[i];
		bool moved = false;
		bool fine = removing ? remove_one(notebook, word, value, &moved, err)
				     : add_one(notebook, word, options->dev, own_folder, arena,
					       value, &moved, err) &&
					       pin_one(notebook, word, &index, arena, value, &moved,
						       err);
		if (!fine) {
			return false;
		}
		*changed |= moved;
		buf_add(&report->text, moved      ? (removing ? S("removed ") : S("added "))
				       : removing ? S("not declared: ")
						  : S("already there: "));
		buf_add_shown(&report->text, word, true);
		buf_byte(&report->text, '\n');
		*n_missing += removing && !moved ? 1 : 0;
	}
	return removing ||
	       add_from_files(notebook, options, own_folder, &index, arena, value, changed, err);
}

/* Lock the notebook as it will be, and let that report's metadata replace the edited one. */
static void lock_after(const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct notebook view = with_value(input->notebook, report->metadata);
	struct advise_input edited = *input;
	edited.notebook = &view;
	struct advise_report locked = {0};
	lock_run(options, &edited, callbacks, arena, &locked);
	json_decref(view.metadata);
	if (locked.err.kind != ERR_NONE) {
		locked.changed = false; /* nothing is written when the lock fails */
	} else {
		locked.changed = locked.changed || report->changed;
	}
	advise_report_done(report);
	*report = locked;
}

void edit_run(bool removing, const struct advise_options *options, const struct advise_input *input,
	const struct advise_callbacks *callbacks, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	report->kind = removing ? "remove" : "add";
	report->data = json_object();
	json_object_set_new(
		report->data, "schema", json_string(removing ? "thoth.remove/1" : "thoth.add/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	if (input->notebook == NULL || !nb_is_python(input->notebook)) {
		err_in(&err, input->path);
		err_set(&err, ERR_INPUT, "requirements are declared in Python notebooks only");
		advise_report_error(report, &err);
		return;
	}
	if (options->words.n == 0 && options->requirement_files.n == 0) {
		err_hint(&err, "as in 'thoth add nb.ipynb pandas>=2'");
		err_set(&err, ERR_USAGE, "no requirement was named");
		advise_report_error(report, &err);
		return;
	}
	json_t *value = json_incref(json_object_get(input->notebook->metadata, "thoth"));
	size_t n_missing = 0;
	struct str own_folder = input->user_words ? fs_dirname(arena, input->path) : S("");
	if (!edit_all(removing, options, own_folder, input->notebook, arena, &value,
		    &report->changed, &n_missing, report, &err)) {
		json_decref(value);
		report->changed = false;
		err_in(&err, err.kind == ERR_USAGE ? S("") : input->path);
		advise_report_error(report, &err);
		return;
	}
	report->metadata = value;
	report->exit = n_missing > 0 ? 1 : 0;
	json_object_set_new(report->data, "changed", json_boolean(report->changed));
	if (options->lock && n_missing == 0) {
		lock_after(options, input, callbacks, arena, report);
	}
}
