#include "notebook_meta/notebook_meta.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "notebook_meta/file.h"
#include "notebook_meta/jsontext.h"
#include "common/banned.h"

enum {
	METADATA_KEY_MAX = 16 << 20, /* bytes of one value of notebook metadata that we look into */
	READ_TRIES = 3,
	READ_PAUSE_MS = 200,
	BEING_WRITTEN_MS = 10000, /* a broken file that changed so lately may be half a save */
};

/* The keys of notebook metadata that are kept as JSON: ours, and what others left (horus.md 1). */
static const struct str known_keys[] = {STR_INIT("thoth"), STR_INIT("requirements"),
	STR_INIT("requirements_lock"), STR_INIT("requirements_locked"), STR_INIT("thoth_config"),
	STR_INIT("thoth_analysis_id"), STR_INIT("dependency_resolution_engine"), STR_INIT("uv"),
	STR_INIT("uv.lock"), STR_INIT("runt")};

typedef VEC(struct nb_cell) cell_vec;

/* One parse. `at` of a fault we find ourselves goes through position(). */
struct parse {
	struct jsonread in;
	struct arena *arena;
	struct arena scratch; /* lines of one cell */
	bool skip_cells;
	struct notebook *nb;
	struct err *err;
	int n_metadata;
	size_t nbformat_at;
	bool has_nbformat, bad_cells;
	size_t cells_at;
};

void nb_done(struct notebook *notebook)
{
	if (notebook != NULL) {
		json_decref(notebook->metadata);
		notebook->metadata = NULL;
	}
}

const char *nb_sha256(struct notebook *notebook)
{
	if (notebook->sha256[0] == '\0') {
		hash_sha256_hex(notebook->bytes, notebook->sha256);
	}
	return notebook->sha256;
}

bool nb_is_python(const struct notebook *notebook)
{
	return notebook->language.n == 0 || str_eq(notebook->language, S("python")) ||
	       str_eq(notebook->language, S("ipython"));
}

/* An error at byte `at`. */
static bool refuse(struct parse *parse, size_t at, const char *what)
{
	jsonread_position(parse->in.text, at, &parse->err->line, &parse->err->column);
	return err_set(parse->err, ERR_INPUT, "%s", what);
}

/* The string that comes next, or "" when it is something else, which is skipped. */
static struct str string_or_empty(struct parse *parse, struct arena *arena)
{
	if (jsonread_peek(&parse->in) == JSONREAD_STRING) {
		return jsonread_string(&parse->in, arena);
	}
	jsonread_skip(&parse->in);
	return S("");
}

/* A list of strings, joined. Anything else in it is passed over. */
static struct str joined_lines(struct parse *parse)
{
	VEC(struct str) lines = {0};
	size_t n = 0;
	arena_reset(&parse->scratch);
	jsonread_array(&parse->in);
	while (jsonread_element(&parse->in)) {
		struct str line = string_or_empty(parse, &parse->scratch);
		*vec_push(&parse->scratch, &lines) = line;
		n += line.n;
	}
	char *joined = arena_alloc(parse->arena, n + 1, 1);
	size_t at = 0;
	for (size_t i = 0; i < lines.n; i++) {
		if (lines.p[i].n > 0) {
			memcpy(joined + at, lines.p[i].p, lines.p[i].n);
		}
		at += lines.p[i].n;
	}
	return (struct str){joined, n};
}

static enum nb_cell_type cell_type(struct str text)
{
	return str_eq(text, S("code"))       ? NB_CELL_CODE
	       : str_eq(text, S("markdown")) ? NB_CELL_MARKDOWN
	       : str_eq(text, S("raw"))      ? NB_CELL_RAW
					     : NB_CELL_OTHER;
}

static void read_cell(struct parse *parse, struct nb_cell *cell)
{
	struct str key;
	cell->type = NB_CELL_OTHER;
	cell->id = cell->source = cell->raw = S("");
	if (jsonread_peek(&parse->in) != JSONREAD_OBJECT) {
		jsonread_skip(&parse->in);
		return;
	}
	jsonread_object(&parse->in);
	while (jsonread_key(&parse->in, &key)) {
		if (str_eq(key, S("cell_type"))) {
			cell->type = cell_type(string_or_empty(parse, parse->arena));
		} else if (str_eq(key, S("id"))) {
			cell->id = string_or_empty(parse, parse->arena);
		} else if (str_eq(key, S("source"))) {
			bool list = jsonread_peek(&parse->in) == JSONREAD_ARRAY;
			size_t from = parse->in.at;
			cell->source =
				list ? joined_lines(parse) : string_or_empty(parse, parse->arena);
			cell->raw = str_slice(parse->in.text, from, parse->in.at);
		} else {
			jsonread_skip(&parse->in);
		}
	}
}

static void read_cells(struct parse *parse)
{
	cell_vec cells = {0};
	jsonread_array(&parse->in);
	while (jsonread_element(&parse->in)) {
		struct nb_cell *cell = vec_push(parse->arena, &cells);
		cell->index = cells.n - 1;
		read_cell(parse, cell);
	}
	parse->nb->cells = cells.p;
	parse->nb->n_cells = cells.n;
}

/* Members of kernelspec or language_info that we want: up to three names and where they go. */
static void read_names(struct parse *parse, const char *const *names, struct str *const *ret)
{
	struct str key;
	if (jsonread_peek(&parse->in) != JSONREAD_OBJECT) {
		jsonread_skip(&parse->in);
		return;
	}
	jsonread_object(&parse->in);
	while (jsonread_key(&parse->in, &key)) {
		size_t i = 0;
		while (names[i] != NULL && !str_eq(key, str_from(names[i]))) {
			i++;
		}
		if (names[i] != NULL) {
			*ret[i] = string_or_empty(parse, parse->arena);
		} else {
			jsonread_skip(&parse->in);
		}
	}
}

static struct str lower(struct str s, struct arena *arena)
{
	struct str copy = arena_str(arena, s);
	for (size_t i = 0; i < copy.n; i++) {
		((char *)copy.p)[i] = char_lower(copy.p[i]);
	}
	return copy;
}

static bool is_known(struct str key)
{
	for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]); i++) {
		if (str_eq(key, known_keys[i])) {
			return true;
		}
	}
	return false;
}

/* metadata.thoth as jansson reads it; older keys that it cannot read are passed over. */
static bool keep_known(struct parse *parse, struct str key, struct str raw)
{
	json_error_t why = {0};
	json_t *value = NULL;
	bool ours = str_eq(key, S("thoth"));
	size_t at = (size_t)(raw.p - parse->in.text.p);
	if (raw.n <= METADATA_KEY_MAX) {
		value = json_loadb(raw.p, raw.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	}
	if (value == NULL && ours) {
		AUTO(buf_done) struct buf text = {0};
		buf_add(&text, S("metadata.thoth cannot be read: "));
		buf_add_shown(&text,
			raw.n > METADATA_KEY_MAX ? S("larger than 16 MiB") : str_from(why.text),
			true);
		return refuse(parse, at, text.p);
	}
	if (value != NULL) {
		json_object_setn_new(parse->nb->metadata, key.p, key.n, value);
	}
	return true;
}

/* The members of the top-level "metadata" object, which comes next. */
static bool read_metadata(struct parse *parse)
{
	struct jsonread *in = &parse->in;
	struct notebook *nb = parse->nb;
	struct str key, info_name = S("");
	static const char *const kernel[] = {"name", "language", NULL};
	static const char *const info[] = {"name", "version", NULL};
	bool seen_thoth = false;
	if (jsonread_peek(in) != JSONREAD_OBJECT && in->fault == NULL) {
		return refuse(parse, in->at, "expected an object as \"metadata\"");
	}
	nb->metadata_at = in->at;
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		if (str_eq(key, S("kernelspec"))) {
			read_names(parse, kernel,
				(struct str *const[]){&nb->kernel_name, &nb->language});
			continue;
		}
		if (str_eq(key, S("language_info"))) {
			read_names(parse, info,
				(struct str *const[]){&info_name, &nb->language_version});
			continue;
		}
		struct str raw = jsonread_raw(in);
		struct str plain = jsonread_unescape(key, parse->arena);
		if (in->fault != NULL || !is_known(plain)) {
			continue;
		}
		if (str_eq(plain, S("thoth"))) {
			if (seen_thoth || !str_eq(plain, key)) {
				return refuse(parse, (size_t)(key.p - in->text.p),
					"expected one \"thoth\" in the metadata, spelt plainly");
			}
			seen_thoth = true;
			nb->thoth_at = (size_t)(raw.p - in->text.p);
			nb->thoth_end = nb->thoth_at + raw.n;
		}
		if (!keep_known(parse, plain, raw)) {
			return false;
		}
	}
	nb->metadata_end = in->at;
	nb->language = lower(nb->language.n > 0 ? nb->language : info_name, parse->arena);
	return true;
}

static bool read_nbformat(struct parse *parse, int *ret)
{
	struct jsonread *in = &parse->in;
	uint64_t value = 0;
	(void)jsonread_peek(in);
	size_t at = in->at;
	struct str raw = jsonread_raw(in);
	if (in->fault == NULL && (!str_to_u64(raw, &value) || value > 1000)) {
		return refuse(parse, at, "expected a small number as \"nbformat\"");
	}
	*ret = (int)value;
	return true;
}

/* One member of the document. False with err set when it cannot be what it should. */
static bool read_member(struct parse *parse, struct str raw_key)
{
	struct jsonread *in = &parse->in;
	struct str key = jsonread_unescape(raw_key, parse->arena);
	if (str_eq(key, S("metadata"))) {
		if (!str_eq(key, raw_key)) {
			return refuse(parse, (size_t)(raw_key.p - in->text.p),
				"the key \"metadata\" is spelt with escapes");
		}
		if (parse->n_metadata++ > 0) {
			return refuse(parse, (size_t)(raw_key.p - in->text.p),
				"the key \"metadata\" stands twice");
		}
		return read_metadata(parse);
	}
	if (str_eq(key, S("nbformat"))) {
		parse->has_nbformat = true;
		return read_nbformat(parse, &parse->nb->nbformat);
	}
	if (str_eq(key, S("nbformat_minor"))) {
		return read_nbformat(parse, &parse->nb->nbformat_minor);
	}
	if (str_eq(key, S("cells"))) {
		enum jsonread_kind kind = jsonread_peek(in);
		parse->cells_at = in->at;
		parse->bad_cells = kind != JSONREAD_ARRAY;
		if (kind == JSONREAD_ARRAY && !parse->skip_cells) {
			read_cells(parse);
			return true;
		}
	}
	jsonread_skip(in);
	return true;
}

static bool check_format(struct parse *parse)
{
	const struct notebook *nb = parse->nb;
	struct err *err = parse->err;
	if (!parse->has_nbformat) {
		err_hint(err, "give a Jupyter notebook (.ipynb)");
		return err_set(err, ERR_INPUT, "not a notebook: no \"nbformat\"");
	}
	if (nb->nbformat < 4) {
		err_hint(err, "open it in Jupyter and save it, which writes format 4");
		return err_set(
			err, ERR_INPUT, "notebook format %d is too old, expected 4", nb->nbformat);
	}
	if (nb->nbformat > 4) {
		err_hint(err, "look for a newer thoth");
		return err_set(err, ERR_INPUT, "notebook format %d is not known, expected 4",
			nb->nbformat);
	}
	if (parse->n_metadata == 0) {
		err_hint(err, "open it in Jupyter and save it");
		return err_set(err, ERR_INPUT, "the notebook has no \"metadata\"");
	}
	if (parse->bad_cells) {
		return refuse(parse, parse->cells_at, "expected a list as \"cells\"");
	}
	return true;
}

static bool check_thoth(struct parse *parse)
{
	const struct notebook *nb = parse->nb;
	if (nb->thoth_end == nb->thoth_at) {
		return true;
	}
	const json_t *thoth = json_object_get(nb->metadata, "thoth");
	if (!json_is_object(thoth)) {
		return refuse(parse, nb->thoth_at, "expected an object as metadata.thoth");
	}
	const json_t *version = json_object_get(thoth, "version");
	if (version != NULL && (!json_is_integer(version) || json_integer_value(version) < 1)) {
		return refuse(parse, nb->thoth_at, "expected a number as metadata.thoth.version");
	}
	if (version != NULL && json_integer_value(version) > 1) {
		err_hint(parse->err, "update thoth");
		return refuse(parse, nb->thoth_at,
			"metadata.thoth was written by a newer thoth (its version is above 1)");
	}
	return true;
}

/* *ret_fault: the text is no whole JSON document, as when somebody is still writing it. */
static bool parse_document(struct parse *parse, bool *ret_fault)
{
	struct jsonread *in = &parse->in;
	struct str key;
	bool fine = true;
	if (jsonread_peek(in) != JSONREAD_OBJECT && in->at < in->text.n) {
		*ret_fault = true;
		return refuse(parse, in->at, "not a notebook: expected an object");
	}
	jsonread_object(in);
	while (fine && jsonread_key(in, &key)) {
		fine = read_member(parse, key);
	}
	if (!fine) {
		return false;
	}
	if (!jsonread_end(in, parse->err)) {
		*ret_fault = true;
		return false;
	}
	return check_format(parse) && check_thoth(parse);
}

static bool parse_bytes(struct str path, struct str bytes, bool cells, struct arena *arena,
	struct notebook *ret, bool *ret_fault, struct err *err)
{
	struct notebook nb = {.path = path, .bytes = bytes, .metadata = json_object()};
	struct parse parse = {.in = jsonread_start(bytes),
		.arena = arena,
		.nb = &nb,
		.err = err,
		.skip_cells = !cells};
	if (nb.metadata == NULL) {
		arena_die("out of memory");
	}
	if (bytes.n > NB_FILE_MAX) {
		err_set(err, ERR_LIMIT, "the notebook is larger than 512 MiB");
	} else if (parse_document(&parse, ret_fault)) {
		arena_done(&parse.scratch);
		nb.size = (int64_t)bytes.n;
		*ret = nb;
		return true;
	}
	arena_done(&parse.scratch);
	nb_done(&nb);
	return err_in(err, path);
}

bool nb_parse(struct str path, struct str bytes, struct arena *arena, struct notebook *ret,
	struct err *err)
{
	bool fault = false;
	return parse_bytes(path, bytes, true, arena, ret, &fault, err);
}

bool nb_file_parse(
	const char *path, bool cells, struct arena *arena, struct notebook *ret, struct err *err)
{
	struct str name = arena_str(arena, str_from(path));
	for (int try = 1;; try++) {
		struct err why = {0};
		struct nb_file file;
		struct str bytes;
		bool fault = false;
		if (!nb_file_read(path, arena, &file, &bytes, err)) {
			return err_in(err, name);
		}
		if (parse_bytes(name, bytes, cells, arena, ret, &fault, &why)) {
			ret->device = file.device;
			ret->inode = file.inode;
			ret->mtime_ns = file.mtime_ns;
			return true;
		}
		bool lately = clock_now_ms() - file.mtime_ns / 1000000 < BEING_WRITTEN_MS ||
			      nb_file_is_being_saved(path);
		if (!fault || !lately || try == READ_TRIES) {
			*err = why;
			return false;
		}
		usleep(READ_PAUSE_MS * 1000);
	}
}

bool nb_read(const char *path, struct arena *arena, struct notebook *ret, struct err *err)
{
	return nb_file_parse(path, true, arena, ret, err);
}
