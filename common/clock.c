#include "common/clock.h"
#include "common/banned.h"

static int64_t fixed = -1;

int64_t clock_monotonic_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / 1000000;
}

int64_t clock_now_ms(void)
{
	if (fixed >= 0) {
		return fixed;
	}
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_fix(int64_t ms)
{
	fixed = ms;
}

struct str clock_rfc3339(struct arena *arena, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0)); /* cut towards the past */
	struct tm tm;
	gmtime_r(&seconds, &tm);
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Exactly `digits` digits off the front of *s, at most `max`. */
static bool number(struct str *s, size_t digits, uint64_t max, int *ret)
{
	uint64_t value;
	if (s->n < digits || !str_to_u64(str_slice(*s, 0, digits), &value) || value > max) {
		return false;
	}
	*s = str_skip(*s, digits);
	*ret = (int)value;
	return true;
}

static bool literal(struct str *s, const char *any_of)
{
	if (s->n == 0 || strchr(any_of, s->p[0]) == NULL || s->p[0] == '\0') {
		return false;
	}
	*s = str_skip(*s, 1);
	return true;
}

/* ".123456" as milliseconds, then "Z", "+02:00" or nothing. */
static bool fraction_and_zone(struct str *s, int64_t *ms)
{
	if (literal(s, ".,")) {
		int64_t unit = 100;
		size_t n = 0;
		for (; n < s->n && char_is_digit(s->p[n]); n++, unit /= 10) {
			*ms += (s->p[n] - '0') * unit;
		}
		if (n == 0) {
			return false;
		}
		*s = str_skip(*s, n);
	}
	if (s->n == 0 || literal(s, "Zz")) {
		return true;
	}
	int sign = s->p[0] == '-' ? -1 : 1;
	int hours;
	int minutes = 0;
	if (!literal(s, "+-") || !number(s, 2, 23, &hours)) {
		return false;
	}
	literal(s, ":");
	if (s->n > 0 && !number(s, 2, 59, &minutes)) {
		return false;
	}
	*ms -= (int64_t)sign * (hours * 60 + minutes) * 60000;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool clock_parse(struct str text, int64_t *ret_ms)
{
	struct tm tm = {0};
	int64_t ms = 0;
	struct str s = str_trim(text);
	if (!number(&s, 4, 9999, &tm.tm_year) || !literal(&s, "-") ||
		!number(&s, 2, 12, &tm.tm_mon) || !literal(&s, "-") ||
		!number(&s, 2, 31, &tm.tm_mday) || tm.tm_mon == 0 || tm.tm_mday == 0) {
		return false;
	}
	if (s.n > 0) {
		if (!literal(&s, "Tt ") || !number(&s, 2, 23, &tm.tm_hour) || !literal(&s, ":") ||
			!number(&s, 2, 59, &tm.tm_min)) {
			return false;
		}
		if (literal(&s, ":") && !number(&s, 2, 60, &tm.tm_sec)) {
			return false;
		}
		if (!fraction_and_zone(&s, &ms)) {
			return false;
		}
	}
	if (s.n > 0) {
		return false;
	}
	if (tm.tm_mday > days_of(tm.tm_year, tm.tm_mon)) {
		return false;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return true;
}
