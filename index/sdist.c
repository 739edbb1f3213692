#include "index/sdist.h"
#include "index/unarchive.h"
#include "index/module.h"
#include "packaging/pyproject.h"
#include "common/banned.h"

static bool split(struct str filename, enum unarchive_kind *ret_kind, struct str *ret_folder)
{
	static const struct {
		struct str ending;
		enum unarchive_kind kind;
	} kinds[] = {
		{STR_INIT(".tar.gz"),  UNARCHIVE_TAR},
		{STR_INIT(".tgz"),     UNARCHIVE_TAR},
		{STR_INIT(".tar.bz2"), UNARCHIVE_TAR},
		{STR_INIT(".tbz"),     UNARCHIVE_TAR},
		{STR_INIT(".tar.xz"),  UNARCHIVE_TAR},
		{STR_INIT(".txz"),     UNARCHIVE_TAR},
		{STR_INIT(".tar"),     UNARCHIVE_TAR},
		{STR_INIT(".zip"),     UNARCHIVE_ZIP},
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

bool index_sdist_is_archive(struct str filename)
{
	enum unarchive_kind kind;
	struct str folder;
	return split(filename, &kind, &folder);
}

/* Is the document there, and does it say all that matters? */
static bool says_all(struct str text, struct arena *arena)
{
	struct metadata metadata;
	struct err ignored = {0};
	return metadata_parse(text, arena, &metadata, &ignored) && index_sdist_is_static(&metadata);
}

bool index_sdist_read(struct str bytes, struct str filename, bool any_folder, struct arena *arena,
	struct str *ret, struct err *err)
{
	static const struct unarchive_functions *archive;
	enum unarchive_kind kind;
	struct str folder;
	struct str version = S("");
	struct str info;
	struct str project;
	struct filename parts;
	if (!split(filename, &kind, &folder)) {
		return err_set(err, ERR_INPUT, "an archive of this kind is not looked into");
	}
	if (archive == NULL) {
		archive = index_module_open("thoth-unarchive.so", "thoth_unarchive_functions",
			UNARCHIVE_TABLE_VERSION, "archive module", err);
	}
	if (archive == NULL) {
		return false;
	}
	if (!any_folder && filename_parse(filename, S(""), &parts)) {
		version = parts.version_text;
	}
	folder = any_folder ? S("") : folder;
	bool has_info =
		archive->read(bytes, kind, folder, S("PKG-INFO"), METADATA_MAX, arena, &info, err);
	if (has_info && says_all(info, arena)) {
		*ret = info;
		return true;
	}
	struct err none = {0};
	if (archive->read(bytes, kind, folder, S("pyproject.toml"), METADATA_MAX, arena, &project,
		    &none) &&
		pyproject_metadata(project, version, arena, &project, &none) && project.p != NULL) {
		*ret = project;
		return true;
	}
	*ret = has_info ? info : (struct str){0};
	return has_info; /* what is left to a build; err says what is wrong with it otherwise */
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
