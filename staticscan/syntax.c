#include "staticscan/syntax.h"
#include <tree_sitter/api.h>
#include "common/clock.h"
#include "common/vec.h"
#include "staticscan/quick.h"
#include "common/banned.h"

/* The only file that knows tree-sitter. */

const TSLanguage *tree_sitter_python(void);

enum {
	SYMBOLS_MAX = 512,
	FIELDS_MAX = 64,
	DROPPED = UINT8_MAX,    /* a symbol that the tree leaves out, with everything below it */
	LIFTED = UINT8_MAX - 1, /* left out itself, but not what is below it */
};

struct syntax_parser {
	TSParser *parser;
	struct quick *quick;
	bool only_slow;             /* for tests: the fast way is not taken */
	uint8_t kinds[SYMBOLS_MAX]; /* by symbol: enum syntax_kind, DROPPED or LIFTED */
	uint8_t fields[FIELDS_MAX];
};

#define X(kind, text) [SYNTAX_##kind] = (text),
static const char *const kind_names[] = {SYNTAX_KINDS(X)};
#undef X
#define X(field, text) [SYNTAX_FIELD_##field] = (text),
static const char *const field_names[] = {SYNTAX_FIELDS(X)};
#undef X
static const char *const dropped[] = {"comment", "line_continuation", "string_start", "string_end",
	"escape_sequence", "escape_interpolation", "type_conversion", "pass_statement"};
static const char *const lifted[] = {"string_content", "format_specifier"};

/* Index of name in names[n], or n. */
static size_t find(const char *name, const char *const *names, size_t n)
{
	size_t i = 0;
	while (i < n && (names[i] == NULL || strcmp(name, names[i]) != 0)) {
		i++;
	}
	return i;
}
#define FIND(name, names) find((name), (names), sizeof(names) / sizeof((names)[0]))
#define HAS(names, name) (FIND(name, names) < sizeof(names) / sizeof((names)[0]))

static uint8_t kind_of(const char *name)
{
	return HAS(dropped, name)      ? DROPPED
	       : HAS(lifted, name)     ? LIFTED
	       : HAS(kind_names, name) ? (uint8_t)FIND(name, kind_names)
				       : SYNTAX_OTHER;
}

static uint8_t field_of(const char *name)
{
	return HAS(field_names, name) ? (uint8_t)FIND(name, field_names) : SYNTAX_FIELD_NONE;
}

struct syntax_parser *syntax_parser_new(void)
{
	struct syntax_parser *parser = calloc(1, sizeof(*parser));
	if (parser == NULL) {
		arena_die("out of memory");
	}
	parser->quick = quick_new();
	return parser;
}

/* tree-sitter is set up when it is needed, which for most notebooks is never. */
static void start_parser(struct syntax_parser *parser)
{
	const TSLanguage *language = tree_sitter_python();
	if ((parser->parser = ts_parser_new()) == NULL) {
		arena_die("out of memory");
	}
	if (!ts_parser_set_language(parser->parser, language)) {
		arena_die("the Python grammar does not fit its parser");
	}
	uint32_t n = ts_language_symbol_count(language);
	for (uint32_t i = 0; i < n && i < SYMBOLS_MAX; i++) {
		bool named = ts_language_symbol_type(language, (TSSymbol)i) == TSSymbolTypeRegular;
		parser->kinds[i] =
			named ? kind_of(ts_language_symbol_name(language, (TSSymbol)i)) : DROPPED;
	}
	n = ts_language_field_count(language);
	for (uint32_t i = 1; i <= n && i < FIELDS_MAX; i++) {
		parser->fields[i] = field_of(ts_language_field_name_for_id(language, (TSFieldId)i));
	}
}

void syntax_parser_only_slow(struct syntax_parser *parser, bool only_slow)
{
	parser->only_slow = only_slow;
}

void syntax_parser_free(struct syntax_parser *parser)
{
	if (parser != NULL) {
		if (parser->parser != NULL) {
			ts_parser_delete(parser->parser);
		}
		quick_free(parser->quick);
		free(parser);
	}
}

/* ---- from the parser's tree to ours ---- */

struct builder {
	const struct syntax_parser *parser;
	struct arena *arena;
	VEC(struct syntax_node) nodes;
	VEC(uint32_t)
	open; /* nodes whose children are under way; LIFTED ones repeat their parent */
	uint32_t error_at;
};

static void note_error(struct builder *builder, uint32_t at)
{
	builder->error_at = at < builder->error_at ? at : builder->error_at;
}

/* Take the cursor's node; false when what is below it does not matter. */
static bool enter(struct builder *builder, TSTreeCursor *cursor)
{
	TSNode node = ts_tree_cursor_current_node(cursor);
	TSSymbol symbol = ts_node_symbol(node);
	uint8_t kind = symbol == (TSSymbol)-1 ? SYNTAX_ERROR
		       : symbol < SYMBOLS_MAX ? builder->parser->kinds[symbol]
					      : SYNTAX_OTHER;
	if (kind == SYNTAX_ERROR || ts_node_is_missing(node)) {
		note_error(builder, ts_node_start_byte(node));
	}
	uint32_t children = ts_node_child_count(node);
	if (kind == LIFTED) {
		return children > 0;
	}
	if (kind == DROPPED) {
		return false;
	}
	TSFieldId field = ts_tree_cursor_current_field_id(cursor);
	*vec_push(builder->arena, &builder->nodes) = (struct syntax_node){
		.start = ts_node_start_byte(node),
		.end = ts_node_end_byte(node),
		.next = (uint32_t)builder->nodes.n,
		.kind = kind,
		.field = field < FIELDS_MAX ? builder->parser->fields[field] : SYNTAX_FIELD_NONE,
	};
	return children > 0;
}

static void build(struct builder *builder, TSTreeCursor *cursor)
{
	for (;;) {
		uint32_t before = (uint32_t)builder->nodes.n;
		bool below = enter(builder, cursor);
		bool made = builder->nodes.n > before;
		if (below && ts_tree_cursor_goto_first_child(cursor)) {
			*vec_push(builder->arena, &builder->open) = made ? before : SYNTAX_NO_NODE;
			continue;
		}
		while (!ts_tree_cursor_goto_next_sibling(cursor)) {
			if (!ts_tree_cursor_goto_parent(cursor)) {
				return;
			}
			if (builder->open.n == 0) {
				return;
			}
			uint32_t done = builder->open.p[--builder->open.n];
			if (done != SYNTAX_NO_NODE) {
				builder->nodes.p[done].next = (uint32_t)builder->nodes.n;
			}
		}
	}
}

/* ---- parsing ---- */

struct source {
	struct str text;
	int64_t deadline_ns;
};

static const char *read_source(void *payload, uint32_t at, TSPoint point, uint32_t *ret_n)
{
	const struct source *source = payload;
	(void)point;
	*ret_n = at < source->text.n ? (uint32_t)source->text.n - at : 0;
	return *ret_n > 0 ? source->text.p + at : "";
}

static bool too_late(TSParseState *state)
{
	struct source *source = state->payload;
	return clock_monotonic_ns() > source->deadline_ns;
}

bool syntax_parse(struct syntax_parser *parser, struct str text, int64_t deadline_ns,
	struct arena *arena, struct syntax *ret)
{
	struct source source = {.text = text, .deadline_ns = deadline_ns};
	if (text.n > SYNTAX_TEXT_MAX) {
		return false;
	}
	if (!parser->only_slow && quick_parse(parser->quick, text, arena, ret)) {
		return true;
	}
	if (parser->parser == NULL) {
		start_parser(parser);
	}
	ts_parser_reset(parser->parser);
	TSTree *found = ts_parser_parse_with_options(parser->parser, NULL,
		(TSInput){.payload = &source, .read = read_source, .encoding = TSInputEncodingUTF8},
		(TSParseOptions){.payload = &source, .progress_callback = too_late});
	if (found == NULL) {
		return false;
	}
	struct builder builder = {.parser = parser, .arena = arena, .error_at = SYNTAX_NO_NODE};
	TSNode root = ts_tree_root_node(found);
	TSTreeCursor cursor = ts_tree_cursor_new(root);
	build(&builder, &cursor);
	if (!ts_node_has_error(root)) {
		builder.error_at = SYNTAX_NO_NODE;
	} else if (builder.error_at == SYNTAX_NO_NODE) {
		builder.error_at = 0;
	}
	for (size_t i = 0; i < builder.nodes.n; i++) {
		uint32_t next = builder.nodes.p[i].next;
		builder.nodes.p[i].next = next > i ? next : (uint32_t)i + 1;
	}
	*ret = (struct syntax){.text = text,
		.nodes = builder.nodes.p,
		.n = (uint32_t)builder.nodes.n,
		.error_at = builder.error_at};
	ts_tree_cursor_delete(&cursor);
	ts_tree_delete(found);
	return true;
}

uint32_t syntax_child(const struct syntax *tree, uint32_t node, enum syntax_field field)
{
	for (uint32_t child = syntax_first(tree, node); child != SYNTAX_NO_NODE;
		child = syntax_next(tree, node, child)) {
		if (tree->nodes[child].field == field) {
			return child;
		}
	}
	return SYNTAX_NO_NODE;
}
