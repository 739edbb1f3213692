#include "prescriptions/lint.h"
#include <math.h>
#include "common/banned.h"

static void note(
	const struct tree *at, struct presc_report *report, const char *hint, const char *message)
{
	bool by_key = at->key_line > 0;
	presc_note(report, by_key ? at->key_line : at->line, by_key ? at->key_column : at->column,
		hint, "%s", message);
}

/* ---- specifiers ------------------------------------------------------------------------------- */

static bool bounds_below(const struct specifier *clause)
{
	switch (clause->operator) {
	case SPECIFIER_GREATER:
	case SPECIFIER_GREATER_EQUAL:
	case SPECIFIER_COMPATIBLE:
	case SPECIFIER_EQUAL:
		return true;
	case SPECIFIER_NOT_EQUAL:
	case SPECIFIER_LESS:
	case SPECIFIER_LESS_EQUAL:
	case SPECIFIER_ARBITRARY:
		break;
	}
	return false;
}

static bool bounds_above(const struct specifier *clause)
{
	return clause->operator== SPECIFIER_LESS || clause->operator==
		SPECIFIER_LESS_EQUAL ||(clause->operator== SPECIFIER_EQUAL && !clause->wildcard);
}

static bool is_strict(const struct specifier *clause)
{
	return clause->operator== SPECIFIER_LESS || clause->operator== SPECIFIER_GREATER;
}

void presc_lint_specifier(const struct tree *value, const struct specifier_set *set, bool as_text,
	struct presc_report *report)
{
	if (as_text) {
		presc_note(report, value->line, value->column, "",
			"'" STR_FMT "' names no version of PEP 440 and is compared as text",
			STR_ARG(value->text));
	}
	for (size_t i = 0; set->n > 1 && i < set->n; i++) {
		for (size_t k = 0; k < set->n; k++) {
			const struct specifier *low = &set->items[i];
			const struct specifier *high = &set->items[k];
			if (i == k || !bounds_below(low) || !bounds_above(high)) {
				continue;
			}
			int order = version_compare(&low->version, &high->version);
			if (order > 0 || (order == 0 && (is_strict(low) || is_strict(high)))) {
				presc_note(report, value->line, value->column,
					"a comma means and; alternatives are entries of a list",
					"no version fits '" STR_FMT "'", STR_ARG(value->text));
				return;
			}
		}
	}
}

/* ---- should_include --------------------------------------------------------------------------- */

static void lint_environment(const struct tree *environment, struct presc_report *report)
{
	static const struct str versions[] = {STR_INIT("python_version"), STR_INIT("cuda_version"),
		STR_INIT("cudnn_version"), STR_INIT("openblas_version"),
		STR_INIT("openmpi_version"), STR_INIT("mkl_version")};
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct tree *version = tree_get(environment, versions[i]);
		if (version != NULL && version->kind == TREE_NULL) {
			note(version, report, "leave the key out for any",
				"null means that the machine has none; the original took it for "
				"any");
		}
	}
	const struct tree *hardware = tree_get(environment, S("hardware"));
	if (hardware != NULL && hardware->n > 1) {
		note(hardware, report, "one entry holds all that must be true at once",
			"the entries are alternatives; the original wanted all of them");
	}
}

static void lint_should_include(const struct tree *should_include, struct presc_report *report)
{
	const struct tree *adviser = tree_get(should_include, S("adviser_pipeline"));
	const struct tree *monkey = tree_get(should_include, S("dependency_monkey_pipeline"));
	bool taken = (adviser != NULL && adviser->truth) || (monkey != NULL && monkey->truth);
	if (!taken) {
		note(should_include, report, "add 'adviser_pipeline: true'",
			"no pipeline takes this unit");
	}
	const struct tree *times = tree_get(should_include, S("times"));
	if (times != NULL && times->integer == 0) {
		note(times, report, "", "the unit is off");
	}
	lint_environment(tree_get(should_include, S("runtime_environments")), report);
}

/* ---- match and run ---------------------------------------------------------------------------- */

/* The host of an index that is gone: the builds of the original's project. */
static bool is_gone(struct str url)
{
	return str_find(url, S(".thoth-station.ninja/")) > 0;
}

static void lint_index(const struct tree *package, struct presc_report *report)
{
	const struct tree *index = tree_get(package, S("index_url"));
	const struct tree *without = tree_get(index, S("not"));
	const struct tree *url = without != NULL ? without : index;
	if (url != NULL && url->kind == TREE_STRING && is_gone(url->text)) {
		note(url, report, "", "this index no longer exists");
	}
}

/* Every mapping below that could be a package; they are few and shallow. */
static void lint_packages(const struct tree *value, struct presc_report *report, int depth)
{
	lint_index(value, report);
	for (size_t i = 0; depth < 6 && i < value->n; i++) {
		if (value->items[i].kind == TREE_TABLE || value->items[i].kind == TREE_ARRAY) {
			lint_packages(&value->items[i], report, depth + 1);
		}
	}
}

static void lint_score(const struct tree *run, struct presc_report *report)
{
	const struct tree *score = tree_get(run, S("score"));
	if (score == NULL) {
		return;
	}
	double milli = score->number * 1000;
	if (fabs(score->number) > 1) {
		note(score, report, "", "a score counts from -1 to 1");
	} else if (fabs(milli - round(milli)) > 1e-6) {
		note(score, report, "write three decimals at most",
			"a score counts in thousandths and is rounded");
	}
}

static void lint_run(const struct tree *run, struct presc_report *report)
{
	static const struct str first_of[][2] = {
		{STR_INIT("not_acceptable"),      STR_INIT("eager_stop_pipeline")},
		{STR_INIT("not_acceptable"),      STR_INIT("score")              },
		{STR_INIT("eager_stop_pipeline"), STR_INIT("justification")      },
	};
	for (size_t i = 0; i < sizeof(first_of) / sizeof(first_of[0]); i++) {
		const struct tree *second = tree_get(run, first_of[i][1]);
		if (tree_get(run, first_of[i][0]) != NULL && second != NULL) {
			presc_note(report, second->line, second->column, "take one of the two out",
				"'" STR_FMT "' has no effect beside '" STR_FMT "'",
				STR_ARG(first_of[i][1]), STR_ARG(first_of[i][0]));
		}
	}
	lint_score(run, report);
}

static void lint_stack(const struct tree *match, struct presc_report *report)
{
	const struct tree *packages =
		tree_get(tree_get(match, S("state")), S("resolved_dependencies"));
	for (size_t i = 0; packages != NULL && packages->kind == TREE_ARRAY && i < packages->n;
		i++) {
		if (tree_get(&packages->items[i], S("name")) == NULL) {
			note(&packages->items[i], report, "name the package",
				"an entry without a name is fulfilled by any package");
		}
	}
}

void presc_lint_unit(enum presc_type type, const struct tree *unit, struct presc_report *report)
{
	const struct tree *match = tree_get(unit, S("match"));
	lint_should_include(tree_get(unit, S("should_include")), report);
	lint_run(tree_get(unit, S("run")), report);
	if (match == NULL) {
		return;
	}
	lint_packages(match, report, 0);
	bool many = match->kind == TREE_ARRAY;
	for (size_t i = 0; i < (many ? match->n : 1); i++) {
		const struct tree *entry = many ? &match->items[i] : match;
		if (type == PRESC_STRIDE || type == PRESC_WRAP) {
			lint_stack(entry, report);
		}
		const struct tree *develop =
			tree_get(tree_get(entry, S("package_version")), S("develop"));
		if (type == PRESC_PSEUDONYM && develop != NULL) {
			note(develop, report, "leave it out", "'develop' has no effect here");
		}
	}
}
