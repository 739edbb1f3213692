#include "cli/plumbing.h"
#include "staticscan/catalog.h"
#include "common/banned.h"

/* {"module":"a.b"}: which distributions install it (spec cli.md 9). */

enum { ANSWERS_MAX = 16 };

bool plumbing_import(struct plumbing_question *question, struct buf *out, struct err *err)
{
	struct str module;
	struct str found[ANSWERS_MAX];
	size_t n = 0;
	const char *source = "none";
	if (!plumbing_string(question, S("module"), &module, err)) {
		return false;
	}
	int level = str_starts(module, S("."));
	bool third = catalog_class(CATALOG_MINOR_MAX, module, level, NULL, 0) == SCAN_THIRD_PARTY;
	if (third && !catalog_is_incidental(module) && !catalog_is_platform(module)) {
		n = catalog_distributions(module, found, ANSWERS_MAX);
		source = "table";
		if (n == 0) {
			found[0] = catalog_guess(module, question->arena);
			n = found[0].n > 0;
			source = n > 0 ? "guess" : "none";
		}
	}
	buf_add(out, S("\"distributions\":"));
	plumbing_add_strings(out, found, n);
	buf_addf(out, ",\"source\":\"%s\"", source);
	return true;
}
