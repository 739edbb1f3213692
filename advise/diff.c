#include "advise/diff.h"
#include "advise/lock.h"
#include "common/intern.h"
#include "common/banned.h"

/* The packages of a lock by name: of each name the first, and after each the next of its name. */
struct diff_names {
	const struct lock *lock;
	struct intern names;
	size_t *first, *last; /* by the id of a name, counted from 1 */
	size_t *next;         /* next[lock->n], from 1 as well; 0: none */
};

static void names_init(struct diff_names *names, const struct lock *lock, struct arena *arena)
{
	*names = (struct diff_names){.lock = lock,
		.first = arena_array(arena, size_t, lock->n),
		.last = arena_array(arena, size_t, lock->n),
		.next = arena_array(arena, size_t, lock->n)};
	for (size_t i = 0; i < lock->n; i++) {
		uint32_t id = intern_id(&names->names, lock->packages[i].name);
		if (names->first[id] == 0) {
			names->first[id] = i + 1;
		} else {
			names->next[names->last[id] - 1] = i + 1;
		}
		names->last[id] = i + 1;
	}
}

static void names_done(struct diff_names *names)
{
	intern_done(&names->names);
}

static const struct locked_package *find_name(const struct diff_names *names, struct str name)
{
	uint32_t id = intern_find(&names->names, name);
	return id == INTERN_NONE ? NULL : &names->lock->packages[names->first[id] - 1];
}

/* The same package in another lock: of the same marker, else of the same version, else the only one. */
static const struct locked_package *find_package(
	const struct diff_names *names, const struct locked_package *package)
{
	const struct locked_package *found = find_name(names, package->name), *same = NULL;
	size_t n = 0;
	for (const struct locked_package *p = found; p != NULL; n++) {
		if (str_eq(p->marker, package->marker)) {
			return p;
		}
		same = str_eq(p->version, package->version) ? p : same;
		size_t next = names->next[p - names->lock->packages];
		p = next > 0 ? &names->lock->packages[next - 1] : NULL;
	}
	return same != NULL ? same : n == 1 ? found : NULL;
}

/* Was this name asked to move? all: everything was. */
static bool was_asked(const struct diff *diff, struct str name, bool *ret_all)
{
	const struct advise_options *options = diff->options;
	*ret_all = options != NULL && options->upgrade && options->upgrade_names.n == 0;
	for (size_t i = 0; options != NULL && options->upgrade && i < options->upgrade_names.n;
		i++) {
		if (str_ieq(options->upgrade_names.items[i], name)) {
			return true;
		}
	}
	return *ret_all;
}

/* The part of a stored reason that says who wants it: up to the first ';'. */
static struct str who_of(struct str reason)
{
	struct str who = reason;
	struct str rest;
	(void)str_cut(reason, S(";"), &who, &rest);
	return str_trim(who);
}

static struct str why_changed(
	const struct diff *diff, const struct locked_package *package, struct arena *arena)
{
	bool all;
	if (was_asked(diff, package->name, &all)) {
		return arena_printf(arena, "%s asked for it", diff->asked);
	}
	if (package->moved.n == 0) {
		return package->reason;
	}
	bool named = package->moved_by.n > 0 && was_asked(diff, package->moved_by, &all) && !all;
	const struct locked_package *by = find_name(diff->new_names, package->moved_by);
	bool added = by != NULL && find_package(diff->old_names, by) == NULL;
	return named   ? arena_printf(arena, STR_FMT "; %s asked for " STR_FMT,
				 STR_ARG(package->moved), diff->asked, STR_ARG(package->moved_by))
	       : added ? arena_printf(arena, STR_FMT "; " STR_FMT " is new",
				 STR_ARG(package->moved), STR_ARG(package->moved_by))
		       : package->moved;
}

static struct str why_added(
	const struct diff *diff, const struct locked_package *package, struct arena *arena)
{
	if (package->direct || package->n_via == 0) {
		return package->reason.n > 0 ? who_of(package->reason) : S("");
	}
	AUTO(buf_done) struct buf out = {0};
	buf_add(&out, S("required by "));
	for (size_t i = 0; i < package->n_via; i++) {
		const struct locked_package *by = find_name(diff->new_names, package->via[i]);
		if (i == 3 && package->n_via > 4) {
			buf_addf(&out, " and %zu more", package->n_via - i);
			break;
		}
		buf_addf(&out, "%s" STR_FMT, i == 0 ? "" : ", ", STR_ARG(package->via[i]));
		if (by != NULL) {
			buf_addf(&out, " " STR_FMT, STR_ARG(by->version));
		}
	}
	return arena_str(arena, buf_str(&out));
}

/* The lock that had it keeps its reason, which says who wanted it. */
static struct str why_removed(const struct locked_package *package, struct arena *arena)
{
	static const struct str ends[] = {STR_INIT(" requires it"), STR_INIT(" require it"),
		STR_INIT(" asks for it"), STR_INIT(" asks for ")};
	struct str who = who_of(package->reason);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct str rest;
		if (str_cut(who, ends[i], &who, &rest)) {
			return arena_printf(arena, "nothing %s it any more (" STR_FMT " did)",
				i < 2 ? "requires" : "asks for", STR_ARG(who));
		}
	}
	return S("nothing requires it any more");
}

static json_t *change_json(struct str name, struct str from, struct str to, struct str reason)
{
	json_t *change = json_object();
	json_object_set_new(change, "name", advise_json_text(name));
	if (from.n > 0) {
		json_object_set_new(change, "from", advise_json_text(from));
	}
	if (to.n > 0) {
		json_object_set_new(change, "to", advise_json_text(to));
	}
	if (reason.n > 0) {
		json_object_set_new(change, "reason", advise_json_text(reason));
	}
	return change;
}

static void put_reason(struct str reason, struct buf *text)
{
	if (reason.n > 0) {
		buf_add(text, S(": "));
		buf_add_shown(text, reason, true);
	}
	buf_byte(text, '\n');
}

/* A package of the new lock against the old one. */
static void add_new(const struct diff *diff, const struct locked_package *p, json_t *added,
	json_t *changed, struct buf *text)
{
	AUTO(arena_done) struct arena arena = {0};
	const struct locked_package *before = find_package(diff->old_names, p);
	if (before == NULL) {
		struct str reason = why_added(diff, p, &arena);
		json_array_append_new(added, change_json(p->name, S(""), p->version, reason));
		if (diff->had_lock) {
			buf_addf(text, "  + " STR_FMT " " STR_FMT, STR_ARG(p->name),
				STR_ARG(p->version));
			put_reason(reason, text);
		}
	} else if (!str_eq(before->version, p->version)) {
		struct str reason = why_changed(diff, p, &arena);
		json_array_append_new(
			changed, change_json(p->name, before->version, p->version, reason));
		buf_addf(text, "  ~ " STR_FMT " " STR_FMT " -> " STR_FMT, STR_ARG(p->name),
			STR_ARG(before->version), STR_ARG(p->version));
		put_reason(reason, text);
	}
}

json_t *diff_make(const struct diff *given, struct buf *text)
{
	AUTO(arena_done) struct arena names = {0};
	AUTO(names_done) struct diff_names old = {0};
	AUTO(names_done) struct diff_names new = {0};
	struct diff own = *given;
	const struct diff *diff = &own;
	names_init(&old, given->old, &names);
	names_init(&new, given->new, &names);
	own.old_names = &old;
	own.new_names = &new;
	json_t *added = json_array();
	json_t *removed = json_array();
	json_t *changed = json_array();
	for (size_t i = 0; i < diff->new->n; i++) {
		add_new(diff, &diff->new->packages[i], added, changed, text);
	}
	for (size_t i = 0; i < diff->old->n; i++) {
		AUTO(arena_done) struct arena arena = {0};
		const struct locked_package *p = &diff->old->packages[i];
		if (find_package(diff->new_names, p) != NULL) {
			continue;
		}
		struct str reason = why_removed(p, &arena);
		json_array_append_new(removed, change_json(p->name, p->version, S(""), reason));
		buf_addf(text, "  - " STR_FMT " " STR_FMT, STR_ARG(p->name), STR_ARG(p->version));
		put_reason(reason, text);
	}
	json_t *made = json_object();
	json_object_set_new(made, "added", added);
	json_object_set_new(made, "removed", removed);
	json_object_set_new(made, "changed", changed);
	return made;
}

/* The lock of a notebook, or an error that says which one has none. */
static bool read_lock(const struct notebook *notebook, struct str name, struct arena *arena,
	struct lock *ret, struct advise_report *report)
{
	struct err err = {0};
	bool found = false;
	if (!nb_lock_read(notebook, arena, ret, &found, &err) || !found) {
		bool none = err.kind == ERR_NONE;
		if (none) {
			err_hint(&err, "lock it with 'thoth lock'");
			err_set(&err, ERR_INPUT, "there is no lock in metadata.thoth");
		}
		err_in(&err, name);
		advise_report_error(report, &err);
		report->exit = none ? 1 : report->exit;
		return false;
	}
	return true;
}

/* Environments are part of a lock: say when they differ. */
static void put_environments(const struct diff *diff, struct buf *text)
{
	const struct lock *a = diff->old;
	const struct lock *b = diff->new;
	bool same = a->n_environments == b->n_environments;
	for (size_t i = 0; same && i < a->n_environments; i++) {
		same = str_eq(a->environments[i], b->environments[i]);
	}
	if (same || a->n_environments == 0 || b->n_environments == 0) {
		return;
	}
	buf_add(text, S("  environment: "));
	buf_add_shown(text, a->environments[0], true);
	buf_add(text, S(" -> "));
	buf_add_shown(text, b->environments[0], true);
	buf_byte(text, '\n');
}

void diff_run(const struct advise_input *input, struct arena *arena, struct advise_report *report)
{
	struct err err = {0};
	struct lock new;
	struct lock old;
	report->kind = "diff";
	if (input->other == NULL) {
		err_set(&err, ERR_USAGE, "a cell has nothing to compare with; use 'thoth diff'");
		advise_report_error(report, &err);
		return;
	}
	if (!read_lock(input->notebook, input->path, arena, &new, report) ||
		!read_lock(input->other, input->other_name, arena, &old, report)) {
		return;
	}
	struct diff diff = {.old = &old, .new = &new, .had_lock = true};
	AUTO(buf_done) struct buf changes = {0};
	json_t *made = diff_make(&diff, &changes);
	put_environments(&diff, &changes);
	report->data = json_object();
	json_object_set_new(report->data, "schema", json_string("thoth.diff/1"));
	json_object_set_new(report->data, "path", advise_json_text(input->path));
	json_object_set_new(report->data, "other", advise_json_text(input->other_name));
	json_object_set_new(report->data, "diff", made);
	if (changes.n == 0) {
		buf_add(&report->text, S("no difference to the lock of "));
		buf_add_shown(&report->text, input->other_name, true);
		buf_byte(&report->text, '\n');
		return;
	}
	buf_add(&report->text, S("from "));
	buf_add_shown(&report->text, input->other_name, true);
	buf_add(&report->text, S(" to "));
	buf_add_shown(&report->text, input->path, true);
	buf_add(&report->text, S(":\n"));
	buf_add(&report->text, buf_str(&changes));
}
