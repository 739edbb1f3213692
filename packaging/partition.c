#include "packaging/partition.h"
#include <assert.h>
#include "common/vec.h"
#include "common/banned.h"

/*
 * The space of environments is a grid of three axes. Along the Python axis a cell reaches from one
 * `from` to the next; the axes of the operating system and of the machine have the values that occur,
 * and "any other" as the last. A decision tree asks for one axis after the other; slices of an axis
 * whose cells do not contradict each other are one branch, which decides what is free. All six orders
 * of the axes are tried. The same trees, one for each entry, then give the shortest text.
 */
enum axis { AXIS_PYTHON, AXIS_SYSTEM, AXIS_MACHINE, AXES };

enum { ORDERS = 6, GROUPS_MAX = 64 };

static const enum axis orders[ORDERS][AXES] = {
	{AXIS_PYTHON,  AXIS_SYSTEM,  AXIS_MACHINE},
	{AXIS_SYSTEM,  AXIS_PYTHON,  AXIS_MACHINE},
	{AXIS_SYSTEM,  AXIS_MACHINE, AXIS_PYTHON },
	{AXIS_PYTHON,  AXIS_MACHINE, AXIS_SYSTEM },
	{AXIS_MACHINE, AXIS_PYTHON,  AXIS_SYSTEM },
	{AXIS_MACHINE, AXIS_SYSTEM,  AXIS_PYTHON },
};

static const char *const variables[AXES] = {
	"python_full_version", "sys_platform", "platform_machine"};

#define FREE (UINT32_MAX - 1) /* no target is there */

struct space {
	struct partition_python starts[GROUPS_MAX];
	struct str values[AXES][GROUPS_MAX];
	uint32_t n[AXES]; /* with "any other" */
};

/* A set of cells: for each axis some of its values, as bits. */
struct box {
	uint64_t of[AXES];
};

struct grid {
	const struct space *space;
	uint32_t *cells; /* cells[python][system][machine] */
};

int partition_python_compare(const struct partition_python *a, const struct partition_python *b)
{
	return a->major != b->major   ? a->major - b->major
	       : a->minor != b->minor ? a->minor - b->minor
				      : a->patch - b->patch;
}

struct str partition_python_text(const struct partition_python *python, struct arena *arena)
{
	return python->patch == 0 ? arena_printf(arena, "%d.%d", python->major, python->minor)
				  : arena_printf(arena, "%d.%d.%d", python->major, python->minor,
					    python->patch);
}

/* ---- the space -------------------------------------------------------------------------------- */

static void add_start(struct space *space, const struct partition_python *start)
{
	uint32_t at = 0;
	while (at < space->n[AXIS_PYTHON] &&
		partition_python_compare(&space->starts[at], start) < 0) {
		at++;
	}
	if (at < space->n[AXIS_PYTHON] &&
		partition_python_compare(&space->starts[at], start) == 0) {
		return;
	}
	assert(space->n[AXIS_PYTHON] < PARTITION_PYTHONS_MAX);
	for (uint32_t i = space->n[AXIS_PYTHON]++; i > at; i--) {
		space->starts[i] = space->starts[i - 1];
	}
	space->starts[at] = *start;
}

static uint32_t find_value(const struct space *space, enum axis axis, struct str value)
{
	uint32_t i = 0;
	while (i < space->n[axis] && !str_eq(space->values[axis][i], value)) {
		i++;
	}
	return i;
}

static void add_value(struct space *space, enum axis axis, struct str value, uint32_t max)
{
	if (find_value(space, axis, value) == space->n[axis]) {
		assert(space->n[axis] < max);
		space->values[axis][space->n[axis]++] = value;
	}
}

static void space_init(struct space *space, const struct partition_target *targets, size_t n)
{
	*space = (struct space){0};
	for (size_t i = 0; i < n; i++) {
		add_start(space, &targets[i].from);
		add_value(space, AXIS_SYSTEM, targets[i].sys_platform, PARTITION_SYSTEMS_MAX);
		add_value(space, AXIS_MACHINE, targets[i].platform_machine, PARTITION_MACHINES_MAX);
	}
	space->n[AXIS_SYSTEM]++;
	space->n[AXIS_MACHINE]++;
}

static size_t n_cells(const struct space *space)
{
	return (size_t)space->n[0] * space->n[1] * space->n[2];
}

static uint32_t *cell_at(const struct grid *grid, const uint32_t at[AXES])
{
	const uint32_t *n = grid->space->n;
	return &grid->cells[((size_t)at[0] * n[1] + at[1]) * n[2] + at[2]];
}

static bool has(uint64_t bits, uint32_t i)
{
	return (bits >> i & 1) != 0;
}

static struct box whole(const struct space *space)
{
	struct box box;
	for (int axis = 0; axis < AXES; axis++) {
		box.of[axis] = ((uint64_t)1 << space->n[axis]) - 1;
	}
	return box;
}

/* Does the target fill this cell of the Python axis? */
static bool fills(const struct space *space, const struct partition_target *target, uint32_t python)
{
	return partition_python_compare(&space->starts[python], &target->from) >= 0 &&
	       partition_python_compare(&space->starts[python], &target->to) < 0;
}

/* Put the targets into the grid. False: two of them want different things of one cell. */
static bool place(const struct grid *grid, const struct partition_target *targets, size_t n,
	const uint32_t *entry, size_t ret_clash[2])
{
	const struct space *space = grid->space;
	for (size_t i = 0; i < n; i++) {
		uint32_t at[AXES] = {0, find_value(space, AXIS_SYSTEM, targets[i].sys_platform),
			find_value(space, AXIS_MACHINE, targets[i].platform_machine)};
		for (uint32_t p = 0; p < space->n[AXIS_PYTHON]; p++) {
			at[AXIS_PYTHON] = p;
			uint32_t *cell = cell_at(grid, at);
			if (!fills(space, &targets[i], p)) {
				continue;
			}
			if (*cell == FREE || *cell == entry[i]) {
				*cell = entry[i];
				continue;
			}
			ret_clash[1] = i;
			for (size_t j = i; j-- > 0;) {
				bool same =
					str_eq(targets[j].sys_platform, targets[i].sys_platform) &&
					str_eq(targets[j].platform_machine,
						targets[i].platform_machine) &&
					fills(space, &targets[j], p);
				ret_clash[0] = same && entry[j] != entry[i] ? j : ret_clash[0];
			}
			return false;
		}
	}
	return true;
}

/* ---- boxes and branches ------------------------------------------------------------------------ */

typedef bool visit_fn(uint32_t *cell, void *data);

/* The cells of a box along the last axis, at the place of the others. */
static bool each_of_last(
	const struct grid *grid, const struct box *box, uint32_t *at, visit_fn *visit, void *data)
{
	for (at[2] = 0; at[2] < grid->space->n[2]; at[2]++) {
		if (has(box->of[2], at[2]) && !visit(cell_at(grid, at), data)) {
			return false;
		}
	}
	return true;
}

/* Call visit for every cell of a box until it says false. */
static bool each_cell(const struct grid *grid, const struct box *box, visit_fn *visit, void *data)
{
	const uint32_t *n = grid->space->n;
	uint32_t at[AXES];
	for (at[0] = 0; at[0] < n[0]; at[0]++) {
		for (at[1] = 0; has(box->of[0], at[0]) && at[1] < n[1]; at[1]++) {
			if (has(box->of[1], at[1]) && !each_of_last(grid, box, at, visit, data)) {
				return false;
			}
		}
	}
	return true;
}

static bool visit_same(uint32_t *cell, void *data)
{
	uint32_t *value = data;
	if (*cell == FREE || *cell == *value) {
		return true;
	}
	bool first = *value == FREE;
	*value = first ? *cell : *value;
	return first;
}

static bool visit_put(uint32_t *cell, void *data)
{
	*cell = *(uint32_t *)data;
	return true;
}

/* All cells of the box that are not free have one value, *ret (FREE: all are free). */
static bool is_uniform(const struct grid *grid, const struct box *box, uint32_t *ret)
{
	*ret = FREE;
	return each_cell(grid, box, visit_same, ret);
}

/*
 * Do the slices a and b of order[depth] agree, that is: does each combination of what is asked for
 * later have the same value in both, or none in one of them?
 */
static bool agree(const struct grid *grid, const struct box *box, const enum axis *order, int depth,
	uint64_t a, uint64_t b)
{
	struct box both = *box;
	both.of[order[depth]] = a | b;
	enum axis second = order[depth + 1 < AXES ? depth + 1 : depth];
	enum axis third = order[depth + 2 < AXES ? depth + 2 : depth];
	struct box one = both;
	uint32_t n_second = depth + 1 < AXES ? grid->space->n[second] : 1;
	uint32_t n_third = depth + 2 < AXES ? grid->space->n[third] : 1;
	for (uint32_t i = 0; i < n_second; i++) {
		if (depth + 1 < AXES) {
			one.of[second] = both.of[second] & (uint64_t)1 << i;
		}
		for (uint32_t j = 0; j < n_third; j++) {
			if (depth + 2 < AXES) {
				one.of[third] = both.of[third] & (uint64_t)1 << j;
			}
			uint32_t ignored;
			if (!is_uniform(grid, &one, &ignored)) {
				return false;
			}
		}
	}
	return true;
}

/* The slices of an axis, those that agree together. rest: slices without any target. */
struct branches {
	uint64_t group[GROUPS_MAX];
	uint32_t n;
	uint64_t rest;
};

/*
 * Which slices are put together: of Pythons only neighbours when what is free is not decided yet.
 * Slices of one value first or simply one after the other: now this gives the shorter text, now that.
 */
enum grouping { ANY_ORDER, NEIGHBOURS, UNIFORM_FIRST };

/* The slices of one value, by their value. */
static void branch_uniform(
	const struct grid *grid, const struct box *box, enum axis axis, struct branches *ret)
{
	uint32_t values[GROUPS_MAX];
	for (uint32_t i = 0; i < grid->space->n[axis]; i++) {
		struct box alone = *box;
		uint32_t value, g = 0;
		alone.of[axis] &= (uint64_t)1 << i;
		if (!is_uniform(grid, &alone, &value) || value == FREE) {
			continue;
		}
		while (g < ret->n && values[g] != value) {
			g++;
		}
		if (g == ret->n) {
			values[g] = value;
			ret->group[ret->n++] = 0;
		}
		ret->group[g] |= alone.of[axis];
	}
}

static void branch(const struct grid *grid, const struct box *box, const enum axis *order,
	int depth, enum grouping grouping, struct branches *ret)
{
	enum axis axis = order[depth];
	uint64_t done = 0;
	ret->n = 0;
	ret->rest = 0;
	if (grouping == UNIFORM_FIRST) {
		branch_uniform(grid, box, axis, ret);
	}
	for (uint32_t g = 0; g < ret->n; g++) {
		done |= ret->group[g];
	}
	for (uint32_t i = 0; i < grid->space->n[axis]; i++) {
		uint64_t slice = box->of[axis] & (uint64_t)1 << i;
		struct box alone = *box;
		alone.of[axis] = slice;
		uint32_t value;
		if (slice == 0 || (done & slice) != 0) {
			continue;
		}
		if (is_uniform(grid, &alone, &value) && value == FREE) {
			ret->rest |= slice;
			continue;
		}
		uint32_t g = grouping == NEIGHBOURS && ret->n > 0 ? ret->n - 1 : 0;
		while (g < ret->n && !agree(grid, box, order, depth, ret->group[g], slice)) {
			g++;
		}
		if (g == ret->n) {
			ret->group[ret->n++] = 0;
		}
		ret->group[g] |= slice;
	}
}

/* ---- deciding what is free ---------------------------------------------------------------------- */

/*
 * What no target fills goes to the branch with the most values, so that this one is written with "!=";
 * when all have one value it goes to the branch that has nothing, and else becomes one.
 */
static void place_rest(
	const struct grid *grid, const struct box *box, enum axis axis, struct branches *branches)
{
	uint32_t best = GROUPS_MAX;
	int most = branches->n == 1 ? 0 : 1;
	for (uint32_t g = 0; g < branches->n; g++) {
		int size = __builtin_popcountll(branches->group[g]);
		best = size > most ? g : best;
		most = size > most ? size : most;
	}
	for (uint32_t g = 0; g < branches->n && best == GROUPS_MAX; g++) {
		struct box one = *box;
		uint32_t value;
		one.of[axis] = branches->group[g];
		best = is_uniform(grid, &one, &value) && value == PARTITION_NONE ? g : best;
	}
	if (best == GROUPS_MAX) {
		best = branches->n++;
		branches->group[best] = 0;
	}
	branches->group[best] |= branches->rest;
}

/* Free slices of the Python axis go to the branch before them. */
static void place_gaps(uint32_t n, struct branches *branches)
{
	uint32_t g = 0;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < branches->n; k++) {
			g = has(branches->group[k], i) ? k : g;
		}
		if (has(branches->rest, i)) {
			branches->group[g] |= (uint64_t)1 << i;
		}
	}
}

static void decide(const struct grid *grid, const struct box *box, const enum axis *order,
	int depth, enum grouping grouping, const struct grid *total)
{
	uint32_t value;
	if (is_uniform(grid, box, &value)) {
		value = value == FREE ? PARTITION_NONE : value;
		each_cell(total, box, visit_put, &value);
		return;
	}
	assert(depth < AXES); /* a single cell is uniform */
	enum axis axis = order[depth];
	struct branches branches = {0};
	branch(grid, box, order, depth, axis == AXIS_PYTHON ? NEIGHBOURS : grouping, &branches);
	if (branches.rest != 0 && axis == AXIS_PYTHON) {
		place_gaps(grid->space->n[axis], &branches);
	} else if (branches.rest != 0) {
		place_rest(grid, box, axis, &branches);
	}
	for (uint32_t g = 0; g < branches.n; g++) {
		struct box one = *box;
		one.of[axis] = branches.group[g];
		decide(grid, &one, order, depth + 1, grouping, total);
	}
}

/* ---- text --------------------------------------------------------------------------------------- */

enum truth { NEVER, SOMETIMES, ALWAYS };

/* A condition; when SOMETIMES with its text and whether it is an "or" at the top. */
struct condition {
	enum truth truth;
	struct str text;
	bool is_or;
};

static struct condition join(
	struct condition a, struct condition b, bool is_or, struct arena *arena)
{
	enum truth idle = is_or ? NEVER : ALWAYS;
	if (a.truth == idle || b.truth == idle) {
		return a.truth == idle ? b : a;
	}
	if (a.truth != SOMETIMES || b.truth != SOMETIMES) {
		return (struct condition){.truth = is_or ? ALWAYS : NEVER};
	}
	bool parentheses_a = !is_or && a.is_or;
	bool parentheses_b = !is_or && b.is_or;
	struct str text =
		arena_printf(arena, "%s" STR_FMT "%s %s %s" STR_FMT "%s", parentheses_a ? "(" : "",
			STR_ARG(a.text), parentheses_a ? ")" : "", is_or ? "or" : "and",
			parentheses_b ? "(" : "", STR_ARG(b.text), parentheses_b ? ")" : "");
	return (struct condition){SOMETIMES, text, is_or};
}

static struct condition compare(
	enum axis axis, const char *relation, struct str value, struct arena *arena)
{
	return (struct condition){SOMETIMES,
		arena_printf(
			arena, "%s %s '" STR_FMT "'", variables[axis], relation, STR_ARG(value)),
		false};
}

static struct condition python_is(const struct space *space, uint64_t bits, struct arena *arena)
{
	struct condition all = {.truth = NEVER};
	uint32_t n = space->n[AXIS_PYTHON];
	for (uint32_t i = 0; i < n; i++) {
		if (!has(bits, i) || (i > 0 && has(bits, i - 1))) {
			continue;
		}
		uint32_t end = i;
		while (end < n && has(bits, end)) {
			end++;
		}
		struct condition range = {.truth = ALWAYS};
		if (i > 0) {
			struct str text = partition_python_text(&space->starts[i], arena);
			range = compare(AXIS_PYTHON, ">=", text, arena);
		}
		if (end < n) {
			struct str text = partition_python_text(&space->starts[end], arena);
			range = join(range, compare(AXIS_PYTHON, "<", text, arena), false, arena);
		}
		all = join(all, range, true, arena);
	}
	return all;
}

static struct condition value_is(
	const struct space *space, enum axis axis, uint64_t bits, struct arena *arena)
{
	bool others = has(bits, space->n[axis] - 1);
	struct condition all = {.truth = others ? ALWAYS : NEVER};
	for (uint32_t i = 0; i + 1 < space->n[axis]; i++) {
		if (has(bits, i) != others) {
			struct condition one =
				compare(axis, others ? "!=" : "==", space->values[axis][i], arena);
			all = join(all, one, !others, arena);
		}
	}
	return all;
}

static struct condition axis_is(
	const struct space *space, enum axis axis, uint64_t bits, struct arena *arena)
{
	return axis == AXIS_PYTHON ? python_is(space, bits, arena)
				   : value_is(space, axis, bits, arena);
}

/* The condition under which a cell of the box is 1; no cell is free. */
static struct condition describe(const struct grid *grid, const struct box *box,
	const enum axis *order, int depth, struct arena *arena)
{
	uint32_t value;
	if (is_uniform(grid, box, &value)) {
		return (struct condition){.truth = value == 1 ? ALWAYS : NEVER};
	}
	enum axis axis = order[depth];
	struct branches branches;
	struct condition below[GROUPS_MAX];
	branch(grid, box, order, depth, ANY_ORDER, &branches);
	uint32_t never = 0;
	struct condition all = {.truth = NEVER};
	for (uint32_t g = 0; g < branches.n; g++) {
		struct box one = *box;
		one.of[axis] = branches.group[g];
		below[g] = describe(grid, &one, order, depth + 1, arena);
		never += below[g].truth == NEVER;
		if (below[g].truth == ALWAYS) {
			all = axis_is(grid->space, axis, branches.group[g], arena);
		}
	}
	/* "a or (not a and b)" is "a or b" */
	bool absorbs = all.truth == SOMETIMES && never == 0 && branches.n == 2;
	for (uint32_t g = 0; g < branches.n; g++) {
		if (below[g].truth != SOMETIMES) {
			continue;
		}
		struct condition here = {.truth = ALWAYS};
		if (!absorbs) {
			here = axis_is(grid->space, axis, branches.group[g], arena);
		}
		all = join(all, join(here, below[g], false, arena), true, arena);
	}
	return all;
}

static struct str shortest(const struct grid *grid, struct arena *arena)
{
	struct box box = whole(grid->space);
	struct str best = S("");
	for (int i = 0; i < ORDERS; i++) {
		struct condition made = describe(grid, &box, orders[i], 0, arena);
		if (made.truth == ALWAYS) {
			return S("");
		}
		best = best.n == 0 || made.text.n < best.n ? made.text : best;
	}
	return best;
}

/* The texts of all entries for what is decided in `total`; their length together. */
static size_t write_all(
	const struct grid *total, uint32_t n_entries, struct arena *arena, struct str *ret)
{
	size_t n = n_cells(total->space);
	struct grid one = {total->space, arena_array(arena, uint32_t, n)};
	size_t length = 0;
	for (uint32_t e = 0; e < n_entries; e++) {
		for (size_t i = 0; i < n; i++) {
			one.cells[i] = total->cells[i] == e;
		}
		ret[e] = shortest(&one, arena);
		length += ret[e].n;
	}
	return length;
}

bool partition_markers(const struct partition_target *targets, size_t n, const uint32_t *entry,
	uint32_t n_entries, struct arena *arena, struct str *ret, size_t ret_clash[2])
{
	AUTO(arena_done) struct arena scratch = {0};
	struct space space;
	space_init(&space, targets, n);
	struct grid grid = {&space, arena_array(&scratch, uint32_t, n_cells(&space))};
	struct grid total = {&space, arena_array(&scratch, uint32_t, n_cells(&space))};
	for (size_t i = 0; i < n_cells(&space); i++) {
		grid.cells[i] = FREE;
	}
	if (!place(&grid, targets, n, entry, ret_clash)) {
		return false;
	}
	struct box box = whole(&space);
	struct str *best = arena_array(&scratch, struct str, n_entries);
	struct str *now = arena_array(&scratch, struct str, n_entries);
	size_t best_length = SIZE_MAX;
	for (int i = 0; i < 2 * ORDERS; i++) {
		decide(&grid, &box, orders[i % ORDERS], 0, i < ORDERS ? UNIFORM_FIRST : ANY_ORDER,
			&total);
		size_t length = write_all(&total, n_entries, &scratch, now);
		if (length < best_length) {
			best_length = length;
			memcpy(best, now, n_entries * sizeof(*best));
		}
	}
	for (uint32_t e = 0; e < n_entries; e++) {
		ret[e] = arena_str(arena, best[e]);
	}
	return true;
}

/* ---- environments --------------------------------------------------------------------------------- */

static bool same_machine(const struct partition_target *a, const struct partition_target *b)
{
	return str_eq(a->sys_platform, b->sys_platform) &&
	       str_eq(a->platform_machine, b->platform_machine);
}

/* The end of the unbroken range of Pythons that starts at `from` on the machine of `like`. */
static struct partition_python range_end(const struct partition_target *targets, size_t n,
	const struct partition_target *like, struct partition_python from)
{
	struct partition_python end = from;
	for (bool grew = true; grew;) {
		grew = false;
		for (size_t i = 0; i < n; i++) {
			const struct partition_target *t = &targets[i];
			if (same_machine(t, like) &&
				partition_python_compare(&t->from, &end) <= 0 &&
				partition_python_compare(&t->to, &end) > 0) {
				end = t->to;
				grew = true;
			}
		}
	}
	return end;
}

/* No other target of the machine reaches to or over the start of this one. */
static bool starts_range(const struct partition_target *targets, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++) {
		int order = partition_python_compare(&targets[j].from, &targets[i].from);
		bool before = order < 0 || (order == 0 && j < i);
		if (before && same_machine(&targets[j], &targets[i]) &&
			partition_python_compare(&targets[j].to, &targets[i].from) >= 0) {
			return false;
		}
	}
	return true;
}

const struct str *partition_environments(
	const struct partition_target *targets, size_t n, struct arena *arena, size_t *ret_n)
{
	VEC(struct str) markers = {0};
	for (size_t i = 0; i < n; i++) {
		const struct partition_target *t = &targets[i];
		if (!starts_range(targets, n, i)) {
			continue;
		}
		struct partition_python end = range_end(targets, n, t, t->from);
		struct str from = partition_python_text(&t->from, arena);
		struct str to = partition_python_text(&end, arena);
		*vec_push(arena, &markers) = arena_printf(arena,
			"python_full_version >= '" STR_FMT "' and python_full_version < '" STR_FMT
			"' and sys_platform == '" STR_FMT "' and platform_machine == '" STR_FMT "'",
			STR_ARG(from), STR_ARG(to), STR_ARG(t->sys_platform),
			STR_ARG(t->platform_machine));
	}
	*ret_n = markers.n;
	return markers.p;
}
