#include "packaging/projectfile.h"
#include "packaging/toml.h"
#include "common/banned.h"

/*
 * Inline script metadata (PEP 723): a comment block between "# /// script" and "# ///". Every line of it
 * is "#" or begins with "# ". The last "# ///" of the comment ends it.
 */

static bool is_block_line(struct str line)
{
	return str_eq(line, S("#")) || str_starts(line, S("# "));
}

/* Where the block that begins after *rest ends, as a count of lines; -1: nowhere. */
static int length_of(struct str rest)
{
	struct str line;
	int n = 0;
	int end = -1;
	while (str_next_line(&rest, &line) && is_block_line(line)) {
		if (str_eq(str_trim_right(line), S("# ///"))) {
			end = n;
		}
		n++;
	}
	return end;
}

static struct str toml_of(struct str rest, int n_lines, struct arena *arena)
{
	AUTO(buf_done) struct buf toml = {0};
	struct str line;
	for (int i = 0; i < n_lines && str_next_line(&rest, &line); i++) {
		buf_add(&toml, str_skip(line, 2));
		buf_byte(&toml, '\n');
	}
	return arena_str(arena, buf_str(&toml));
}

bool script_find(struct str source, struct arena *arena, struct script_block *ret, bool *ret_found,
	struct err *err)
{
	struct script_block block = {.columns = 2};
	bool found = false;
	struct str line;
	int number = 0;
	while (str_next_line(&source, &line)) {
		number++;
		if (!str_eq(str_trim_right(line), S("# /// script"))) {
			continue;
		}
		int n = length_of(source);
		if (found || n < 0) {
			err->line = number;
			err_hint(err,
				found ? "keep one block" : "end the block with a line '# ///'");
			return err_set(err, ERR_INPUT,
				found ? "a second '# /// script' block"
				      : "the '# /// script' block has no end");
		}
		found = true;
		block.toml = toml_of(source, n, arena);
		block.line = number + 1;
		for (int i = 0; i <= n && str_next_line(&source, &line); i++) {
			number++;
		}
	}
	*ret = block;
	*ret_found = found;
	return true;
}

static void move(int *line, int *column, const struct script_block *block)
{
	*line += *line > 0 ? block->line - 1 : 0;
	*column += *column > 0 ? block->columns : 0;
}

bool script_read(struct str source, const struct declared_choice *choice, struct arena *arena,
	struct declared *ret, bool *ret_found, struct err *err)
{
	struct script_block block;
	struct tree tree;
	bool found;
	if (!script_find(source, arena, &block, &found, err)) {
		return false;
	}
	*ret_found = found;
	if (!found) {
		return true;
	}
	struct declared made;
	if (!toml_parse(block.toml, arena, &tree, err) ||
		!projectfile_read_script(&tree, choice, arena, &made, err)) {
		move(&err->line, &err->column, &block);
		return err_prefix(err, "the '# /// script' block");
	}
	for (size_t i = 0; i < made.items.n; i++) {
		move(&made.items.p[i].line, &made.items.p[i].column, &block);
	}
	for (size_t i = 0; i < made.notes.n; i++) {
		int column = 0;
		move(&made.notes.p[i].line, &column, &block);
	}
	*ret = made;
	return true;
}
