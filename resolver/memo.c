#include "resolver/memo.h"
#include "common/banned.h"

void resolver_memo_done(struct resolver_memo *memo)
{
	intern_done(&memo->documents);
	intern_done(&memo->files);
	intern_done(&memo->pythons);
}

/* An address as a key. */
static struct str key_of(const void *const *address)
{
	return (struct str){(const char *)address, sizeof(*address)};
}

static struct parsed_document parse_document(const struct metadata *metadata, struct arena *arena)
{
	struct parsed_requirement *list =
		arena_array(arena, struct parsed_requirement, metadata->n_requires_dist);
	struct parsed_document document = {.requirements = list};
	struct err err = {0};
	for (size_t i = 0; i < metadata->n_requires_dist; i++) {
		struct str repaired;
		struct str text = metadata->requires_dist[i];
		struct requirement *requirement = &list[i].requirement;
		if (!requirement_parse_lenient(text, arena, requirement, &repaired, &err)) {
			document.unreadable = text;
			break;
		}
		list[i].uses_extra = marker_uses_extra(requirement->marker);
		list[i].uses_patch = marker_uses_patch(requirement->marker);
		document.n++;
	}
	return document;
}

struct parsed_document resolver_memo_document(
	struct resolver_memo *memo, const struct metadata *metadata, struct arena *arena)
{
	const void *address = metadata;
	if (memo == NULL) {
		return parse_document(metadata, arena);
	}
	uint32_t id = intern_id(&memo->documents, key_of(&address));
	if (id == memo->parsed_documents.n) {
		*vec_push(memo->arena, &memo->parsed_documents) =
			parse_document(metadata, memo->arena);
	}
	return memo->parsed_documents.p[id];
}

static struct parsed_python parse_python(struct str text, struct arena *arena)
{
	struct parsed_python python = {0};
	struct str repaired;
	struct err ignored = {0};
	python.readable = specifier_parse_lenient(text, arena, &python.set, &repaired, &ignored);
	return python;
}

struct parsed_python resolver_memo_python(
	struct resolver_memo *memo, struct str requires_python, struct arena *arena)
{
	if (memo == NULL) {
		return parse_python(requires_python, arena);
	}
	uint32_t id = intern_id(&memo->pythons, requires_python);
	if (id == memo->parsed_pythons.n) {
		struct str text = intern_str(&memo->pythons, id);
		*vec_push(memo->arena, &memo->parsed_pythons) = parse_python(text, memo->arena);
	}
	return memo->parsed_pythons.p[id];
}

const struct metadata *resolver_memo_metadata(
	const struct resolver_memo *memo, const struct index_file *file)
{
	const void *address = file;
	uint32_t id = memo == NULL ? INTERN_NONE : intern_find(&memo->files, key_of(&address));
	return id == INTERN_NONE ? NULL : memo->metadata.p[id];
}

void resolver_memo_keep_metadata(
	struct resolver_memo *memo, const struct index_file *file, const struct metadata *metadata)
{
	const void *address = file;
	if (memo == NULL) {
		return;
	}
	uint32_t id = intern_id(&memo->files, key_of(&address));
	if (id == memo->metadata.n) {
		*vec_push(memo->arena, &memo->metadata) = metadata;
	}
}
