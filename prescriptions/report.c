#include "prescriptions/report.h"
#include <stdarg.h>
#include <stdlib.h>
#include "common/fs.h"
#include "common/banned.h"

enum { MESSAGE_MAX = 600 };

PRINTF(4, 0)
static void add(struct presc_report *report, struct presc_fault_list *to, struct presc_fault fault,
	const char *format, va_list args)
{
	char text[MESSAGE_MAX];
	if (to->list.n == PRESC_FAULTS_MAX) {
		to->left_out++;
		return;
	}
	int n = vsnprintf(text, sizeof(text), format, args);
	size_t used = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, (struct str){text, used}, true);
	fault.file = report->file;
	fault.message = arena_str(report->arena, buf_str(&shown));
	*vec_push(report->arena, &to->list) = fault;
}

void presc_fault(struct presc_report *report, int line, int column, const char *hint,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct presc_fault fault = {.line = line, .column = column, .hint = hint};
	add(report, &report->faults, fault, format, args);
	va_end(args);
}

void presc_note(struct presc_report *report, int line, int column, const char *hint,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct presc_fault fault = {.line = line, .column = column, .hint = hint};
	add(report, &report->notes, fault, format, args);
	va_end(args);
}

static int compare(const void *a, const void *b)
{
	const struct presc_fault *x = a;
	const struct presc_fault *y = b;
	int by_file = str_cmp(x->file, y->file);
	if (by_file != 0) {
		return by_file;
	}
	if (x->line != y->line) {
		return x->line < y->line ? -1 : 1;
	}
	if (x->column != y->column) {
		return x->column < y->column ? -1 : 1;
	}
	return str_cmp(x->message, y->message);
}

void presc_report_sort(struct presc_fault_list *list)
{
	if (list->list.n > 1) {
		qsort(list->list.p, list->list.n, sizeof(list->list.p[0]), compare);
	}
}

struct str presc_fault_path(
	const struct presc_report *report, const struct presc_fault *fault, struct arena *arena)
{
	if (report->root.n == 0) {
		return fault->file;
	}
	return fault->file.n == 0 ? report->root : fs_join(arena, report->root, fault->file);
}

void presc_fault_show(
	const struct presc_report *report, const struct presc_fault *fault, struct buf *out)
{
	AUTO(arena_done) struct arena arena = {0};
	size_t before = out->n;
	buf_add_shown(out, presc_fault_path(report, fault, &arena), true);
	if (fault->line > 0) {
		buf_addf(out, "%s%d:%d", out->n > before ? ":" : "", fault->line, fault->column);
	}
	buf_addf(out, "%s" STR_FMT, out->n > before ? ": " : "", STR_ARG(fault->message));
	if (fault->hint != NULL && fault->hint[0] != '\0') {
		buf_addf(out, " (%s)", fault->hint);
	}
	buf_byte(out, '\n');
}
