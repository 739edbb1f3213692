#include "advise/rules.h"
#include "advise/data.h"
#include "common/intern.h"
#include "prescriptions/shipped.h"
#include "common/banned.h"

const struct str rules_shipped_name = STR_INIT("shipped");

void rules_open_set(
	const struct advise_options *options, struct arena *arena, struct presc_set *ret)
{
	struct presc_cache none = {0};
	struct presc_cache cache =
		options->no_cache ? none : presc_cache_at(options->cache_dir, arena);
	presc_set_open_over(&cache, rules_shipped_name, presc_shipped(),
		options->prescriptions.items, options->prescriptions.n, ret);
}

/* "the rules in 'DIR' are left out: a.yaml:3:5: unknown key 'nmae' (2 more faults)" */
static void tell_left_out(const struct presc_set *set, struct arena *arena, struct request *request)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct presc_source *source = &set->sources[i];
		size_t n = source->report.faults.list.n;
		if (source->in_use) {
			continue;
		}
		AUTO(buf_done) struct buf text = {0};
		buf_addf(&text, "the rules in '" STR_FMT "' are left out", STR_ARG(source->name));
		if (n > 0) {
			buf_add(&text, S(": "));
			presc_fault_show(&source->report, &source->report.faults.list.p[0], &text);
		}
		struct str said = str_trim(buf_str(&text));
		size_t more = n > 0 ? n - 1 + source->report.faults.left_out : 0;
		struct str all = more == 0 ? arena_str(arena, said)
					   : arena_printf(arena, STR_FMT " (%zu more fault%s)",
						     STR_ARG(said), more, more == 1 ? "" : "s");
		struct origin nowhere = {0};
		request_warn(request, arena, nowhere, S(""), all);
	}
}

static struct str library_of(struct str symbol)
{
	struct str library, rest;
	return str_cut(symbol, S("."), &library, &rest) ? library : symbol;
}

struct library {
	VEC(struct str) symbols;
};

/* What the code certainly uses, by library. */
static void fill_usage(
	const struct request *request, struct arena *arena, struct presc_context *context)
{
	AUTO(intern_done) struct intern names = {0};
	VEC(struct library) libraries = {0};
	for (size_t i = 0; i < request->usages.n; i++) {
		const struct usage *usage = &request->usages.p[i];
		if (usage->possible) {
			continue;
		}
		uint32_t id = intern_id(&names, library_of(usage->symbol));
		while (libraries.n <= id) {
			(void)vec_push(arena, &libraries);
		}
		*vec_push(arena, &libraries.p[id].symbols) = usage->symbol;
	}
	struct presc_usage *made = arena_array(arena, struct presc_usage, libraries.n);
	for (uint32_t i = 0; i < libraries.n; i++) {
		made[i] = (struct presc_usage){arena_str(arena, intern_str(&names, i)),
			libraries.p[i].symbols.p, libraries.p[i].symbols.n};
	}
	context->usage = made;
	context->n_usage = libraries.n;
}

static void fill_labels(
	const struct advise_options *options, struct arena *arena, struct presc_context *context)
{
	struct presc_label *labels = arena_array(arena, struct presc_label, options->labels.n);
	size_t n = 0;
	for (size_t i = 0; i < options->labels.n; i++) {
		if (str_cut(options->labels.items[i], S("="), &labels[n].key, &labels[n].value)) {
			n++;
		}
	}
	context->labels = labels;
	context->n_labels = n;
}

const struct str *rules_allowed(
	const struct advise_options *options, struct arena *arena, size_t *ret_n)
{
	VEC(struct str) allowed = {0};
	for (size_t i = 0; i < options->labels.n; i++) {
		struct str key, rest;
		if (!str_cut(options->labels.items[i], S("="), &key, &rest) ||
			!str_eq(key, S("allow-cve"))) {
			continue;
		}
		while (rest.n > 0) {
			struct str id = rest;
			if (!str_cut(rest, S(","), &id, &rest)) {
				rest = S("");
			}
			*vec_push(arena, &allowed) = str_trim(id);
		}
	}
	*ret_n = allowed.n;
	return allowed.p;
}

/* Without them, or with ones that cannot be used, a lock goes on, and says so where it matters. */
static void open_advisories(struct request *request, const struct advise_options *options,
	struct arena *arena, struct rules *rules)
{
	struct knowledge_snapshot snapshot = {0};
	struct str why;
	struct err err = {0};
	enum presc_recommendation type = rules->pipeline.context.recommendation;
	data_open(arena, &rules->knowledge, &why);
	bool damaged = rules->knowledge == NULL && !data_is_missing(arena);
	if (rules->knowledge != NULL &&
		!knowledge_snapshot_read(rules->knowledge, arena, &snapshot, &err)) {
		knowledge_freep(&rules->knowledge);
		why = arena_str(arena, str_from(err.message));
		damaged = true;
	}
	if (rules->knowledge == NULL) {
		struct origin nowhere = {0};
		request->advisories = damaged ? S("left out: damaged") : S("never looked");
		if (damaged || type == PRESC_SECURITY) {
			request_warn(request, arena, nowhere, S(""), why);
		}
		return;
	}
	rules->observed = (struct observed_source){.knowledge = rules->knowledge,
		.snapshot = data_snapshot_name(&snapshot, arena),
		.recommendation = type};
	rules->observed.allowed = rules_allowed(options, arena, &rules->observed.n_allowed);
	request->advisories = rules->observed.snapshot;
	rules->pipeline.observed = &rules->observed;
}

void rules_open(struct request *request, const struct advise_options *options, struct arena *arena,
	struct rules *ret)
{
	*ret = (struct rules){0};
	rules_open_set(options, arena, &ret->set);
	tell_left_out(&ret->set, arena, request);
	AUTO(buf_done) struct buf used = {0};
	presc_set_describe(&ret->set, &used);
	request->rules = arena_str(arena, buf_str(&used));
	struct presc_context *context = &ret->pipeline.context;
	context->recommendation = PRESC_STABLE;
	bool known =
		presc_recommendation_find(request->recommendation_type, &context->recommendation);
	(void)known; /* else stable: the options know the words */
	fill_labels(options, arena, context);
	fill_usage(request, arena, context);
	context->literal = options->thoth_literal;
	ret->pipeline.set = &ret->set;
	ret->pipeline.usages = request->usages.p;
	ret->pipeline.n_usages = request->usages.n;
	ret->pipeline.canonical = S(THOTH_DEFAULT_INDEX);
	open_advisories(request, options, arena, ret);
	runtime_init(&ret->runtime, request, options, arena);
	ret->pipeline.fill_machine = runtime_fill_machine;
	ret->pipeline.data = &ret->runtime;
}

void rules_done(struct rules *rules)
{
	presc_set_done(&rules->set);
	knowledge_freep(&rules->knowledge);
}
