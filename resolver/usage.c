#include "resolver/usage.h"
#include "common/banned.h"

struct rule {
	struct str unit, symbol, message;
};

static const struct rule rules[] = {
	{STR_INIT("builtin.TempfileMktemp"),       STR_INIT("tempfile.mktemp"),
         STR_INIT("tempfile.mktemp() leaves a moment for another process to take the name; "
			 "use tempfile.mkstemp()")      },
	{STR_INIT("builtin.OsTempnam"),            STR_INIT("os.tempnam"),
         STR_INIT("os.tempnam() leaves a moment for another process to take the name; use "
			 "tempfile.mkstemp()")          },
	{STR_INIT("builtin.SslUnverifiedContext"), STR_INIT("ssl._create_unverified_context"),
         STR_INIT("ssl._create_unverified_context() does not check who answers; use "
			 "ssl.create_default_context()")},
};

bool usage_matches(struct str expected, struct str symbol)
{
	if (str_ends(expected, S(".*"))) {
		expected = str_slice(expected, 0, expected.n - 2);
	}
	return str_starts(symbol, expected) &&
	       (symbol.n == expected.n || symbol.p[expected.n] == '.');
}

void usage_warn(const struct usage *usages, size_t n, struct arena *arena, usage_messages *messages)
{
	for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
		const struct usage *first = NULL;
		size_t found = 0;
		for (size_t i = 0; i < n; i++) {
			const struct usage *usage = &usages[i];
			if (usage->possible || !usage_matches(rules[r].symbol, usage->symbol)) {
				continue;
			}
			const struct origin *a = &usage->origin;
			const struct origin *b = first == NULL ? NULL : &first->origin;
			bool earlier = b == NULL || a->cell < b->cell ||
				       (a->cell == b->cell && a->line < b->line);
			first = earlier ? usage : first;
			found++;
		}
		if (first != NULL) {
			struct str text = found == 1 ? rules[r].message
						     : arena_printf(arena, STR_FMT " (%zu places)",
							       STR_ARG(rules[r].message), found);
			*vec_push(arena, messages) = (struct lock_message){.type = S("WARNING"),
				.package = S(""),
				.message = text,
				.link = S(""),
				.unit = rules[r].unit,
				.origin = first->origin};
		}
	}
}
