#include "knowledge/knowledge.h"
#include "common/vec.h"
#include "common/banned.h"

/*
 * Which versions an advisory is about (OSV schema, "Evaluation"): events of a range in the order of
 * versions switch it on and off; the list of versions counts beside them.
 */

static int by_range_and_version(const void *a, const void *b)
{
	const struct knowledge_event *x = a;
	const struct knowledge_event *y = b;
	if (x->range != y->range) {
		return x->range < y->range ? -1 : 1;
	}
	if (x->is_beginning || y->is_beginning) {
		return (int)y->is_beginning - (int)x->is_beginning;
	}
	int order = version_compare(&x->version, &y->version);
	/* fixed here and introduced again here: it is affected */
	return order != 0 ? order : (int)(y->kind == EVENT_FIXED) - (int)(x->kind == EVENT_FIXED);
}

static bool read_event(struct str line, uint32_t range, struct knowledge_event *ret)
{
	struct knowledge_event event = {.range = range};
	struct str word, text;
	if (!str_cut(line, S(" "), &word, &text) || word.n != 1) {
		return false;
	}
	switch (word.p[0]) {
	case 'i':
		event.kind = EVENT_INTRODUCED;
		event.is_beginning = str_eq(text, S("0"));
		break;
	case 'f':
		event.kind = EVENT_FIXED;
		break;
	case 'l':
		event.kind = EVENT_LAST_AFFECTED;
		break;
	default:
		return false;
	}
	if (!version_parse(text, &event.version)) {
		return false;
	}
	*ret = event;
	return true;
}

void knowledge_read_affected(
	struct str events, struct str versions, struct arena *arena, struct knowledge_advisory *ret)
{
	VEC(struct knowledge_event) found = {0};
	VEC(struct version) listed = {0};
	uint32_t range = 0;
	struct str line;
	while (str_next_line(&events, &line)) {
		struct knowledge_event event;
		if (str_eq(line, S("r"))) {
			range++;
		} else if (read_event(line, range, &event)) {
			*vec_push(arena, &found) = event;
		}
	}
	while (str_next_line(&versions, &line)) {
		struct version version;
		if (version_parse(line, &version)) {
			*vec_push(arena, &listed) = version;
		}
	}
	if (found.n > 0) {
		qsort(found.p, found.n, sizeof(*found.p), by_range_and_version);
	}
	ret->events = found.p;
	ret->n_events = found.n;
	ret->versions = listed.p;
	ret->n_versions = listed.n;
}

static bool in_ranges(const struct knowledge_advisory *advisory, const struct version *version)
{
	bool affected = false;
	for (size_t i = 0; i < advisory->n_events; i++) {
		const struct knowledge_event *event = &advisory->events[i];
		if (i > 0 && event->range != event[-1].range) {
			if (affected) {
				return true;
			}
			affected = false;
		}
		int order = event->is_beginning ? 1 : version_compare(version, &event->version);
		switch (event->kind) {
		case EVENT_INTRODUCED:
			affected = affected || order >= 0;
			break;
		case EVENT_FIXED:
			affected = affected && order < 0;
			break;
		case EVENT_LAST_AFFECTED:
			affected = affected && order <= 0;
			break;
		}
	}
	return affected;
}

bool knowledge_affects(const struct knowledge_advisory *advisory, const struct version *version)
{
	if (in_ranges(advisory, version)) {
		return true;
	}
	for (size_t i = 0; i < advisory->n_versions; i++) {
		if (version_compare(&advisory->versions[i], version) == 0) {
			return true;
		}
	}
	return false;
}

struct str knowledge_fixed(const struct knowledge_advisory *advisory, const struct version *version)
{
	const struct version *best = NULL;
	for (size_t i = 0; i < advisory->n_events; i++) {
		const struct knowledge_event *event = &advisory->events[i];
		bool above = event->kind == EVENT_FIXED &&
			     version_compare(&event->version, version) > 0 &&
			     !knowledge_affects(advisory, &event->version);
		if (above && (best == NULL || version_compare(&event->version, best) < 0)) {
			best = &event->version;
		}
	}
	return best == NULL ? S("") : best->text;
}

bool knowledge_is_named(const struct knowledge_advisory *advisory, struct str id)
{
	struct str rest = advisory->aliases;
	bool same = str_ieq(advisory->id, id);
	while (!same && rest.n > 0) {
		struct str word = rest;
		if (!str_cut(rest, S(" "), &word, &rest)) {
			rest = S("");
		}
		same = str_ieq(word, id);
	}
	return same && id.n > 0;
}
