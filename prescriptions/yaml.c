#include "prescriptions/yaml.h"
#include <math.h>
#include <yaml.h>
#include "common/intern.h"
#include "common/jsonread.h"
#include "common/banned.h"

/* ---- plain scalars: which type they have (YAML 1.1, yaml.org/type) ----------------------------- */

static bool is_word(struct str text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (str_eq(text, str_from(*words))) {
			return true;
		}
	}
	return false;
}

/* Characters of `set` at the start of *rest, taken off. */
static size_t take(struct str *rest, const char *set)
{
	size_t n = 0;
	while (n < rest->n && rest->p[n] != '\0' && strchr(set, rest->p[n]) != NULL) {
		n++;
	}
	*rest = str_skip(*rest, n);
	return n;
}

static bool take_char(struct str *rest, char c)
{
	bool is = rest->n > 0 && rest->p[0] == c;
	*rest = is ? str_skip(*rest, 1) : *rest;
	return is;
}

/* The digits of text in this base, '_' passed over. What does not fit stays at the maximum. */
static int64_t digits_value(struct str text, int base)
{
	int64_t value = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = char_lower(text.p[i]);
		int digit = char_is_digit(c) ? c - '0' : c - 'a' + 10;
		if (c != '_' && (__builtin_mul_overflow(value, base, &value) ||
					__builtin_add_overflow(value, digit, &value))) {
			return INT64_MAX;
		}
	}
	return value;
}

/* 12, 0x1f, 0b11, 017, 1_000; "1:30" (base 60) too. */
static bool is_integer(struct str text, int64_t *ret)
{
	bool negative = text.p[0] == '-';
	struct str digits = text.p[0] == '-' || text.p[0] == '+' ? str_skip(text, 1) : text;
	static const struct {
		struct str prefix;
		const char *set;
		int base;
	} bases[] = {
		{STR_INIT("0b"), "01_",                     2 },
		{STR_INIT("0x"), "0123456789abcdefABCDEF_", 16},
		{STR_INIT("0"),  "01234567_",               8 },
		{STR_INIT(""),   "0123456789_",             10},
	};
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct str rest = str_skip(digits, bases[i].prefix.n);
		struct str body = rest;
		bool starts = str_starts(digits, bases[i].prefix) && rest.n > 0 &&
			      (bases[i].base != 10 || (char_is_digit(rest.p[0]) &&
							      (rest.p[0] != '0' || rest.n == 1)));
		if (!starts || take(&rest, bases[i].set) == 0) {
			continue;
		}
		while (bases[i].base == 10 && rest.n > 1 && rest.p[0] == ':' &&
			char_is_digit(rest.p[1])) {
			rest = str_skip(rest, 1);
			(void)take(&rest, "0123456789");
		}
		if (rest.n == 0) {
			int64_t value = digits_value(
				str_slice(body, 0, strcspn(body.p, ":")), bases[i].base);
			*ret = negative ? -value : value;
			return true;
		}
	}
	return false;
}

/* 1.5, .5, 1.5e+3, .inf, .nan. A number without a point is no float in YAML 1.1. */
static bool is_float(struct str text, struct arena *arena, double *ret)
{
	static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const not_a_number[] = {".nan", ".NaN", ".NAN", NULL};
	bool negative = text.p[0] == '-';
	struct str rest = text.p[0] == '-' || text.p[0] == '+' ? str_skip(text, 1) : text;
	if (is_word(rest, infinite) || is_word(text, not_a_number)) {
		*ret = is_word(rest, infinite) ? (negative ? -INFINITY : INFINITY) : NAN;
		return true;
	}
	size_t whole = rest.n > 0 && char_is_digit(rest.p[0]) ? take(&rest, "0123456789_") : 0;
	if (!take_char(&rest, '.')) {
		return false;
	}
	size_t part = take(&rest, "0123456789_");
	if (whole + part == 0) {
		return false;
	}
	if (take_char(&rest, 'e') || take_char(&rest, 'E')) {
		if (!take_char(&rest, '+') && !take_char(&rest, '-')) {
			return false;
		}
		if (take(&rest, "0123456789") == 0) {
			return false;
		}
	}
	if (rest.n > 0) {
		return false;
	}
	char *copy = (char *)arena_str(arena, text).p;
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '_') {
			copy[n++] = text.p[i];
		}
	}
	copy[n] = '\0';
	*ret = strtod(copy, NULL);
	return true;
}

/* 2026-11-21, alone or with a time behind it. */
static bool is_date(struct str text)
{
	struct str rest = text;
	if (take(&rest, "0123456789") != 4 || !take_char(&rest, '-')) {
		return false;
	}
	size_t month = take(&rest, "0123456789");
	if (month < 1 || month > 2 || !take_char(&rest, '-')) {
		return false;
	}
	size_t day = take(&rest, "0123456789");
	if (day < 1 || day > 2) {
		return false;
	}
	return rest.n == 0 || ((rest.p[0] == 'T' || rest.p[0] == 't' || rest.p[0] == ' ') &&
				      str_find_char(rest, ':') > 0);
}

static void resolve_plain(struct str text, struct arena *arena, struct tree *ret)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {
		"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL};
	static const char *const no[] = {
		"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL};
	ret->kind = TREE_STRING;
	ret->text = text;
	if (text.n == 0) {
		ret->kind = TREE_NULL;
	} else if (strchr("~nNtTfFyYoO", text.p[0]) != NULL) {
		if (text.n > 5) {
			return;
		}
		ret->truth = is_word(text, yes);
		ret->kind = is_word(text, nulls)              ? TREE_NULL
			    : ret->truth || is_word(text, no) ? TREE_BOOL
							      : TREE_STRING;
	} else if (char_is_digit(text.p[0]) || strchr("+-.", text.p[0]) != NULL) {
		if (is_integer(text, &ret->integer)) {
			ret->kind = TREE_INTEGER;
			ret->number = (double)ret->integer;
		} else if (is_float(text, arena, &ret->number)) {
			ret->kind = TREE_FLOAT;
		} else if (is_date(text)) {
			ret->kind = TREE_DATE;
		}
	}
}

/* ---- events to values ------------------------------------------------------------------------- */

struct presc_yaml_frame {
	struct tree head; /* the container, without its items */
	size_t first;     /* of its items on the stack */
	bool has_key;     /* a key was read and its value comes next */
	bool drop;        /* ... which nobody wants */
	bool merges;      /* a key is << */
	struct str key;
	int key_line, key_column;
	struct str anchor;
	size_t values_before;
};

struct anchor {
	struct str name;
	struct tree value;
	size_t values;
};

struct reader {
	struct presc_yaml *scratch;
	struct arena *arena;
	struct presc_report *report;
	struct presc_yaml_frame *frames; /* frames[TREE_DEPTH_MAX] */
	int depth;
	VEC(struct anchor) anchors;
	size_t values;
	struct tree root;
	bool has_root;
};

void presc_yaml_done(struct presc_yaml *yaml)
{
	free(yaml->stack);
	free(yaml->frames);
	*yaml = (struct presc_yaml){0};
}

static bool fail(struct reader *reader, yaml_mark_t at, const char *hint, const char *what)
{
	presc_fault(reader->report, (int)at.line + 1, (int)at.column + 1, hint, "%s", what);
	return false;
}

static struct str event_text(const yaml_char_t *p)
{
	return p == NULL ? S("") : str_from((const char *)p);
}

static void push(struct presc_yaml *scratch, const struct tree *value)
{
	if (scratch->n == scratch->cap) {
		scratch->cap = scratch->cap == 0 ? 256 : scratch->cap * 2;
		scratch->stack = realloc(scratch->stack, scratch->cap * sizeof(*scratch->stack));
		if (scratch->stack == NULL) {
			arena_die("out of memory");
		}
	}
	scratch->stack[scratch->n++] = *value;
}

/* Put a finished value where it belongs: into the container that is open, or as the document. */
static void place(struct reader *reader, struct tree *value)
{
	if (reader->depth == 0) {
		reader->root = *value;
		reader->has_root = true;
		return;
	}
	struct presc_yaml_frame *frame = &reader->frames[reader->depth - 1];
	if (frame->head.kind == TREE_TABLE) {
		value->key = frame->key;
		value->key_line = frame->key_line;
		value->key_column = frame->key_column;
		frame->has_key = false;
	}
	if (!frame->drop) {
		push(reader->scratch, value);
	}
	frame->drop = false;
}

static void keep_anchor(
	struct reader *reader, struct str name, const struct tree *value, size_t values)
{
	if (name.n > 0) {
		struct anchor *anchor = vec_push(reader->arena, &reader->anchors);
		*anchor = (struct anchor){.name = name, .value = *value, .values = values};
	}
}

static bool count(struct reader *reader, size_t n, yaml_mark_t at)
{
	reader->values += n;
	if (reader->values <= TREE_VALUES_MAX) {
		return true;
	}
	return fail(reader, at, "split the file; aliases count as often as they are used",
		"more than 1048576 values in one file");
}

/* A key: only strings are. */
static void read_key(
	struct reader *reader, struct presc_yaml_frame *frame, const struct tree *value, bool plain)
{
	frame->has_key = true;
	frame->key = value->text;
	frame->key_line = value->line;
	frame->key_column = value->column;
	if (value->kind != TREE_STRING) {
		frame->drop = true;
		presc_fault(reader->report, value->line, value->column, "put it in quotes",
			"expected a string as key, found %s", tree_kind_name(value->kind));
	} else if (plain && str_eq(value->text, S("<<"))) {
		frame->merges = true;
	}
}

static bool wants_key(const struct reader *reader)
{
	return reader->depth > 0 && reader->frames[reader->depth - 1].head.kind == TREE_TABLE &&
	       !reader->frames[reader->depth - 1].has_key;
}

/* What an explicit tag makes of a scalar that reads as `kind`. */
static bool apply_tag(struct reader *reader, struct str tag, yaml_mark_t at, struct tree *value)
{
	static const struct {
		struct str tag;
		enum tree_kind kind;
	} known[] = {
		{STR_INIT("tag:yaml.org,2002:null"),      TREE_NULL   },
		{STR_INIT("tag:yaml.org,2002:bool"),      TREE_BOOL   },
		{STR_INIT("tag:yaml.org,2002:int"),       TREE_INTEGER},
		{STR_INIT("tag:yaml.org,2002:float"),     TREE_FLOAT  },
		{STR_INIT("tag:yaml.org,2002:timestamp"), TREE_DATE   },
	};
	if (str_eq(tag, S("tag:yaml.org,2002:str")) || str_eq(tag, S("!"))) {
		value->kind = TREE_STRING;
		return true;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(tag, known[i].tag) && value->kind == known[i].kind) {
			return true;
		}
		if (str_eq(tag, known[i].tag) && known[i].kind == TREE_FLOAT &&
			value->kind == TREE_INTEGER) {
			value->kind = TREE_FLOAT;
			return true;
		}
	}
	return fail(reader, at, "leave the tag out", "a tag that does not fit the value");
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct tree value = {.kind = TREE_STRING,
		.line = (int)event->start_mark.line + 1,
		.column = (int)event->start_mark.column + 1};
	value.text = arena_str(reader->arena, text);
	struct str tag = event_text(event->data.scalar.tag);
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE || tag.n > 0) {
		resolve_plain(value.text, reader->arena, &value);
	}
	if (tag.n > 0 && !apply_tag(reader, tag, event->start_mark, &value)) {
		return false;
	}
	if (!count(reader, 1, event->start_mark)) {
		return false;
	}
	struct str anchor = event_text(event->data.scalar.anchor);
	keep_anchor(reader, anchor.n > 0 ? arena_str(reader->arena, anchor) : anchor, &value, 1);
	if (wants_key(reader)) {
		read_key(reader, &reader->frames[reader->depth - 1], &value,
			event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	} else {
		place(reader, &value);
	}
	return true;
}

static bool read_alias(struct reader *reader, const yaml_event_t *event)
{
	struct str name = event_text(event->data.alias.anchor);
	for (size_t i = reader->anchors.n; i > 0; i--) {
		const struct anchor *anchor = &reader->anchors.p[i - 1];
		if (!str_eq(anchor->name, name)) {
			continue;
		}
		if (!count(reader, anchor->values, event->start_mark)) {
			return false;
		}
		struct tree value = anchor->value;
		value.line = (int)event->start_mark.line + 1;
		value.column = (int)event->start_mark.column + 1;
		if (!wants_key(reader)) {
			place(reader, &value);
			return true;
		}
		if (value.kind == TREE_ARRAY || value.kind == TREE_TABLE) {
			break;
		}
		read_key(reader, &reader->frames[reader->depth - 1], &value, false);
		return true;
	}
	return fail(reader, event->start_mark, "an anchor stands before its aliases",
		"an alias of nothing that could stand here");
}

static bool open_container(
	struct reader *reader, const yaml_event_t *event, enum tree_kind kind, struct str anchor)
{
	if (wants_key(reader)) {
		return fail(reader, event->start_mark, "keys are strings",
			"expected a string as key, found a list or a mapping");
	}
	if (reader->depth == TREE_DEPTH_MAX) {
		return fail(reader, event->start_mark, "",
			"more than 100 lists and mappings inside each other");
	}
	if (!count(reader, 1, event->start_mark)) {
		return false;
	}
	reader->frames[reader->depth++] = (struct presc_yaml_frame){
		.head = {.kind = kind,
			 .line = (int)event->start_mark.line + 1,
			 .column = (int)event->start_mark.column + 1},
		.first = reader->scratch->n,
		.anchor = anchor.n > 0 ? arena_str(reader->arena, anchor) : S(""),
		.values_before = reader->values - 1,
	};
	return true;
}

/* Position of an earlier item with the same key, or i. Many keys are interned first. */
static size_t earlier(struct intern *known, const struct tree *items, size_t i)
{
	enum { FEW = 24 };
	if (i < FEW) {
		for (size_t k = 0; k < i; k++) {
			if (str_eq(items[k].key, items[i].key)) {
				return k;
			}
		}
		return i;
	}
	for (size_t k = known->n == 0 ? 0 : i; k < i; k++) {
		(void)intern_id(known, items[k].key);
	}
	uint32_t before = known->n;
	uint32_t id = intern_id(known, items[i].key);
	return id < before ? id : i;
}

/* Report keys that stand twice, and keep the first of each. */
static size_t without_duplicates(struct reader *reader, struct tree *items, size_t n)
{
	AUTO(intern_done) struct intern known = {0};
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		items[kept] = items[i];
		size_t first = earlier(&known, items, kept);
		if (first == kept) {
			kept++;
			continue;
		}
		presc_fault(reader->report, items[i].key_line, items[i].key_column,
			"take one of the two out",
			"the key '" STR_FMT "' stands already in line %d", STR_ARG(items[i].key),
			items[first].key_line);
	}
	return kept;
}

/* The members of one mapping that a merge key names, where their key is new. */
static void merge_one(struct reader *reader, const struct tree *from, struct intern *known)
{
	if (from->kind != TREE_TABLE) {
		presc_fault(reader->report, from->line, from->column, "as in '<<: *name'",
			"expected a mapping to merge, found %s", tree_kind_name(from->kind));
		return;
	}
	for (size_t i = 0; i < from->n; i++) {
		uint32_t before = known->n;
		if (intern_id(known, from->items[i].key) == before) {
			push(reader->scratch, &from->items[i]);
		}
	}
}

/* Put what merge keys (YAML 1.1) name in their place: after the mapping's own keys, which win. */
static size_t merged(struct reader *reader, size_t first, size_t n)
{
	AUTO(intern_done) struct intern known = {0};
	AUTO(arena_done) struct arena arena = {0};
	VEC(struct tree) sources = {0};
	struct presc_yaml *scratch = reader->scratch;
	size_t own = first;
	for (size_t i = first; i < first + n; i++) {
		struct tree item = scratch->stack[i];
		if (str_eq(item.key, S("<<"))) {
			*vec_push(&arena, &sources) = item;
		} else {
			(void)intern_id(&known, item.key);
			scratch->stack[own++] = item;
		}
	}
	scratch->n = own;
	for (size_t i = 0; i < sources.n; i++) {
		const struct tree *source = &sources.p[i];
		bool many = source->kind == TREE_ARRAY;
		for (size_t k = 0; k < (many ? source->n : 1); k++) {
			merge_one(reader, many ? &source->items[k] : source, &known);
		}
	}
	return scratch->n - first;
}

static void close_container(struct reader *reader)
{
	struct presc_yaml_frame *frame = &reader->frames[--reader->depth];
	struct tree value = frame->head;
	value.n = reader->scratch->n - frame->first;
	struct tree *items = value.n > 0 ? reader->scratch->stack + frame->first : NULL;
	if (value.kind == TREE_TABLE && value.n > 1) {
		value.n = without_duplicates(reader, items, value.n);
	}
	if (frame->merges) {
		value.n = merged(reader, frame->first, value.n);
		items = reader->scratch->stack + frame->first;
	}
	struct tree *kept = arena_array(reader->arena, struct tree, value.n);
	if (value.n > 0) {
		memcpy(kept, items, value.n * sizeof(*kept));
	}
	value.items = kept;
	reader->scratch->n = frame->first;
	keep_anchor(reader, frame->anchor, &value, reader->values - frame->values_before);
	place(reader, &value);
}

static bool plain_container(struct reader *reader, const yaml_event_t *event, struct str tag)
{
	if (tag.n == 0 || str_eq(tag, S("tag:yaml.org,2002:map")) ||
		str_eq(tag, S("tag:yaml.org,2002:seq"))) {
		return true;
	}
	return fail(reader, event->start_mark, "leave the tag out", "an unknown tag");
}

static bool take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event);
	case YAML_ALIAS_EVENT:
		return read_alias(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return plain_container(reader, event, event_text(event->data.sequence_start.tag)) &&
		       open_container(reader, event, TREE_ARRAY,
			       event_text(event->data.sequence_start.anchor));
	case YAML_MAPPING_START_EVENT:
		return plain_container(reader, event, event_text(event->data.mapping_start.tag)) &&
		       open_container(reader, event, TREE_TABLE,
			       event_text(event->data.mapping_start.anchor));
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_container(reader);
		return true;
	case YAML_DOCUMENT_START_EVENT:
		if (reader->has_root) {
			return fail(reader, event->start_mark, "one document a file",
				"a second document in the file");
		}
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

/* ---- a whole text ----------------------------------------------------------------------------- */

static void fail_syntax(struct reader *reader, const yaml_parser_t *parser, struct str text)
{
	int line = (int)parser->problem_mark.line + 1;
	int column = (int)parser->problem_mark.column + 1;
	const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
	if (parser->error == YAML_READER_ERROR) {
		jsonread_position(text, parser->problem_offset, &line, &column);
	}
	if (parser->context == NULL) {
		presc_fault(reader->report, line, column, "", "no YAML: %s", problem);
		return;
	}
	presc_fault(reader->report, line, column, "", "no YAML: %s, %s", parser->context, problem);
}

static bool read_events(struct reader *reader, yaml_parser_t *parser, struct str text)
{
	for (bool more = true; more;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			fail_syntax(reader, parser, text);
			return false;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		bool fine = take_event(reader, &event);
		yaml_event_delete(&event);
		if (!fine) {
			return false;
		}
	}
	return true;
}

bool presc_yaml_read(struct presc_yaml *yaml, struct str text, struct arena *arena,
	struct presc_report *report, struct tree *ret)
{
	if (yaml->frames == NULL) {
		yaml->frames = calloc(TREE_DEPTH_MAX, sizeof(*yaml->frames));
	}
	if (yaml->frames == NULL) {
		arena_die("out of memory");
	}
	struct reader reader = {
		.scratch = yaml, .arena = arena, .report = report, .frames = yaml->frames};
	yaml_parser_t parser;
	if (text.n > TREE_MAX) {
		presc_fault(report, 0, 0, "split it", "the file is larger than 16 MiB");
		return false;
	}
	if (!yaml_parser_initialize(&parser)) {
		arena_die("out of memory");
	}
	yaml->n = 0;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	bool read = read_events(&reader, &parser, text);
	yaml_parser_delete(&parser);
	if (read && !reader.has_root) {
		presc_fault(
			report, 1, 1, "a file of rules starts with 'units:'", "the file is empty");
		return false;
	}
	if (read) {
		*ret = reader.root;
	}
	return read;
}
