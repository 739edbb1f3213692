#include "cli/plumbing_prescription.h"
#include "common/vec.h"
#include "prescriptions/include.h"
#include "prescriptions/load.h"
#include "common/banned.h"

/*
 * One case of the language's cases: {"kind": "schema", "document"}, {"kind": "include", "unit", "context"}
 * or {"kind": "run", "unit", "context", "calls"}. In place of the unit there may be YAML "text", and the
 * "name" of one of its units. The answer is {"expect": ...} as the case would have it.
 */

bool plumbing_tree(
	struct plumbing_question *question, struct str key, struct tree *ret, struct err *err)
{
	struct str raw = plumbing_raw(question, key);
	return tree_json(raw.n == 0 ? S("{}") : raw, question->arena, ret, err) ||
	       err_prefix(err, "'" STR_FMT "'", STR_ARG(key));
}

const struct str *plumbing_texts(const struct tree *list, struct arena *arena, size_t *ret_n)
{
	size_t n = list != NULL && list->kind == TREE_ARRAY ? list->n : 0;
	struct str *texts = arena_array(arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		texts[i] = list->items[i].text;
	}
	*ret_n = n;
	return texts;
}

/* ---- schema ----------------------------------------------------------------------------------- */

static bool answer_schema(struct plumbing_question *question, struct buf *out, struct err *err)
{
	AUTO(presc_table_done) struct presc_table table = {0};
	struct presc_report report = {.arena = question->arena};
	struct tree document;
	if (!plumbing_tree(question, S("document"), &document, err)) {
		return false;
	}
	bool valid = presc_load_tree(&document, S("case"), &report, &table);
	buf_addf(out, "\"expect\":{\"valid\":%s}", valid ? "true" : "false");
	if (!valid) {
		AUTO(buf_done) struct buf fault = {0};
		presc_fault_show(&report, &report.faults.list.p[0], &fault);
		buf_add(out, S(",\"fault\":"));
		plumbing_add_string(out, str_trim(buf_str(&fault)));
	}
	return true;
}

/* ---- include: the context --------------------------------------------------------------------- */

static struct str member_text(const struct tree *map, const char *key)
{
	return tree_text(map, str_from(key));
}

static bool read_number(const struct tree *map, const char *key, int64_t *ret)
{
	const struct tree *value = tree_get(map, str_from(key));
	bool is = value != NULL && value->kind == TREE_INTEGER;
	*ret = is ? value->integer : 0;
	return is;
}

static void read_image(const struct tree *context, struct arena *arena, struct presc_image *ret)
{
	const struct tree *symbols = tree_get(context, S("image_symbols"));
	const struct tree *rpms = tree_get(context, S("image_rpm"));
	const struct tree *pythons = tree_get(context, S("image_python"));
	ret->knows_symbols = symbols != NULL;
	ret->symbols = plumbing_texts(symbols, arena, &ret->n_symbols);
	ret->knows_rpms = rpms != NULL;
	ret->n_rpms = rpms != NULL ? rpms->n : 0;
	struct presc_rpm *rpm = arena_array(arena, struct presc_rpm, ret->n_rpms);
	ret->rpms = rpm;
	for (size_t i = 0; i < ret->n_rpms; i++) {
		const struct tree *from = &rpms->items[i];
		const struct tree *src = tree_get(from, S("src"));
		rpm[i] = (struct presc_rpm){
			.package_name = member_text(from, "package_name"),
			.arch = member_text(from, "arch"),
			.epoch = member_text(from, "epoch"),
			.package_identifier = member_text(from, "package_identifier"),
			.package_version = member_text(from, "package_version"),
			.release = member_text(from, "release"),
			.has_src = src != NULL,
			.src = src != NULL && src->truth,
		};
	}
	ret->knows_pythons = pythons != NULL;
	ret->n_pythons = pythons != NULL ? pythons->n : 0;
	struct presc_installed *installed =
		arena_array(arena, struct presc_installed, ret->n_pythons);
	ret->pythons = installed;
	for (size_t i = 0; i < ret->n_pythons; i++) {
		const struct tree *from = &pythons->items[i];
		installed[i].name = member_text(from, "package_name");
		installed[i].version = member_text(from, "package_version");
		installed[i].location = member_text(from, "location");
	}
}

static void read_machine(const struct tree *context, struct arena *arena, struct presc_machine *ret)
{
	const struct tree *runtime = tree_get(context, S("runtime_environment"));
	const struct tree *system = tree_get(runtime, S("operating_system"));
	const struct tree *hardware = tree_get(runtime, S("hardware"));
	ret->os_name = member_text(system, "name");
	ret->os_version = member_text(system, "version");
	ret->python_version = member_text(runtime, "python_version");
	ret->cuda_version = member_text(runtime, "cuda_version");
	ret->cudnn_version = member_text(runtime, "cudnn_version");
	ret->openblas_version = member_text(runtime, "openblas_version");
	ret->openmpi_version = member_text(runtime, "openmpi_version");
	ret->mkl_version = member_text(runtime, "mkl_version");
	ret->platform = member_text(runtime, "platform");
	ret->base_image = member_text(runtime, "base_image");
	ret->has_cpu_family = read_number(hardware, "cpu_family", &ret->cpu_family);
	ret->has_cpu_model = read_number(hardware, "cpu_model", &ret->cpu_model);
	ret->gpu_model = member_text(hardware, "gpu_model");
	read_image(context, arena, &ret->image);
}

static void read_usage(const struct tree *context, struct arena *arena, struct presc_context *ret)
{
	const struct tree *usage = tree_get(context, S("library_usage"));
	ret->n_usage = usage != NULL && usage->kind == TREE_TABLE ? usage->n : 0;
	struct presc_usage *libraries = arena_array(arena, struct presc_usage, ret->n_usage);
	for (size_t i = 0; i < ret->n_usage; i++) {
		libraries[i].library = usage->items[i].key;
		libraries[i].symbols = plumbing_texts(&usage->items[i], arena, &libraries[i].n);
	}
	ret->usage = libraries;
}

static bool read_context(
	const struct tree *context, struct arena *arena, struct presc_context *ret, struct err *err)
{
	struct str recommendation = tree_text(context, S("recommendation_type"));
	struct str decision = tree_text(context, S("decision_type"));
	const struct tree *authenticated = tree_get(context, S("authenticated"));
	const struct tree *literal = tree_get(context, S("thoth_literal"));
	const struct tree *labels = tree_get(context, S("labels"));
	const struct tree *included = tree_get(context, S("included_units"));
	ret->is_monkey = decision.n > 0;
	if ((recommendation.n > 0 &&
		    !presc_recommendation_find(recommendation, &ret->recommendation)) ||
		(decision.n > 0 && !presc_decision_find(decision, &ret->decision))) {
		return err_set(err, ERR_INPUT, "unknown recommendation_type or decision_type");
	}
	ret->authenticated = authenticated != NULL && authenticated->truth;
	ret->literal = literal != NULL && literal->truth;
	ret->n_labels = labels != NULL && labels->kind == TREE_TABLE ? labels->n : 0;
	struct presc_label *pairs = arena_array(arena, struct presc_label, ret->n_labels);
	for (size_t i = 0; i < ret->n_labels; i++) {
		pairs[i] = (struct presc_label){labels->items[i].key, labels->items[i].text};
	}
	ret->labels = pairs;
	for (int i = 0; i < PRESC_SECTIONS; i++) {
		ret->included[i].names = plumbing_texts(
			tree_get(included, presc_section_name((enum presc_section)i)), arena,
			&ret->included[i].n);
	}
	read_usage(context, arena, ret);
	read_machine(context, arena, &ret->machine);
	return true;
}

/* ---- one unit --------------------------------------------------------------------------------- */

/* A set of this one unit. */
static bool load_unit(struct plumbing_question *question, struct presc_table *ret, struct err *err)
{
	struct presc_report report = {.arena = question->arena};
	enum presc_type type;
	struct tree unit;
	if (!plumbing_tree(question, S("unit"), &unit, err)) {
		return false;
	}
	if (!presc_type_find(tree_text(&unit, S("type")), &type)) {
		return err_set(err, ERR_INPUT, "the unit has no type that is known");
	}
	struct tree section = {.kind = TREE_ARRAY,
		.key = presc_section_name(presc_type_section(type)),
		.items = &unit,
		.n = 1};
	struct tree units = {.kind = TREE_TABLE, .key = S("units"), .items = &section, .n = 1};
	struct tree document = {.kind = TREE_TABLE, .items = &units, .n = 1};
	if (!presc_load_tree(&document, S("case"), &report, ret)) {
		return err_set(err, ERR_INPUT, STR_FMT, STR_ARG(report.faults.list.p[0].message));
	}
	return true;
}

/* A set out of YAML text. */
static bool load_text(struct plumbing_question *question, struct presc_table *ret, struct err *err)
{
	struct presc_report report = {.arena = question->arena};
	struct str text;
	if (!plumbing_string(question, S("text"), &text, err)) {
		return false;
	}
	if (!presc_load_text(text, S("case"), &report, ret)) {
		const struct presc_fault *fault = &report.faults.list.p[0];
		return err_set(err, ERR_INPUT, "%d:%d: " STR_FMT, fault->line, fault->column,
			STR_ARG(fault->message));
	}
	return true;
}

/* The unit that is asked about: the one of this name, or the first. */
static bool find_unit(struct plumbing_question *question, const struct presc_table *table,
	uint32_t *ret, struct err *err)
{
	struct str name;
	*ret = 0;
	if (plumbing_raw(question, S("name")).n == 0) {
		return table_count(table, TABLE_UNITS) > 0 ||
		       err_set(err, ERR_INPUT, "there is no unit");
	}
	if (!plumbing_string(question, S("name"), &name, err)) {
		return false;
	}
	for (uint32_t i = 0; i < table_count(table, TABLE_UNITS); i++) {
		struct str full = table_str(table, table->units[i].name);
		if (str_eq(str_skip(full, sizeof("case.") - 1), name)) {
			*ret = i;
			return true;
		}
	}
	return err_set(err, ERR_INPUT, "there is no unit '" STR_FMT "'", STR_ARG(name));
}

static bool answer_include(struct plumbing_question *question, const struct presc_table *table,
	uint32_t index, const struct tree *context, struct buf *out, struct err *err)
{
	struct presc_context decided = {0};
	struct presc_inclusion inclusion;
	if (!read_context(context, question->arena, &decided, err)) {
		return false;
	}
	presc_include(table, &decided, question->arena, &inclusion);
	bool included = false;
	for (int section = 0; section < PRESC_SECTIONS; section++) {
		for (size_t i = 0; i < inclusion.n[section]; i++) {
			included = included || inclusion.units[section][i] == index;
		}
	}
	buf_addf(out, "\"expect\":{\"included\":%s}", included ? "true" : "false");
	return true;
}

bool plumbing_prescription(struct plumbing_question *question, struct buf *out, struct err *err)
{
	AUTO(presc_table_done) struct presc_table table = {0};
	struct tree context;
	struct str kind;
	uint32_t index;
	if (!plumbing_string(question, S("kind"), &kind, err)) {
		return false;
	}
	if (str_eq(kind, S("schema"))) {
		return answer_schema(question, out, err);
	}
	if (!str_eq(kind, S("include")) && !str_eq(kind, S("run"))) {
		return err_set(err, ERR_INPUT, "expected 'schema', 'include' or 'run' as 'kind'");
	}
	bool is_text = plumbing_raw(question, S("text")).n > 0;
	if (!(is_text ? load_text(question, &table, err) : load_unit(question, &table, err)) ||
		!find_unit(question, &table, &index, err) ||
		!plumbing_tree(question, S("context"), &context, err)) {
		return false;
	}
	return str_eq(kind, S("include"))
		       ? answer_include(question, &table, index, &context, out, err)
		       : plumbing_run_unit(question, &table, index, &context, out, err);
}
