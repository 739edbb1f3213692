#include "notebook_meta/notebook_meta.h"
#include <string.h>
#include "common/fs.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "notebook_meta/file.h"
#include "notebook_meta/jsontext.h"
#include "common/banned.h"

/*
 * How a key comes in and goes out so that "out" undoes "in" to the byte: `gap` of a member is the
 * white space between the '{' or ',' before it and its key.
 *
 *	before another member:  <gap>"thoth": V,<gap of that one>"other"...   out: up to the next key
 *	after the last member:  ...last,<gap of last>"thoth": V<end gap>}     out: from the last value's end
 *	into an empty object:   {<gap>"thoth": V<end gap>}                    out: to "{}"
 *	into "{ }" or "{\n}":   {<its white space>"thoth": V}                 out: the white space stays
 */
struct member {
	struct str key;          /* decoded */
	size_t gap_at;           /* right after '{' or ',' */
	size_t key_at;           /* its opening quote */
	size_t value_at, end_at; /* the value */
};

struct layout {
	struct str bytes;
	size_t at, end; /* the metadata object */
	const struct member *members;
	size_t n;
	size_t thoth; /* index of our member, or n */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(struct str s, size_t at)
{
	while (at < s.n && is_blank(s.p[at])) {
		at++;
	}
	return at;
}

static size_t skip_blanks_back(struct str s, size_t at)
{
	while (at > 0 && is_blank(s.p[at - 1])) {
		at--;
	}
	return at;
}

/* The members of the metadata object, which was parsed before. */
static bool read_layout(struct str bytes, size_t at, size_t end, struct arena *arena,
	struct layout *ret, struct err *err)
{
	struct jsonread in = {.text = str_slice(bytes, 0, end), .at = at};
	VEC(struct member) members = {0};
	struct str raw_key;
	size_t thoth = SIZE_MAX;
	jsonread_object(&in);
	size_t gap_at = in.at;
	while (jsonread_key(&in, &raw_key)) {
		size_t key_at = (size_t)(raw_key.p - bytes.p) - 1;
		struct str value = jsonread_raw(&in);
		if (in.fault != NULL) {
			break;
		}
		struct member *member = vec_push(arena, &members);
		member->key = jsonread_unescape(raw_key, arena);
		member->gap_at = gap_at;
		member->key_at = key_at;
		member->value_at = (size_t)(value.p - bytes.p);
		member->end_at = member->value_at + value.n;
		if (str_eq(member->key, S("thoth"))) {
			thoth = members.n - 1;
		}
		gap_at = skip_blanks(bytes, member->end_at) + 1; /* past the ',' */
	}
	if (!jsonread_ok(&in, err) || in.at != end) {
		return err_set(err, ERR_INTERNAL, "the metadata is not where it was");
	}
	*ret = (struct layout){.bytes = bytes,
		.at = at,
		.end = end,
		.members = members.p,
		.n = members.n,
		.thoth = thoth == SIZE_MAX ? members.n : thoth};
	return true;
}

static struct str gap_of(const struct layout *layout, size_t i)
{
	const struct member *member = &layout->members[i];
	return str_slice(layout->bytes, member->gap_at, member->key_at);
}

/* The white space at the end of gap after its last newline. */
static struct str indent_of(struct str gap)
{
	return str_skip(gap, (size_t)(str_find_last_char(gap, '\n') + 1));
}

static bool has_newline(struct str gap)
{
	return str_find_char(gap, '\n') >= 0;
}

/* What surrounds the metadata object: the gap before its key, and what stands after the colon. */
struct surroundings {
	struct str key_gap, unit; /* unit: one level of indentation of the document */
	bool blank_after_colon;
};

static struct surroundings look_around(struct str bytes, size_t metadata_at)
{
	size_t colon = skip_blanks_back(bytes, metadata_at);
	size_t key = skip_blanks_back(bytes, colon - 1) - strlen("\"metadata\"");
	size_t open = (size_t)str_find_char(bytes, '{') + 1;
	struct str key_gap = str_slice(bytes, skip_blanks_back(bytes, key), key);
	struct str first_gap = str_slice(bytes, open, skip_blanks(bytes, open));
	return (struct surroundings){
		.key_gap = key_gap,
		.unit = indent_of(has_newline(first_gap) ? first_gap : key_gap),
		.blank_after_colon = colon < metadata_at,
	};
}

/* The gap that a new member of the metadata gets. */
static struct str new_gap(const struct layout *layout, const struct surroundings *around,
	size_t place, struct arena *arena)
{
	struct str nothing = around->blank_after_colon ? S(" ") : S("");
	if (layout->n == 0) {
		struct str inside = str_slice(layout->bytes, layout->at + 1, layout->end - 1);
		if (inside.n > 0) {
			return inside;
		}
		if (!has_newline(around->key_gap)) {
			return S("");
		}
		return arena_printf(
			arena, STR_FMT STR_FMT, STR_ARG(around->key_gap), STR_ARG(around->unit));
	}
	size_t like = place == layout->n ? layout->n - 1 : place;
	struct str gap = gap_of(layout, like);
	if (like > 0 || has_newline(gap)) {
		return gap;
	}
	return layout->n > 1 ? gap_of(layout, 1) : nothing;
}

/* How a value looks whose key has this gap before it. */
static struct jsontext_style style_of(struct str gap, const struct surroundings *around)
{
	struct jsontext_style style = {
		.lines = has_newline(gap),
		.newline = str_find(gap, S("\r\n")) >= 0 ? S("\r\n") : S("\n"),
		.base = indent_of(gap),
		.unit = around->unit,
		.colon = around->blank_after_colon ? S(": ") : S(":"),
		.separator = around->blank_after_colon ? S(", ") : S(","),
	};
	struct str outer = indent_of(around->key_gap);
	if (str_starts(style.base, outer) && style.base.n > outer.n) {
		style.unit = str_skip(style.base, outer.n);
	}
	return style;
}

/* Where a new member goes: its sorted place when the others are sorted, else the end. */
static size_t place_for(const struct layout *layout, struct str key)
{
	size_t place = layout->n;
	for (size_t i = 0; i < layout->n; i++) {
		if (i > 0 && str_cmp(layout->members[i - 1].key, layout->members[i].key) > 0) {
			return layout->n;
		}
		if (place == layout->n && str_cmp(key, layout->members[i].key) < 0) {
			place = i;
		}
	}
	return place;
}

/* An edit: the bytes [from, to), inside the metadata object, are replaced by `text`. */
struct edit {
	size_t from, to;
	struct str text;
};

static void plan_insert(const struct layout *layout, const struct surroundings *around,
	const json_t *value, struct buf *out, struct arena *arena, struct edit *ret)
{
	size_t place = place_for(layout, S("thoth"));
	struct str gap = new_gap(layout, around, place, arena);
	struct jsontext_style style = style_of(gap, around);
	bool empty = layout->n == 0;
	bool last = place == layout->n;
	size_t from = empty  ? layout->at + 1
		      : last ? layout->members[layout->n - 1].end_at
			     : layout->members[place].key_at;
	if (empty || last) {
		buf_add(out, empty ? S("") : S(","));
		buf_add(out, gap);
	}
	buf_add(out, S("\"thoth\""));
	buf_add(out, style.colon);
	jsontext_add(out, value, &style);
	ret->from = ret->to = from;
	if (empty) {
		bool plain = layout->end - layout->at == 2; /* "{}" */
		buf_add(out, plain && style.lines ? around->key_gap : S(""));
		ret->to = layout->end - 1;
	} else if (!last) {
		buf_byte(out, ',');
		buf_add(out, place > 0 ? gap_of(layout, place) : gap);
	}
}

static void plan_remove(const struct layout *layout, struct edit *ret)
{
	const struct member *ours = &layout->members[layout->thoth];
	if (layout->n == 1) {
		bool end_gap = ours->end_at < layout->end - 1;
		ret->from = end_gap ? layout->at + 1 : ours->key_at;
		ret->to = layout->end - 1;
	} else if (layout->thoth + 1 < layout->n) {
		ret->from = ours->key_at;
		ret->to = layout->members[layout->thoth + 1].key_at;
	} else {
		ret->from = layout->members[layout->thoth - 1].end_at;
		ret->to = ours->end_at;
	}
}

/* The new metadata object alone, scanned again: it is whole and its thoth is what was meant. */
static bool verify(const struct notebook *notebook, const json_t *value, const struct edit *edit,
	struct arena *arena, struct err *err)
{
	AUTO(buf_done) struct buf text = {0};
	struct str old = notebook->bytes;
	struct layout layout = {0};
	buf_add(&text, str_slice(old, notebook->metadata_at, edit->from));
	buf_add(&text, edit->text);
	buf_add(&text, str_slice(old, edit->to, notebook->metadata_end));
	struct str bytes = buf_str(&text);
	bool fine = !text.full && read_layout(bytes, 0, bytes.n, arena, &layout, err);
	if (fine && value == NULL) {
		fine = layout.thoth == layout.n;
	} else if (fine && layout.thoth < layout.n) {
		const struct member *ours = &layout.members[layout.thoth];
		json_t *written = json_loadb(bytes.p + ours->value_at,
			ours->end_at - ours->value_at, JSON_ALLOW_NUL, NULL);
		fine = written != NULL && json_equal(written, value);
		json_decref(written);
	} else {
		fine = false;
	}
	if (!fine) {
		return err_set(err, ERR_INTERNAL, "the new notebook is not what was meant");
	}
	return true;
}

/* What has to change for metadata.thoth to be value. edit->text is held by the arena. */
static bool plan(const struct notebook *notebook, const json_t *value, struct arena *arena,
	struct edit *ret, struct err *err)
{
	AUTO(buf_done) struct buf text = {0};
	struct str old = notebook->bytes;
	struct layout layout;
	struct edit edit = {0};
	if (value != NULL && !json_is_object(value)) {
		return err_set(err, ERR_INTERNAL, "metadata.thoth must be an object");
	}
	if (!read_layout(old, notebook->metadata_at, notebook->metadata_end, arena, &layout, err)) {
		return false;
	}
	struct surroundings around = look_around(old, notebook->metadata_at);
	if (layout.thoth == layout.n && value == NULL) {
		edit.from = edit.to = notebook->metadata_end;
	} else if (value == NULL) {
		plan_remove(&layout, &edit);
	} else if (layout.thoth == layout.n) {
		plan_insert(&layout, &around, value, &text, arena, &edit);
	} else {
		struct jsontext_style style = style_of(gap_of(&layout, layout.thoth), &around);
		edit.from = layout.members[layout.thoth].value_at;
		edit.to = layout.members[layout.thoth].end_at;
		jsontext_add(&text, value, &style);
	}
	edit.text = arena_str(arena, buf_str(&text));
	if (text.full || old.n - (edit.to - edit.from) + edit.text.n > NB_FILE_MAX) {
		return err_set(err, ERR_LIMIT, "the notebook would be larger than 512 MiB");
	}
	*ret = edit;
	return verify(notebook, value, &edit, arena, err);
}

bool nb_splice(const struct notebook *notebook, json_t *value, struct arena *arena,
	struct str *ret_bytes, struct err *err)
{
	struct str old = notebook->bytes;
	struct edit edit;
	if (!plan(notebook, value, arena, &edit, err)) {
		return false;
	}
	if (str_eq(edit.text, str_slice(old, edit.from, edit.to))) {
		*ret_bytes = old;
		return true;
	}
	size_t n = old.n - (edit.to - edit.from) + edit.text.n;
	char *p = arena_alloc(arena, n + 1, 1);
	memcpy(p, old.p, edit.from);
	if (edit.text.n > 0) {
		memcpy(p + edit.from, edit.text.p, edit.text.n);
	}
	memcpy(p + edit.from + edit.text.n, old.p + edit.to, old.n - edit.to);
	*ret_bytes = (struct str){p, n};
	return true;
}

static bool write_locked(const struct notebook *notebook, const struct nb_parts *parts,
	bool *ret_changed, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	if (notebook->inode == 0) {
		return err_set(err, ERR_INTERNAL, "this notebook was not read from a file");
	}
	struct nb_file was = {.device = notebook->device,
		.inode = notebook->inode,
		.size = notebook->size,
		.mtime_ns = notebook->mtime_ns};
	return nb_file_replace(
		arena_cstr(&arena, notebook->path), &was, notebook->bytes, parts, ret_changed, err);
}

bool nb_write(const struct notebook *notebook, struct str bytes, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(fs_closep) int lock = -1;
	if (str_eq(notebook->bytes, bytes)) {
		return true;
	}
	return nb_file_lock(arena_cstr(&arena, notebook->path), &lock, err) &&
	       write_locked(notebook, &(struct nb_parts){.p = {bytes}}, NULL, err);
}

/* One try of nb_edit. *ret_again: somebody else changed the file, so a new try makes sense. */
static bool edit_once(const char *path, nb_edit_function edit, void *data, bool *ret_written,
	bool *ret_again, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(nb_done) struct notebook notebook = {0};
	json_auto_t *value = NULL;
	bool changed = true;
	struct edit change;
	if (!nb_file_parse(path, false, &arena, &notebook, err) ||
		!edit(data, &notebook, &value, &changed, err)) {
		return false;
	}
	if (changed && !plan(&notebook, value, &arena, &change, err)) {
		return err_in(err, str_from(path));
	}
	struct str old = notebook.bytes;
	if (!changed || str_eq(change.text, str_slice(old, change.from, change.to))) {
		*ret_written = false;
		return true;
	}
	struct nb_parts parts = {
		.p = {str_slice(old, 0, change.from), change.text, str_skip(old, change.to)}
        };
	if (!write_locked(&notebook, &parts, ret_again, err)) {
		return err_in(err, str_from(path));
	}
	*ret_written = true;
	return true;
}

bool nb_edit(
	const char *path, nb_edit_function edit, void *data, bool *ret_changed, struct err *err)
{
	enum { TRIES = 3 };
	AUTO(fs_closep) int lock = -1;
	if (!nb_file_lock(path, &lock, err)) {
		return false;
	}
	for (int try = 1;; try++) {
		struct err why = {0};
		bool again = false;
		if (edit_once(path, edit, data, ret_changed, &again, &why)) {
			return true;
		}
		if (!again || try == TRIES) {
			*err = why;
			return false;
		}
	}
}
