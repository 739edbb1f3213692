#include "common/log.h"
#include <stdarg.h>
#include "common/str.h"
#include "common/banned.h"

static enum log_level current = LOG_LEVEL_WARN;

void log_set_level(enum log_level level)
{
	current = level;
}

enum log_level log_get_level(void)
{
	return current;
}

PRINTF(3, 0)
static void line(enum log_level level, const char *area, const char *format, va_list args)
{
	if (level > current) {
		return;
	}
	char raw[4096];
	vsnprintf(raw, sizeof(raw), format, args);
	AUTO(buf_done) struct buf out = {0};
	buf_addf(&out, "thoth: %s: ", area);
	buf_add_shown(&out, str_from(raw), true);
	buf_byte(&out, '\n');
	fwrite(out.p, 1, out.n, stderr); /* one write, so that lines of two processes do not mix */
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *area, const char *format, ...)                                       \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, format);                                                            \
		line(level, area, format, args);                                                   \
		va_end(args);                                                                      \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
