#include "advise/show.h"
#include "common/banned.h"

static void put_place(const struct origin *origin, struct buf *out)
{
	if (origin->metadata) {
		buf_add(out, S("metadata: "));
	} else if (origin->cell > 0) {
		buf_addf(out, "%scell %d", origin->executed ? "executed " : "", origin->cell);
		if (origin->line > 0) {
			buf_addf(out, ", line %d", origin->line);
		}
		buf_add(out, S(": "));
	} else if (origin->file.n > 0) {
		buf_add_shown(out, origin->file, true);
		if (origin->line > 0) {
			buf_addf(out, ", line %d", origin->line);
		}
		buf_add(out, S(": "));
	}
}

/* " (rule demo.NoBeta, https://...)": which rule says so. */
static void put_source(const struct lock_message *message, struct buf *out)
{
	if (message->unit.n == 0) {
		return;
	}
	buf_add(out, S(" (rule "));
	buf_add_shown(out, message->unit, true);
	if (message->link.n > 0) {
		buf_add(out, S(", "));
		buf_add_shown(out, message->link, true);
	}
	buf_byte(out, ')');
}

void show_messages(const struct lock_message *messages, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_shown(out, messages[i].type, true);
		buf_add(out, S(": "));
		put_place(&messages[i].origin, out);
		buf_add_shown(out, messages[i].message, true);
		put_source(&messages[i], out);
		buf_byte(out, '\n');
	}
}

/* Characters, not bytes: continuation bytes of UTF-8 take no column. */
static size_t columns(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	}
	return n;
}

static void put_cell(struct str s, size_t width, struct buf *out)
{
	buf_add_shown(out, s, true);
	buf_addf(out, "%*s", (int)(width > columns(s) ? width - columns(s) : 0), "");
}

static struct str name_with_extras(const struct locked_package *package, struct buf *scratch)
{
	buf_reset(scratch);
	buf_add(scratch, package->name);
	for (size_t i = 0; i < package->n_extras; i++) {
		buf_addf(scratch, "%s" STR_FMT, i == 0 ? "[" : ",", STR_ARG(package->extras[i]));
	}
	buf_add(scratch, package->n_extras > 0 ? S("]") : S(""));
	return buf_str(scratch);
}

/* The reason, after where the package counts when that is not everywhere. */
static struct str reason_and_place(const struct locked_package *package, struct buf *scratch)
{
	buf_reset(scratch);
	if (package->marker.n > 0) {
		buf_addf(scratch, "where " STR_FMT ": ", STR_ARG(package->marker));
	}
	buf_add(scratch, package->reason);
	return buf_str(scratch);
}

void show_lock_with(
	const struct lock *lock, const char *title, const struct str *says, struct buf *out)
{
	AUTO(buf_done) struct buf scratch = {0};
	size_t name = 7;
	size_t version = 7;
	for (size_t i = 0; i < lock->n; i++) {
		size_t n = columns(name_with_extras(&lock->packages[i], &scratch));
		size_t v = columns(lock->packages[i].version);
		name = n > name ? n : name;
		version = v > version ? v : version;
	}
	put_cell(S("package"), name + 2, out);
	put_cell(S("version"), version + 2, out);
	buf_addf(out, "%s\n", title);
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		put_cell(name_with_extras(p, &scratch), name + 2, out);
		put_cell(p->version, version + 2, out);
		buf_add_shown(out, says != NULL ? says[i] : reason_and_place(p, &scratch), true);
		buf_byte(out, '\n');
	}
}

void show_lock_text(const struct lock *lock, struct buf *out)
{
	show_lock_with(lock, "why", NULL, out);
}

static void put_messages_html(const struct lock_message *messages, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(buf_done) struct buf line = {0};
		show_messages(&messages[i], 1, &line);
		buf_add(out, S("<p>"));
		buf_add_html(out, str_trim(buf_str(&line)));
		buf_add(out, S("</p>"));
	}
}

void show_lock_html(const struct lock *lock, struct str summary, struct buf *out)
{
	AUTO(buf_done) struct buf scratch = {0};
	buf_add(out, S("<p>"));
	buf_add_html(out, str_trim(summary));
	buf_add(out, S("</p>"));
	buf_add(out,
		S("<table class=\"thoth-lock\"><thead><tr><th "
		  "style=\"text-align:left\">package</th>"
		  "<th style=\"text-align:left\">version</th><th style=\"text-align:left\">why</th>"
		  "</tr></thead><tbody>"));
	for (size_t i = 0; i < lock->n; i++) {
		const struct locked_package *p = &lock->packages[i];
		buf_addf(out, "<tr><td style=\"text-align:left\">%s", p->direct ? "<b>" : "");
		buf_add_html(out, name_with_extras(p, &scratch));
		buf_addf(out, "%s</td><td style=\"text-align:left\">", p->direct ? "</b>" : "");
		buf_add_html(out, p->version);
		buf_add(out, S("</td><td style=\"text-align:left\">"));
		buf_add_html(out, reason_and_place(p, &scratch));
		buf_add(out, S("</td></tr>"));
	}
	buf_add(out, S("</tbody></table>"));
	put_messages_html(lock->messages, lock->n_messages, out);
}

json_t *show_names_json(const struct str *names, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, advise_json_text(names[i]));
	}
	return list;
}

static json_t *package_json(const struct locked_package *p)
{
	json_t *made = json_object();
	json_object_set_new(made, "name", advise_json_text(p->name));
	json_object_set_new(made, "version", advise_json_text(p->version));
	if (p->index.n > 0) {
		json_object_set_new(made, "index", advise_json_text(p->index));
	}
	if (p->url.n > 0) {
		json_object_set_new(made, "url", advise_json_text(p->url));
	}
	if (p->marker.n > 0) {
		json_object_set_new(made, "marker", advise_json_text(p->marker));
	}
	json_object_set_new(made, "extras", show_names_json(p->extras, p->n_extras));
	json_object_set_new(made, "direct", json_boolean(p->direct));
	json_object_set_new(made, "via", show_names_json(p->via, p->n_via));
	json_t *hashes = json_array();
	for (size_t i = 0; i < p->n_files; i++) {
		json_array_append_new(
			hashes, json_sprintf("sha256:" STR_FMT, STR_ARG(p->files[i].sha256)));
	}
	json_object_set_new(made, "hashes", hashes);
	json_object_set_new(made, "reason", advise_json_text(p->reason));
	return made;
}

json_t *show_packages_json(const struct lock *lock)
{
	json_t *list = json_array();
	for (size_t i = 0; i < lock->n; i++) {
		json_array_append_new(list, package_json(&lock->packages[i]));
	}
	return list;
}

static void set_text(json_t *object, const char *key, struct str text)
{
	if (text.n > 0) {
		json_object_set_new(object, key, advise_json_text(text));
	}
}

json_t *show_messages_json(const struct lock_message *messages, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct lock_message *m = &messages[i];
		json_t *made = json_object();
		set_text(made, "type", m->type);
		set_text(made, "package", m->package);
		set_text(made, "version", m->version);
		set_text(made, "message", m->message);
		set_text(made, "link", m->link);
		set_text(made, "unit", m->unit);
		set_text(made, "cell_id", m->origin.cell_id);
		if (m->origin.cell > 0) {
			json_object_set_new(made, "cell", json_integer(m->origin.cell - 1));
		}
		if (m->origin.line > 0) {
			json_object_set_new(made, "line", json_integer(m->origin.line));
		}
		json_array_append_new(list, made);
	}
	return list;
}
