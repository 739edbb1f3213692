#include "cli/command.h"
#include "cli/drive.h"
#include "notebook_meta/outputs.h"
#include "common/banned.h"

/*
 * `thoth adopt OUT.ipynb`: a `%thoth lock` cell that ran without a front end (papermill, nbclient) left
 * its lock in the outputs; take the last one into metadata.thoth. The value is read back as a lock
 * before anything is written, since outputs are only as good as who wrote them.
 */
static const char mime[] = "application/vnd.thoth.lock+json";

static bool check_value(const struct notebook *notebook, json_t *value, struct arena *arena,
	struct lock *ret, struct err *err)
{
	struct notebook view = *notebook;
	view.metadata = json_pack("{s:O}", "thoth", value);
	bool found = false;
	bool fine = nb_lock_read(&view, arena, ret, &found, err);
	json_decref(view.metadata);
	return fine && (found || err_set(err, ERR_INPUT, "the output holds no lock"));
}

static bool adopt(struct str path, const struct advise_options *options, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	struct lock lock;
	struct str raw;
	size_t cell;
	if (!nb_read(arena_cstr(&arena, path), &arena, &notebook, err)) {
		return false;
	}
	if (!nb_outputs_last(&notebook, S("application/vnd.thoth.lock+json"), &raw, &cell)) {
		err_hint(err, "execute the notebook with the kernel thoth-python3 first");
		return err_set(err, ERR_INPUT, "no output of a '%%thoth lock' cell");
	}
	json_error_t fault;
	json_t *data = json_loadb(raw.p, raw.n, 0, &fault);
	json_t *value = json_object_get(data, "metadata");
	err->cell = (int)cell + 1;
	bool fine =
		json_is_object(value) || err_set(err, ERR_INPUT, "its %s holds no metadata", mime);
	fine = fine && check_value(&notebook, value, &arena, &lock, err);
	if (fine) {
		err->cell = 0;
		fine = options->dry_run || drive_write(&notebook, value, err);
	}
	json_decref(data);
	if (fine && !options->quiet && !options->json) {
		printf("%zu packages from the output of cell %zu %s metadata.thoth of " STR_FMT
		       "\n",
			lock.n, cell + 1, options->dry_run ? "would go to" : "written to",
			STR_ARG(path));
	} else if (fine && options->json) {
		printf("{\"schema\": \"thoth.adopt/1\", \"cell\": %zu, \"packages\": %zu}\n", cell,
			lock.n);
	}
	return fine;
}

static int run(const struct str *argv, size_t argc)
{
	AUTO(arena_done) struct arena arena = {0};
	struct advise_options options;
	struct err err = {0};
	if (!advise_options_parse(ADVISE_ADOPT, argv, argc, false, &arena, &options, &err)) {
		return drive_error(&err, false);
	}
	if (options.help) {
		AUTO(buf_done) struct buf out = {0};
		buf_addf(&out, "usage: thoth %s\n\n", cmd_adopt.usage);
		advise_options_help(ADVISE_ADOPT, false, &out);
		drive_print(stdout, &out);
		return 0;
	}
	if (options.words.n != 1) {
		err_hint(&err, "usage: thoth %s", cmd_adopt.usage);
		err_set(&err, ERR_USAGE, "adopt wants one notebook");
		return drive_error(&err, options.json);
	}
	if (!adopt(options.words.items[0], &options, &err)) {
		err_in(&err, options.words.items[0]);
		return drive_error(&err, options.json);
	}
	return 0;
}

const struct command cmd_adopt = {
	.name = "adopt",
	.usage = "adopt OUT.ipynb",
	.summary = "take the lock that an executed '%thoth lock' cell left into the metadata",
	.run = run,
};
