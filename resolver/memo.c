#include "resolver/memo.h"
#include "common/banned.h"

static void free_memo(void *data)
{
	struct resolver_memo *memo = data;
	intern_done(&memo->documents);
	intern_done(&memo->files);
	intern_done(&memo->pythons);
	intern_done(&memo->texts);
	arena_done(&memo->arena);
	free(memo);
}

static size_t size_of_memo(const void *data)
{
	const struct resolver_memo *memo = data;
	return memo->arena.total + memo->texts.arena.total;
}

struct resolver_memo *resolver_memo_of(struct index *index)
{
	struct resolver_memo *memo = index_attached(index);
	if (memo == NULL) {
		memo = calloc(1, sizeof(*memo));
		if (memo == NULL) {
			arena_die("out of memory");
		}
		index_attach(index, &(struct index_attachment){memo, free_memo, size_of_memo});
	}
	return memo;
}

/* An address as a key. */
static struct str key_of(const void *const *address)
{
	return (struct str){(const char *)address, sizeof(*address)};
}

static const struct parsed_requirement *parse_requirement(struct str text, struct arena *arena)
{
	struct parsed_requirement *parsed = arena_new(arena, struct parsed_requirement);
	struct requirement *requirement = &parsed->requirement;
	struct str repaired;
	struct err ignored = {0};
	parsed->readable = requirement_parse_lenient(text, arena, requirement, &repaired, &ignored);
	if (parsed->readable) {
		parsed->uses_extra = marker_uses_extra(requirement->marker);
		parsed->uses_patch = marker_uses_patch(requirement->marker);
	}
	return parsed;
}

/* Releases of a project mostly require the same, in the same words. */
static const struct parsed_requirement *requirement_of(
	struct resolver_memo *memo, struct str text, struct arena *arena)
{
	if (memo == NULL) {
		return parse_requirement(text, arena);
	}
	uint32_t id = intern_id(&memo->texts, text);
	if (id == memo->parsed_texts.n) {
		*vec_push(&memo->arena, &memo->parsed_texts) =
			parse_requirement(intern_str(&memo->texts, id), &memo->arena);
	}
	return memo->parsed_texts.p[id];
}

static struct parsed_document parse_document(
	struct resolver_memo *memo, const struct metadata *metadata, struct arena *arena)
{
	const struct parsed_requirement **list =
		arena_array(arena, const struct parsed_requirement *, metadata->n_requires_dist);
	struct parsed_document document = {.requirements = list};
	for (size_t i = 0; i < metadata->n_requires_dist; i++) {
		list[i] = requirement_of(memo, metadata->requires_dist[i], arena);
		if (!list[i]->readable) {
			document.unreadable = metadata->requires_dist[i];
			break;
		}
		document.n++;
	}
	return document;
}

struct parsed_document resolver_memo_document(
	struct resolver_memo *memo, const struct metadata *metadata, struct arena *arena)
{
	const void *address = metadata;
	if (memo == NULL) {
		return parse_document(NULL, metadata, arena);
	}
	uint32_t id = intern_id(&memo->documents, key_of(&address));
	if (id == memo->parsed_documents.n) {
		*vec_push(&memo->arena, &memo->parsed_documents) =
			parse_document(memo, metadata, &memo->arena);
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
		*vec_push(&memo->arena, &memo->parsed_pythons) = parse_python(text, &memo->arena);
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
		*vec_push(&memo->arena, &memo->metadata) = metadata;
	}
}
