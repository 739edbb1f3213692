#include "advise/pins.h"
#include "advise/trust.h"
#include "packaging/name.h"
#include "common/banned.h"

static void say(struct request *request, struct arena *arena, struct origin origin,
	struct str package, struct str text)
{
	*vec_push(arena, &request->messages) = (struct lock_message){
		.type = S("WARNING"), .package = package, .message = text, .origin = origin};
}

/* The position of the index, or INDEX_NOWHERE. */
static size_t find_index(const struct advise_options *options, const struct advise_input *input,
	struct str name, struct str alias, struct str url, struct arena *arena,
	struct request *request)
{
	struct config *config = &request->config;
	struct err ignored = {0};
	size_t found = config_find_alias(config, alias);
	if (found == INDEX_NOWHERE && url.n > 0) {
		found = config_find_url(config, url, arena);
	}
	struct str public = config_without_credentials(url, arena);
	if (found != INDEX_NOWHERE || url.n == 0 ||
		!trust_allows(options, input, TRUST_INDEX, public, name) ||
		!config_add_foreign(config, alias, url, arena, &found, &ignored)) {
		return found;
	}
	return found;
}

void pins_add(const struct advise_options *options, const struct advise_input *input,
	struct str name, struct str alias, struct str url, struct origin origin,
	struct arena *arena, struct request *request)
{
	if (request->config.no_index) {
		return; /* there is nothing to choose from */
	}
	name = name_normal(name, arena);
	size_t at = find_index(options, input, name, alias, url, arena, request);
	*vec_push(arena, &request->pins) = (struct index_pin){name, at};
	if (at != INDEX_NOWHERE) {
		return;
	}
	struct str where = url.n == 0 ? S("")
				      : arena_printf(arena, " (" STR_FMT ")",
						STR_ARG(config_without_credentials(url, arena)));
	say(request, arena, origin, name,
		arena_printf(arena,
			"'" STR_FMT "' is left out: it is pinned to the index '" STR_FMT "'" STR_FMT
			", which your settings do not name; give --index " STR_FMT "=" STR_FMT
			" to use it",
			STR_ARG(name), STR_ARG(alias), STR_ARG(where), STR_ARG(alias),
			STR_ARG(url.n == 0 ? S("URL") : config_without_credentials(url, arena))));
}

void pins_of_command(
	const struct scan_request *command, struct arena *arena, struct request *request)
{
	const struct config *config = &request->config;
	size_t at = command->index_url.n == 0 ? INDEX_NOWHERE
					      : config_find_url(config, command->index_url, arena);
	if (at != INDEX_NOWHERE && at != config->main) {
		*vec_push(arena, &request->pins) = (struct index_pin){command->name, at};
	}
}

bool pins_forbid(const struct request *request, struct str name)
{
	for (size_t i = 0; i < request->pins.n; i++) {
		if (str_eq(request->pins.p[i].name, name)) {
			return request->pins.p[i].source == INDEX_NOWHERE;
		}
	}
	return false;
}

static struct str declared_url(const struct nb_requirements *declared, struct str alias)
{
	for (size_t i = 0; i < declared->n_indexes; i++) {
		if (str_eq(declared->index_names[i], alias)) {
			return declared->index_urls[i];
		}
	}
	return S("");
}

static bool is_routed(const struct nb_requirements *declared, struct str alias)
{
	for (size_t i = 0; i < declared->n_routed; i++) {
		if (str_eq(declared->routed_indexes[i], alias)) {
			return true;
		}
	}
	return false;
}

void pins_read(const struct advise_options *options, const struct advise_input *input,
	const struct nb_requirements *declared, struct arena *arena, struct request *request)
{
	struct origin origin = {.file = input->path, .metadata = true};
	for (size_t i = 0; i < declared->n_routed; i++) {
		struct str alias = declared->routed_indexes[i];
		pins_add(options, input, declared->routed_names[i], alias,
			declared_url(declared, alias), origin, arena, request);
	}
	for (size_t i = 0; i < declared->n_indexes; i++) {
		struct str alias = declared->index_names[i];
		struct str url = declared->index_urls[i];
		bool known = config_find_alias(&request->config, alias) != INDEX_NOWHERE ||
			     config_find_url(&request->config, url, arena) != INDEX_NOWHERE;
		if (!known && !is_routed(declared, alias)) {
			say(request, arena, origin, S(""),
				arena_printf(arena,
					"the notebook names the index '" STR_FMT
					"'; it is not asked (give --extra-index-url to use it)",
					STR_ARG(config_without_credentials(url, arena))));
		}
	}
}
