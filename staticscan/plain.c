#include "staticscan/scan.h"
#include "common/vec.h"
#include "packaging/requirement.h"
#include "common/banned.h"

/* Words of "!pip install a b" and "%pip install a b", quotes taken off; nothing else. */
void scan_find_installs(
	const struct scan_cell *cells, size_t n_cells, struct arena *arena, struct scan_installs *ret)
{
	VEC(struct scan_request) found = {0};
	for (size_t i = 0; i < n_cells; i++) {
		struct str rest = cells[i].source;
		struct str line;
		for (int number = 1; str_next_line(&rest, &line); number++) {
			struct str words = str_trim(line);
			if (!str_starts(words, S("!pip install ")) &&
				!str_starts(words, S("%pip install "))) {
				continue;
			}
			words = str_skip(words, 13);
			while ((words = str_trim(words)).n > 0) {
				struct str word = words;
				struct str after = S("");
				str_cut(words, S(" "), &word, &after);
				words = after;
				if (word.n > 1 && (word.p[0] == '\'' || word.p[0] == '"')) {
					word = str_slice(word, 1, word.n - 1);
				}
				struct requirement r;
				struct err ignored = {0};
				if (word.p[0] == '-') {
					continue;
				}
				bool fine = requirement_parse(word, arena, &r, &ignored);
				*vec_push(arena, &found) = (struct scan_request){
					.kind = fine ? SCAN_REQUIREMENT : SCAN_INVALID,
					.text = word,
					.name = fine ? r.name : S(""),
					.cell = cells[i].index,
					.cell_id = cells[i].id,
					.line = number};
			}
		}
	}
	*ret = (struct scan_installs){.requests = found.p, .n = found.n};
}

const struct scan_request *scan_effective(
	const struct scan_installs *installs, struct arena *arena, size_t *ret_n)
{
	(void)arena;
	*ret_n = installs->n;
	return installs->requests;
}
