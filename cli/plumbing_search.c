#include <math.h>
#include "cli/plumbing.h"
#include "common/clock.h"
#include "common/jsonread.h"
#include "resolver/count.h"
#include "resolver/exact.h"
#include "resolver/instance.h"
#include "common/banned.h"

/* What a question asks for besides the instance. */
struct search_question {
	struct str mode;
	uint64_t seed, nodes, limit, count;
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
	ret->mode = S("exact");
	ret->limit = 10000;
	ret->count = 1;
	ret->with_rules = str_eq(plumbing_raw(question, S("with_rules")), S("true"));
	return (plumbing_raw(question, S("mode")).n == 0 ||
		       plumbing_string(question, S("mode"), &ret->mode, err)) &&
	       take_number(question, S("timeout_s"), 86400, &ret->timeout_s, err) &&
	       take_count(question, S("seed"), 0x1p53, &ret->seed, err) &&
	       take_count(question, S("nodes"), 0x1p53, &ret->nodes, err) &&
	       take_count(question, S("limit"), 0x1p40, &ret->limit, err) &&
	       take_count(question, S("count"), EXACT_COUNT_MAX, &ret->count, err);
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
	struct buf *out, const struct model *model, const struct exact_result *result)
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

static bool answer_exact(const struct search_question *asked, const struct model *model,
	struct arena *arena, struct buf *out, struct err *err)
{
	static const char *const names[] = {"optimal", "feasible", "unsatisfiable", "unknown"};
	int64_t start = clock_monotonic_ns();
	struct exact_request request = {
		.nodes = asked->nodes,
		.count = (uint32_t)asked->count,
		.seed = asked->seed,
		.deadline_ns = asked->timeout_s > 0 ? start + (int64_t)(asked->timeout_s * 1e9) : 0,
	};
	struct exact_result result = {0};
	if (!exact_search(model, &request, arena, &result, err)) {
		return false;
	}
	buf_addf(out, "\"status\":\"%s\"", names[result.status]);
	if (result.n > 0) {
		buf_add(out, S(",\"score\":"));
		add_score(out, model, result.stacks[0].score);
		buf_add(out, S(",\"assignment\":"));
		add_assignment(out, model, result.stacks[0].stack);
	}
	if (result.status != EXACT_UNSATISFIABLE) {
		buf_add(out, S(",\"bound\":"));
		add_score(out, model, result.bound);
	}
	if (asked->count > 1) {
		add_stacks(out, model, &result);
	}
	if (result.why.n > 0) {
		buf_add(out, S(",\"reason\":"));
		plumbing_add_string(out, result.why);
	}
	buf_addf(out, ",\"stacks\":%llu,\"nodes\":%llu,\"wall_s\":%.6f",
		(unsigned long long)result.scored, (unsigned long long)result.nodes,
		(double)(clock_monotonic_ns() - start) / 1e9);
	return true;
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
	if (str_eq(asked.mode, S("exact"))) {
		return answer_exact(&asked, &model, question->arena, out, err);
	}
	return err_set(err, ERR_INPUT, "there is no mode '" STR_FMT "'", STR_ARG(asked.mode));
}
