#include "resolver/count.h"
#include <math.h>
#include "common/vec.h"
#include "resolver/descent.h"
#include "common/banned.h"

/*
 * The code of a package in a state says what matters about it: 0, that it is not required and all its
 * versions are open; else a mask of what is open, twice its number, plus one when it is required; NEVER, that
 * nothing is open. On a cycle of requirements a package that has its version is remembered until the
 * whole group is done: DECIDED + version. What lies behind gets 0 again, so that states meet.
 *
 * The code of a forbidding rule about three or more packages: how many of its terms hold, or DEAD.
 */
enum { DECIDED = 1 << 30, NEVER = DECIDED - 2, DEAD = 255 };
#define NO_MASK UINT32_MAX
#define NO_STATE UINT32_MAX

/* Versions of a package that leave the same to do, whichever is taken. */
struct class
{
	uint32_t version; /* one of them */
	const mask_word *mask;
	const struct effect *effects;
	uint32_t n_effects;
};

/* What a version does to another package: it requires it, or only forbids some of its versions. */
struct effect {
	uint32_t package, mask;
	bool required;
};

struct entry {
	uint32_t about, code; /* package, or n + number of a forbidding rule */
};

struct state {
	const struct entry *entries; /* what is not 0 */
	uint32_t n;
	uint32_t package; /* to decide next; n: all done */
	uint64_t hash;
	bool counted;
	uint64_t *number; /* [limbs] low first */
};

/* The mask that two masks have in common. */
struct meeting {
	uint64_t key; /* 0: free */
	uint32_t mask;
};

struct change {
	uint32_t about, code; /* what it was */
};

struct count {
	const struct model *model;
	struct arena *arena;
	uint32_t limbs;
	uint32_t *codes; /* [n + forbidding rules] of the state we are in */
	uint32_t n_codes;
	VEC(struct change) trail;
	struct {
		const struct class *classes;
		uint32_t n;
	} * packages;
	VEC(const mask_word *) masks;
	VEC(uint32_t) mask_package;
	VEC(uint32_t) mask_next; /* of the same package, or NO_MASK */
	uint32_t *mask_first;    /* [packages] */
	uint32_t *full;          /* [packages] the mask of what is usable, or NO_MASK */
	struct meeting *meets;   /* which mask two masks have in common */
	uint32_t n_meets, meets_size;
	VEC(struct state) states;
	uint32_t *slots; /* state + 1 by hash */
	uint32_t slots_size;
	VEC(uint32_t) forbidding; /* rules of the model */
	uint32_t root;
	size_t most; /* bytes of the arena */
	bool given_up;
	bool (*cancelled)(void *data);
	void *data;
};

/* ---- large numbers ---------------------------------------------------------------------------- */

/* sum += number * times; limbs are enough by choice. */
static void add_times(uint64_t *sum, const uint64_t *number, uint32_t times, uint32_t limbs)
{
	uint64_t carry = 0;
	for (uint32_t i = 0; i < limbs; i++) {
		__extension__ unsigned __int128 wide =
			(unsigned __int128)number[i] * times + sum[i] + carry;
		sum[i] = (uint64_t)wide;
		carry = (uint64_t)(wide >> 64);
	}
}

static bool is_less(const uint64_t *a, const uint64_t *b, uint32_t limbs)
{
	for (uint32_t i = limbs; i-- > 0;) {
		if (a[i] != b[i]) {
			return a[i] < b[i];
		}
	}
	return false;
}

static void subtract(uint64_t *a, const uint64_t *b, uint32_t limbs)
{
	uint64_t borrow = 0;
	for (uint32_t i = 0; i < limbs; i++) {
		uint64_t less = a[i] - b[i] - borrow;
		borrow = a[i] < b[i] || (a[i] == b[i] && borrow != 0);
		a[i] = less;
	}
}

static bool is_zero(const uint64_t *a, uint32_t limbs)
{
	for (uint32_t i = 0; i < limbs; i++) {
		if (a[i] != 0) {
			return false;
		}
	}
	return true;
}

/* ---- masks ------------------------------------------------------------------------------------ */

static uint64_t mixed(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93;
	return x ^ x >> 29;
}

static uint32_t words_of(const struct count *count, uint32_t package)
{
	return count->model->packages[package].words;
}

/* The number of a mask over the versions of a package; NO_MASK when it is empty. */
static uint32_t mask_number(struct count *count, uint32_t package, const mask_word *mask)
{
	uint32_t words = words_of(count, package);
	if (mask_count(mask, words) == 0) {
		return NO_MASK;
	}
	for (uint32_t i = count->mask_first[package]; i != NO_MASK; i = count->mask_next.p[i]) {
		if (memcmp(count->masks.p[i], mask, words * sizeof(mask[0])) == 0) {
			return i;
		}
	}
	mask_word *copy = arena_array(count->arena, mask_word, words);
	memcpy(copy, mask, words * sizeof(mask[0]));
	*vec_push(count->arena, &count->masks) = copy;
	*vec_push(count->arena, &count->mask_package) = package;
	*vec_push(count->arena, &count->mask_next) = count->mask_first[package];
	count->mask_first[package] = (uint32_t)count->masks.n - 1;
	return (uint32_t)count->masks.n - 1;
}

static void grow_meets(struct count *count)
{
	uint32_t old_size = count->meets_size;
	struct meeting *old = count->meets;
	count->meets_size = old_size == 0 ? 1024 : old_size * 2;
	count->meets = arena_array(count->arena, struct meeting, count->meets_size);
	for (uint32_t i = 0; i < old_size; i++) {
		if (old[i].key != 0) {
			uint32_t at = (uint32_t)mixed(old[i].key) & (count->meets_size - 1);
			while (count->meets[at].key != 0) {
				at = (at + 1) & (count->meets_size - 1);
			}
			count->meets[at] = old[i];
		}
	}
}

/* What two masks of one package have in common. */
static uint32_t meet(struct count *count, uint32_t a, uint32_t b)
{
	uint64_t key = ((uint64_t)a << 32 | b) + 1;
	if (count->n_meets * 2 >= count->meets_size) {
		grow_meets(count);
	}
	uint32_t at = (uint32_t)mixed(key) & (count->meets_size - 1);
	for (; count->meets[at].key != 0; at = (at + 1) & (count->meets_size - 1)) {
		if (count->meets[at].key == key) {
			return count->meets[at].mask;
		}
	}
	AUTO(arena_done) struct arena scratch = {0};
	uint32_t package = count->mask_package.p[a], words = words_of(count, package);
	mask_word *both = arena_array(&scratch, mask_word, words);
	for (uint32_t w = 0; w < words; w++) {
		both[w] = count->masks.p[a][w] & count->masks.p[b][w];
	}
	uint32_t number = mask_number(count, package, both);
	count->meets[at].key = key;
	count->meets[at].mask = number;
	count->n_meets++;
	return number;
}

/* ---- versions that are alike ------------------------------------------------------------------ */

static bool same_requirements(const struct model *model, uint32_t v, uint32_t w)
{
	uint32_t from = model->requirements_at[v], n = model->requirements_at[v + 1] - from;
	uint32_t other = model->requirements_at[w];
	for (uint32_t i = 0; i < n; i++) {
		const struct model_requirement *x = &model->requirements[from + i];
		const struct model_requirement *y = &model->requirements[other + i];
		if (x->package != y->package || x->allowed != y->allowed) {
			return false;
		}
	}
	return n == model->requirements_at[w + 1] - other;
}

static bool is_forbidden(const struct model_link *link, uint32_t own, uint32_t other)
{
	return link->table[(size_t)own * link->own_step + (size_t)other * link->other_step] ==
	       MODEL_FORBIDDEN;
}

static bool same_forbidden(const struct model *model, uint32_t package, uint32_t v, uint32_t w)
{
	const struct model_package *p = &model->packages[package];
	for (uint32_t k = 0; k < p->n_links; k++) {
		for (uint32_t j = 0; j < model->packages[p->links[k].other].n; j++) {
			if (is_forbidden(&p->links[k], v, j) != is_forbidden(&p->links[k], w, j)) {
				return false;
			}
		}
	}
	return true;
}

static bool term_holds(const struct model_rule *rule, uint32_t package, uint32_t version)
{
	for (uint32_t t = 0; t < rule->n; t++) {
		if (rule->terms[t].package == package) {
			return mask_has(rule->terms[t].mask, version);
		}
	}
	return true;
}

static bool same_terms(const struct model *model, uint32_t package, uint32_t v, uint32_t w)
{
	const struct model_package *p = &model->packages[package];
	for (uint32_t k = 0; k < p->n_rules; k++) {
		const struct model_rule *rule = &model->rules[p->rules[k]];
		if (rule->score == MODEL_FORBIDDEN &&
			term_holds(rule, package, v) != term_holds(rule, package, w)) {
			return false;
		}
	}
	return true;
}

static bool is_on_cycle(const struct model *model, uint32_t package)
{
	uint32_t group = model->packages[package].group;
	return (package > 0 && model->packages[package - 1].group == group) ||
	       (package + 1 < model->n && model->packages[package + 1].group == group);
}

/* What is usable of a package and allowed, or not forbidden by the version at one end of the link. */
static uint32_t left_open(struct count *count, uint32_t package, const mask_word *allowed,
	const struct model_link *link, uint32_t version)
{
	AUTO(arena_done) struct arena scratch = {0};
	const struct model_package *p = &count->model->packages[package];
	mask_word *mask = arena_array(&scratch, mask_word, p->words);
	for (uint32_t w = 0; w < p->words; w++) {
		mask[w] = p->usable[w] & (allowed == NULL ? ~(mask_word)0 : allowed[w]);
	}
	for (uint32_t j = 0; link != NULL && j < p->n; j++) {
		if (is_forbidden(link, version, j)) {
			mask_drop(mask, j);
		}
	}
	return mask_number(count, package, mask);
}

static void list_effects(struct count *count, uint32_t package, struct class *class)
{
	const struct model *model = count->model;
	const struct model_package *p = &model->packages[package];
	VEC(struct effect) effects = {0};
	uint32_t v = p->first + class->version;
	for (uint32_t r = model->requirements_at[v]; r < model->requirements_at[v + 1]; r++) {
		const struct model_requirement *requirement = &model->requirements[r];
		*vec_push(count->arena, &effects) = (struct effect){requirement->package,
			left_open(count, requirement->package, requirement->allowed, NULL, 0),
			true};
	}
	for (uint32_t k = 0; k < p->n_links; k++) {
		uint32_t other = p->links[k].other;
		uint32_t mask = left_open(count, other, NULL, &p->links[k], class->version);
		if (mask != count->full[other] && model->packages[other].group >= p->group) {
			*vec_push(count->arena, &effects) = (struct effect){other, mask, false};
		}
	}
	class->effects = effects.p;
	class->n_effects = (uint32_t)effects.n;
}

static void classify(struct count *count, uint32_t package)
{
	const struct model *model = count->model;
	const struct model_package *p = &model->packages[package];
	VEC(struct class) classes = {0};
	bool apart = is_on_cycle(model, package);
	for (uint32_t v = 0; v < p->n; v++) {
		if (!mask_has(p->usable, v)) {
			continue;
		}
		size_t k = apart ? classes.n : 0;
		for (; k < classes.n; k++) {
			uint32_t w = classes.p[k].version;
			if (same_requirements(model, p->first + v, p->first + w) &&
				same_forbidden(model, package, v, w) &&
				same_terms(model, package, v, w)) {
				break;
			}
		}
		if (k == classes.n) {
			*vec_push(count->arena, &classes) = (struct class){.version = v,
				.mask = arena_array(count->arena, mask_word, p->words)};
		}
		mask_add((mask_word *)classes.p[k].mask, v); /* ours until we are done */
	}
	for (size_t k = 0; k < classes.n; k++) {
		list_effects(count, package, &classes.p[k]);
	}
	count->packages[package].classes = classes.p;
	count->packages[package].n = (uint32_t)classes.n;
}

/* ---- states ----------------------------------------------------------------------------------- */

static void set_code(struct count *count, uint32_t about, uint32_t code)
{
	if (count->codes[about] != code) {
		*vec_push(count->arena, &count->trail) =
			(struct change){about, count->codes[about]};
		count->codes[about] = code;
	}
}

static void undo(struct count *count, size_t to)
{
	while (count->trail.n > to) {
		const struct change *change = &count->trail.p[--count->trail.n];
		count->codes[change->about] = change->code;
	}
}

/* The first package that is required and has no version; n when there is none. */
static uint32_t next_package(const struct count *count)
{
	for (uint32_t p = 0; p < count->model->n; p++) {
		if ((count->codes[p] & 1) != 0 && count->codes[p] < DECIDED) {
			return p;
		}
	}
	return count->model->n;
}

/* Groups before that of the next package are done: forget what no longer matters. */
static void forget(struct count *count, uint32_t next)
{
	const struct model *model = count->model;
	uint32_t group = next < model->n ? model->packages[next].group : UINT32_MAX;
	for (uint32_t p = 0; p < model->n; p++) {
		if (count->codes[p] != 0 &&
			(next == model->n || model->packages[p].group < group)) {
			set_code(count, p, 0);
		}
	}
	for (uint32_t i = 0; i < count->forbidding.n; i++) {
		const struct model_rule *rule = &model->rules[count->forbidding.p[i]];
		uint32_t done = 0;
		for (uint32_t t = 0; t < rule->n; t++) {
			done += next == model->n ||
				model->packages[rule->terms[t].package].group < group;
		}
		if (done == rule->n) {
			set_code(count, model->n + i, 0);
		} else if (count->codes[model->n + i] < done) {
			set_code(count, model->n + i, DEAD);
		}
	}
}

/* Narrow what is open to a package. False: nothing is, and it has to be there. */
static bool narrow(struct count *count, const struct effect *effect)
{
	uint32_t code = count->codes[effect->package], both = effect->mask;
	if (code >= DECIDED) {
		return both != NO_MASK && mask_has(count->masks.p[both], code - DECIDED);
	}
	if (code == NEVER) {
		return !effect->required;
	}
	if (both != NO_MASK && code != 0) {
		both = meet(count, code / 2 - 1, both);
	}
	bool required = effect->required || (code & 1) != 0;
	if (both == NO_MASK) {
		set_code(count, effect->package, NEVER);
		return !required;
	}
	bool free = !required && both == count->full[effect->package];
	set_code(count, effect->package, free ? 0 : (both + 1) * 2 + required);
	return true;
}

/* Give a package a version. False: nothing is valid behind that. */
static bool decide(struct count *count, uint32_t package, const struct class *class)
{
	const struct model *model = count->model;
	set_code(count, package, DECIDED + class->version);
	for (uint32_t i = 0; i < class->n_effects; i++) {
		if (!narrow(count, &class->effects[i])) {
			return false;
		}
	}
	for (uint32_t i = 0; i < count->forbidding.n; i++) {
		const struct model_rule *rule = &model->rules[count->forbidding.p[i]];
		uint32_t code = count->codes[model->n + i];
		bool about = false;
		for (uint32_t t = 0; t < rule->n; t++) {
			about |= rule->terms[t].package == package;
		}
		if (!about || code == DEAD) {
			continue;
		}
		bool holds = term_holds(rule, package, class->version);
		if (holds && code + 1 == rule->n) {
			return false;
		}
		set_code(count, model->n + i, holds ? code + 1 : DEAD);
	}
	return true;
}

static void grow_slots(struct count *count)
{
	count->slots_size = count->slots_size == 0 ? 1024 : count->slots_size * 2;
	count->slots = arena_array(count->arena, uint32_t, count->slots_size);
	for (uint32_t i = 0; i < count->states.n; i++) {
		uint32_t at = (uint32_t)count->states.p[i].hash & (count->slots_size - 1);
		while (count->slots[at] != 0) {
			at = (at + 1) & (count->slots_size - 1);
		}
		count->slots[at] = i + 1;
	}
}

static bool is_state(const struct count *count, const struct state *state)
{
	for (uint32_t i = 0; i < state->n; i++) {
		if (count->codes[state->entries[i].about] != state->entries[i].code) {
			return false;
		}
	}
	return true;
}

static bool must_stop(struct count *count)
{
	count->given_up |= count->states.n >= COUNT_STATES || count->arena->total > count->most ||
			   (count->cancelled != NULL && count->cancelled(count->data));
	return count->given_up;
}

/* The state that the codes say, new or known. */
static uint32_t this_state(struct count *count, uint32_t next)
{
	uint32_t n = 0;
	uint64_t hash = next;
	for (uint32_t i = 0; i < count->n_codes; i++) {
		if (count->codes[i] != 0) {
			hash = mixed(hash + ((uint64_t)i << 32 | count->codes[i]));
			n++;
		}
	}
	if (count->states.n * 2 >= count->slots_size) {
		grow_slots(count);
	}
	uint32_t at = (uint32_t)hash & (count->slots_size - 1);
	for (; count->slots[at] != 0; at = (at + 1) & (count->slots_size - 1)) {
		const struct state *known = &count->states.p[count->slots[at] - 1];
		if (known->hash == hash && known->n == n && is_state(count, known)) {
			return count->slots[at] - 1;
		}
	}
	struct entry *entries = arena_array(count->arena, struct entry, n);
	for (uint32_t i = 0, k = 0; i < count->n_codes; i++) {
		if (count->codes[i] != 0) {
			entries[k++] = (struct entry){i, count->codes[i]};
		}
	}
	count->slots[at] = (uint32_t)count->states.n + 1;
	*vec_push(count->arena, &count->states) = (struct state){.entries = entries,
		.n = n,
		.package = next,
		.hash = hash,
		.number = arena_array(count->arena, uint64_t, count->limbs)};
	return (uint32_t)count->states.n - 1;
}

/* Versions of a class that are open to its package. */
static uint32_t class_size(const struct count *count, uint32_t package, const struct class *class)
{
	const mask_word *open = count->masks.p[count->codes[package] / 2 - 1];
	uint32_t n = 0;
	for (uint32_t w = 0; w < words_of(count, package); w++) {
		n += (uint32_t)__builtin_popcountll(open[w] & class->mask[w]);
	}
	return n;
}

/* Take a class; the state behind, or NO_STATE. The caller undoes. */
static uint32_t step(struct count *count, uint32_t package, const struct class *class)
{
	if (!decide(count, package, class)) {
		return NO_STATE;
	}
	uint32_t next = next_package(count);
	forget(count, next);
	return this_state(count, next);
}

/* Count what is behind a state, in which the codes are. */
static void visit(struct count *count, uint32_t number)
{
	uint32_t package = count->states.p[number].package;
	uint64_t *sum = count->states.p[number].number;
	count->states.p[number].counted = true;
	if (package == count->model->n) {
		sum[0] = 1;
		return;
	}
	for (uint32_t k = 0; k < count->packages[package].n && !must_stop(count); k++) {
		const struct class *class = &count->packages[package].classes[k];
		size_t mark = count->trail.n;
		uint32_t size = class_size(count, package, class);
		uint32_t behind = size == 0 ? NO_STATE : step(count, package, class);
		if (behind != NO_STATE) {
			if (!count->states.p[behind].counted) {
				visit(count, behind);
			}
			add_times(sum, count->states.p[behind].number, size, count->limbs);
		}
		undo(count, mark);
	}
}

/* ---- all of it -------------------------------------------------------------------------------- */

static void start(struct count *count)
{
	const struct model *model = count->model;
	double bits = 0;
	for (uint32_t p = 0; p < model->n; p++) {
		bits += log2(model->packages[p].n + 1.0);
		count->mask_first[p] = NO_MASK;
		count->full[p] = left_open(count, p, NULL, NULL, 0);
	}
	count->limbs = (uint32_t)(bits / 64) + 1;
	for (uint32_t i = 0; i < model->n_rules; i++) {
		if (model->rules[i].score == MODEL_FORBIDDEN) {
			*vec_push(count->arena, &count->forbidding) = i;
		}
	}
	count->n_codes = model->n + (uint32_t)count->forbidding.n;
	count->codes = arena_array(count->arena, uint32_t, count->n_codes);
	for (uint32_t p = 0; p < model->n; p++) {
		classify(count, p);
	}
	for (uint32_t i = 0; i < model->n_roots; i++) {
		uint32_t p = model->roots[i];
		count->codes[p] = (count->full[p] + 1) * 2 + 1;
	}
}

struct count *count_stacks(
	const struct model *model, struct arena *arena, bool (*cancelled)(void *data), void *data)
{
	struct count *count = arena_new(arena, struct count);
	*count = (struct count){
		.model = model,
		.arena = arena,
		.packages = arena_alloc(arena, model->n, sizeof(count->packages[0])),
		.mask_first = arena_array(arena, uint32_t, model->n),
		.full = arena_array(arena, uint32_t, model->n),
		.most = arena->total + COUNT_BYTES,
		.root = NO_STATE,
		.cancelled = cancelled,
		.data = data,
	};
	if (model->unsatisfiable.n > 0) {
		return count;
	}
	start(count);
	count->root = this_state(count, next_package(count));
	visit(count, count->root);
	return count->given_up ? NULL : count;
}

uint32_t count_states(const struct count *count)
{
	return (uint32_t)count->states.n;
}

double count_number(const struct count *count)
{
	double number = 0;
	for (uint32_t i = count->limbs; count->root != NO_STATE && i-- > 0;) {
		number = number * 0x1p64 + (double)count->states.p[count->root].number[i];
	}
	return number;
}

struct str count_text(const struct count *count, struct arena *arena)
{
	if (count->root == NO_STATE) {
		return S("0");
	}
	AUTO(arena_done) struct arena scratch = {0};
	uint32_t limbs = count->limbs, room = limbs * 20 + 1, at = room;
	uint64_t *rest = arena_array(&scratch, uint64_t, limbs);
	char *digits = arena_array(arena, char, room);
	memcpy(rest, count->states.p[count->root].number, limbs * sizeof(rest[0]));
	do {
		uint64_t remainder = 0;
		for (uint32_t i = limbs; i-- > 0;) {
			__extension__ unsigned __int128 wide =
				(unsigned __int128)remainder << 64 | rest[i];
			rest[i] = (uint64_t)(wide / 10);
			remainder = (uint64_t)(wide % 10);
		}
		digits[--at] = (char)('0' + remainder);
	} while (!is_zero(rest, limbs));
	return (struct str){digits + at, room - at};
}

/* ---- drawing ---------------------------------------------------------------------------------- */

/* Uniform below n, which is not 0. */
static void draw_below(struct random *random, const uint64_t *n, uint64_t *ret, uint32_t limbs)
{
	uint32_t top = limbs;
	while (top > 1 && n[top - 1] == 0) {
		top--;
	}
	uint64_t mask = UINT64_MAX >> __builtin_clzll(n[top - 1]);
	do {
		for (uint32_t i = 0; i < limbs; i++) {
			ret[i] = i < top ? random_next(random) : 0;
		}
		ret[top - 1] &= mask;
	} while (!is_less(ret, n, limbs));
}

/* Take the class that `rest` falls into, and one of its versions; the state behind. */
static uint32_t draw_step(struct count *count, uint32_t package, struct random *random,
	uint64_t *rest, uint16_t *ret_stack)
{
	AUTO(arena_done) struct arena scratch = {0};
	uint64_t *part = arena_array(&scratch, uint64_t, count->limbs);
	mask_word *open = arena_array(&scratch, mask_word, words_of(count, package));
	for (uint32_t k = 0; k < count->packages[package].n; k++) {
		const struct class *class = &count->packages[package].classes[k];
		size_t mark = count->trail.n;
		uint32_t size = class_size(count, package, class);
		for (uint32_t w = 0; w < words_of(count, package); w++) {
			open[w] = class->mask[w] & count->masks.p[count->codes[package] / 2 - 1][w];
		}
		uint32_t behind = size == 0 ? NO_STATE : step(count, package, class);
		memset(part, 0, count->limbs * sizeof(part[0]));
		if (behind != NO_STATE) {
			add_times(part, count->states.p[behind].number, size, count->limbs);
		}
		if (is_less(rest, part, count->limbs)) {
			ret_stack[package] = (uint16_t)mask_select(
				open, words_of(count, package), random_below(random, size));
			return behind;
		}
		subtract(rest, part, count->limbs);
		undo(count, mark);
	}
	return NO_STATE; /* not reached: the parts add up */
}

bool count_draw(struct count *count, struct random *random, uint16_t *ret_stack)
{
	AUTO(arena_done) struct arena scratch = {0};
	uint64_t *rest = arena_array(&scratch, uint64_t, count->limbs);
	memset(ret_stack, 0xff, count->model->n * sizeof(ret_stack[0]));
	if (count->root == NO_STATE || is_zero(count->states.p[count->root].number, count->limbs)) {
		return false;
	}
	uint32_t state = count->root;
	while (count->states.p[state].package < count->model->n) {
		draw_below(random, count->states.p[state].number, rest, count->limbs);
		state = draw_step(count, count->states.p[state].package, random, rest, ret_stack);
	}
	undo(count, 0);
	return true;
}
