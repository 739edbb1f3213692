#include "prescriptions/load.h"
#include "common/hash.h"
#include "prescriptions/files.h"
#include "prescriptions/pack.h"
#include "prescriptions/readahead.h"
#include "prescriptions/yaml.h"
#include "common/banned.h"

/* The metadata that holds for a folder and what is below. */
struct scope {
	struct str folder; /* "" for the root, else with a '/' at its end */
	struct str name;
};

struct loader {
	struct presc_report *report;
	struct presc_pack *pack;
	struct presc_yaml yaml;
	struct arena arena; /* of one file */
	struct presc_readahead *ahead;
	char digest[HASH_HEX + 8];
	struct str prescription;
	struct scope scopes[FILES_DEPTH_MAX + 2];
	size_t n_scopes;
};

static void loader_done(struct loader *loader)
{
	presc_pack_free(loader->pack);
	presc_yaml_done(&loader->yaml);
	arena_done(&loader->arena);
	presc_readahead_free(loader->ahead);
}

static void take_unit(void *context, enum presc_type type, const struct tree *unit)
{
	struct loader *loader = context;
	presc_pack_unit(loader->pack, type, unit, loader->prescription);
}

/* ---- metadata --------------------------------------------------------------------------------- */

/* A member as it is written, "UNKNOWN" with a note when it is not there. */
static struct str metadata_text(struct loader *loader, const struct tree *metadata, struct str key)
{
	const struct tree *value = tree_get(metadata, key);
	if (value != NULL && value->text.n > 0) {
		return arena_str(loader->report->arena, value->text);
	}
	presc_note(loader->report, metadata == NULL ? 1 : metadata->line,
		metadata == NULL ? 1 : metadata->column, "add it to the metadata file",
		"the set has no '" STR_FMT "'", STR_ARG(key));
	return S("UNKNOWN");
}

static void read_metadata(
	struct loader *loader, const struct presc_file *file, const struct tree *document)
{
	const struct tree *metadata = tree_get(document, S("prescription"));
	if (metadata != NULL && metadata->kind != TREE_TABLE) {
		presc_fault(loader->report, metadata->line, metadata->column, "",
			"expected a mapping as 'prescription'");
		return;
	}
	ptrdiff_t slash = str_find_last_char(file->path, '/');
	struct scope *scope = &loader->scopes[loader->n_scopes];
	struct str release;
	scope->folder = str_slice(file->path, 0, (size_t)(slash + 1));
	scope->name = metadata_text(loader, metadata, S("name"));
	release = metadata_text(loader, metadata, S("release"));
	if (loader->n_scopes == 0) {
		presc_pack_metadata(loader->pack, scope->name, release);
	}
	loader->n_scopes++;
}

/* The prescription that a file belongs to; metadata of other folders is left behind. */
static void enter_scope(struct loader *loader, const struct presc_file *file)
{
	while (loader->n_scopes > 0 &&
		!str_starts(file->path, loader->scopes[loader->n_scopes - 1].folder)) {
		loader->n_scopes--;
	}
	if (file->is_metadata) {
		return;
	}
	if (loader->n_scopes > 0) {
		loader->prescription = loader->scopes[loader->n_scopes - 1].name;
	} else if (loader->prescription.n == 0) {
		loader->prescription = S("UNKNOWN");
		presc_note(loader->report, 1, 1, "put _prescription_metadata.yaml into the folder",
			"the set has no 'name'");
	}
}

/* ---- files ------------------------------------------------------------------------------------ */

static void load_text(struct loader *loader, const struct presc_file *file, struct str text)
{
	struct tree document = {0};
	presc_pack_file(loader->pack, file);
	enter_scope(loader, file);
	if (!presc_yaml_read(&loader->yaml, text, &loader->arena, loader->report, &document)) {
		return;
	}
	if (file->is_metadata) {
		read_metadata(loader, file, &document);
	} else {
		presc_schema_file(&document, loader->report, take_unit, loader);
	}
}

static void load_file(struct loader *loader, const struct presc_file *file)
{
	struct presc_report *report = loader->report;
	struct err err = {0};
	struct str text;
	report->file = file->path;
	arena_reset(&loader->arena);
	if (presc_readahead_next(loader->ahead, &text, &err)) {
		load_text(loader, file, text);
	} else {
		presc_fault(report, 0, 0, arena_cstr(report->arena, str_from(err.hint)), "%s",
			err.message);
	}
	presc_readahead_release(loader->ahead);
}

static bool finish(struct loader *loader, struct presc_table *ret)
{
	struct presc_report *report = loader->report;
	presc_report_sort(&report->notes);
	presc_pack_finish(loader->pack, report, str_from(loader->digest), ret);
	presc_report_sort(&report->faults);
	return report->faults.list.n == 0;
}

bool presc_load(struct str root, bool digest, struct presc_report *report, struct presc_table *ret)
{
	AUTO(loader_done)
	struct loader loader = {.report = report};
	struct presc_files files = {0};
	size_t n_rules = 0;
	report->root = root;
	bool listed = presc_files_list(root, false, report->arena, report, &files);
	loader.pack = presc_pack_new(files.list.n);
	if (listed) {
		loader.ahead = presc_readahead_new(root, &files, digest);
		for (size_t i = 0; i < files.list.n; i++) {
			load_file(&loader, &files.list.p[i]);
			n_rules += !files.list.p[i].is_metadata;
		}
		presc_readahead_digest(loader.ahead, loader.digest);
		if (n_rules == 0) {
			report->file = S("");
			presc_fault(report, 0, 0, "rules are files that end in .yaml",
				"there are no rules");
		}
	}
	return finish(&loader, ret);
}

bool presc_load_tree(const struct tree *document, struct str prescription,
	struct presc_report *report, struct presc_table *ret)
{
	AUTO(loader_done)
	struct loader loader = {
		.report = report, .pack = presc_pack_new(0), .prescription = prescription};
	presc_schema_file(document, report, take_unit, &loader);
	return finish(&loader, ret);
}

bool presc_load_text(struct str text, struct str prescription, struct presc_report *report,
	struct presc_table *ret)
{
	AUTO(presc_yaml_done) struct presc_yaml yaml = {0};
	AUTO(arena_done) struct arena arena = {0};
	struct tree document = {0};
	bool read = presc_yaml_read(&yaml, text, &arena, report, &document);
	bool loaded = presc_load_tree(
		read ? &document : &(struct tree){.kind = TREE_TABLE}, prescription, report, ret);
	return read && loaded;
}
