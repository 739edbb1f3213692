#include "advise/build.h"
#include "advise/tree.h"
#include "common/fs.h"
#include "packaging/name.h"
#include "common/banned.h"

bool build_allowed(const struct advise_options *options, struct str name)
{
	AUTO(arena_done) struct arena scratch = {0};
	for (size_t i = 0; i < options->allow_build.n; i++) {
		struct str rest = options->allow_build.items[i];
		while (rest.n > 0) {
			struct str word = rest;
			if (!str_cut(rest, S(","), &word, &rest)) {
				rest = S("");
			}
			word = str_trim(word);
			if (str_eq(word, S(":all:")) ||
				(name.n > 0 && str_eq(name_normal(word, &scratch), name))) {
				return true;
			}
		}
	}
	return false;
}

bool build_archive(struct str filename, struct str bytes, const struct request *request,
	struct arena *arena, struct str *ret, struct err *err)
{
	struct str cache_dir = request->config.cache_dir;
	struct str folder;
	if (!tree_new_folder(cache_dir, arena, &folder, err)) {
		return false;
	}
	struct str path = fs_join(arena, folder, fs_basename(filename));
	bool built = fs_write_atomic(path.p, bytes, 0600, err) &&
		     tree_build(path, &request->environment, cache_dir, arena, ret, err);
	tree_remove(folder);
	return built;
}

struct for_index {
	const struct advise_options *options;
	const struct request *request;
	struct index_builder builder;
};

static bool allows(void *data, struct str name)
{
	const struct for_index *in = data;
	return build_allowed(in->options, name);
}

static bool build(void *data, struct str filename, struct str bytes, struct arena *arena,
	struct str *ret, struct err *err)
{
	const struct for_index *in = data;
	return build_archive(filename, bytes, in->request, arena, ret, err);
}

void build_for_index(struct index *index, const struct advise_options *options,
	const struct request *request, struct arena *arena)
{
	const struct environment *environment = &request->environment;
	if (options->allow_build.n == 0) {
		return;
	}
	struct for_index *in = arena_new(arena, struct for_index);
	in->options = options;
	in->request = request;
	in->builder = (struct index_builder){.allows = allows,
		.build = build,
		.data = in,
		.key = arena_printf(arena, STR_FMT " " STR_FMT " " STR_FMT,
			STR_ARG(environment->python_version), STR_ARG(environment->platform),
			STR_ARG(environment->arch))};
	index_build_by(index, &in->builder);
}
