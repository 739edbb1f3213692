#include "index/sdist.h"
#include "index/unarchive.h"
#include "index/module.h"
#include "common/banned.h"

static bool split(struct str filename, enum unarchive_kind *ret_kind, struct str *ret_folder)
{
	static const struct {
		struct str ending;
		enum unarchive_kind kind;
	} kinds[] = {
		{STR_INIT(".tar.gz"), UNARCHIVE_TAR_GZ},
		{STR_INIT(".tgz"),    UNARCHIVE_TAR_GZ},
		{STR_INIT(".zip"),    UNARCHIVE_ZIP   },
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (str_ends(filename, kinds[i].ending)) {
			*ret_kind = kinds[i].kind;
			*ret_folder = str_slice(filename, 0, filename.n - kinds[i].ending.n);
			return true;
		}
	}
	return false;
}

bool index_sdist_read(struct str bytes, struct str filename, struct arena *arena, struct str *ret,
	struct err *err)
{
	static const struct unarchive_functions *archive;
	enum unarchive_kind kind;
	struct str folder;
	if (!split(filename, &kind, &folder)) {
		return err_set(err, ERR_INPUT, "an archive of this kind is not looked into");
	}
	if (archive == NULL) {
		archive = index_module_open("thoth-unarchive.so", "thoth_unarchive_functions",
			UNARCHIVE_TABLE_VERSION, "archive module", err);
	}
	return archive != NULL &&
	       archive->read(bytes, kind, folder, S("PKG-INFO"), METADATA_MAX, arena, ret, err);
}

bool index_sdist_is_static(const struct metadata *metadata)
{
	static const struct str matters[] = {
		STR_INIT("requires-dist"), STR_INIT("provides-extra"), STR_INIT("requires-python")};
	struct version version;
	struct version first;
	if (!version_parse(metadata->metadata_version, &version) ||
		!version_parse(S("2.2"), &first) || version_compare(&version, &first) < 0) {
		return false;
	}
	for (size_t i = 0; i < metadata->n_dynamic; i++) {
		for (size_t k = 0; k < sizeof(matters) / sizeof(matters[0]); k++) {
			if (str_ieq(metadata->dynamic[i], matters[k])) {
				return false;
			}
		}
	}
	return true;
}
