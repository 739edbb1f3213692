#include "common/err.h"
#include <stdarg.h>
#include "common/banned.h"

/* Copy with a NUL at the end; what does not fit is cut at a character's border. */
static void cut_copy(char *target, size_t size, struct str text)
{
	size_t keep = text.n < size ? text.n : size - 1;
	while (keep < text.n && keep > 0 && ((unsigned char)text.p[keep] & 0xc0) == 0x80) {
		keep--;
	}
	if (keep > 0) {
		memcpy(target, text.p, keep);
	}
	target[keep] = '\0';
}

/* Format into target[size], made showable; what does not fit is cut at a character's border. */
PRINTF(3, 0)
static void put(char *target, size_t size, const char *format, va_list args)
{
	AUTO(buf_done) struct buf raw = {0};
	AUTO(buf_done) struct buf shown = {0};
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	char *room = buf_room(&raw, n < 0 ? 0 : (size_t)n);
	if (n < 0 || room == NULL) {
		return;
	}
	vsnprintf(room, (size_t)n + 1, format, args);
	raw.n += (size_t)n;
	buf_add_shown(&shown, buf_str(&raw), false);
	cut_copy(target, size, buf_str(&shown));
}

bool err_set_at(struct err *err, enum err_kind kind, const char *source_file, int source_line,
	const char *format, ...)
{
	err->kind = kind;
	err->source_file = source_file;
	err->source_line = source_line;
	va_list args;
	va_start(args, format);
	put(err->message, sizeof(err->message), format, args);
	va_end(args);
	return false;
}

bool err_hint(struct err *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	return false;
}

bool err_prefix_text(struct err *err, const char *format, ...)
{
	char old[sizeof(err->message)];
	memcpy(old, err->message, sizeof(old));
	va_list args;
	va_start(args, format);
	put(err->message, sizeof(err->message), format, args);
	va_end(args);
	AUTO(buf_done) struct buf whole = {0};
	buf_addf(&whole, "%s: %s", err->message, old);
	cut_copy(err->message, sizeof(err->message), buf_str(&whole));
	return false;
}

bool err_in(struct err *err, struct str input)
{
	if (err->input[0] == '\0') {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, input, true);
		cut_copy(err->input, sizeof(err->input), buf_str(&shown));
	}
	return false;
}

const char *err_kind_name(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return "none";
	case ERR_USAGE:
		return "usage";
	case ERR_INPUT:
	case ERR_LIMIT:
	case ERR_CHANGED:
		return "input";
	case ERR_UNSAT:
		return "unsatisfiable";
	case ERR_NETWORK:
		return "network";
	case ERR_ENVIRONMENT:
		return "environment";
	case ERR_INTERRUPTED:
		return "interrupted";
	case ERR_INTERNAL:
		return "internal";
	}
	return "internal";
}

int err_exit_code(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_INPUT:
	case ERR_LIMIT:
	case ERR_CHANGED:
		return 3;
	case ERR_UNSAT:
		return 4;
	case ERR_NETWORK:
		return 5;
	case ERR_ENVIRONMENT:
	case ERR_INTERNAL:
		return 6;
	case ERR_INTERRUPTED:
		return 130;
	}
	return 6;
}

void err_show(const struct err *err, struct buf *out)
{
	buf_add(out, S("thoth: "));
	if (err->input[0] != '\0') {
		buf_addf(out, "%s: ", err->input);
	}
	const char *comma = "";
	if (err->cell > 0) {
		buf_addf(out, "cell %d", err->cell);
		comma = ", ";
	}
	if (err->line > 0) {
		buf_addf(out, "%sline %d", comma, err->line);
		comma = ", ";
	}
	if (err->column > 0) {
		buf_addf(out, "%scolumn %d", comma, err->column);
		comma = ", ";
	}
	if (comma[0] != '\0') {
		buf_add(out, S(": "));
	}
	buf_addf(out, "%s\n", err->message);
	if (err->hint[0] != '\0') {
		buf_addf(out, "  hint: %s\n", err->hint);
	}
}
