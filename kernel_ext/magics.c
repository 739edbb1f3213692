#include "kernel_ext/magics.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "kernel_ext/worker.h"
#include "common/banned.h"

/* The word that starts at *rest, up to the blank that ends it. */
static bool take_word(struct str *rest, struct buf *word, struct err *err)
{
	char quote = '\0';
	while (rest->n > 0 && (quote != '\0' || !char_is_space(rest->p[0]))) {
		char c = rest->p[0];
		char next = rest->n > 1 ? rest->p[1] : '\0';
		bool escapes = c == '\\' &&
			       (quote == '\0' || (quote == '"' && (next == '"' || next == '\\')));
		*rest = str_skip(*rest, 1);
		if (escapes) {
			if (rest->n == 0) {
				return err_set(err, ERR_USAGE, "expected a character after '\\'");
			}
			buf_byte(word, rest->p[0]);
			*rest = str_skip(*rest, 1);
		} else if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
		} else if (quote != '\0' && c == quote) {
			quote = '\0';
		} else {
			buf_byte(word, c);
		}
	}
	if (quote != '\0') {
		return err_set(err, ERR_USAGE, "expected a closing %c", quote);
	}
	return true;
}

bool kernel_words_split(
	struct str line, struct arena *arena, struct kernel_words *ret, struct err *err)
{
	VEC(struct str) words = {0};
	AUTO(buf_done) struct buf word = {0};
	for (line = str_trim_left(line); line.n > 0; line = str_trim_left(line)) {
		if (words.n == KERNEL_WORDS_MAX) {
			return err_set(
				err, ERR_LIMIT, "expected at most %d words", KERNEL_WORDS_MAX);
		}
		buf_reset(&word);
		if (!take_word(&line, &word, err)) {
			return false;
		}
		*vec_push(arena, &words) = arena_str(arena, buf_str(&word));
	}
	*ret = (struct kernel_words){words.p, words.n};
	return true;
}

/* What only the user may set, in their own settings or on their own command line. */
static const struct str refused[] = {
	STR_INIT("--notebook-trust"),
	STR_INIT("--index-url"),
	STR_INIT("--extra-index-url"),
	STR_INIT("--find-links"),
	STR_INIT("--trusted-host"),
	STR_INIT("--cert"),
	STR_INIT("--client-cert"),
	STR_INIT("--proxy"),
	STR_INIT("--allow-build"),
	STR_INIT("--no-binary"), /* what is built at installation runs code */
	STR_INIT("--prescriptions"),
	STR_INIT("--cache-dir"),
};

/* Options of the commands that start like a refused one, and are not it. */
static const struct str allowed[] = {STR_INIT("--index"), STR_INIT("--notebook")};

static bool is_listed(struct str option, const struct str *list, size_t n, bool shortened)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(option, list[i]) || (shortened && str_starts(list[i], option))) {
			return true;
		}
	}
	return false;
}

bool kernel_words_check(const struct kernel_words *words, struct err *err)
{
	for (size_t i = 0; i < words->n && !str_eq(words->p[i], S("--")); i++) {
		struct str option = words->p[i];
		struct str value;
		if (!str_starts(option, S("--"))) {
			continue;
		}
		if (str_cut(option, S("="), &option, &value) && option.n == 2) {
			continue;
		}
		if (!is_listed(option, allowed, sizeof(allowed) / sizeof(allowed[0]), false) &&
			is_listed(option, refused, sizeof(refused) / sizeof(refused[0]), true)) {
			AUTO(buf_done) struct buf shown = {0};
			buf_add_shown(&shown, option, true);
			err_hint(err, "set it in your own settings or in the environment that "
				      "Jupyter was started from");
			return err_set(err, ERR_USAGE,
				"'%s' cannot be given in a cell, for cells belong to the notebook",
				shown.p);
		}
	}
	return true;
}

static json_t *text_value(struct str s)
{
	json_t *value = json_stringn(s.n == 0 ? "" : s.p, s.n);
	return value != NULL ? value : json_string("");
}

bool kernel_magic_line(struct str line, bool is_first, struct str *ret_rest)
{
	struct str rest = str_trim_left(line);
	if (!str_starts(rest, S("%"))) {
		return false;
	}
	rest = str_skip(rest, 1);
	if (is_first && str_starts(rest, S("%"))) {
		rest = str_skip(rest, 1);
	}
	if (!str_starts(rest, S("thoth")) && !str_starts(rest, S("horus"))) {
		return false;
	}
	rest = str_skip(rest, 5);
	if (rest.n > 0 && !char_is_space(rest.p[0])) {
		return false;
	}
	*ret_rest = rest;
	return true;
}

bool kernel_magic_of_cell(struct str code, struct str cell_id, struct arena *arena, struct str *ret)
{
	struct str body = str_trim(code);
	struct str line;
	struct str rest;
	bool is_cell = str_starts(body, S("%%"));
	if (!str_next_line(&body, &line) || !kernel_magic_line(line, true, &rest) ||
		(!is_cell && str_trim(body).n > 0)) {
		return false;
	}
	json_auto_t *request = json_object();
	json_object_set_new(request, "line", text_value(str_trim(rest)));
	json_object_set_new(request, "cell_id", text_value(cell_id));
	if (is_cell) {
		json_object_set_new(request, "cell", text_value(body));
	}
	char *text = json_dumps(request, JSON_COMPACT);
	*ret = arena_str(arena, str_from(text));
	free(text);
	return true;
}

bool kernel_magic_read(
	struct str text, struct arena *arena, struct kernel_magic *ret, struct err *err)
{
	struct jsonread in = jsonread_start(text);
	struct kernel_magic magic = {.columns = KERNEL_COLUMNS_DEFAULT};
	struct str name;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		enum jsonread_kind kind = jsonread_peek(&in);
		if (kind == JSONREAD_STRING && str_eq(name, S("line"))) {
			magic.line = jsonread_string(&in, arena);
		} else if (kind == JSONREAD_STRING && str_eq(name, S("cell"))) {
			magic.body = jsonread_string(&in, arena);
			magic.has_body = true;
		} else if (kind == JSONREAD_STRING && str_eq(name, S("cell_id"))) {
			magic.cell_id = jsonread_string(&in, arena);
		} else if (kind == JSONREAD_NUMBER && str_eq(name, S("columns"))) {
			magic.columns = jsonread_int(&in);
		} else if (str_eq(name, S("cancel"))) {
			magic.cancel = jsonread_peek(&in) == JSONREAD_TRUE;
			jsonread_skip(&in);
		} else {
			jsonread_skip(&in);
		}
	}
	if (!jsonread_end(&in, err)) {
		return false;
	}
	if (magic.columns < 20 || magic.columns > 10000) {
		magic.columns = KERNEL_COLUMNS_DEFAULT;
	}
	*ret = magic;
	return true;
}

bool kernel_request_text(json_t *request, const struct kernel_cells *cells, json_t *notebook,
	struct arena *arena, struct str *ret, struct err *err)
{
	size_t used = json_dumpb(request, NULL, 0, JSON_COMPACT) + 256;
	size_t budget = used < KERNEL_LINE_MAX ? KERNEL_LINE_MAX - used : 0;
	if (notebook != NULL) {
		json_object_set(request, "notebook", notebook);
	} else {
		json_t *seen = json_pack("{s:n, s:{}}", "path", "metadata");
		json_object_set_new(seen, "cells", kernel_cells_json(cells, budget));
		json_object_set_new(request, "notebook", seen);
	}
	char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	*ret = arena_str(arena, str_from(text));
	free(text);
	return ret->n < KERNEL_LINE_MAX ||
	       err_set(err, ERR_LIMIT, "this cell is larger than %d bytes", KERNEL_LINE_MAX);
}

bool kernel_magic_request(const struct kernel_magic *magic, int64_t id,
	const struct kernel_cells *cells, json_t *notebook, struct arena *arena, struct str *ret,
	struct err *err)
{
	struct kernel_words words;
	if (!kernel_words_split(magic->line, arena, &words, err) ||
		!kernel_words_check(&words, err)) {
		return false;
	}
	json_t *request = json_object();
	json_t *arguments = json_array();
	for (size_t i = 1; i < words.n; i++) {
		json_array_append_new(arguments, text_value(words.p[i]));
	}
	json_object_set_new(request, "id", json_integer(id));
	json_object_set_new(request, "command", text_value(words.n == 0 ? S("help") : words.p[0]));
	json_object_set_new(request, "arguments", arguments);
	json_object_set_new(request, "columns", json_integer(magic->columns));
	if (magic->has_body) {
		json_object_set_new(request, "body", text_value(magic->body));
	}
	return kernel_request_text(request, cells, notebook, arena, ret, err);
}
