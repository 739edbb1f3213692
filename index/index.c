#include <assert.h>
#include "index/pool.h"
#include "index/state.h"
#include "index/url.h"
#include "common/banned.h"

static bool place_init(struct index *index, const struct index_source *from,
	struct index_place *ret, struct err *err)
{
	struct arena *arena = &index->arena;
	struct index_url parts;
	bool split = index_url_split(from->url, &parts);
	bool web = split && parts.host.n > 0 &&
		   (str_ieq(parts.scheme, S("https")) || str_ieq(parts.scheme, S("http")));
	bool recorded =
		split && parts.host.n == 0 && str_eq(parts.scheme, S("file")) && parts.path.n > 0;
	if (!web && !recorded) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, index_url_public(from->url, arena), true);
		err_hint(err, "give an https:// address or file:///folder");
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no address of an index",
			STR_ARG(buf_str(&shown)));
	}
	struct str url = arena_str(arena, index_url_public(from->url, arena));
	while (url.n > 0 && url.p[url.n - 1] == '/') {
		url.n--;
	}
	*ret = (struct index_place){
		.alias = from->alias.n > 0 ? arena_str(arena, from->alias) : url,
		.url = url,
		.userinfo = arena_str(arena, parts.userinfo),
		.origin = index_url_origin(url, arena),
		.recorded = recorded,
		.only_pinned = from->only_pinned,
		.foreign = from->foreign,
	};
	return true;
}

struct index *index_new(const struct index_options *options, struct err *err)
{
	struct index_patience patience = {options->cancelled, options->data};
	struct index *index = index_pool_take(options);
	if (index != NULL) {
		index->fetcher.patience = patience;
		return index;
	}
	index = calloc(1, sizeof(*index));
	if (index == NULL) {
		arena_die("out of memory");
	}
	index->options = *options;
	index->options.cache_dir = arena_str(&index->arena, options->cache_dir);
	index->options.sources = NULL;
	index->options.pins = NULL;
	index->pins = arena_array(&index->arena, struct index_pin, options->n_pins);
	for (size_t i = 0; i < options->n_pins; i++) {
		index->pins[i] = (struct index_pin){
			arena_str(&index->arena, options->pins[i].name), options->pins[i].source};
	}
	index->options.links = NULL;
	index->options.told_ca = arena_str(&index->arena, options->told_ca);
	index->options.last_ca = arena_str(&index->arena, options->last_ca);
	index->options.ca = arena_str(&index->arena, options->ca);
	index->options.client_cert = arena_str(&index->arena, options->client_cert);
	index->options.proxy = arena_str(&index->arena, options->proxy);
	struct str *trusted = arena_array(&index->arena, struct str, options->n_trusted);
	for (size_t i = 0; i < options->n_trusted; i++) {
		trusted[i] = arena_str(&index->arena, options->trusted[i]);
	}
	index->options.trusted = trusted;
	index->places = arena_array(
		&index->arena, struct index_place, options->n_sources + options->n_links);
	index->n_places = options->n_sources + options->n_links;
	index->links = arena_array(&index->arena, struct index_links, options->n_links);
	index->fetcher.options = &index->options;
	index->fetcher.arena = &index->arena;
	index->fetcher.patience = patience;
	for (size_t i = 0; i < options->n_sources; i++) {
		if (!place_init(index, &options->sources[i], &index->places[i], err)) {
			index_free(index);
			return NULL;
		}
	}
	for (size_t i = 0; i < options->n_links; i++) {
		struct index_place *place = &index->places[options->n_sources + i];
		if (!place_init(index, &options->links[i], place, err)) {
			index_free(index);
			return NULL;
		}
		place->local = place->recorded;
		place->recorded = false;
		index->links[i].place = options->n_sources + i;
	}
	index->key = index_options_key(options, &index->arena);
	return index;
}

void index_free(struct index *index)
{
	if (index != NULL && !index_pool_put(index)) {
		index_destroy(index);
	}
}

void index_destroy(struct index *index)
{
	index_fetcher_done(&index->fetcher);
	if (index->attachment.data != NULL) {
		index->attachment.done(index->attachment.data);
	}
	for (size_t i = 0; i < index->documents.n; i++) {
		index_document_done(index->documents.p[i]);
	}
	intern_done(&index->names);
	intern_done(&index->files);
	intern_done(&index->origins);
	intern_done(&index->metadata_hashes);
	arena_done(&index->arena);
	free(index);
}

void index_freep(struct index **index)
{
	index_free(*index);
	*index = NULL;
}

struct index_patience index_patience(struct index *index, struct index_patience patience)
{
	struct index_patience before = index->fetcher.patience;
	index->fetcher.patience = patience;
	return before;
}

void index_hold(struct index *index, bool held)
{
	index->fetcher.held = held;
}

void index_attach(struct index *index, const struct index_attachment *attachment)
{
	assert(index->attachment.data == NULL);
	index->attachment = *attachment;
}

void *index_attached(const struct index *index)
{
	return index->attachment.data;
}

void index_build_by(struct index *index, const struct index_builder *builder)
{
	index->builder = builder;
}

void index_listen(struct index *index, const struct index_listener *listener)
{
	index->listener = listener;
}

size_t index_file_source(const struct index_project *project, const struct index_file *file)
{
	return file->place > 0 ? file->place - 1 : project->source;
}

struct str index_source_url(const struct index *index, size_t source)
{
	return source < index->n_places ? index->places[source].url : S("");
}

struct str index_source_alias(const struct index *index, size_t source)
{
	return index->places[source].alias;
}

struct index_stats index_stats(const struct index *index)
{
	return index->fetcher.stats;
}

const struct err *index_kept_err(struct index *index, const struct err *err)
{
	struct err *kept = arena_new(&index->arena, struct err);
	*kept = *err;
	return kept;
}

struct index_document *index_new_document(
	struct index *index, const struct index_place *place, struct str url)
{
	struct index_document *document = arena_new(&index->arena, struct index_document);
	document->source = place->url;
	document->url = url;
	bool same = str_eq(index_url_origin(url, &index->arena), place->origin);
	document->userinfo = same ? place->userinfo : S("");
	document->no_netrc = place->foreign;
	document->accept = S("");
	*vec_push(&index->arena, &index->documents) = document;
	return document;
}
