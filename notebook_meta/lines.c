#include "notebook_meta/jsontext.h"
#include "notebook_meta/notebook_meta.h"
#include "common/vec.h"
#include "common/banned.h"

/*
 * Lines of cells, replaced in the bytes of the file. The raw text of a source is one JSON string or a
 * list of them; a line may begin in one string and end in the next. What lies between the first and the
 * last byte of a line in the file, quotes and commas of a list included, gives way to the new text: the
 * strings around it become one.
 */
struct walk {
	struct str raw;
	size_t at;
	bool inside;       /* a string */
	bool after_return; /* the last character was \r: a \n now ends no other line */
	int line;          /* of the next character, from 1 */
};

/* Value of the escape or byte at walk->at; *ret_n: its bytes in the file. -1: no line end. */
static int next_end(const struct walk *walk, size_t *ret_n)
{
	struct str rest = str_skip(walk->raw, walk->at);
	*ret_n = 1;
	if (rest.n < 2 || rest.p[0] != '\\') {
		return -1;
	}
	*ret_n = 2;
	if (rest.p[1] == 'n' || rest.p[1] == 'r') {
		return rest.p[1];
	}
	if (rest.p[1] == 'u') {
		*ret_n = rest.n < 6 ? rest.n : 6;
		bool feed = str_ieq(str_slice(rest, 2, 6), S("000a"));
		return feed ? 'n' : str_ieq(str_slice(rest, 2, 6), S("000d")) ? 'r' : -1;
	}
	return -1;
}

/* The next character of the source: true, with its place in the file. */
static bool step(struct walk *walk, size_t *ret_from, size_t *ret_to, bool *ret_is_end)
{
	while (walk->at < walk->raw.n) {
		if (walk->raw.p[walk->at] == '"') {
			walk->inside = !walk->inside;
			walk->at++;
		} else if (!walk->inside) {
			walk->at++;
		} else {
			size_t n;
			int end = next_end(walk, &n);
			bool same = end == 'n' && walk->after_return;
			*ret_from = walk->at;
			*ret_to = walk->at += n;
			*ret_is_end = end >= 0;
			walk->line += end >= 0 && !same;
			walk->after_return = end == 'r';
			if (!same) {
				return true;
			}
		}
	}
	return false;
}

/* Where lines [first, last] stand in raw, without the end of the last. */
static bool find_lines(struct str raw, int first, int last, size_t *ret_from, size_t *ret_to)
{
	struct walk walk = {.raw = raw, .line = 1};
	bool started = false;
	for (;;) {
		int line = walk.line;
		size_t from, to;
		bool is_end;
		if (line > last || !step(&walk, &from, &to, &is_end)) {
			return started;
		}
		if (line < first) {
			continue;
		}
		if (!started) {
			*ret_from = from;
			*ret_to = from;
			started = true;
		}
		if (!is_end || line < last) {
			*ret_to = to;
		}
	}
}

/* Lines [first, last] of decoded text, without the end of the last. */
static bool decoded_lines(struct str source, int first, int last, struct str *ret)
{
	struct str line;
	const char *from = NULL;
	for (int i = 1; str_next_line(&source, &line); i++) {
		from = i == first ? line.p : from;
		if (i == last && from != NULL) {
			*ret = (struct str){from, (size_t)(line.p + line.n - from)};
			return true;
		}
	}
	return false;
}

/* Does the cell read as it should: the old text with the edits of this cell? */
static bool is_as_meant(const struct nb_cell *old, const struct nb_cell *new,
	const struct nb_line_edit *edits, size_t n)
{
	AUTO(buf_done) struct buf text = {0};
	const char *at = old->source.p;
	const char *end = old->source.p + old->source.n;
	for (size_t i = 0; i < n; i++) {
		struct str lines;
		if (edits[i].cell != old->index) {
			continue;
		}
		if (!decoded_lines(old->source, edits[i].first, edits[i].last, &lines)) {
			return false;
		}
		buf_add(&text, (struct str){at, (size_t)(lines.p - at)});
		buf_add(&text, edits[i].text);
		at = lines.p + lines.n;
	}
	buf_add(&text, (struct str){at, (size_t)(end - at)});
	return str_eq(buf_str(&text), new->source) &&
	       old->type == new->type &&str_eq(old->id, new->id);
}

static bool verify(const struct notebook *notebook, struct str bytes,
	const struct nb_line_edit *edits, size_t n, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook made = {0};
	struct err ignored = {0};
	bool fine = nb_parse(notebook->path, bytes, &arena, &made, &ignored) &&
		    made.n_cells == notebook->n_cells &&
		    json_equal(made.metadata, notebook->metadata);
	for (size_t i = 0; fine && i < made.n_cells; i++) {
		fine = is_as_meant(&notebook->cells[i], &made.cells[i], edits, n);
	}
	return fine || err_set(err, ERR_INTERNAL, "the edited cells do not read as they should");
}

bool nb_edit_lines(const struct notebook *notebook, const struct nb_line_edit *edits, size_t n,
	struct arena *arena, struct str *ret_bytes, struct err *err)
{
	AUTO(buf_done) struct buf out = {.max = (size_t)NB_FILE_MAX + (1 << 20)};
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		const struct nb_cell *cell = NULL;
		size_t from, to;
		for (size_t k = 0; k < notebook->n_cells; k++) {
			cell = notebook->cells[k].index == edits[i].cell ? &notebook->cells[k]
									 : cell;
		}
		if (cell == NULL || cell->raw.n == 0 ||
			!find_lines(cell->raw, edits[i].first, edits[i].last, &from, &to)) {
			return err_set(err, ERR_INTERNAL, "there are no such lines");
		}
		size_t start = (size_t)(cell->raw.p - notebook->bytes.p);
		if (start + from < at) {
			return err_set(err, ERR_INTERNAL, "the lines are out of order");
		}
		AUTO(buf_done) struct buf text = {0};
		jsontext_add_string(&text, edits[i].text);
		buf_add(&out, str_slice(notebook->bytes, at, start + from));
		buf_add(&out, str_slice(buf_str(&text), 1, text.n - 1)); /* without quotes */
		at = start + to;
	}
	buf_add(&out, str_skip(notebook->bytes, at));
	if (out.full) {
		return err_set(err, ERR_LIMIT, "the notebook is larger than 512 MiB");
	}
	*ret_bytes = arena_str(arena, buf_str(&out));
	return verify(notebook, *ret_bytes, edits, n, err);
}

const size_t *nb_line_offsets(const struct notebook *notebook, const struct nb_cell *cell,
	struct arena *arena, size_t *ret_n)
{
	struct walk walk = {.raw = cell->raw, .line = 1};
	VEC(size_t) offsets = {0};
	size_t from, to;
	bool is_end;
	size_t start = cell->raw.n == 0 ? 0 : (size_t)(cell->raw.p - notebook->bytes.p);
	for (int line = 1; step(&walk, &from, &to, &is_end); line = walk.line) {
		while (offsets.n < (size_t)line) {
			*vec_push(arena, &offsets) = start + from;
		}
	}
	*ret_n = offsets.n;
	return offsets.p;
}
