#include "packaging/name.h"
#include "common/banned.h"

static bool is_separator(char c)
{
	return c == '-' || c == '_' || c == '.';
}

bool name_is_valid(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (!char_is_alnum(name.p[i]) && !is_separator(name.p[i])) {
			return false;
		}
	}
	return name.n > 0 && char_is_alnum(name.p[0]) && char_is_alnum(name.p[name.n - 1]);
}

static bool is_normal(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool run = c == '-' && i > 0 && name.p[i - 1] == '-';
		if (run || c == '_' || c == '.' || char_lower(c) != c) {
			return false;
		}
	}
	return true;
}

struct str name_normal(struct str name, struct arena *arena)
{
	if (is_normal(name)) {
		return name;
	}
	char *p = arena_array(arena, char, name.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		if (!is_separator(name.p[i])) {
			p[n++] = char_lower(name.p[i]);
		} else if (n == 0 || p[n - 1] != '-') {
			p[n++] = '-';
		}
	}
	return (struct str){p, n};
}
