#pragma once
#include "common/intern.h"
#include "common/vec.h"
#include "resolver/model.h"

/* A model while it is compiled: what model.c and model_scores.c share. */
struct compiler {
	const struct model_input *input;
	struct arena *arena;  /* of the model */
	struct arena scratch; /* of the compilation */
	struct intern masks;  /* masks by their bytes */
	VEC(const mask_word *) interned;
	struct model *model;
	struct model_package *packages;
	int32_t *unary;
	mask_word **usable;
	VEC(struct model_rule) rules;
	struct err *err;
};

/* The one copy of a mask over the versions of a package. */
const mask_word *compiler_mask(struct compiler *compiler, uint32_t package, const mask_word *mask);

static inline void mask_add_range(mask_word *mask, uint32_t from, uint32_t to)
{
	for (uint32_t v = from; v <= to; v++) {
		mask_add(mask, v);
	}
}

/* Lay out rules and tables, whose numbers were checked. False: a sum does not fit. */
MUST_USE bool compiler_scores(struct compiler *compiler);
