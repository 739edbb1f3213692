#include "advise/tree.h"
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/proc.h"
#include "environment/environment.h"
#include "index/local.h"
#include "notebook_meta/notebook_meta.h"
#include "packaging/metadata.h"
#include "packaging/pyproject.h"
#include "common/banned.h"

enum {
	GIT_TIMEOUT_MS = 300 * 1000,
	BUILD_TIMEOUT_MS = 900 * 1000,
	ASK_TIMEOUT_MS = 20 * 1000,
	WORDS_SHOWN = 400, /* bytes of what a failed program said last */
};

/* ---- folders of our own ----------------------------------------------------------------------- */

bool tree_new_folder(struct str cache_dir, struct arena *arena, struct str *ret, struct err *err)
{
	struct str parent = fs_join(arena, cache_dir, S("trees"));
	struct str name = arena_printf(arena, STR_FMT "/XXXXXX", STR_ARG(parent));
	if (!fs_make_dirs(arena_cstr(arena, parent), err)) {
		return false;
	}
	if (mkdtemp((char *)name.p) == NULL) { /* ours: just printed */
		return err_set(err, ERR_ENVIRONMENT, "cannot make a folder in '" STR_FMT "': %s",
			STR_ARG(parent), strerror(errno));
	}
	*ret = name;
	return true;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)where;
	return kind == FTW_DP || kind == FTW_DNR ? rmdir(path) : unlink(path);
}

void tree_remove(struct str folder)
{
	AUTO(arena_done) struct arena arena = {0};
	if (folder.n > 0) {
		nftw(arena_cstr(&arena, folder), remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
}

/* ---- git -------------------------------------------------------------------------------------- */

static bool is_one_of(struct str url, const struct str *starts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_starts(url, starts[i]) && url.n > starts[i].n) {
			return true;
		}
	}
	return false;
}

/* What may stand in git's argument list: no option, and no transport that runs commands. */
static bool is_safe(const struct tree_repository *repository)
{
	static const struct str starts[] = {STR_INIT("https://"), STR_INIT("http://"),
		STR_INIT("ssh://"), STR_INIT("git://"), STR_INIT("file:///")};
	struct str reference = repository->reference;
	for (size_t i = 0; i < repository->url.n; i++) {
		if ((unsigned char)repository->url.p[i] <= ' ') {
			return false;
		}
	}
	for (size_t i = 0; i < reference.n; i++) {
		char c = reference.p[i];
		if (!char_is_alnum(c) && strchr("._/+-@", c) == NULL) {
			return false;
		}
	}
	struct str host =
		str_skip(repository->url, (size_t)(str_find(repository->url, S("://")) + 3));
	return is_one_of(repository->url, starts, 5) && !str_starts(host, S("-")) &&
	       !str_starts(reference, S("-")) && str_find(reference, S("..")) < 0;
}

/* The end of what a program said, on one line. */
static struct str last_words(const struct proc_result *result, struct arena *arena)
{
	AUTO(buf_done) struct buf shown = {0};
	struct str said = str_trim(result->errors.n > 0 ? result->errors : result->output);
	said = said.n > WORDS_SHOWN ? str_skip(said, said.n - WORDS_SHOWN) : said;
	struct str line;
	struct str last = S("");
	while (str_next_line(&said, &line)) {
		last = str_trim(line).n > 0 ? str_trim(line) : last;
	}
	buf_add_shown(&shown, last, true);
	return arena_str(arena, buf_str(&shown));
}

/* git in a folder; never asks for a password. */
static bool git(struct str folder, const char *const *words, struct arena *arena,
	struct proc_result *ret, struct err *err)
{
	const char *argv[24] = {"env", "GIT_TERMINAL_PROMPT=0", "GIT_LFS_SKIP_SMUDGE=1",
		"GIT_CONFIG_NOSYSTEM=1", "git", "-c", "protocol.ext.allow=never", "-C",
		arena_cstr(arena, folder)};
	size_t n = 9;
	for (size_t i = 0; words[i] != NULL && n < 23; i++) {
		argv[n++] = words[i];
	}
	struct proc_options options = {
		.argv = argv, .directory = argv[8], .timeout_ms = GIT_TIMEOUT_MS};
	return proc_run(&options, arena, ret, err);
}

/* The commit that the reference is, once fetched; false when git does not know it. */
static bool rev_parse(struct str folder, const char *reference, struct arena *arena,
	struct str *ret_commit, struct err *err)
{
	struct proc_result result;
	const char *spelled = arena_printf(arena, "%s^{commit}", reference).p;
	const char *words[] = {"rev-parse", "--verify", "--quiet", spelled, NULL};
	if (!git(folder, words, arena, &result, err)) {
		return false;
	}
	struct str commit = str_trim(result.output);
	bool hex = commit.n == 40 || commit.n == 64;
	for (size_t i = 0; i < commit.n; i++) {
		hex = hex &&
		      (char_is_digit(commit.p[i]) || (commit.p[i] >= 'a' && commit.p[i] <= 'f'));
	}
	*ret_commit = commit;
	return result.status == 0 && hex;
}

/* One commit alone when the server gives it by that name, else all branches and tags. */
static bool fetch_commit(const struct tree_repository *repository, struct str folder,
	struct arena *arena, struct str *ret_commit, struct err *err)
{
	struct proc_result result;
	const char *url = arena_cstr(arena, repository->url);
	const char *reference =
		repository->reference.n > 0 ? arena_cstr(arena, repository->reference) : "HEAD";
	const char *one[] = {"fetch", "-q", "--depth", "1", "--", url, reference, NULL};
	const char *all[] = {"fetch", "-q", "--", url, "+refs/heads/*:refs/remotes/o/*",
		"+refs/tags/*:refs/tags/*", NULL};
	if (!git(folder, one, arena, &result, err)) {
		return false;
	}
	if (result.status == 0) {
		return rev_parse(folder, "FETCH_HEAD", arena, ret_commit, err);
	}
	if (!git(folder, all, arena, &result, err)) {
		return false;
	}
	struct err ignored = {0};
	const char *branch = arena_printf(arena, "refs/remotes/o/%s", reference).p;
	if (result.status == 0 && (rev_parse(folder, branch, arena, ret_commit, &ignored) ||
					  rev_parse(folder, reference, arena, ret_commit, err))) {
		return true;
	}
	struct str said = last_words(&result, arena);
	return err_set(err, ERR_NETWORK, "git cannot fetch '%s'%s" STR_FMT, reference,
		said.n > 0 ? ": " : " there", STR_ARG(said));
}

bool tree_fetch(const struct tree_repository *repository, struct str cache_dir, struct arena *arena,
	struct str *ret_folder, struct str *ret_commit, struct err *err)
{
	struct proc_result result;
	struct str folder;
	struct str commit;
	if (!is_safe(repository)) {
		err_hint(err, "as in git+https://host/repository@tag");
		return err_set(
			err, ERR_INPUT, "not an address and reference that git can be given");
	}
	if (!tree_new_folder(cache_dir, arena, &folder, err)) {
		return false;
	}
	const char *init[] = {"init", "-q", NULL};
	bool fine = git(folder, init, arena, &result, err);
	if (fine && result.status != 0) {
		fine = err_set(err, ERR_ENVIRONMENT, "git cannot be used: " STR_FMT,
			STR_ARG(last_words(&result, arena)));
	}
	fine = fine && fetch_commit(repository, folder, arena, &commit, err);
	if (fine) {
		const char *checkout[] = {
			"checkout", "-q", "--detach", arena_cstr(arena, commit), NULL};
		fine = git(folder, checkout, arena, &result, err) &&
		       (result.status == 0 ||
			       err_set(err, ERR_ENVIRONMENT, "git cannot check it out: " STR_FMT,
				       STR_ARG(last_words(&result, arena))));
	}
	if (!fine) {
		if (err->kind == ERR_NONE) {
			err_set(err, ERR_NETWORK, "git gives no commit for it");
		}
		tree_remove(folder);
		return false;
	}
	*ret_folder = folder;
	*ret_commit = commit;
	return true;
}

/* ---- what a folder says ----------------------------------------------------------------------- */

bool tree_metadata(struct str folder, struct arena *arena, struct str *ret, struct err *err)
{
	struct str project = fs_join(arena, folder, S("pyproject.toml"));
	struct str setup = fs_join(arena, folder, S("setup.py"));
	struct str text;
	*ret = (struct str){0};
	if (access(project.p, F_OK) != 0) {
		return access(setup.p, F_OK) == 0 ||
		       err_set(err, ERR_INPUT, "it holds no pyproject.toml and no setup.py");
	}
	return fs_read(project.p, METADATA_MAX, arena, &text, err) &&
	       (pyproject_metadata(text, S(""), arena, ret, err) ||
		       err_prefix(err, "its pyproject.toml"));
}

/* ---- builds ----------------------------------------------------------------------------------- */

static void put_header(struct buf *out, const char *name, const char *value)
{
	if (value == NULL) {
		return;
	}
	buf_addf(out, "%s: ", name);
	for (const char *c = value; *c != '\0'; c++) {
		buf_byte(out, *c == '\n' || *c == '\r' ? ' ' : *c);
	}
	buf_byte(out, '\n');
}

static void put_headers(struct buf *out, const char *name, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		put_header(out, name, json_string_value(json_array_get(list, i)));
	}
}

/* pip's installation report as a METADATA document. */
static bool read_report(struct str path, struct arena *arena, struct str *ret, struct err *err)
{
	AUTO(buf_done) struct buf out = {0};
	struct str text;
	if (!fs_read(arena_cstr(arena, path), METADATA_MAX * 4, arena, &text, err)) {
		return false;
	}
	json_auto_t *report = json_loadb(text.p, text.n, 0, NULL);
	const json_t *metadata =
		json_object_get(json_array_get(json_object_get(report, "install"), 0), "metadata");
	if (!json_is_object(metadata)) {
		return err_set(err, ERR_ENVIRONMENT, "pip reports nothing about it");
	}
	put_header(&out, "Metadata-Version", "2.2");
	put_header(&out, "Name", json_string_value(json_object_get(metadata, "name")));
	put_header(&out, "Version", json_string_value(json_object_get(metadata, "version")));
	put_header(&out, "Requires-Python",
		json_string_value(json_object_get(metadata, "requires_python")));
	put_headers(&out, "Requires-Dist", json_object_get(metadata, "requires_dist"));
	put_headers(&out, "Provides-Extra", json_object_get(metadata, "provides_extra"));
	*ret = arena_str(arena, buf_str(&out));
	return true;
}

static bool run_build(const char *const *argv, const char *folder, struct arena *arena,
	const char *who, struct err *err)
{
	struct proc_result result;
	struct proc_options options = {
		.argv = argv, .directory = folder, .timeout_ms = BUILD_TIMEOUT_MS};
	if (!proc_run(&options, arena, &result, err)) {
		return false;
	}
	return result.status == 0 ||
	       err_set(err, ERR_ENVIRONMENT, "its build by %s fails: " STR_FMT, who,
		       STR_ARG(last_words(&result, arena)));
}

/* The interpreter of the wanted minor version that has pip, or "". */
static struct str find_pip(const struct environment *environment, struct arena *arena)
{
	struct str names[] = {
		arena_printf(arena, "python" STR_FMT, STR_ARG(environment->python_version)),
		S("python3")};
	for (size_t i = 0; i < 2; i++) {
		struct str python = python_find(names[i], arena);
		if (python.n == 0) {
			continue;
		}
		const char *argv[] = {python.p, "-I", "-m", "pip", "--version", NULL};
		struct proc_options options = {.argv = argv, .timeout_ms = ASK_TIMEOUT_MS};
		struct proc_result result;
		struct err ignored = {0};
		if (proc_run(&options, arena, &result, &ignored) && result.status == 0) {
			return python;
		}
	}
	return S("");
}

static bool build_by_pip(struct str python, struct str source, struct str folder,
	struct arena *arena, struct str *ret, struct err *err)
{
	struct str report = fs_join(arena, folder, S("report.json"));
	const char *argv[] = {python.p, "-I", "-m", "pip", "install", "--dry-run", "--no-deps",
		"--ignore-installed", "--no-input", "--quiet", "--disable-pip-version-check",
		"--report", report.p, "--", arena_cstr(arena, source), NULL};
	return run_build(argv, folder.p, arena, "pip", err) && read_report(report, arena, ret, err);
}

static bool build_by_uv(struct str source, const struct environment *environment, struct str folder,
	struct arena *arena, struct str *ret, struct err *err)
{
	AUTO(arena_done) struct arena scratch = {0};
	struct index_page page;
	struct str path;
	const char *argv[] = {"uv", "build", "--wheel", "--quiet", "--no-config", "--python",
		arena_cstr(arena, environment->python_version), "--out-dir", folder.p, "--",
		arena_cstr(arena, source), NULL};
	if (!run_build(argv, folder.p, arena, "uv", err) ||
		!index_local_folder(folder, &scratch, &page, err)) {
		return false;
	}
	for (size_t i = 0; i < page.n_files; i++) {
		if (str_ends(page.files[i].filename, S(".whl")) &&
			index_local_path(page.files[i].url, arena, &path)) {
			return index_local_wheel(path, arena, ret, err);
		}
	}
	return err_set(err, ERR_ENVIRONMENT, "its build by uv makes no wheel");
}

bool tree_build(struct str source, const struct environment *environment, struct str cache_dir,
	struct arena *arena, struct str *ret, struct err *err)
{
	struct str folder;
	if (!tree_new_folder(cache_dir, arena, &folder, err)) {
		return false;
	}
	struct str python = find_pip(environment, arena);
	bool built = false;
	if (python.n > 0) {
		built = build_by_pip(python, source, folder, arena, ret, err);
	} else if (python_find(S("uv"), arena).n > 0) {
		built = build_by_uv(source, environment, folder, arena, ret, err);
	} else {
		err_hint(err, "install pip or uv");
		err_set(err, ERR_ENVIRONMENT, "a build needs pip or uv, and neither is there");
	}
	tree_remove(folder);
	return built;
}
