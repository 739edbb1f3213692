#include "advise/convert.h"
#include "advise/edit.h"
#include "advise/facts.h"
#include "packaging/name.h"
#include "common/banned.h"

enum { WORDS_MAX = 200 };

/* One logical line of a cell with an install command in it. */
struct command {
	const struct nb_cell *cell;
	int first, last;   /* lines of the cell, from 1 */
	struct str text;   /* as written, without the last line's end */
	const char *stays; /* why it is not converted; NULL: it is */
	struct str made;   /* what it becomes */
};

struct convert {
	const struct advise_input *input;
	const struct scan_facts *facts;
	struct arena *arena;
	VEC(struct command) commands;
};

/* ---- the line of a request ----------------------------------------------------------------------- */

static const struct nb_cell *find_cell(const struct notebook *notebook, size_t index)
{
	for (size_t i = 0; i < notebook->n_cells; i++) {
		if (notebook->cells[i].index == index) {
			return &notebook->cells[i];
		}
	}
	return NULL;
}

/* The lines around `line` that backslashes join to it. */
static bool find_line(struct convert *convert, struct command *command, int line)
{
	struct str rest = command->cell->source;
	struct str text;
	const char *from = NULL;
	bool joined = false;
	for (int i = 1; str_next_line(&rest, &text); i++) {
		if (!joined) {
			command->first = i;
			from = text.p;
		}
		joined = str_ends(text, S("\\"));
		if (i >= line && !joined) {
			command->last = i;
			command->text = arena_str(convert->arena,
				(struct str){from, (size_t)(text.p + text.n - from)});
			return true;
		}
	}
	return false;
}

/* ---- what may be converted ----------------------------------------------------------------------- */

struct line_words {
	struct str items[WORDS_MAX];
	size_t n;
};

/* Words of a line of which no shell makes more: false for everything that it would. */
static bool split(struct str line, struct arena *arena, struct line_words *ret)
{
	AUTO(buf_done) struct buf word = {0};
	char quote = '\0';
	bool in_word = false;
	ret->n = 0;
	for (size_t i = 0; i <= line.n; i++) {
		char c = i < line.n ? line.p[i] : ' ';
		bool joins = c == '\\' && i + 1 < line.n &&
			     (line.p[i + 1] == '\n' || line.p[i + 1] == '\r');
		if (joins) {
			i += str_starts(str_skip(line, i + 1), S("\r\n")) ? 2 : 1;
			c = ' ';
		}
		if (quote != '\0' && i < line.n) {
			in_word = true;
			if (c == quote) {
				quote = '\0';
			} else if (strchr("\\$`{}", c) != NULL) {
				return false;
			} else {
				buf_byte(&word, c);
			}
		} else if (char_is_space(c)) {
			if (in_word && ret->n == WORDS_MAX) {
				return false;
			}
			if (in_word) {
				ret->items[ret->n++] = arena_str(arena, buf_str(&word));
			}
			buf_reset(&word);
			in_word = false;
		} else if (c == '"' || c == '\'') {
			quote = c;
			in_word = true;
		} else if (c == '\0' || strchr("\\$`{}()<>|&;#*?~!", c) != NULL) {
			return false;
		} else {
			in_word = true;
			buf_byte(&word, c);
		}
	}
	return quote == '\0';
}

static bool is_one_of(struct str word, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (str_eq(word, str_from(list[i]))) {
			return true;
		}
	}
	return false;
}

/* The number of words up to "install"; 0 when the line does not begin with an installer we know. */
static size_t installer(const struct line_words *words)
{
	static const char *const forms[][6] = {
		{"pip",      "install"},
		{"pip3",     "install"},
		{"python",   "-m",      "pip", "install"},
		{"python3", "-m",          "pip", "install"},
		{"uv",      "pip", "install"},
		{"uv",          "add"               },
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = 0;
		while (forms[i][n] != NULL && n < words->n &&
			str_eq(words->items[n], str_from(forms[i][n]))) {
			n++;
		}
		if (forms[i][n] == NULL) {
			return n;
		}
	}
	return 0;
}

/* Options that change nothing of what is asked for, once it is locked. */
static bool is_harmless(struct str word)
{
	static const char *const options[] = {"-q", "-qq", "-qqq", "--quiet", "-U", "-qU", "-Uq",
		"--upgrade", "--user", "--no-cache-dir", "--no-cache", "--no-input",
		"--disable-pip-version-check", "--no-warn-script-location", "--system", NULL};
	return is_one_of(word, options);
}

/* Requests that the scan found in the command. */
static const char *check_requests(
	const struct convert *convert, const struct command *command, size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < convert->facts->installs.n; i++) {
		const struct scan_request *r = &convert->facts->installs.requests[i];
		bool here = r->from_file.n == 0 && r->cell == command->cell->index &&
			    r->line >= command->first && r->line <= command->last;
		if (!here) {
			continue;
		}
		++*ret_n;
		if (r->conditional) {
			return "it runs under a condition";
		}
		if (r->tooling || r->foreign || r->uninstall) {
			return "it is more than packages of the notebook";
		}
		if (r->kind != SCAN_REQUIREMENT || r->marker.n > 0) {
			return "it asks for more than names and versions";
		}
	}
	return NULL;
}

static void add_word(struct buf *out, struct str word)
{
	bool plain = word.n > 0;
	for (size_t i = 0; i < word.n; i++) {
		plain = plain && (char_is_alnum(word.p[i]) || strchr("-_.[],=", word.p[i]) != NULL);
	}
	buf_add(out, plain ? S(" ") : S(" '"));
	buf_add(out, word);
	buf_add(out, plain ? S("") : S("'"));
}

/* Say what the command becomes, or why it stays. */
static void judge(struct convert *convert, struct command *command)
{
	struct str line = str_trim(command->text);
	size_t blanks = (size_t)(line.p - command->text.p);
	struct line_words words;
	struct line_words asked = {.n = 0};
	size_t n_requests;
	if (!str_starts(line, S("!")) && !str_starts(line, S("%"))) {
		command->stays = "it is not a line of its own with ! or %";
		return;
	}
	command->stays = check_requests(convert, command, &n_requests);
	if (command->stays != NULL) {
		return;
	}
	size_t start = split(str_skip(line, 1), convert->arena, &words) ? installer(&words) : 0;
	if (start == 0) {
		command->stays = "it does more than install";
		return;
	}
	for (size_t i = start; i < words.n; i++) {
		if (str_starts(words.items[i], S("-"))) {
			if (!is_harmless(words.items[i])) {
				command->stays = "it has options of its own";
				return;
			}
		} else {
			asked.items[asked.n++] = words.items[i];
		}
	}
	if (asked.n != n_requests || asked.n == 0) {
		command->stays = "it asks for more than names and versions";
		return;
	}
	AUTO(buf_done) struct buf made = {0};
	buf_add(&made, str_slice(command->text, 0, blanks));
	buf_add(&made, S("%thoth add"));
	for (size_t i = 0; i < asked.n; i++) {
		add_word(&made, asked.items[i]);
	}
	command->made = arena_str(convert->arena, buf_str(&made));
}

static void find_commands(struct convert *convert)
{
	for (size_t i = 0; i < convert->facts->installs.n; i++) {
		const struct scan_request *r = &convert->facts->installs.requests[i];
		size_t n = convert->commands.n;
		const struct command *last = n > 0 ? &convert->commands.p[n - 1] : NULL;
		bool same = last != NULL && last->cell->index == r->cell &&
			    r->line >= last->first && r->line <= last->last;
		struct command command = {.cell = find_cell(convert->input->notebook, r->cell)};
		if (same || r->from_file.n > 0 || r->line == 0 || command.cell == NULL ||
			str_eq(r->via, S("script-metadata")) ||
			!find_line(convert, &command, r->line)) {
			continue;
		}
		judge(convert, &command);
		*vec_push(convert->arena, &convert->commands) = command;
	}
}

/* ---- the metadata -------------------------------------------------------------------------------- */

static bool is_converted(const struct convert *convert, const struct scan_request *request)
{
	for (size_t i = 0; i < convert->commands.n; i++) {
		const struct command *c = &convert->commands.p[i];
		if (c->stays == NULL && c->cell->index == request->cell &&
			request->from_file.n == 0 && request->line >= c->first &&
			request->line <= c->last) {
			return true;
		}
	}
	return false;
}

/* What stands after the last cell, of the names that a converted line asks for. */
static bool declare(
	struct convert *convert, json_t **value, json_t *list, struct buf *text, struct err *err)
{
	const struct scan_installs *installs = &convert->facts->installs;
	const struct notebook *notebook = convert->input->notebook;
	struct nb_requirements declared;
	size_t n;
	const struct scan_request *effective = scan_effective(installs, convert->arena, &n);
	if (!nb_requirements(notebook, convert->arena, &declared, err)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		bool moved = false;
		bool changed = false;
		for (size_t k = 0; k < installs->n && !moved; k++) {
			const struct scan_request *r = &installs->requests[k];
			moved = str_eq(r->name, effective[i].name) && is_converted(convert, r);
		}
		if (!moved || nb_declares(&declared, effective[i].name, convert->arena)) {
			continue;
		}
		if (!edit_add(notebook, effective[i].text, convert->arena, value, &changed, err)) {
			return false;
		}
		buf_addf(text, "+ " STR_FMT "\n", STR_ARG(effective[i].text));
		json_array_append_new(list, advise_json_text(effective[i].text));
	}
	return true;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static void put_lines(struct buf *out, const char *mark, struct str text)
{
	struct str line;
	while (str_next_line(&text, &line)) {
		buf_add(out, str_from(mark));
		buf_add_shown(out, line, true);
		buf_byte(out, '\n');
	}
}

static void report_commands(
	const struct convert *convert, json_t *cells, json_t *left, struct buf *out)
{
	for (size_t i = 0; i < convert->commands.n; i++) {
		const struct command *c = &convert->commands.p[i];
		json_t *made = json_object();
		json_object_set_new(made, "cell", json_integer((json_int_t)c->cell->index));
		if (c->cell->id.n > 0) {
			json_object_set_new(made, "cell_id", advise_json_text(c->cell->id));
		}
		json_object_set_new(made, "line", json_integer(c->first));
		buf_addf(out, "cell %zu, line %d%s%s\n", c->cell->index + 1, c->first,
			c->stays != NULL ? " stays: " : "", c->stays != NULL ? c->stays : "");
		if (c->stays != NULL) {
			json_object_set_new(made, "text", advise_json_text(c->text));
			json_object_set_new(made, "reason", json_string(c->stays));
			put_lines(out, "  ", c->text);
		} else {
			json_object_set_new(made, "before", advise_json_text(c->text));
			json_object_set_new(made, "after", advise_json_text(c->made));
			put_lines(out, "- ", c->text);
			put_lines(out, "+ ", c->made);
		}
		json_array_append_new(c->stays != NULL ? left : cells, made);
	}
}

/* The new file: lines first, then the metadata of what that is. */
static bool make_bytes(const struct convert *convert, json_t *value, struct str *ret_bytes,
	size_t *ret_n, struct err *err)
{
	const struct notebook *notebook = convert->input->notebook;
	struct nb_line_edit *edits =
		arena_array(convert->arena, struct nb_line_edit, convert->commands.n);
	AUTO(nb_done) struct notebook edited = {0};
	struct str bytes;
	size_t n = 0;
	for (size_t i = 0; i < convert->commands.n; i++) {
		const struct command *c = &convert->commands.p[i];
		if (c->stays == NULL) {
			edits[n++] =
				(struct nb_line_edit){c->cell->index, c->first, c->last, c->made};
		}
	}
	*ret_n = n;
	*ret_bytes = notebook->bytes;
	if (n == 0 || notebook->bytes.n == 0) { /* nothing to do, or the cells of a kernel */
		return true;
	}
	return nb_edit_lines(notebook, edits, n, convert->arena, &bytes, err) &&
	       nb_parse(notebook->path, bytes, convert->arena, &edited, err) &&
	       nb_splice(&edited, value, convert->arena, ret_bytes, err);
}

bool convert_make(const struct advise_input *input, struct arena *arena,
	struct advise_report *report, struct str *ret_bytes, size_t *ret_n, struct err *err)
{
	struct scan_facts facts;
	struct convert convert = {.input = input, .facts = &facts, .arena = arena};
	AUTO(buf_done) struct buf added = {0};
	size_t n;
	if (input->notebook == NULL || !nb_is_python(input->notebook)) {
		return err_set(
			err, ERR_INPUT, "only notebooks with a Python kernel have such cells");
	}
	report->kind = "convert";
	report->data = json_object();
	json_t *cells = json_array();
	json_t *requirements = json_array();
	json_t *left = json_array();
	json_object_set_new(report->data, "schema", json_string("thoth.convert/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	json_object_set_new(report->data, "cells", cells);
	json_object_set_new(report->data, "requirements", requirements);
	json_object_set_new(report->data, "left", left);
	const struct scan_cell *scanned = facts_cells(input, arena, &n);
	facts_scan(input, scanned, n, true, arena, &facts);
	find_commands(&convert);
	report_commands(&convert, cells, left, &report->text);
	json_t *value = json_incref(json_object_get(input->notebook->metadata, "thoth"));
	bool fine = declare(&convert, &value, requirements, &added, err) &&
		    make_bytes(&convert, value, ret_bytes, ret_n, err);
	json_decref(value);
	if (fine && *ret_n == 0) {
		buf_add(&report->text, S("no install command to convert\n"));
	} else if (added.n > 0) {
		buf_add(&report->text, S("metadata.thoth.requirements\n"));
		buf_add(&report->text, buf_str(&added));
	}
	return fine;
}

void convert_run(const struct advise_options *options, const struct advise_input *input,
	struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct str ignored;
	size_t n = 0;
	(void)options;
	if (!convert_make(input, arena, report, &ignored, &n, &err)) {
		err_in(&err, input->path);
		advise_report_error(report, &err);
	} else if (n > 0) {
		buf_add(&report->text,
			S("Not written: a cell cannot write the notebook. Close it and "
			  "run 'thoth convert NOTEBOOK'.\n"));
	}
}
