#include <math.h>
#include "cli/plumbing.h"
#include "common/clock.h"
#include "common/jsonread.h"
#include "resolver/count.h"
#include "resolver/instance.h"
#include "resolver/search.h"
#include "common/banned.h"

/* What a question asks for besides the instance. */
struct search_question {
	struct str mode;
	struct search_request request;
	uint64_t count, width, latest, steps;
	double timeout_s; /* 0: none */
	bool with_rules;  /* when counting */
};

static bool take_number(struct plumbing_question *question, struct str key, double most,
	double *ret, struct err *err)
{
	struct str raw = plumbing_raw(question, key);
	struct jsonread in = jsonread_start(raw);
	if (raw.n == 0 || str_eq(raw, S("null"))) {
		return true;
	}
	const char *text = arena_cstr(question->arena, raw);
	char *end = NULL;
	double number = strtod(text, &end);
	if (jsonread_peek(&in) != JSONREAD_NUMBER || *end != '\0' || !(number >= 0) ||
		number > most) {
		return err_set(err, ERR_INPUT, "expected '" STR_FMT "' as a number from 0 to %.0f",
			STR_ARG(key), most);
	}
	*ret = number;
	return true;
}

static bool take_count(struct plumbing_question *question, struct str key, double most,
	uint64_t *ret, struct err *err)
{
	double number = (double)*ret;
	if (!take_number(question, key, most, &number, err)) {
		return false;
	}
	*ret = (uint64_t)number;
	return true;
}

static bool read_search(
	struct plumbing_question *question, struct search_question *ret, struct err *err)
{
	struct explore_request *explore = &ret->request.explore;
	ret->mode = S("exact");
	explore->limit = 10000;
	ret->count = ret->steps = 1;
	ret->width = 1000;
	ret->with_rules = str_eq(plumbing_raw(question, S("with_rules")), S("true"));
	ret->request.beam = plumbing_raw(question, S("beam_width")).n > 0;
	explore->settings.trace = str_eq(plumbing_raw(question, S("trace")), S("true"));
	explore->history = str_eq(plumbing_raw(question, S("history")), S("true"));
	if (plumbing_raw(question, S("mode")).n > 0 &&
		!plumbing_string(question, S("mode"), &ret->mode, err)) {
		return false;
	}
	if (!search_mode_from(ret->mode, &ret->request.mode) && !str_eq(ret->mode, S("count"))) {
		return err_set(
			err, ERR_INPUT, "there is no mode '" STR_FMT "'", STR_ARG(ret->mode));
	}
	return take_number(question, S("timeout_s"), 86400, &ret->timeout_s, err) &&
	       take_number(question, S("coefficient"), 1, &explore->settings.coefficient, err) &&
	       take_number(question, S("temperature"), 1e9, &explore->settings.temperature, err) &&
	       take_count(question, S("seed"), 0x1p53, &explore->seed, err) &&
	       take_count(question, S("nodes"), 0x1p53, &ret->request.nodes, err) &&
	       take_count(question, S("limit"), 0x1p40, &explore->limit, err) &&
	       take_count(question, S("count"), EXACT_COUNT_MAX, &ret->count, err) &&
	       take_count(question, S("beam_width"), 1 << 30, &ret->width, err) &&
	       take_count(question, S("limit_latest_versions"), 1 << 30, &ret->latest, err) &&
	       take_count(question, S("steps"), 1 << 30, &ret->steps, err);
}

/* A score in the instance's own unit: whole, or with four decimals. */
static void add_score(struct buf *out, const struct model *model, int64_t score)
{
	if (model->input->scale == 1000) {
		buf_addf(out, "%lld", (long long)score);
		return;
	}
	uint64_t size = score < 0 ? -(uint64_t)score : (uint64_t)score;
	buf_addf(out, "%s%llu.%04llu", score < 0 ? "-" : "", (unsigned long long)(size / 10000),
		(unsigned long long)(size % 10000));
}

static void add_assignment(struct buf *out, const struct model *model, const uint16_t *stack)
{
	const char *between = "";
	buf_byte(out, '{');
	for (uint32_t i = 0; i < model->n; i++) {
		uint16_t version = stack[model->number[i]];
		if (version != MODEL_ABSENT) {
			buf_add(out, str_from(between));
			plumbing_add_string(out, model->input->packages[i].name);
			buf_byte(out, ':');
			plumbing_add_string(out, model->input->packages[i].versions[version]);
			between = ",";
		}
	}
	buf_byte(out, '}');
}

static void add_stacks(
	struct buf *out, const struct model *model, const struct search_result *result)
{
	buf_add(out, S(",\"best\":["));
	for (uint32_t i = 0; i < result->n; i++) {
		buf_add(out, i > 0 ? S(",{\"score\":") : S("{\"score\":"));
		add_score(out, model, result->stacks[i].score);
		buf_add(out, S(",\"assignment\":"));
		add_assignment(out, model, result->stacks[i].stack);
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
}

/* [[stacks, score, best, states in the beam], ...] */
static void add_history(
	struct buf *out, const struct model *model, const struct search_result *result)
{
	buf_add(out, S(",\"history\":["));
	for (uint32_t i = 0; i < result->n_history; i++) {
		const struct explore_point *point = &result->history[i];
		buf_addf(out, "%s[%llu,", i > 0 ? "," : "", (unsigned long long)point->stacks);
		add_score(out, model, point->score);
		buf_byte(out, ',');
		add_score(out, model, point->best);
		buf_addf(out, ",%u]", point->beam);
	}
	buf_byte(out, ']');
}

static void answer_search(struct search_question *asked, const struct model *model,
	struct arena *arena, struct buf *out)
{
	static const char *const names[] = {"optimal", "feasible", "unsatisfiable", "unknown"};
	int64_t start = clock_monotonic_ns();
	struct explore_request *explore = &asked->request.explore;
	struct search_result result;
	explore->count = (uint32_t)asked->count;
	explore->width = (uint32_t)asked->width;
	explore->latest_versions = (uint32_t)asked->latest;
	explore->settings.steps = (uint32_t)asked->steps;
	explore->deadline_ns = asked->timeout_s > 0 ? start + (int64_t)(asked->timeout_s * 1e9) : 0;
	search_run(model, &asked->request, arena, &result);
	buf_addf(out, "\"status\":\"%s\",\"mode\":\"" STR_FMT "\"", names[result.status],
		STR_ARG(search_mode_name(result.mode)));
	if (result.n > 0) {
		buf_add(out, S(",\"score\":"));
		add_score(out, model, result.stacks[0].score);
		buf_add(out, S(",\"assignment\":"));
		add_assignment(out, model, result.stacks[0].stack);
	}
	if (result.status != SEARCH_UNSATISFIABLE) {
		buf_add(out, S(",\"bound\":"));
		add_score(out, model, result.bound);
	}
	if (asked->count > 1) {
		add_stacks(out, model, &result);
	}
	if (explore->history) {
		add_history(out, model, &result);
	}
	if (result.why.n > 0) {
		buf_add(out, S(",\"reason\":"));
		plumbing_add_string(out, result.why);
	}
	buf_addf(out,
		",\"stacks\":%llu,\"moves\":%llu,\"nodes\":%llu,\"bytes\":%zu,\"wall_s\":%.6f",
		(unsigned long long)result.scored, (unsigned long long)result.moves,
		(unsigned long long)result.nodes, result.bytes,
		(double)(clock_monotonic_ns() - start) / 1e9);
}

/* Stacks that are valid by requirements alone, or with forbidding rules too. */
static bool answer_count(struct model_input *input, bool with_rules, struct arena *arena,
	struct buf *out, struct err *err)
{
	struct model model;
	int64_t start = clock_monotonic_ns();
	if (!with_rules) {
		input->n_rules = input->n_tables = 0;
	}
	if (!model_compile(input, arena, &model, err)) {
		return false;
	}
	const struct count *count = count_stacks(&model, arena, NULL, NULL);
	if (count == NULL) {
		return err_set(err, ERR_LIMIT, "there are too many kinds of stacks to count them");
	}
	struct str digits = count_text(count, arena);
	buf_addf(out, "\"status\":\"counted\",\"count\":\"" STR_FMT "\",\"states\":%u",
		STR_ARG(digits), count_states(count));
	buf_addf(out, ",\"wall_s\":%.6f", (double)(clock_monotonic_ns() - start) / 1e9);
	return true;
}

bool plumbing_search(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct search_question asked = {0};
	struct model_input input;
	struct model model;
	struct instance_members members = {
		.format = plumbing_raw(question, S("format")),
		.packages = plumbing_raw(question, S("packages")),
		.requires = plumbing_raw(question, S("requires")),
		.unary = plumbing_raw(question, S("unary")),
		.rules = plumbing_raw(question, S("rules")),
		.tables = plumbing_raw(question, S("tables")),
		.direct = plumbing_raw(question, S("direct")),
	};
	if (!read_search(question, &asked, err) ||
		!instance_read(&members, question->arena, &input, err)) {
		return false;
	}
	if (str_eq(asked.mode, S("count"))) {
		return answer_count(&input, asked.with_rules, question->arena, out, err);
	}
	if (!model_compile(&input, question->arena, &model, err)) {
		return false;
	}
	answer_search(&asked, &model, question->arena, out);
	return true;
}
