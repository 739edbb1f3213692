#include "advise/direct.h"
#include "advise/build.h"
#include "advise/place.h"
#include <limits.h>
#include "advise/tree.h"
#include "advise/trust.h"
#include "common/fs.h"
#include "index/local.h"
#include "index/url.h"
#include "packaging/name.h"
#include "common/banned.h"

/* ---- noting ----------------------------------------------------------------------------------- */

static void say(struct request *request, const struct direct *direct, struct arena *arena,
	const char *type, struct str text)
{
	*vec_push(arena, &request->messages) = (struct lock_message){.type = str_from(type),
		.package = direct->requirement.name,
		.message = text,
		.origin = direct->origin};
}

/* What is shown, stored and consented to: an address without credentials, or an absolute path. */
static struct str public_location(const struct direct *direct, struct arena *arena)
{
	struct str path;
	if (str_find(direct->location, S("://")) >= 0) {
		return config_without_credentials(direct->location, arena);
	}
	return place_find_path(direct->folder, direct->foreign, direct->location, arena, &path)
		       ? path
		       : direct->location;
}

void direct_note(const struct direct *given, bool own, struct arena *arena, struct request *request)
{
	struct direct direct = *given;
	direct.foreign = !own;
	struct str shown = public_location(&direct, arena);
	struct str name = direct.requirement.name;
	if (!own && !trust_allows(request->options, request->input, TRUST_ADDRESS, shown,
			    name.n > 0 ? name : S("a package"))) {
		say(request, &direct, arena, "WARNING",
			arena_printf(arena,
				"'" STR_FMT
				"' is left out: the notebook names an address of its own, which "
				"needs your yes on a terminal",
				STR_ARG(shown)));
		return;
	}
	*vec_push(arena, &request->directs) = direct;
}

void direct_allow(const struct requirement *requirement, struct str folder, struct arena *arena)
{
	struct direct direct = {.location = requirement->url, .folder = folder, .foreign = true};
	if (requirement->url.n > 0) {
		trust_remember(TRUST_ADDRESS, public_location(&direct, arena));
	}
}

/* ---- opening ---------------------------------------------------------------------------------- */

struct opener {
	struct index *index;
	const struct advise_options *options;
	struct arena *arena;
	struct request *request;
	const struct direct *direct;
	struct place place;
};

static bool refuse_build(const struct opener *in, struct err *err)
{
	struct str name = in->direct->requirement.name;
	struct str shown = name.n > 0 ? name : S(":all:");
	err_hint(err, "give --allow-build " STR_FMT ", which runs its code, or a wheel of it",
		STR_ARG(shown));
	return err_set(err, ERR_INPUT, "only a build knows what it requires");
}

/* Core metadata of a folder: what it says, or what an allowed build says. */
static bool folder_metadata(struct opener *in, struct str folder, struct str *ret, struct err *err)
{
	if (!tree_metadata(folder, in->arena, ret, err)) {
		return false;
	}
	if (ret->p != NULL) {
		return true;
	}
	if (!build_allowed(in->options, in->direct->requirement.name)) {
		return refuse_build(in, err);
	}
	return tree_build(folder, &in->request->environment, in->request->config.cache_dir,
		in->arena, ret, err);
}

static bool subfolder(const struct opener *in, struct str folder, struct str *ret, struct err *err)
{
	char real[PATH_MAX];
	char root[PATH_MAX];
	struct str sub = in->place.subdirectory;
	*ret = folder;
	if (sub.n == 0) {
		return true;
	}
	struct str joined = fs_join(in->arena, folder, sub);
	bool inside = realpath(joined.p, real) != NULL &&
		      realpath(arena_cstr(in->arena, folder), root) != NULL &&
		      str_starts(str_from(real), arena_printf(in->arena, "%s/", root));
	if (!inside) {
		return err_set(err, ERR_INPUT, "it has no folder '" STR_FMT "'", STR_ARG(sub));
	}
	*ret = arena_str(in->arena, str_from(real));
	return true;
}

static bool open_git(struct opener *in, struct index_direct *direct, struct err *err)
{
	struct arena *arena = in->arena;
	struct tree_repository repository = {in->place.url, in->place.reference};
	struct str folder;
	struct str commit;
	struct str inside;
	if (in->options->offline) {
		return err_set(err, ERR_NETWORK, "offline, and a repository must be fetched");
	}
	if (!tree_fetch(&repository, in->request->config.cache_dir, arena, &folder, &commit, err)) {
		return false;
	}
	bool fine = subfolder(in, folder, &inside, err) &&
		    folder_metadata(in, inside, &direct->metadata, err);
	tree_remove(folder);
	struct str sub = in->place.subdirectory;
	struct str url = config_without_credentials(in->place.url, arena);
	direct->lock_url = arena_printf(arena, "git+" STR_FMT "@" STR_FMT "%s" STR_FMT,
		STR_ARG(url), STR_ARG(commit), sub.n > 0 ? "#subdirectory=" : "", STR_ARG(sub));
	direct->url = arena_printf(arena, "git+" STR_FMT "@" STR_FMT "/" STR_FMT, STR_ARG(url),
		STR_ARG(commit), STR_ARG(sub));
	direct->is_tree = true;
	return fine;
}

static bool open_folder(struct opener *in, struct index_direct *direct, struct err *err)
{
	direct->url = in->place.url;
	direct->lock_url = in->place.url;
	direct->is_tree = true;
	return folder_metadata(in, in->place.path, &direct->metadata, err);
}

static void open_file(struct opener *in, struct index_direct *direct)
{
	struct index_url parts;
	direct->url = in->place.url;
	direct->lock_url = index_url_public(in->place.url, in->arena);
	direct->userinfo = index_url_split(in->place.url, &parts) ? parts.userinfo : S("");
	for (size_t i = 0; i < in->direct->n_hashes && in->direct->n_hashes == 1; i++) {
		struct str hash = in->direct->hashes[i];
		direct->sha256 = str_starts(hash, S("sha256:")) ? str_skip(hash, 7) : S("");
	}
	direct->sha256 = direct->sha256.n > 0 ? direct->sha256 : in->place.sha256;
}

/* An archive whose metadata a build must make. */
static bool open_archive(
	struct opener *in, struct str bytes, struct index_direct *direct, struct err *err)
{
	struct str name = index_url_unescape(index_url_last_part(direct->url), in->arena);
	if (!build_allowed(in->options, in->direct->requirement.name)) {
		return refuse_build(in, err);
	}
	return build_archive(name, bytes, in->request, in->arena, &direct->metadata, err);
}

/* One of several hashes that the user gives: then the file's own must be among them. */
static bool check_hashes(struct opener *in, struct str name, struct err *err)
{
	const struct index_project *project;
	struct str sha256;
	if (in->direct->n_hashes < 2) {
		return true;
	}
	if (!index_project(in->index, name, &project, err) ||
		!index_hash(in->index, project, index_release_files(project, &project->releases[0]),
			&sha256, err)) {
		return false;
	}
	for (size_t i = 0; i < in->direct->n_hashes; i++) {
		struct str hash = in->direct->hashes[i];
		if (str_starts(hash, S("sha256:")) && str_ieq(str_skip(hash, 7), sha256)) {
			return true;
		}
	}
	return err_set(err, ERR_INPUT, "its sha256 is " STR_FMT ", none of those that are given",
		STR_ARG(sha256));
}

static bool fill(struct opener *in, struct index_direct *direct, struct err *err)
{
	switch (in->place.kind) {
	case PLACE_GIT:
		return open_git(in, direct, err);
	case PLACE_FOLDER:
		return open_folder(in, direct, err);
	case PLACE_WEB:
	case PLACE_FILE:
		open_file(in, direct);
		return true;
	case PLACE_ODD:
		break;
	}
	err_hint(err, "an https:// address, a file or folder that is there, or git+https://...");
	return err_set(err, ERR_INPUT, "it is nothing that can be locked");
}

static bool open_one(struct opener *in, struct err *err)
{
	struct arena *arena = in->arena;
	struct requirement *r = arena_new(arena, struct requirement);
	*r = in->direct->requirement;
	struct index_direct direct = {.name = r->name, .foreign = in->direct->foreign};
	struct index_found found = {0};
	if (!fill(in, &direct, err) || !index_add_direct(in->index, &direct, &found, err)) {
		return false;
	}
	if (found.needs_build && (!open_archive(in, found.archive, &direct, err) ||
					 !index_add_direct(in->index, &direct, &found, err))) {
		return false;
	}
	if (!check_hashes(in, found.name, err)) {
		return false;
	}
	if (in->direct->editable) {
		say(in->request, in->direct, arena, "INFO",
			arena_printf(arena,
				"'" STR_FMT "' is locked as the folder it is now; an editable "
				"installation is not part of a lock",
				STR_ARG(found.name)));
	}
	r->name = arena_str(arena, found.name);
	r->spelled = r->name;
	*vec_push(arena, &in->request->requirements) =
		(struct resolver_requirement){.requirement = *r,
			.origin = in->direct->origin,
			.constraint = in->direct->constraint};
	return true;
}

/* Its marker holds for one of the targets. */
static bool applies(const struct direct *direct, const struct request *request)
{
	for (size_t i = 0; i < request->targets.n; i++) {
		if (marker_evaluate(direct->requirement.marker, &request->targets.p[i], NULL, 0) ==
			MARKER_TRUE) {
			return true;
		}
	}
	return false;
}

bool direct_open(struct index *index, const struct advise_options *options, struct arena *arena,
	struct request *request, struct err *err)
{
	for (size_t i = 0; i < request->directs.n; i++) {
		const struct direct *direct = &request->directs.p[i];
		struct opener in = {.index = index,
			.options = options,
			.arena = arena,
			.request = request,
			.direct = direct};
		if (!applies(direct, request)) {
			continue;
		}
		in.place = place_read(direct->location, direct->folder, direct->foreign, arena);
		if (!open_one(&in, err)) {
			err->cell = direct->origin.cell;
			err->line = direct->origin.line;
			err_in(err, direct->origin.file);
			return err_prefix(
				err, "'" STR_FMT "'", STR_ARG(public_location(direct, arena)));
		}
	}
	return true;
}
