#include "prescriptions/location.h"
#include <regex.h>
#include "common/banned.h"

/* {m,n}: small numbers, and nothing that is repeated again, so that the automaton stays small. */
static bool repeat_is_small(struct str rest)
{
	uint64_t low = 0;
	uint64_t high = 0;
	struct str inside;
	struct str behind;
	struct str first;
	struct str second;
	if (!str_cut(rest, S("}"), &inside, &behind)) {
		return false;
	}
	if (!str_cut(inside, S(","), &first, &second)) {
		return str_to_u64(inside, &high) && high <= LOCATION_REPEAT_MAX;
	}
	return str_to_u64(first, &low) && low <= LOCATION_REPEAT_MAX &&
	       (second.n == 0 || (str_to_u64(second, &high) && high <= LOCATION_REPEAT_MAX));
}

static bool translate_escape(char c, struct buf *out)
{
	switch (c) {
	case 'd':
		buf_add(out, S("[0-9]"));
		return true;
	case 'w':
		buf_add(out, S("[A-Za-z0-9_]"));
		return true;
	case 's':
		buf_add(out, S("[[:space:]]"));
		return true;
	default:
		break;
	}
	buf_byte(out, '\\');
	buf_byte(out, c);
	return !char_is_alnum(c);
}

/* Python's spelling to POSIX's; false with the reason. */
static bool translate(struct str pattern, struct buf *out, struct err *err)
{
	bool in_set = false;
	int repeats = 0;
	buf_add(out, S("^("));
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		struct str rest = str_skip(pattern, i + 1);
		if (c == '\0') {
			return err_set(err, ERR_INPUT, "a NUL byte in the expression");
		}
		if (c == '\\' && rest.n > 0 && !in_set) {
			if (!translate_escape(rest.p[0], out)) {
				return err_set(err, ERR_INPUT,
					"the escape '\\%c' is not understood here", rest.p[0]);
			}
			i++;
			continue;
		}
		if (c == '{' && !in_set && (++repeats > 2 || !repeat_is_small(rest))) {
			return err_set(err, ERR_INPUT,
				"expected numbers up to %d in '{}', twice at most",
				LOCATION_REPEAT_MAX);
		}
		if (c == '?' && !in_set && i > 0 && pattern.p[i - 1] == '(') {
			if (!str_starts(rest, S(":"))) {
				return err_set(err, ERR_INPUT, "'(?' is understood in '(?:' alone");
			}
			i++;
			continue;
		}
		in_set = in_set ? c != ']' : c == '[';
		buf_byte(out, c);
	}
	buf_add(out, S(")$"));
	return true;
}

static bool compile(struct str pattern, regex_t *ret, struct err *err)
{
	AUTO(buf_done) struct buf out = {0};
	char why[128];
	if (pattern.n > LOCATION_MAX) {
		return err_set(
			err, ERR_LIMIT, "the expression is longer than %d bytes", LOCATION_MAX);
	}
	if (!translate(pattern, &out, err)) {
		return false;
	}
	int code = regcomp(ret, out.p, REG_EXTENDED | REG_NOSUB);
	if (code != 0) {
		regerror(code, NULL, why, sizeof(why));
		return err_set(err, ERR_INPUT, "no regular expression: %s", why);
	}
	return true;
}

bool presc_location_check(struct str pattern, struct err *err)
{
	regex_t regex;
	if (!compile(pattern, &regex, err)) {
		return false;
	}
	regfree(&regex);
	return true;
}

bool presc_location_matches(struct str pattern, struct str path)
{
	AUTO(arena_done) struct arena arena = {0};
	struct err ignored = {0};
	regex_t regex;
	if (path.n > LOCATION_PATH_MAX || !compile(pattern, &regex, &ignored)) {
		return false;
	}
	bool matches = regexec(&regex, arena_cstr(&arena, path), 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}
