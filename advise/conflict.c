#include "advise/conflict.h"
#include "common/banned.h"

static json_t *origin_json(const struct origin *origin)
{
	json_t *made = json_object();
	json_object_set_new(made, "file", advise_json_text(origin->file));
	if (origin->cell > 0) {
		json_object_set_new(made, "cell", json_integer(origin->cell - 1));
	}
	if (origin->cell_id.n > 0) {
		json_object_set_new(made, "cell_id", advise_json_text(origin->cell_id));
	}
	if (origin->line > 0) {
		json_object_set_new(made, "line", json_integer(origin->line));
	}
	return made;
}

static json_t *suggestions_json(
	const struct request *request, const struct resolver_conflict *conflict)
{
	json_t *list = json_array();
	for (size_t i = 0; i < conflict->n_suggestions; i++) {
		const struct resolver_suggestion *s = &conflict->suggestions[i];
		struct str old = request->requirements.p[s->requirement].requirement.text;
		json_t *made = json_object();
		json_object_set_new(made, "requirement", advise_json_text(old));
		json_object_set_new(made, "replace_by", advise_json_text(s->replace_by));
		json_array_append_new(list, made);
	}
	return list;
}

static json_t *step_json(const struct request *request, const struct resolver_step *step)
{
	static const char *const kinds[] = {
		[RESOLVER_STEP_USER] = "requirement",
		[RESOLVER_STEP_DEPENDENCY] = "dependency",
		[RESOLVER_STEP_UNAVAILABLE] = "unavailable",
		[RESOLVER_STEP_EXTRA] = "extra",
		[RESOLVER_STEP_RULE] = "rule",
		[RESOLVER_STEP_DERIVED] = "derived",
	};
	json_t *made = json_object();
	json_object_set_new(made, "kind", json_string(kinds[step->kind]));
	json_object_set_new(made, "impossible", advise_json_text(step->text));
	switch (step->kind) {
	case RESOLVER_STEP_USER:
		json_object_set_new(made, "requirement",
			advise_json_text(request->requirements.p[step->a].requirement.text));
		break;
	case RESOLVER_STEP_DEPENDENCY:
	case RESOLVER_STEP_UNAVAILABLE:
		json_object_set_new(made, "package", advise_json_text(step->package));
		json_object_set_new(made, "versions", advise_json_text(step->versions));
		json_object_set_new(made,
			step->kind == RESOLVER_STEP_DEPENDENCY ? "requires" : "reason",
			advise_json_text(step->says));
		break;
	case RESOLVER_STEP_EXTRA:
		break;
	case RESOLVER_STEP_RULE:
		json_object_set_new(made, "reason", advise_json_text(step->says));
		break;
	case RESOLVER_STEP_DERIVED:
		json_object_set_new(made, "because",
			json_pack("[I,I]", (json_int_t)step->a, (json_int_t)step->b));
		break;
	}
	return made;
}

/* A list and not nested objects: steps are used more than once, and a proof may be hundreds deep. */
static json_t *proof_json(const struct request *request, const struct resolver_conflict *conflict)
{
	json_t *steps = json_array();
	for (size_t i = 0; i < conflict->n_steps; i++) {
		json_array_append_new(steps, step_json(request, &conflict->steps[i]));
	}
	return json_pack("{s:i,s:o}", "root", 0, "steps", steps);
}

json_t *advise_conflict_json(
	const struct request *request, const struct resolver_conflict *conflict)
{
	json_t *made = json_object();
	json_t *requirements = json_array();
	json_t *from = json_array();
	json_object_set_new(made, "text", advise_json_text(conflict->text));
	for (size_t i = 0; i < conflict->n_requirements; i++) {
		const struct resolver_requirement *r =
			&request->requirements.p[conflict->requirements[i]];
		json_array_append_new(requirements, advise_json_text(r->requirement.text));
		json_array_append_new(from, origin_json(&r->origin));
	}
	json_object_set_new(made, "requirements", requirements);
	json_object_set_new(made, "from", from);
	json_object_set_new(made, "suggestions", suggestions_json(request, conflict));
	if (conflict->python.n > 0) {
		json_object_set_new(made, "python", advise_json_text(conflict->python));
	}
	if (conflict->n_without > 0) {
		json_t *without = json_array();
		for (size_t i = 0; i < conflict->n_without; i++) {
			json_array_append_new(without,
				advise_json_text(request->requirements.p[conflict->without[i]]
							 .requirement.text));
		}
		json_object_set_new(made, "without", without);
	}
	json_object_set_new(made, "tree", proof_json(request, conflict));
	return made;
}
