#include "staticscan/calls.h"
#include "staticscan/literal.h"
#include "common/clock.h"
#include "common/banned.h"

enum { DEPTH_MAX = 12, WORDS_MAX = 2000, TEXT_MAX = 1 << 16 };

struct code evaluate_here(const struct walker *walker, uint32_t node)
{
	return (struct code){.tree = walker->tree,
		.node = node,
		.python = walker->python,
		.base = walker->base,
		.cell = walker->cell};
}

static const struct syntax_node *node_of(const struct code *code)
{
	return &code->tree->nodes[code->node];
}

static struct code child_of(const struct code *code, uint32_t node)
{
	struct code ret = *code;
	ret.node = node;
	ret.each = false;
	return ret;
}

/* Byte of the command's cell where byte `at` of the code's text is said to come from. */
static uint32_t origin(const struct evaluation *evaluation, const struct code *code, size_t at)
{
	return code->cell == evaluation->cell
		       ? source_origin(code->python, code->base + (uint32_t)at)
		       : evaluation->at;
}

static void put_opaque(struct evaluation *evaluation, const struct code *code, char_vec *ret)
{
	struct str text = syntax_text(code->tree, code->node);
	for (size_t i = 0; i < text.n && i < TEXT_MAX; i++) {
		*vec_push(evaluation->facts->arena, ret) = (struct scan_char){
			origin(evaluation, code, node_of(code)->start), text.p[i], true};
	}
}

/* ---- names ---- */

static bool code_of_value(
	const struct evaluation *evaluation, const struct value *value, struct code *ret)
{
	if (value->kind == VALUE_LITERAL) {
		*ret = evaluation->facts->installs->literals.p[value->id];
		return true;
	}
	return false;
}

static bool code_of_name(struct evaluation *evaluation, struct str name, struct code *ret)
{
	struct facts *facts = evaluation->facts;
	uint32_t id = intern_find(&facts->names, name);
	if (id == INTERN_NONE) {
		return false;
	}
	const struct calls_function *function = evaluation->function;
	for (size_t i = 0; function != NULL && i < function->parameters.n; i++) {
		if (function->parameters.p[i] != id) {
			continue;
		}
		if (evaluation->call == NULL) {
			evaluation->open = true;
			return false;
		}
		for (size_t k = 0; k < evaluation->call->arguments.n; k++) {
			const struct calls_argument *argument = &evaluation->call->arguments.p[k];
			if (argument->keyword == id ||
				(argument->keyword == SCOPE_NONE && k == i)) {
				*ret = argument->code;
				return true;
			}
		}
		return false;
	}
	struct binding binding = {0};
	if (evaluation->walker != NULL) {
		binding = walk_lookup(evaluation->walker, id);
	}
	bool global = binding.n == 0 || (binding.n == 1 && binding.values[0].kind == VALUE_GLOBAL);
	uint32_t index = global ? scope_find(evaluation->module, id) : SCOPE_NONE;
	if (index != SCOPE_NONE) {
		binding = evaluation->module->variables.p[index].all;
	}
	return binding.n == 1 && code_of_value(evaluation, &binding.values[0], ret);
}

/* The code behind a name or an element of a literal list or dictionary; *code changes. */
static bool follow(struct evaluation *evaluation, struct code *code, int depth);

static bool same_text(
	struct evaluation *evaluation, const struct code *a, struct str wanted, int depth)
{
	char_vec text = {0};
	return evaluate_text(evaluation, a, depth, &text) &&
	       str_eq(source_chars((struct scan_text){text.p, text.n}, 0, text.n,
			      evaluation->facts->arena),
		       wanted);
}

/* NAME["key"] and NAME[0] */
static bool follow_subscript(struct evaluation *evaluation, struct code *code, int depth)
{
	uint32_t value = syntax_child(code->tree, code->node, SYNTAX_FIELD_VALUE);
	uint32_t key = syntax_child(code->tree, code->node, SYNTAX_FIELD_SUBSCRIPT);
	char_vec chars = {0};
	uint64_t index = UINT64_MAX;
	if (value == SYNTAX_NO_NODE || key == SYNTAX_NO_NODE || depth > DEPTH_MAX) {
		return false;
	}
	struct code of = child_of(code, value);
	struct code by = child_of(code, key);
	if (!evaluate_text(evaluation, &by, depth + 1, &chars) ||
		!follow(evaluation, &of, depth + 1)) {
		return false;
	}
	struct str wanted = source_chars(
		(struct scan_text){chars.p, chars.n}, 0, chars.n, evaluation->facts->arena);
	uint8_t kind = node_of(&of)->kind;
	if ((kind == SYNTAX_LIST || kind == SYNTAX_TUPLE) && !str_to_u64(wanted, &index)) {
		return false;
	}
	for (uint32_t child = syntax_first(of.tree, of.node); child != SYNTAX_NO_NODE;
		child = syntax_next(of.tree, of.node, child)) {
		struct code one = child_of(&of, child);
		if (node_of(&one)->kind == SYNTAX_PAIR) {
			uint32_t pair_key = syntax_child(of.tree, child, SYNTAX_FIELD_KEY);
			uint32_t pair_value = syntax_child(of.tree, child, SYNTAX_FIELD_VALUE);
			struct code k = child_of(&of, pair_key);
			if (pair_key != SYNTAX_NO_NODE && pair_value != SYNTAX_NO_NODE &&
				same_text(evaluation, &k, wanted, depth + 1)) {
				*code = child_of(&of, pair_value);
				return true;
			}
		} else if (index-- == 0) {
			*code = one;
			return true;
		}
	}
	return false;
}

static bool follow(struct evaluation *evaluation, struct code *code, int depth)
{
	for (; depth <= DEPTH_MAX; depth++) {
		uint8_t kind = node_of(code)->kind;
		if (code->each) {
			uint32_t n = 0;
			uint32_t found = SYNTAX_NO_NODE;
			for (uint32_t child = syntax_first(code->tree, code->node);
				child != SYNTAX_NO_NODE;
				child = syntax_next(code->tree, code->node, child)) {
				found = n++ == evaluation->round ? child : found;
			}
			evaluation->rounds = n > evaluation->rounds ? n : evaluation->rounds;
			if (found == SYNTAX_NO_NODE || kind == SYNTAX_DICTIONARY) {
				return false;
			}
			*code = child_of(code, found);
		} else if (kind == SYNTAX_PARENTHESES &&
			   syntax_first(code->tree, code->node) != SYNTAX_NO_NODE) {
			code->node++;
		} else if (kind == SYNTAX_IDENTIFIER) {
			if (!code_of_name(evaluation, syntax_text(code->tree, code->node), code)) {
				return false;
			}
		} else if (kind == SYNTAX_SUBSCRIPT) {
			if (!follow_subscript(evaluation, code, depth + 1)) {
				return false;
			}
		} else {
			return true;
		}
	}
	return false;
}

/* ---- text ---- */

static bool put_chars(struct evaluation *evaluation, const struct code *code, size_t from,
	size_t to, bool raw, bool braces, char_vec *ret)
{
	size_t start = ret->n;
	struct arena *arena = evaluation->facts->arena;
	if (!literal_chars(code->tree->text, from, to, raw, arena, ret)) {
		return false;
	}
	size_t out = start;
	for (size_t i = start; i < ret->n; i++) {
		struct scan_char c = ret->p[i];
		bool doubled = braces && (c.c == '{' || c.c == '}') && i + 1 < ret->n &&
			       ret->p[i + 1].c == c.c;
		c.at = origin(evaluation, code, c.at);
		ret->p[out++] = c;
		i += doubled;
	}
	ret->n = out;
	return true;
}

static bool string_text(
	struct evaluation *evaluation, const struct code *code, int depth, char_vec *ret)
{
	const struct syntax_node *node = node_of(code);
	struct str text = syntax_text(code->tree, code->node);
	bool raw = false;
	bool format = false;
	size_t at = 0;
	for (; at < text.n && text.p[at] != '"' && text.p[at] != '\''; at++) {
		char c = char_lower(text.p[at]);
		raw = raw || c == 'r';
		format = format || c == 'f' || c == 't';
		if (c == 'b') {
			return false;
		}
	}
	size_t quotes =
		at + 2 < text.n && text.p[at + 1] == text.p[at] && text.p[at + 2] == text.p[at] ? 3
												: 1;
	if (text.n < at + 2 * quotes) {
		return false;
	}
	size_t from = node->start + at + quotes;
	size_t end = node->end - quotes;
	bool known = true;
	for (uint32_t child = format ? syntax_first(code->tree, code->node) : SYNTAX_NO_NODE;
		child != SYNTAX_NO_NODE; child = syntax_next(code->tree, code->node, child)) {
		struct code field = child_of(code, child);
		uint32_t inner = syntax_first(code->tree, child);
		if (node_of(&field)->kind != SYNTAX_INTERPOLATION || inner == SYNTAX_NO_NODE) {
			continue;
		}
		known = put_chars(evaluation, code, from, node_of(&field)->start, raw, true, ret) &&
			known;
		struct code expression = child_of(code, inner);
		size_t before = ret->n;
		if (!evaluate_text(evaluation, &expression, depth + 1, ret)) {
			ret->n = before;
			put_opaque(evaluation, &field, ret); /* with its braces */
			known = false;
		}
		from = node_of(&field)->end;
	}
	return put_chars(evaluation, code, from, end, raw, format, ret) && known;
}

/* "SEPARATOR".join(LIST) */
static bool join_text(
	struct evaluation *evaluation, const struct code *code, int depth, char_vec *ret)
{
	uint32_t function = syntax_child(code->tree, code->node, SYNTAX_FIELD_FUNCTION);
	uint32_t arguments = syntax_child(code->tree, code->node, SYNTAX_FIELD_ARGUMENTS);
	if (function == SYNTAX_NO_NODE || arguments == SYNTAX_NO_NODE ||
		code->tree->nodes[function].kind != SYNTAX_ATTRIBUTE ||
		!str_ends(syntax_text(code->tree, function), S(".join")) ||
		syntax_first(code->tree, arguments) == SYNTAX_NO_NODE) {
		return false;
	}
	struct code separator = child_of(code, function + 1);
	struct code list = child_of(code, arguments + 1);
	shell_words words = {0};
	if (!evaluate_words(evaluation, &list, depth + 1, &words)) {
		return false;
	}
	bool known = true;
	for (size_t i = 0; i < words.n && ret->n < TEXT_MAX; i++) {
		if (i > 0) {
			known = evaluate_text(evaluation, &separator, depth + 1, ret) && known;
		}
		known = known && !words.p[i].dynamic;
		bool plain = words.p[i].end == words.p[i].at + words.p[i].text.n;
		for (size_t k = 0; k < words.p[i].text.n; k++) {
			*vec_push(evaluation->facts->arena, ret) = (struct scan_char){
				(uint32_t)(words.p[i].at + (plain ? k : 0)), words.p[i].text.p[k],
				words.p[i].dynamic && k >= words.p[i].plain};
		}
	}
	return known;
}

bool evaluate_text(struct evaluation *evaluation, const struct code *code, int depth, char_vec *ret)
{
	struct code at = *code;
	size_t before = ret->n;
	bool known = false;
	if (depth > DEPTH_MAX || ret->n > TEXT_MAX) {
		return false;
	}
	struct str written = syntax_text(code->tree, code->node);
	if (str_eq(written, S("sys.executable"))) {
		for (size_t i = 0; i < strlen("python"); i++) {
			*vec_push(evaluation->facts->arena, ret) = (struct scan_char){
				origin(evaluation, code, node_of(code)->start), "python"[i], false};
		}
		return true;
	}
	if (follow(evaluation, &at, depth)) {
		uint8_t kind = node_of(&at)->kind;
		if (kind == SYNTAX_STRING) {
			known = string_text(evaluation, &at, depth, ret);
			if (!known && ret->n > before) {
				return false; /* parts of it are known */
			}
		} else if (kind == SYNTAX_STRINGS || kind == SYNTAX_BINARY) {
			bool plus = kind == SYNTAX_STRINGS;
			uint32_t left = syntax_child(at.tree, at.node, SYNTAX_FIELD_LEFT);
			uint32_t right = syntax_child(at.tree, at.node, SYNTAX_FIELD_RIGHT);
			if (left != SYNTAX_NO_NODE && right != SYNTAX_NO_NODE) {
				struct str between = str_slice(at.tree->text,
					at.tree->nodes[left].end, at.tree->nodes[right].start);
				plus = str_find_char(between, '+') >= 0;
			}
			known = plus;
			for (uint32_t child = plus ? syntax_first(at.tree, at.node)
						   : SYNTAX_NO_NODE;
				child != SYNTAX_NO_NODE;
				child = syntax_next(at.tree, at.node, child)) {
				struct code one = child_of(&at, child);
				known = evaluate_text(evaluation, &one, depth + 1, ret) && known;
			}
			if (plus) {
				return known;
			}
		} else if (kind == SYNTAX_INTEGER) {
			struct str text = syntax_text(at.tree, at.node);
			known = true;
			for (size_t i = 0; i < text.n; i++) {
				known = known && char_is_digit(text.p[i]);
				*vec_push(evaluation->facts->arena, ret) = (struct scan_char){
					origin(evaluation, &at, node_of(&at)->start), text.p[i],
					false};
			}
		} else if (kind == SYNTAX_CALL) {
			known = join_text(evaluation, &at, depth, ret);
		}
	}
	if (!known) {
		ret->n = before;
		put_opaque(evaluation, code, ret);
	}
	return known;
}

/* ---- words ---- */

static void put_word(
	struct evaluation *evaluation, const struct code *code, int depth, shell_words *ret)
{
	char_vec chars = {0};
	(void)evaluate_text(evaluation, code, depth, &chars);
	struct shell_word word = {
		.at = chars.n > 0 ? chars.p[0].at : origin(evaluation, code, node_of(code)->start),
		.plain = chars.n,
		.redirect = S("")};
	word.end = chars.n > 0 ? chars.p[chars.n - 1].at + 1 : word.at;
	for (size_t i = chars.n; i-- > 0;) {
		if (chars.p[i].opaque) {
			word.dynamic = true;
			word.plain = i;
		}
	}
	word.text = source_chars(
		(struct scan_text){chars.p, chars.n}, 0, chars.n, evaluation->facts->arena);
	*vec_push(evaluation->facts->arena, ret) = word;
}

/* shlex.split("text") and "text".split() */
static bool split_words(
	struct evaluation *evaluation, const struct code *code, int depth, shell_words *ret)
{
	uint32_t function = syntax_child(code->tree, code->node, SYNTAX_FIELD_FUNCTION);
	uint32_t arguments = syntax_child(code->tree, code->node, SYNTAX_FIELD_ARGUMENTS);
	char_vec chars = {0};
	shell_commands commands = {0};
	if (function == SYNTAX_NO_NODE || arguments == SYNTAX_NO_NODE ||
		!str_ends(syntax_text(code->tree, function), S("split"))) {
		return false;
	}
	bool shlex = str_eq(syntax_text(code->tree, function), S("shlex.split")) ||
		     code->tree->nodes[function].kind == SYNTAX_IDENTIFIER;
	uint32_t text = shlex ? syntax_first(code->tree, arguments) : function + 1;
	if (text == SYNTAX_NO_NODE ||
		(!shlex && syntax_first(code->tree, arguments) != SYNTAX_NO_NODE)) {
		return false;
	}
	struct code of = child_of(code, text);
	if (!evaluate_text(evaluation, &of, depth + 1, &chars)) {
		return false;
	}
	shell_parse((struct scan_text){chars.p, chars.n}, evaluation->facts->arena, &commands);
	for (size_t i = 0; commands.n > 0 && i < commands.p[0].n; i++) {
		*vec_push(evaluation->facts->arena, ret) = commands.p[0].words[i];
	}
	return commands.n > 0;
}

bool evaluate_words(
	struct evaluation *evaluation, const struct code *code, int depth, shell_words *ret)
{
	struct code at = *code;
	if (depth > DEPTH_MAX || !follow(evaluation, &at, depth)) {
		return false;
	}
	uint8_t kind = node_of(&at)->kind;
	if (kind == SYNTAX_CALL) {
		return split_words(evaluation, &at, depth, ret);
	}
	if (kind == SYNTAX_BINARY) {
		uint32_t left = syntax_child(at.tree, at.node, SYNTAX_FIELD_LEFT);
		uint32_t right = syntax_child(at.tree, at.node, SYNTAX_FIELD_RIGHT);
		struct code a = child_of(&at, left);
		struct code b = child_of(&at, right);
		return left != SYNTAX_NO_NODE && right != SYNTAX_NO_NODE &&
		       evaluate_words(evaluation, &a, depth + 1, ret) &&
		       evaluate_words(evaluation, &b, depth + 1, ret);
	}
	if (kind != SYNTAX_LIST && kind != SYNTAX_TUPLE && kind != SYNTAX_SET) {
		return false;
	}
	for (uint32_t child = syntax_first(at.tree, at.node);
		child != SYNTAX_NO_NODE && ret->n < WORDS_MAX;
		child = syntax_next(at.tree, at.node, child)) {
		struct code one = child_of(&at, child);
		if (node_of(&one)->kind != SYNTAX_LIST_SPLAT) {
			put_word(evaluation, &one, depth + 1, ret);
			continue;
		}
		uint32_t inner = syntax_first(at.tree, child);
		struct code list = child_of(&at, inner);
		if (inner != SYNTAX_NO_NODE && !evaluate_words(evaluation, &list, depth + 1, ret)) {
			put_word(evaluation, &list, depth + 1, ret);
		}
	}
	return true;
}

/* ---- placeholders ---- */

bool evaluate_placeholder(struct evaluation *evaluation, struct str expression, struct str *ret)
{
	struct facts *facts = evaluation->facts;
	struct syntax *tree = arena_new(facts->arena, struct syntax);
	char_vec chars = {0};
	expression = str_trim(expression);
	if (str_eq(expression, S("sys.executable"))) {
		*ret = S("python");
		return true;
	}
	if (source_identifier(expression).n == expression.n &&
		intern_find(&facts->names, expression) == INTERN_NONE) {
		return false;
	}
	if (clock_monotonic_ns() > facts->deadline_ns ||
		!syntax_parse(facts->parser, arena_str(facts->arena, expression), INT64_MAX,
			facts->arena, tree) ||
		tree->error_at != SYNTAX_NO_NODE || tree->n < 3) {
		return false;
	}
	/* module, statement, expression; SCOPE_NONE: of no cell, so everything stands at evaluation->at */
	struct code code = {.tree = tree, .node = 2, .cell = SCOPE_NONE};
	if (tree->nodes[2].next != tree->n || !evaluate_text(evaluation, &code, 0, &chars)) {
		return false;
	}
	*ret = source_chars((struct scan_text){chars.p, chars.n}, 0, chars.n, facts->arena);
	return true;
}
