#include "prescriptions/spec.h"
#include "common/banned.h"

/* "==" and something that could be a version of old. */
static bool is_old_version(struct str text, struct str *ret)
{
	struct str version = str_trim(text);
	if (!str_starts(version, S("=="))) {
		return false;
	}
	version = str_trim(str_skip(version, 2));
	for (size_t i = 0; i < version.n; i++) {
		if (!char_is_alnum(version.p[i]) && strchr("._+!-", version.p[i]) == NULL) {
			return false;
		}
	}
	*ret = version;
	return version.n > 0 && char_is_alnum(version.p[0]);
}

bool presc_spec_parse(struct str text, struct arena *arena, struct specifier_set *ret,
	bool *ret_as_text, struct err *err)
{
	struct str version;
	*ret_as_text = false;
	if (specifier_parse(text, arena, ret, err)) {
		return true;
	}
	if (!is_old_version(text, &version)) {
		return false;
	}
	struct specifier *clause = arena_new(arena, struct specifier);
	clause->operator= SPECIFIER_ARBITRARY;
	clause->text = version;
	*ret = (struct specifier_set){clause, 1};
	*ret_as_text = true;
	return true;
}
