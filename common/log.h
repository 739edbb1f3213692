#pragma once
#include "common/attr.h"

/*
 * One line per event on standard error: "thoth: index: fetched page name=flask bytes=29833".
 * Only cli, kernel_ext and advise log above debug; library folders tell through struct err.
 * Never a secret, never the credentials of an address.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped. Starts at LOG_LEVEL_WARN. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_error(const char *area, const char *format, ...) PRINTF(2, 3);
void log_warn(const char *area, const char *format, ...) PRINTF(2, 3);
void log_info(const char *area, const char *format, ...) PRINTF(2, 3);
void log_debug(const char *area, const char *format, ...) PRINTF(2, 3);
