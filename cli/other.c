#include "cli/other.h"
#include <unistd.h>
#include "common/fs.h"
#include "common/proc.h"
#include "common/banned.h"

enum { GIT_TIMEOUT_MS = 30000 };

/* `git cat-file blob OBJECT` in a folder; false with git's own words. */
static bool git_blob(struct str object, struct str directory, struct arena *arena, struct str *ret,
	struct err *err)
{
	const char *argv[] = {"git", "cat-file", "blob", arena_cstr(arena, object), NULL};
	struct proc_options options = {.argv = argv,
		.directory = arena_cstr(arena, directory),
		.timeout_ms = GIT_TIMEOUT_MS,
		.output_limit = NB_FILE_MAX};
	struct proc_result result;
	if (!proc_run(&options, arena, &result, err)) {
		return err_prefix(err, "git");
	}
	if (result.status != 0) {
		struct str line = S("");
		(void)str_next_line(&result.errors, &line);
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, str_slice(str_trim(line), 0, 200), true);
		return err_set(err, ERR_INPUT, "git has no '" STR_FMT "': %s", STR_ARG(object),
			shown.n > 0 ? shown.p : "it says nothing");
	}
	*ret = result.output;
	return true;
}

/* REV:PATH as git reads it, PATH from the top; else PATH as it stands beside the notebook's folder. */
static bool from_git(struct str path, struct str object, struct arena *arena, struct notebook *ret,
	struct err *err)
{
	struct str directory = fs_dirname(arena, path);
	struct str bytes, revision, file;
	struct err ignored = {0};
	if (object.n == 0 || object.p[0] == '-' || !str_cut(object, S(":"), &revision, &file)) {
		return err_set(err, ERR_USAGE,
			"'" STR_FMT "' is neither a notebook nor REV:PATH of git", STR_ARG(object));
	}
	struct str beside =
		arena_printf(arena, STR_FMT ":./" STR_FMT, STR_ARG(revision), STR_ARG(file));
	return (git_blob(object, directory, arena, &bytes, err) ||
		       git_blob(beside, directory, arena, &bytes, &ignored)) &&
	       nb_parse(object, bytes, arena, ret, err);
}

bool other_read(struct str path, struct str other, struct arena *arena, struct notebook *ret,
	struct str *ret_name, struct err *err)
{
	if (other.n == 0) {
		ptrdiff_t slash = str_find_last_char(path, '/');
		struct str name = str_skip(path, (size_t)(slash + 1));
		other = arena_printf(arena, "HEAD:./" STR_FMT, STR_ARG(name));
	}
	*ret_name = other;
	const char *file = arena_cstr(arena, other);
	bool is_file = access(file, F_OK) == 0 || str_find_char(other, ':') < 0;
	return is_file ? nb_read(file, arena, ret, err) : from_git(path, other, arena, ret, err);
}
