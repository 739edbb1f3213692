#include "cli/plumbing.h"
#include <errno.h>
#include <unistd.h>
#include "common/jsonread.h"
#include "common/vec.h"
#include "common/banned.h"

static const struct {
	const char *name;
	plumbing_answer answer;
} questions[] = {
	{"filename",     plumbing_filename    },
	{"import",       plumbing_import      },
	{"marker",       plumbing_marker      },
	{"name",         plumbing_name        },
	{"prescription", plumbing_prescription},
	{"requirement",  plumbing_requirement },
	{"search",       plumbing_search      },
	{"specifier",    plumbing_specifier   },
	{"tags",         plumbing_tags        },
	{"version",      plumbing_version     },
};

/* ---- for those who answer --------------------------------------------------------------------- */

struct str plumbing_raw(const struct plumbing_question *question, struct str key)
{
	for (size_t i = question->n; i > 0; i--) { /* of a repeated member the last one counts */
		if (str_eq(question->members[i - 1].key, key)) {
			return question->members[i - 1].raw;
		}
	}
	return S("");
}

bool plumbing_string(
	const struct plumbing_question *question, struct str key, struct str *ret, struct err *err)
{
	struct str raw = plumbing_raw(question, key);
	struct jsonread in = jsonread_start(raw);
	if (raw.n == 0 || jsonread_peek(&in) != JSONREAD_STRING) {
		return err_set(err, ERR_INPUT, "expected the string '" STR_FMT "'", STR_ARG(key));
	}
	*ret = jsonread_string(&in, question->arena);
	return true;
}

bool plumbing_strings(const struct plumbing_question *question, struct str key,
	const struct str **ret, size_t *ret_n, struct err *err)
{
	VEC(struct str) strings = {0};
	struct jsonread in = jsonread_start(plumbing_raw(question, key));
	struct err ignored = {0};
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		*vec_push(question->arena, &strings) = jsonread_string(&in, question->arena);
	}
	if (!jsonread_ok(&in, &ignored)) {
		return err_set(err, ERR_INPUT, "expected the array of strings '" STR_FMT "'",
			STR_ARG(key));
	}
	*ret = strings.p;
	*ret_n = strings.n;
	return true;
}

/* Code point of the character that well-formed UTF-8 starts with, which is taken off. */
static uint32_t take_character(struct str *rest)
{
	unsigned char first = (unsigned char)rest->p[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? first : first & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		c = c << 6 | ((unsigned char)rest->p[i] & 0x3f);
	}
	*rest = str_skip(*rest, n);
	return c;
}

void plumbing_add_string(struct buf *out, struct str text)
{
	bool utf8 = str_is_utf8(text);
	buf_byte(out, '"');
	while (text.n > 0) {
		unsigned char c = (unsigned char)text.p[0];
		if (c >= 0x80 && utf8) {
			uint32_t character = take_character(&text);
			if (character >= 0x10000) {
				buf_addf(out, "\\u%04x", 0xd7c0 + (character >> 10));
				character = 0xdc00 + (character & 0x3ff);
			}
			buf_addf(out, "\\u%04x", character);
			continue;
		}
		if (c == '"' || c == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)c);
		} else if (c < 0x20 || c >= 0x7f) {
			buf_addf(out, "\\u%04x", c < 0x80 ? c : 0xfffd);
		} else {
			buf_byte(out, (char)c);
		}
		text = str_skip(text, 1);
	}
	buf_byte(out, '"');
}

void plumbing_add_strings(struct buf *out, const struct str *texts, size_t n)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0) {
			buf_byte(out, ',');
		}
		plumbing_add_string(out, texts[i]);
	}
	buf_byte(out, ']');
}

/* ---- one line --------------------------------------------------------------------------------- */

static bool read_question(struct str line, struct plumbing_question *ret, struct err *err)
{
	struct jsonread in = jsonread_start(line);
	struct str key;
	if (!str_is_utf8(line)) {
		return err_set(err, ERR_INPUT, "expected UTF-8");
	}
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		struct str raw = jsonread_raw(&in);
		if (ret->n == PLUMBING_MEMBERS_MAX) {
			return err_set(err, ERR_LIMIT, "expected at most %d members",
				PLUMBING_MEMBERS_MAX);
		}
		ret->members[ret->n].key = key;
		ret->members[ret->n].raw = raw;
		ret->n++;
	}
	return jsonread_end(&in, err);
}

static void answer_error(const struct err *err, struct buf *out)
{
	buf_add(out, S("\"error\":"));
	plumbing_add_string(out, str_from(err->message));
}

/* One line of out for one line of input. */
static void answer_line(
	plumbing_answer answer, struct str line, struct arena *arena, struct buf *out)
{
	struct plumbing_question question = {.arena = arena};
	struct err err = {0};
	AUTO(buf_done) struct buf members = {0};
	bool read = read_question(line, &question, &err);
	struct str id = read ? plumbing_raw(&question, S("id")) : S("");
	if (!read || !answer(&question, &members, &err)) {
		buf_reset(&members);
		answer_error(&err, &members);
	}
	buf_byte(out, '{');
	if (id.n > 0) {
		buf_add(out, S("\"id\":"));
		buf_add(out, id);
		buf_byte(out, ',');
	}
	buf_add(out, buf_str(&members));
	buf_add(out, S("}\n"));
}

static void answer_long_line(struct buf *out)
{
	struct err err = {0};
	(void)err_set(&err, ERR_LIMIT, "line is longer than %d bytes", PLUMBING_LINE_MAX);
	buf_byte(out, '{');
	answer_error(&err, out);
	buf_add(out, S("}\n"));
}

/* ---- the stream ------------------------------------------------------------------------------- */

/* Input that was read and not yet answered. */
struct stream {
	plumbing_answer answer;
	struct buf pending;
	struct buf out;
	struct arena arena;
	bool skipping; /* inside a line that is too long */
};

static void stream_done(struct stream *stream)
{
	buf_done(&stream->pending);
	buf_done(&stream->out);
	arena_done(&stream->arena);
}

/* write() all of it. False: the reader is gone. */
static bool flush(struct buf *out)
{
	size_t at = 0;
	while (at < out->n) {
		ssize_t n = write(STDOUT_FILENO, out->p + at, out->n - at);
		if (n < 0 && errno != EINTR) {
			return false;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	buf_reset(out);
	return true;
}

static void take_line(struct stream *stream, struct str line)
{
	if (stream->skipping) {
		stream->skipping = false;
		answer_long_line(&stream->out);
	} else if (line.n > PLUMBING_LINE_MAX) {
		answer_long_line(&stream->out);
	} else {
		answer_line(stream->answer, line, &stream->arena, &stream->out);
		arena_reset(&stream->arena);
	}
}

/* Answer the whole lines in the buffer and keep the rest. False: nobody reads the answers. */
static bool take_lines(struct stream *stream)
{
	struct str rest = buf_str(&stream->pending);
	for (ptrdiff_t end; (end = str_find_char(rest, '\n')) >= 0;) {
		take_line(stream, str_slice(rest, 0, (size_t)end));
		rest = str_skip(rest, (size_t)end + 1);
		if (stream->out.n > 1 << 20 && !flush(&stream->out)) {
			return false;
		}
	}
	if (rest.n > PLUMBING_LINE_MAX) {
		stream->skipping = true;
	}
	if (stream->skipping) {
		rest.n = 0;
	}
	if (rest.n > 0) {
		memmove(stream->pending.p, rest.p, rest.n);
	}
	stream->pending.n = rest.n;
	return flush(&stream->out);
}

static bool run(struct stream *stream)
{
	enum { READ_SIZE = 1 << 16 };
	for (;;) {
		char *room = buf_room(&stream->pending, READ_SIZE);
		if (room == NULL) {
			return false;
		}
		ssize_t n = read(STDIN_FILENO, room, READ_SIZE);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			break;
		}
		stream->pending.n += (size_t)n;
		if (!take_lines(stream)) {
			return false;
		}
	}
	if (stream->pending.n > 0 || stream->skipping) { /* a last line without its newline */
		take_line(stream, buf_str(&stream->pending));
	}
	return flush(&stream->out);
}

int plumbing_main(int argc, char **argv)
{
	AUTO(buf_done) struct buf names = {0};
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (argc == 2 && strcmp(argv[1], questions[i].name) == 0) {
			AUTO(stream_done)
			struct stream stream = {.answer = questions[i].answer,
				.pending = {.max = PLUMBING_LINE_MAX + (1 << 20)}};
			return run(&stream) ? 0 : 1;
		}
		buf_addf(&names, " %s", questions[i].name);
	}
	fprintf(stderr, "thoth: plumbing: expected one of%s\n", names.p);
	return 2;
}
