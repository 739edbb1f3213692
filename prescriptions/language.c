#include "prescriptions/language.h"
#include "common/banned.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define FIELDS(table) .fields = (table), .n_fields = N_OF(table)
#define WORDS(table) .words = (table), .n_words = N_OF(table)

/* A key that may be there, and one that must. What follows the name says what its value is. */
#define MAY(key, ...)                                                                              \
	{                                                                                          \
		STR_INIT(key), false,                                                              \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define MUST(key, ...)                                                                             \
	{                                                                                          \
		STR_INIT(key), true,                                                               \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define TEXT .kind = RULE_STRING
#define MAPPING(table) .kind = RULE_MAP, FIELDS(table)
#define LIST(element) .kind = RULE_LIST, .of = &(element)
#define FILLED_LIST(element) LIST(element), .min = 1
#define LIST_OR_NOT(element) FILLED_LIST(element), .or_not = true

static const struct str sections[PRESC_SECTIONS] = {STR_INIT("boots"), STR_INIT("pseudonyms"),
	STR_INIT("sieves"), STR_INIT("steps"), STR_INIT("strides"), STR_INIT("wraps")};
static const struct str levels[] = {STR_INIT("INFO"), STR_INIT("WARNING"), STR_INIT("ERROR")};
static const struct str recommendation_types[] = {STR_INIT("latest"), STR_INIT("performance"),
	STR_INIT("security"), STR_INIT("stable"), STR_INIT("testing")};
static const struct str decision_types[] = {STR_INIT("all"), STR_INIT("random")};
static const struct str cpu_flags[] = {STR_INIT("avx2"), STR_INIT("avx512")};

static const struct rule string = {TEXT};
static const struct rule string_or_null = {TEXT, .or_null = true};
static const struct rule integer_or_null = {.kind = RULE_INTEGER, .or_null = true};
static const struct rule strings = {FILLED_LIST(string)};
static const struct rule recommendation_type = {.kind = RULE_WORD, WORDS(recommendation_types)};
static const struct rule decision_type = {.kind = RULE_WORD, WORDS(decision_types)};
static const struct rule cpu_flag = {.kind = RULE_WORD, WORDS(cpu_flags)};

/* ---- should_include --------------------------------------------------------------------------- */

static const struct field operating_system_fields[] = {
	MAY("name", TEXT),
	MAY("version", TEXT),
};
static const struct rule operating_system = {MAPPING(operating_system_fields)};

static const struct field hardware_fields[] = {
	MAY("cpu_families", LIST_OR_NOT(integer_or_null)),
	MAY("cpu_models", LIST_OR_NOT(integer_or_null)),
	MAY("gpu_models", LIST_OR_NOT(string_or_null)),
	MAY("cpu_flags", LIST_OR_NOT(cpu_flag)),
};
static const struct rule hardware = {MAPPING(hardware_fields)};

static const struct field rpm_fields[] = {
	MUST("package_name", TEXT),
	MAY("arch", TEXT),
	MAY("epoch", TEXT),
	MAY("package_identifier", TEXT),
	MAY("package_version", TEXT),
	MAY("release", TEXT),
	MAY("src", .kind = RULE_BOOL),
};
static const struct rule rpm = {MAPPING(rpm_fields)};

static const struct field python_package_fields[] = {
	MUST("name", .kind = RULE_NAME),
	MAY("version", .kind = RULE_SPEC),
	MAY("location", .kind = RULE_LOCATION, .or_null = true),
};
static const struct rule python_package = {MAPPING(python_package_fields)};

#define VERSION_OR_NULL .kind = RULE_SPEC, .or_null = true
static const struct field environment_fields[] = {
	MAY("operating_systems", LIST(operating_system)),
	MAY("hardware", FILLED_LIST(hardware)),
	MAY("python_version", VERSION_OR_NULL),
	MAY("cuda_version", VERSION_OR_NULL),
	MAY("cudnn_version", VERSION_OR_NULL),
	MAY("openblas_version", VERSION_OR_NULL),
	MAY("openmpi_version", VERSION_OR_NULL),
	MAY("mkl_version", VERSION_OR_NULL),
	MAY("platforms", LIST_OR_NOT(string_or_null)),
	MAY("base_images", LIST_OR_NOT(string_or_null)),
	MAY("abi", LIST_OR_NOT(string)),
	MAY("rpm_packages", LIST_OR_NOT(rpm)),
	MAY("python_packages", LIST_OR_NOT(python_package)),
};

static const struct field dependencies_fields[] = {
	MAY("boots", FILLED_LIST(string)),
	MAY("pseudonyms", FILLED_LIST(string)),
	MAY("sieves", FILLED_LIST(string)),
	MAY("steps", FILLED_LIST(string)),
	MAY("strides", FILLED_LIST(string)),
	MAY("wraps", FILLED_LIST(string)),
};

static const struct field should_include_fields[] = {
	MAY("adviser_pipeline", .kind = RULE_BOOL),
	MAY("dependency_monkey_pipeline", .kind = RULE_BOOL),
	MAY("times", .kind = RULE_TIMES),
	MAY("recommendation_types", LIST_OR_NOT(recommendation_type)),
	MAY("decision_types", LIST_OR_NOT(decision_type)),
	MAY("authenticated", .kind = RULE_BOOL),
	MAY("labels", .kind = RULE_MAP_OF, .of = &string),
	MAY("library_usage", .kind = RULE_MAP_OF, .min = 1, .of = &strings),
	MAY("dependencies", MAPPING(dependencies_fields)),
	MAY("runtime_environments", MAPPING(environment_fields)),
};

/* ---- packages and messages -------------------------------------------------------------------- */

/* An index's address: a string, or {not: one}. */
static const struct field not_fields[] = {
	MAY("not", TEXT),
};
static const struct rule not_index = {MAPPING(not_fields)};
#define PACKAGE                                                                                    \
	MAY("version", .kind = RULE_SPEC), MAY("index_url", TEXT, .of = &not_index),               \
		MAY("develop", .kind = RULE_BOOL)
static const struct field package_fields[] = {MAY("name", .kind = RULE_NAME), PACKAGE};
static const struct field named_fields[] = {MUST("name", .kind = RULE_NAME), PACKAGE};
static const struct rule package = {MAPPING(package_fields)};
static const struct rule named_package = {MAPPING(named_fields)};
static const struct rule one_named_package = {FILLED_LIST(named_package), .max = 1};

#define MESSAGE                                                                                    \
	MUST("type", .kind = RULE_WORD, WORDS(levels)), MUST("message", TEXT),                     \
		MUST("link", .kind = RULE_LINK)
static const struct field stack_info_fields[] = {MESSAGE};
static const struct field justification_fields[] = {
	MESSAGE,
	MAY("package_name", .kind = RULE_NAME),
	MAY("advisory", TEXT),
	MAY("cve_id", TEXT),
	MAY("cve_name", TEXT),
	MAY("version_range", .kind = RULE_SPEC),
};
static const struct field log_fields[] = {
	MUST("message", TEXT),
	MUST("type", .kind = RULE_WORD, WORDS(levels)),
};
static const struct rule stack_info = {MAPPING(stack_info_fields)};
static const struct rule justification = {MAPPING(justification_fields)};

/* ---- what the keys of a mapping say together -------------------------------------------------- */

static bool not_both(
	const struct tree *value, struct presc_report *report, struct str a, struct str b)
{
	const struct tree *second = tree_get(value, b);
	if (tree_get(value, a) == NULL || second == NULL) {
		return true;
	}
	presc_fault(report, second->line, second->column, "take one of the two out",
		"'" STR_FMT "' and '" STR_FMT "' do not go together", STR_ARG(a), STR_ARG(b));
	return false;
}

static bool stops_once(const struct tree *run, struct presc_report *report)
{
	return not_both(run, report, S("not_acceptable"), S("eager_stop_pipeline"));
}

static bool step_run(const struct tree *run, struct presc_report *report)
{
	bool a = not_both(run, report, S("score"), S("eager_stop_pipeline"));
	bool b = not_both(run, report, S("justification"), S("not_acceptable"));
	return a && b;
}

static bool yields_one_version(const struct tree *yield, struct presc_report *report)
{
	const struct tree *matched = tree_get(yield, S("yield_matched_version"));
	const struct tree *locked =
		tree_get(tree_get(yield, S("package_version")), S("locked_version"));
	if (matched == NULL || !matched->truth || locked == NULL || locked->kind == TREE_NULL) {
		return true;
	}
	presc_fault(report, locked->line, locked->column, "take one of the two out",
		"'yield_matched_version' and 'locked_version' do not go together");
	return false;
}

/* ---- match and run of each type --------------------------------------------------------------- */

static const struct field boot_match[] = {MAY("package_name", TEXT)};
static const struct field skip_match[] = {MUST("package_name", TEXT)};
static const struct field pseudonym_match[] = {MUST("package_version", MAPPING(named_fields))};
static const struct field sieve_match[] = {MAY("package_version", MAPPING(package_fields))};
static const struct field step_state[] = {
	MAY("resolved_dependencies", FILLED_LIST(named_package)),
	MAY("package_version_from", FILLED_LIST(named_package)),
	MAY("package_version_from_allow_other", .kind = RULE_BOOL),
};
static const struct field step_match[] = {
	MUST("package_version", MAPPING(package_fields)),
	MAY("state", MAPPING(step_state)),
};
static const struct field member_fields[] = {MUST("package_version", MAPPING(named_fields))};
static const struct rule member = {MAPPING(member_fields)};
static const struct field group_match[] = {MUST("group", LIST(member), .min = 2)};
static const struct field stack_state[] = {MUST("resolved_dependencies", LIST(package))};
static const struct field stride_match[] = {MUST("state", MAPPING(stack_state))};
static const struct field wrap_match[] = {MAY("state", MAPPING(stack_state))};
static const struct field notes_state[] = {
	MUST("resolved_dependencies", MAPPING(named_fields), .of = &one_named_package)};
static const struct field notes_match[] = {MUST("state", MAPPING(notes_state))};

#define SAYS MAY("stack_info", LIST(stack_info)), MAY("log", MAPPING(log_fields))
#define STOPS MAY("not_acceptable", TEXT), MAY("eager_stop_pipeline", TEXT)
#define JUSTIFIES MAY("justification", FILLED_LIST(justification))
#define MULTI MAY("multi_package_resolution", .kind = RULE_BOOL)
static const struct field says_run[] = {SAYS};
static const struct field stop_run[] = {STOPS, SAYS};
static const struct field yielded_fields[] = {
	MUST("name", .kind = RULE_NAME),
	MAY("locked_version", .kind = RULE_LOCKED, .or_null = true),
	MAY("index_url", TEXT),
};
static const struct field yield_fields[] = {
	MAY("yield_matched_version", .kind = RULE_BOOL),
	MUST("package_version", MAPPING(yielded_fields)),
};
static const struct field pseudonym_run[] = {
	MUST("yield", MAPPING(yield_fields), .also = yields_one_version), SAYS};
static const struct field group_run[] = {MAY("score", .kind = RULE_FLOAT), JUSTIFIES, STOPS, SAYS};
static const struct field one_step_run[] = {
	MAY("score", .kind = RULE_FLOAT), JUSTIFIES, STOPS, MULTI, SAYS};
static const struct field skip_run[] = {MULTI, SAYS};
static const struct field added_fields[] = {
	MUST("name", .kind = RULE_NAME),
	MUST("locked_version", .kind = RULE_LOCKED, .or_null = true),
	MUST("index_url", TEXT),
	MUST("develop", .kind = RULE_BOOL),
};
static const struct field add_run[] = {MUST("package_version", MAPPING(added_fields)), MULTI, SAYS};
static const struct field wrap_run[] = {
	JUSTIFIES, MAY("advised_manifest_changes", .kind = RULE_ANY), SAYS};
static const struct field release_notes_fields[] = {
	MUST("organization", TEXT),
	MUST("repository", TEXT),
	MAY("tag_version_prefix", TEXT),
};
static const struct field notes_run[] = {MUST("release_notes", MAPPING(release_notes_fields))};

#define UNIT                                                                                       \
	MUST("name", TEXT), MUST("type", TEXT),                                                    \
		MUST("should_include", MAPPING(should_include_fields)),                            \
		MAY("metadata", .kind = RULE_MAP_OF, .min = 1)
#define MANY(table) MAPPING(table), .or_many = true

static const struct type {
	struct str name;
	enum presc_section section;
	struct field fields[LANGUAGE_UNIT_FIELDS];
} types[PRESC_TYPES] = {
	[PRESC_BOOT] = {STR_INIT("boot"),                PRESC_BOOTS,
			{UNIT, MAY("match", MANY(boot_match)),
			MUST("run", MAPPING(stop_run), .also = stops_once)}                              },
	[PRESC_PSEUDONYM] = {STR_INIT("pseudonym"),           PRESC_PSEUDONYMS,
			{UNIT, MUST("match", MANY(pseudonym_match)), MUST("run", MAPPING(pseudonym_run))}},
	[PRESC_SIEVE] = {STR_INIT("sieve"),               PRESC_SIEVES,
			{UNIT, MUST("match", MANY(sieve_match)), MAY("run", MAPPING(says_run))}          },
	[PRESC_SIEVE_SKIP_PACKAGE] = {STR_INIT("sieve.SkipPackage"),   PRESC_SIEVES,
			{UNIT, MUST("match", MANY(skip_match)), MAY("run", MAPPING(says_run))}           },
	[PRESC_STEP] = {STR_INIT("step"),                PRESC_STEPS,
			{UNIT, MUST("match", MANY(step_match)),
			MUST("run", MAPPING(one_step_run), .also = step_run)}                            },
	[PRESC_STEP_GROUP] = {STR_INIT("step.Group"),          PRESC_STEPS,
			{UNIT, MUST("match", MANY(group_match)),
			MUST("run", MAPPING(group_run), .also = step_run)}                               },
	[PRESC_STEP_SKIP_PACKAGE] = {STR_INIT("step.SkipPackage"),    PRESC_STEPS,
			{UNIT, MUST("match", MAPPING(step_match)), MAY("run", MAPPING(skip_run))}        },
	[PRESC_STEP_ADD_PACKAGE] = {STR_INIT("step.AddPackage"),     PRESC_STEPS,
			{UNIT, MUST("match", MANY(step_match)), MUST("run", MAPPING(add_run))}           },
	[PRESC_STRIDE] = {STR_INIT("stride"),              PRESC_STRIDES,
			{UNIT, MUST("match", MANY(stride_match)),
			MUST("run", MAPPING(stop_run), .also = stops_once)}                              },
	[PRESC_WRAP] = {STR_INIT("wrap"),                PRESC_WRAPS,
			{UNIT, MAY("match", MANY(wrap_match)), MUST("run", MAPPING(wrap_run))}           },
	[PRESC_WRAP_RELEASE_NOTES] = {STR_INIT("wrap.GHReleaseNotes"), PRESC_WRAPS,
			{UNIT, MUST("match", MANY(notes_match)), MUST("run", MAPPING(notes_run))}        },
};

struct str presc_section_name(enum presc_section section)
{
	return sections[section];
}

struct str presc_type_name(enum presc_type type)
{
	return types[type].name;
}

enum presc_section presc_type_section(enum presc_type type)
{
	return types[type].section;
}

bool presc_type_find(struct str name, enum presc_type *ret)
{
	for (int i = 0; i < PRESC_TYPES; i++) {
		if (str_eq(types[i].name, name)) {
			*ret = (enum presc_type)i;
			return true;
		}
	}
	return false;
}

bool presc_section_find(struct str name, enum presc_section *ret)
{
	for (int i = 0; i < PRESC_SECTIONS; i++) {
		if (str_eq(sections[i], name)) {
			*ret = (enum presc_section)i;
			return true;
		}
	}
	return false;
}

const struct field *language_unit(enum presc_type type)
{
	return types[type].fields;
}
