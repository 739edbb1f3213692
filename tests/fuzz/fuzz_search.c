#include "fuzz/fuzz.h"
#include "resolver/count.h"
#include "resolver/instance.h"
#include "resolver/search.h"
#include "common/banned.h"

/* Sizes that keep one input quick; larger ones only have to be read. */
enum { PACKAGES = 12, VERSIONS = 60, RULES = 60, LIMIT = 40 };

static bool is_small(const struct model_input *input)
{
	size_t versions = 0;
	for (uint32_t p = 0; p < input->n_packages; p++) {
		versions += input->packages[p].n;
	}
	return input->n_packages <= PACKAGES && versions <= VERSIONS && input->n_rules <= RULES;
}

/*
 * A search problem is refused with words, or exact search, predictors and the count agree: no predictor
 * beats a proven best stack, there is a stack exactly when the count says so, scores are what the
 * stacks score.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err err = {0};
	struct instance_members members;
	struct model_input input;
	struct model model;
	struct str text = {(const char *)data, size};
	if (!instance_split(text, &members, &err) ||
		!instance_read(&members, &arena, &input, &err) ||
		!model_compile(&input, &arena, &model, &err)) {
		FUZZ_CHECK(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		FUZZ_CHECK(err.message[0] != '\0');
		return 0;
	}
	if (!is_small(&input)) {
		return 0;
	}
	struct search_request request = {
		.mode = SEARCH_EXACT, .nodes = 200, .explore = {.limit = LIMIT, .width = 8}
        };
	struct search_result exact, other;
	search_run(&model, &request, &arena, &exact);
	struct count *count = count_stacks(&model, &arena, NULL, NULL);
	for (int mode = SEARCH_LATEST; mode < SEARCH_MODES; mode++) {
		request.mode = (enum search_mode)mode;
		search_run(&model, &request, &arena, &other);
		FUZZ_CHECK(other.n == 0 ||
			   model_score(&model, other.stacks[0].stack) == other.stacks[0].score);
		FUZZ_CHECK(other.n == 0 || other.stacks[0].score <= exact.bound);
		FUZZ_CHECK(other.n == 0 || exact.status != SEARCH_UNSATISFIABLE);
	}
	FUZZ_CHECK(exact.n == 0 ||
		   model_score(&model, exact.stacks[0].stack) == exact.stacks[0].score);
	if (count != NULL && exact.status != SEARCH_FEASIBLE && exact.status != SEARCH_UNKNOWN) {
		FUZZ_CHECK((count_number(count) > 0) == (exact.status == SEARCH_OPTIMAL));
	}
	return 0;
}
