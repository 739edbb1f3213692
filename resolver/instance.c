#include "resolver/instance.h"
#include <stddef.h>
#include <math.h>
#include "common/intern.h"
#include "common/jsonread.h"
#include "common/vec.h"
#include "common/banned.h"

enum { BENCH_SCALE = 10000, INSTANCE_SCALE = 1000 };

struct reader {
	struct arena *arena;
	struct intern names;
	VEC(struct model_input_package) packages;
	VEC(struct model_input_requirement) requirements;
	VEC(struct model_input_rule) rules;
	VEC(struct model_input_table) tables;
	struct err *err;
};

static void reader_done(struct reader *reader)
{
	intern_done(&reader->names);
}

static bool is_key(struct str raw, const char *name)
{
	return str_eq(raw, str_from(name));
}

/* The package that a string names. */
static bool read_package(struct reader *reader, struct jsonread *in, uint32_t *ret)
{
	struct str name = jsonread_string(in, reader->arena);
	uint32_t id = intern_find(&reader->names, name);
	if (!jsonread_ok(in, reader->err)) {
		return false;
	}
	if (id == INTERN_NONE) {
		return err_set(
			reader->err, ERR_INPUT, "there is no package '" STR_FMT "'", STR_ARG(name));
	}
	*ret = id;
	return true;
}

static bool read_number(struct reader *reader, struct jsonread *in, uint32_t *ret)
{
	int64_t number = jsonread_int(in);
	if (!jsonread_ok(in, reader->err)) {
		return false;
	}
	if (number < 0 || number > UINT32_MAX) {
		return err_set(reader->err, ERR_INPUT, "expected the number of a version, got %lld",
			(long long)number);
	}
	*ret = (uint32_t)number;
	return true;
}

static bool read_score(struct reader *reader, struct jsonread *in, int32_t *ret)
{
	int64_t score = jsonread_int(in);
	if (!jsonread_ok(in, reader->err)) {
		return err_hint(reader->err, "scores are whole numbers");
	}
	if (score < -MODEL_SCORE_MAX || score > MODEL_SCORE_MAX) {
		return err_set(reader->err, ERR_LIMIT, "score %lld is larger than %d",
			(long long)score, MODEL_SCORE_MAX);
	}
	*ret = (int32_t)score;
	return true;
}

/* A package that is named for the first time. */
static bool add_package(struct reader *reader, struct str name)
{
	uint32_t id = intern_id(&reader->names, name);
	if (id != reader->packages.n) {
		return err_set(reader->err, ERR_INPUT, "package '" STR_FMT "' is there twice",
			STR_ARG(name));
	}
	vec_push(reader->arena, &reader->packages)->name = arena_str(reader->arena, name);
	return true;
}

/* ---- thoth-search-instance/1 ------------------------------------------------------------------ */

static bool read_versions(
	struct reader *reader, struct jsonread *in, struct model_input_package *package)
{
	VEC(struct str) versions = {0};
	jsonread_array(in);
	while (jsonread_element(in)) {
		*vec_push(reader->arena, &versions) = jsonread_string(in, reader->arena);
	}
	package->versions = versions.p;
	package->n = (uint32_t)versions.n;
	return jsonread_ok(in, reader->err);
}

static bool read_package_object(
	struct reader *reader, struct jsonread *in, struct model_input_package *ret)
{
	struct str key;
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		if (is_key(key, "name")) {
			ret->name = jsonread_string(in, reader->arena);
		} else if (is_key(key, "root")) {
			ret->root = jsonread_bool(in);
		} else if (!is_key(key, "versions")) {
			jsonread_skip(in);
		} else if (!read_versions(reader, in, ret)) {
			return false;
		}
	}
	return jsonread_ok(in, reader->err);
}

static bool read_packages(struct reader *reader, struct str raw)
{
	struct jsonread in = jsonread_start(raw);
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		struct model_input_package package = {0};
		if (!read_package_object(reader, &in, &package) ||
			!add_package(reader, package.name)) {
			return false;
		}
		package.name = reader->packages.p[reader->packages.n - 1].name;
		reader->packages.p[reader->packages.n - 1] = package;
	}
	return jsonread_end(&in, reader->err);
}

static bool read_ranges(
	struct reader *reader, struct jsonread *in, struct model_input_requirement *requirement)
{
	VEC(struct model_range) ranges = {0};
	jsonread_array(in);
	while (jsonread_element(in)) {
		uint32_t bounds[2] = {0};
		size_t n = 0;
		jsonread_array(in);
		for (; jsonread_element(in); n++) {
			uint32_t number = 0;
			if (!read_number(reader, in, &number)) {
				return false;
			}
			bounds[n < 2 ? n : 1] = number;
		}
		if (n != 2 && jsonread_ok(in, reader->err)) {
			return err_set(reader->err, ERR_INPUT, "expected a range [from, to]");
		}
		*vec_push(reader->arena, &ranges) =
			(struct model_range){.from = bounds[0], .to = bounds[1]};
	}
	requirement->allowed = ranges.p;
	requirement->n_allowed = (uint32_t)ranges.n;
	return jsonread_ok(in, reader->err);
}

/* ---- objects whose members must all be there */

typedef bool read_member(struct reader *reader, struct jsonread *in, void *ret);

struct member {
	const char *name;
	read_member *read;
	size_t offset; /* in the object, of what read() fills */
};

/* Other members are passed over. needs: what is said when one is not there. */
static bool read_members(struct reader *reader, struct jsonread *in, const struct member *members,
	size_t n, void *object, const char *needs)
{
	struct str key;
	unsigned seen = 0;
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		size_t i = 0;
		while (i < n && !is_key(key, members[i].name)) {
			i++;
		}
		if (i == n) {
			jsonread_skip(in);
		} else if (!members[i].read(reader, in, (char *)object + members[i].offset)) {
			return false;
		} else {
			seen |= 1u << i;
		}
	}
	if (seen != (1u << n) - 1 && jsonread_ok(in, reader->err)) {
		return err_set(reader->err, ERR_INPUT, "%s", needs);
	}
	return jsonread_ok(in, reader->err);
}

static bool package_member(struct reader *reader, struct jsonread *in, void *ret)
{
	return read_package(reader, in, ret);
}

static bool number_member(struct reader *reader, struct jsonread *in, void *ret)
{
	return read_number(reader, in, ret);
}

static bool ranges_member(struct reader *reader, struct jsonread *in, void *ret)
{
	return read_ranges(reader, in, ret);
}

static bool raw_member(struct reader *reader, struct jsonread *in, void *ret)
{
	*(struct str *)ret = jsonread_raw(in);
	return jsonread_ok(in, reader->err);
}

static bool read_requires(struct reader *reader, struct str raw)
{
	struct jsonread in = jsonread_start(raw);
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		static const struct member members[] = {
			{"package",                                package_member,
                         offsetof(struct model_input_requirement,                                                      package)},
			{"version",					number_member,
                         offsetof(struct model_input_requirement,                            version)},
			{"on",				package_member,                                              offsetof(struct model_input_requirement,                                                  on)},
			{"allowed", ranges_member,0},
		};
		struct model_input_requirement requirement = {0};
		if (!read_members(reader, &in, members, 4, &requirement,
			    "a requirement needs 'package', 'version', 'on' and 'allowed'")) {
			return false;
		}
		*vec_push(reader->arena, &reader->requirements) = requirement;
	}
	return jsonread_end(&in, reader->err);
}

static bool read_unary(struct reader *reader, struct str raw)
{
	struct jsonread in = jsonread_start(raw);
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		struct str name = jsonread_unescape(key, reader->arena);
		uint32_t id = intern_find(&reader->names, name);
		if (id == INTERN_NONE) {
			return err_set(reader->err, ERR_INPUT, "there is no package '" STR_FMT "'",
				STR_ARG(name));
		}
		VEC(int32_t) scores = {0};
		jsonread_array(&in);
		while (jsonread_element(&in)) {
			if (!read_score(reader, &in, vec_push(reader->arena, &scores))) {
				return false;
			}
		}
		struct model_input_package *package = &reader->packages.p[id];
		if (jsonread_ok(&in, reader->err) && scores.n != package->n) {
			return err_set(reader->err, ERR_INPUT,
				"'" STR_FMT "' has %u versions and %zu scores", STR_ARG(name),
				package->n, scores.n);
		}
		package->unary = scores.p;
	}
	return jsonread_end(&in, reader->err);
}

static bool read_term(struct reader *reader, struct jsonread *in, struct model_input_term *ret)
{
	static const struct member members[] = {
		{"package", package_member, offsetof(struct model_input_term, package)},
		{"from",    number_member,  offsetof(struct model_input_term, from)   },
		{"to",      number_member,  offsetof(struct model_input_term, to)     },
	};
	return read_members(
		reader, in, members, 3, ret, "a term of a rule needs 'package', 'from' and 'to'");
}

static bool read_when(struct reader *reader, struct jsonread *in, struct model_input_rule *ret)
{
	VEC(struct model_input_term) terms = {0};
	jsonread_array(in);
	while (jsonread_element(in)) {
		if (!read_term(reader, in, vec_push(reader->arena, &terms))) {
			return false;
		}
	}
	ret->when = terms.p;
	ret->n = (uint32_t)terms.n;
	return jsonread_ok(in, reader->err);
}

static bool read_rule(struct reader *reader, struct jsonread *in, struct model_input_rule *ret)
{
	struct str key;
	bool scored = false, ok = true;
	jsonread_object(in);
	while (ok && jsonread_key(in, &key)) {
		if (is_key(key, "score")) {
			scored = true;
			ok = read_score(reader, in, &ret->score);
		} else if (is_key(key, "forbid")) {
			ret->forbid = jsonread_bool(in);
		} else if (is_key(key, "when")) {
			ok = read_when(reader, in, ret);
		} else {
			jsonread_skip(in);
		}
	}
	if (!ok || !jsonread_ok(in, reader->err)) {
		return false;
	}
	if (!scored && !ret->forbid) {
		return err_set(reader->err, ERR_INPUT, "a rule needs 'score' or 'forbid'");
	}
	return true;
}

static bool read_rules(struct reader *reader, struct str raw)
{
	struct jsonread in = jsonread_start(raw);
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		struct model_input_rule rule = {0};
		if (!read_rule(reader, &in, &rule)) {
			return err_prefix(reader->err, "rule %zu", reader->rules.n + 1);
		}
		*vec_push(reader->arena, &reader->rules) = rule;
	}
	return jsonread_end(&in, reader->err);
}

/* The rows of a table. Its packages may be named after it, so sizes are checked by the caller. */
static bool read_cells(
	struct reader *reader, struct str raw, const struct model_input_table *table, int32_t **ret)
{
	struct jsonread in = jsonread_start(raw);
	size_t rows = reader->packages.p[table->a].n, columns = reader->packages.p[table->b].n,
	       i = 0;
	if (rows * columns > MODEL_CELLS_MAX) {
		return err_set(reader->err, ERR_LIMIT, "a table of %zu cells is larger than %d",
			rows * columns, MODEL_CELLS_MAX);
	}
	int32_t *cells = arena_array(reader->arena, int32_t, rows * columns);
	jsonread_array(&in);
	for (; jsonread_element(&in); i++) {
		size_t j = 0;
		jsonread_array(&in);
		for (; jsonread_element(&in); j++) {
			int32_t score = 0;
			if (!read_score(reader, &in, &score)) {
				return false;
			}
			if (i < rows && j < columns) {
				cells[i * columns + j] = score;
			}
		}
		if (jsonread_ok(&in, reader->err) && j != columns) {
			return err_set(reader->err, ERR_INPUT,
				"a row of a table has %zu scores instead of %zu", j, columns);
		}
	}
	if (jsonread_ok(&in, reader->err) && i != rows) {
		return err_set(
			reader->err, ERR_INPUT, "a table has %zu rows instead of %zu", i, rows);
	}
	*ret = cells;
	return jsonread_ok(&in, reader->err);
}

/* A table whose cells are read when its packages are known. */
struct raw_table {
	struct model_input_table table;
	struct str cells;
};

static bool read_tables(struct reader *reader, struct str raw)
{
	static const struct member members[] = {
		{"a",     package_member, offsetof(struct raw_table, table.a)},
		{"b",     package_member, offsetof(struct raw_table, table.b)},
		{"table", raw_member,     offsetof(struct raw_table, cells)  },
	};
	struct jsonread in = jsonread_start(raw);
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		struct raw_table found = {0};
		int32_t *scores = NULL;
		if (!read_members(reader, &in, members, 3, &found,
			    "a table needs 'a', 'b' and 'table'") ||
			!read_cells(reader, found.cells, &found.table, &scores)) {
			return false;
		}
		found.table.scores = scores;
		*vec_push(reader->arena, &reader->tables) = found.table;
	}
	return jsonread_end(&in, reader->err);
}

static bool read_instance(struct reader *reader, const struct instance_members *members)
{
	return read_packages(reader, members->packages) &&
	       (members->requires.n == 0 || read_requires(reader, members->requires)) &&
	       (members->unary.n == 0 || read_unary(reader, members->unary)) &&
	       (members->rules.n == 0 || read_rules(reader, members->rules)) &&
	       (members->tables.n == 0 || read_tables(reader, members->tables));
}

/* ---- thoth-bench-kb-1 ------------------------------------------------------------------------- */

/* A decimal number as a whole one of BENCH_SCALE. */
static bool read_decimal(struct reader *reader, struct jsonread *in, int32_t *ret)
{
	struct str raw = jsonread_raw(in);
	char text[64];
	if (!jsonread_ok(in, reader->err) || raw.n >= sizeof(text)) {
		return err_set(reader->err, ERR_INPUT, "expected a score");
	}
	memcpy(text, raw.p, raw.n);
	text[raw.n] = '\0';
	char *end = NULL;
	double score = strtod(text, &end) * BENCH_SCALE;
	if (end == text || *end != '\0' || !isfinite(score)) {
		return err_set(reader->err, ERR_INPUT, "expected a score, got '%s'", text);
	}
	if (fabs(score) > MODEL_SCORE_MAX) {
		return err_set(reader->err, ERR_LIMIT, "score '%s' is larger than %d", text,
			MODEL_SCORE_MAX / BENCH_SCALE);
	}
	*ret = (int32_t)lround(score);
	return true;
}

/* Its releases: names and scores now, the raw requirements for when all packages are known. */
struct bench_release {
	uint32_t package, version;
	struct str depends;
};

struct bench_releases {
	struct bench_release *p;
	size_t n, cap;
};

static bool read_release(struct reader *reader, struct jsonread *in, struct str *version,
	int32_t *score, struct bench_release *release)
{
	struct str key;
	bool ok = true;
	jsonread_object(in);
	while (ok && jsonread_key(in, &key)) {
		if (is_key(key, "version")) {
			*version = jsonread_string(in, reader->arena);
		} else if (is_key(key, "depends")) {
			release->depends = jsonread_raw(in);
		} else if (is_key(key, "score")) {
			ok = read_decimal(reader, in, score);
		} else {
			jsonread_skip(in);
		}
	}
	return ok && jsonread_ok(in, reader->err);
}

static bool read_bench_package(
	struct reader *reader, struct jsonread *in, struct bench_releases *releases)
{
	uint32_t id = (uint32_t)reader->packages.n - 1;
	VEC(struct str) versions = {0};
	VEC(int32_t) scores = {0};
	jsonread_array(in);
	while (jsonread_element(in)) {
		struct bench_release *release = vec_push(reader->arena, releases);
		*release = (struct bench_release){.package = id, .version = (uint32_t)versions.n};
		if (!read_release(reader, in, vec_push(reader->arena, &versions),
			    vec_push(reader->arena, &scores), release)) {
			return false;
		}
	}
	reader->packages.p[id].versions = versions.p;
	reader->packages.p[id].unary = scores.p;
	reader->packages.p[id].n = (uint32_t)versions.n;
	return jsonread_ok(in, reader->err);
}

/* {"name": [from, behind the last), ...} */
static bool read_depends(struct reader *reader, const struct bench_release *release)
{
	struct jsonread in = jsonread_start(release->depends);
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		struct model_input_requirement requirement = {
			.package = release->package, .version = release->version};
		struct str name = jsonread_unescape(key, reader->arena);
		uint32_t bounds[2] = {0}, n = 0;
		requirement.on = intern_find(&reader->names, name);
		if (requirement.on == INTERN_NONE) {
			return err_set(reader->err, ERR_INPUT, "there is no package '" STR_FMT "'",
				STR_ARG(name));
		}
		jsonread_array(&in);
		for (; jsonread_element(&in); n++) {
			uint32_t number = 0;
			if (!read_number(reader, &in, &number)) {
				return false;
			}
			bounds[n < 2 ? n : 1] = number;
		}
		if (jsonread_ok(&in, reader->err) && (n != 2 || bounds[0] > bounds[1])) {
			return err_set(reader->err, ERR_INPUT, "expected a range [from, behind)");
		}
		if (bounds[0] < bounds[1]) {
			struct model_range *range = arena_new(reader->arena, struct model_range);
			*range = (struct model_range){.from = bounds[0], .to = bounds[1] - 1};
			requirement.allowed = range;
			requirement.n_allowed = 1;
		}
		*vec_push(reader->arena, &reader->requirements) = requirement;
	}
	return jsonread_ok(&in, reader->err);
}

static bool read_direct(struct reader *reader, struct str raw)
{
	struct jsonread in = jsonread_start(raw);
	jsonread_array(&in);
	while (jsonread_element(&in)) {
		uint32_t id = 0;
		if (!read_package(reader, &in, &id)) {
			return false;
		}
		reader->packages.p[id].root = true;
	}
	return jsonread_end(&in, reader->err);
}

static bool read_bench(struct reader *reader, const struct instance_members *members)
{
	struct jsonread in = jsonread_start(members->packages);
	struct bench_releases releases = {0};
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		if (!add_package(reader, jsonread_unescape(key, reader->arena)) ||
			!read_bench_package(reader, &in, &releases)) {
			return false;
		}
	}
	if (!jsonread_end(&in, reader->err)) {
		return false;
	}
	for (size_t i = 0; i < releases.n; i++) {
		if (releases.p[i].depends.n > 0 && !read_depends(reader, &releases.p[i])) {
			return false;
		}
	}
	return read_direct(reader, members->direct);
}

/* ---- either ----------------------------------------------------------------------------------- */

bool instance_split(struct str text, struct instance_members *ret, struct err *err)
{
	struct instance_members members = {0};
	const struct {
		const char *name;
		struct str *raw;
	} known[] = {
		{"format",   &members.format  },
		{"packages", &members.packages},
		{"requires", &members.requires},
		{"unary",    &members.unary   },
		{"rules",    &members.rules   },
		{"tables",   &members.tables  },
		{"direct",   &members.direct  },
	};
	struct jsonread in = jsonread_start(text);
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		struct str raw = jsonread_raw(&in);
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (is_key(key, known[i].name)) {
				*known[i].raw = raw;
			}
		}
	}
	if (!jsonread_end(&in, err)) {
		return false;
	}
	*ret = members;
	return true;
}

bool instance_read(const struct instance_members *members, struct arena *arena,
	struct model_input *ret, struct err *err)
{
	AUTO(reader_done) struct reader reader = {.arena = arena, .err = err};
	bool bench = str_eq(members->format, S("\"thoth-bench-kb-1\""));
	if (!bench && !str_eq(members->format, S("\"thoth-search-instance/1\""))) {
		err_hint(err, "known are \"thoth-search-instance/1\" and \"thoth-bench-kb-1\"");
		return err_set(err, ERR_INPUT, "expected a search instance with its 'format'");
	}
	if (!(bench ? read_bench(&reader, members) : read_instance(&reader, members))) {
		return false;
	}
	*ret = (struct model_input){
		.packages = reader.packages.p,
		.n_packages = (uint32_t)reader.packages.n,
		.requirements = reader.requirements.p,
		.n_requirements = reader.requirements.n,
		.rules = reader.rules.p,
		.n_rules = reader.rules.n,
		.tables = reader.tables.p,
		.n_tables = reader.tables.n,
		.scale = bench ? BENCH_SCALE : INSTANCE_SCALE,
	};
	return true;
}
