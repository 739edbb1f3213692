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

/* Two digits at p, or -1. */
static int two(const char *p)
{
	unsigned tens = (unsigned)(p[0] - '0');
	unsigned ones = (unsigned)(p[1] - '0');
	return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* Days from 1970-01-01, by counting years from March (the leap day comes last). */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "2026-11-21T09:00:00Z" with up to 9 digits of fraction: what indexes write, thousands on a page. */
static bool parse_usual(struct str s, int64_t *ret_ms)
{
	if (s.n < 20 || s.n > 30 || s.p[s.n - 1] != 'Z' || s.p[4] != '-' || s.p[7] != '-' ||
		s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':') {
		return false;
	}
	int century = two(s.p), years = two(s.p + 2), month = two(s.p + 5), day = two(s.p + 8);
	int hour = two(s.p + 11), minute = two(s.p + 14), second = two(s.p + 17);
	if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1 || hour < 0 ||
		hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		day > days_of(century * 100 + years, month)) {
		return false;
	}
	int64_t ms = 0;
	struct str fraction = str_slice(s, 19, s.n - 1);
	if (fraction.n == 1 || (fraction.n > 0 && fraction.p[0] != '.')) {
		return false;
	}
	for (size_t i = 1; i < 4 || i < fraction.n; i++) {
		bool digit = i < fraction.n && char_is_digit(fraction.p[i]);
		if (i < fraction.n && !digit) {
			return false;
		}
		ms = i < 4 ? ms * 10 + (digit ? fraction.p[i] - '0' : 0) : ms;
	}
	int64_t days = days_from_civil(century * 100 + years, month, day);
	*ret_ms = ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + ms;
	return true;
}

bool clock_parse(struct str text, int64_t *ret_ms)
{
	if (parse_usual(text, ret_ms)) {
		return true;
	}
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
