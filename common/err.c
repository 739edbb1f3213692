#include "common/err.h"
#include <stdarg.h>
#include "common/banned.h"

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
	size_t keep = shown.n < size ? shown.n : size - 1;
	while (keep < shown.n && keep > 0 && ((unsigned char)shown.p[keep] & 0xc0) == 0x80) {
		keep--;
	}
	if (keep > 0) {
		memcpy(target, shown.p, keep);
	}
	target[keep] = '\0';
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

bool err_prefix(struct err *err, const char *format, ...)
{
	char old[sizeof(err->message)];
	memcpy(old, err->message, sizeof(old));
	va_list args;
	va_start(args, format);
	put(err->message, sizeof(err->message), format, args);
	va_end(args);
	size_t n = strlen(err->message);
	snprintf(err->message + n, sizeof(err->message) - n, ": %s", old);
	return false;
}

bool err_in(struct err *err, struct str input)
{
	if (err->input[0] == '\0') {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, input, true);
		snprintf(err->input, sizeof(err->input), "%s", shown.n == 0 ? "" : shown.p);
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
