#pragma once
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "resolver/instance.h"

/* A search instance of the members given ("packages": ..., "requires": ...), single quotes for double. */
static inline struct str instance_text(const char *members, struct arena *arena)
{
	struct str text =
		arena_printf(arena, "{\"format\":\"thoth-search-instance/1\",%s}", members);
	char *p = (char *)text.p;
	for (size_t i = 0; i < text.n; i++) {
		p[i] = (char)(p[i] == '\'' ? '"' : p[i]);
	}
	return text;
}

static inline bool compile_text(
	struct str text, struct arena *arena, struct model *ret, struct err *err)
{
	struct instance_members members;
	struct model_input *input = arena_new(arena, struct model_input);
	return instance_split(text, &members, err) && instance_read(&members, arena, input, err) &&
	       model_compile(input, arena, ret, err);
}

static inline struct model compile(const char *members, struct arena *arena)
{
	struct model model = {0};
	struct err err = {0};
	if (!compile_text(instance_text(members, arena), arena, &model, &err)) {
		fail_msg("%s", err.message);
	}
	return model;
}
