#include "packaging/version.h"
#include "packaging/blank.h"
#include "common/banned.h"

/* ---- reading ---------------------------------------------------------------------------------- */

/* Position in a text that is being read. */
struct cursor {
	struct str text;
	size_t at;
};

static char peek(const struct cursor *in)
{
	return in->at < in->text.n ? in->text.p[in->at] : '\0';
}

/* Digits at the cursor as they stand; may be none. */
static struct str take_digits(struct cursor *in)
{
	size_t from = in->at;
	while (char_is_digit(peek(in))) {
		in->at++;
	}
	return str_slice(in->text, from, in->at);
}

static struct str without_zeros(struct str digits)
{
	while (digits.n > 0 && digits.p[0] == '0') {
		digits = str_skip(digits, 1);
	}
	return digits;
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

static void skip_separator(struct cursor *in)
{
	in->at += is_separator(peek(in));
}

/*
 * One of `words` (ended by an empty one) without regard to case, an optional separator before and
 * after it, and an optional number. Index of the word, or -1 with the cursor where it was.
 */
static int take_suffix(struct cursor *in, const struct str *words, struct str *ret_number)
{
	struct cursor start = *in;
	skip_separator(in);
	struct str rest = str_skip(in->text, in->at);
	for (int i = 0; words[i].n > 0; i++) {
		if (str_ieq(str_slice(rest, 0, words[i].n), words[i])) {
			in->at += words[i].n;
			skip_separator(in);
			*ret_number = without_zeros(take_digits(in));
			return i;
		}
	}
	*in = start;
	return -1;
}

static void take_pre(struct cursor *in, struct version *version)
{
	/* longer spellings first, as a word is not ended by anything */
	static const struct str words[] = {STR_INIT("alpha"), STR_INIT("a"), STR_INIT("beta"),
		STR_INIT("b"), STR_INIT("preview"), STR_INIT("pre"), STR_INIT("c"), STR_INIT("rc"),
		STR_INIT("")};
	static const enum version_pre kinds[] = {VERSION_ALPHA, VERSION_ALPHA, VERSION_BETA,
		VERSION_BETA, VERSION_RC, VERSION_RC, VERSION_RC, VERSION_RC};
	int word = take_suffix(in, words, &version->pre_number);
	version->pre = word < 0 ? VERSION_NO_PRE : kinds[word];
}

static void take_post(struct cursor *in, struct version *version)
{
	static const struct str words[] = {
		STR_INIT("post"), STR_INIT("rev"), STR_INIT("r"), STR_INIT("")};
	bool bare = peek(in) == '-' && in->at + 1 < in->text.n &&
		    char_is_digit(in->text.p[in->at + 1]); /* "1.0-1" */
	if (bare) {
		in->at++;
		version->post_number = without_zeros(take_digits(in));
	}
	version->has_post = bare || take_suffix(in, words, &version->post_number) >= 0;
}

/* "+abc.5": alphanumeric segments between single separators. */
static void take_local(struct cursor *in, struct version *version)
{
	if (peek(in) != '+') {
		return;
	}
	size_t from = in->at + 1, end = from;
	for (size_t i = from; i < in->text.n; i++) {
		char c = in->text.p[i];
		if (char_is_alnum(c)) {
			end = i + 1;
		} else if (!is_separator(c) || i != end || i == from) {
			break;
		}
	}
	if (end > from) {
		version->local = str_slice(in->text, from, end);
		in->at = end;
	}
}

static void take_epoch(struct cursor *in, struct version *version)
{
	struct cursor ahead = *in;
	struct str digits = take_digits(&ahead);
	bool release_follows =
		ahead.at + 1 < ahead.text.n && char_is_digit(ahead.text.p[ahead.at + 1]);
	if (digits.n > 0 && peek(&ahead) == '!' && release_follows) {
		version->epoch = without_zeros(digits);
		in->at = ahead.at + 1;
	}
}

static bool take_release(struct cursor *in, struct version *version)
{
	size_t from = in->at;
	if (take_digits(in).n == 0) {
		return false;
	}
	while (peek(in) == '.' && in->at + 1 < in->text.n &&
		char_is_digit(in->text.p[in->at + 1])) {
		in->at++;
		(void)take_digits(in);
	}
	version->release = str_slice(in->text, from, in->at);
	return true;
}

/* ---- the order key ------------------------------------------------------------------------------
 *
 * Most significant first: four release segments of 16, 8, 8 and 8 bits, 4 bits for the suffix, 20
 * bits for its number. A version packs when it has no epoch, no local part, at most one suffix,
 * at most four segments (zeros behind them do not count) and numbers that fit. Suffixes in their
 * order: dev, a, b, rc, none, post; they start at 1, so no key is 0.
 */
enum {
	KEY_SEGMENTS = 4,
	KEY_SUFFIX_BITS = 4,
	KEY_NUMBER_BITS = 20,
	KEY_DEV = 1,
	KEY_ALPHA,
	KEY_BETA,
	KEY_RC,
	KEY_FINAL,
	KEY_POST,
};

static bool pack(struct str digits, unsigned bits, uint64_t *key)
{
	uint64_t value = 0;
	if (digits.n > 0 && (!str_to_u64(digits, &value) || value >> bits != 0)) {
		return false;
	}
	*key = *key << bits | value;
	return true;
}

static bool pack_release(struct str release, uint64_t *key)
{
	static const unsigned bits[KEY_SEGMENTS] = {16, 8, 8, 8};
	struct str digits;
	size_t i = 0;
	for (; version_next_segment(&release, &digits); i++) {
		if (i >= KEY_SEGMENTS ? digits.n > 0 : !pack(digits, bits[i], key)) {
			return false;
		}
	}
	for (; i < KEY_SEGMENTS; i++) {
		*key <<= bits[i];
	}
	return true;
}

static uint64_t order_key(const struct version *version)
{
	int suffixes = (version->pre != VERSION_NO_PRE) + version->has_post + version->has_dev;
	uint64_t key = 0;
	if (version->epoch.n > 0 || version->local.n > 0 || suffixes > 1 ||
		!pack_release(version->release, &key)) {
		return 0;
	}
	uint64_t kind = KEY_FINAL;
	struct str number = S("");
	if (version->has_dev) {
		kind = KEY_DEV;
		number = version->dev_number;
	} else if (version->has_post) {
		kind = KEY_POST;
		number = version->post_number;
	} else if (version->pre != VERSION_NO_PRE) {
		kind = KEY_ALPHA + (uint64_t)(version->pre - VERSION_ALPHA);
		number = version->pre_number;
	}
	key = key << KEY_SUFFIX_BITS | kind;
	return pack(number, KEY_NUMBER_BITS, &key) ? key : 0;
}

bool version_scan(struct str text, struct version *ret, size_t *ret_n)
{
	static const struct str dev[] = {STR_INIT("dev"), STR_INIT("")};
	struct version version = {0};
	struct cursor in = {.text = text};
	in.at += peek(&in) == 'v' || peek(&in) == 'V';
	take_epoch(&in, &version);
	if (!take_release(&in, &version)) {
		return false;
	}
	if (in.at < text.n) { /* most versions are numbers and dots alone */
		take_pre(&in, &version);
		take_post(&in, &version);
		version.has_dev = take_suffix(&in, dev, &version.dev_number) >= 0;
		take_local(&in, &version);
	}
	version.text = str_slice(text, 0, in.at);
	version.key = order_key(&version);
	*ret = version;
	*ret_n = in.at;
	return true;
}

bool version_parse(struct str text, struct version *ret)
{
	struct version version;
	size_t n;
	text = blank_trim(text);
	if (!version_scan(text, &version, &n) || n != text.n) {
		return false;
	}
	*ret = version;
	return true;
}

/* ---- order ------------------------------------------------------------------------------------ */

int version_compare_digits(struct str a, struct str b)
{
	a = without_zeros(a);
	b = without_zeros(b);
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : str_cmp(a, b);
}

bool version_next_segment(struct str *rest, struct str *ret_digits)
{
	struct cursor in = {.text = *rest};
	if (rest->n == 0) {
		return false;
	}
	*ret_digits = without_zeros(take_digits(&in));
	*rest = str_skip(*rest, in.at + 1); /* and the dot */
	return true;
}

static int compare_release(struct str a, struct str b)
{
	for (;;) {
		struct str one = S(""), other = S("");
		bool more_a = version_next_segment(&a, &one);
		bool more_b = version_next_segment(&b, &other);
		int order = version_compare_digits(one, other);
		if (order != 0 || (!more_a && !more_b)) {
			return order;
		}
	}
}

/* A version that is a dev release and nothing else comes before all pre-releases. */
static int pre_rank(const struct version *version)
{
	if (version->pre != VERSION_NO_PRE) {
		return (int)version->pre;
	}
	return version->has_dev && !version->has_post ? 0 : VERSION_RC + 1;
}

static struct str take_local_segment(struct str *rest, bool *ret_number)
{
	size_t n = 0;
	*ret_number = true;
	while (n < rest->n && !is_separator(rest->p[n])) {
		*ret_number = *ret_number && char_is_digit(rest->p[n]);
		n++;
	}
	struct str segment = str_slice(*rest, 0, n);
	*rest = str_skip(*rest, n + 1);
	return segment;
}

static int compare_lower(struct str a, struct str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int order = char_lower(a.p[i]) - char_lower(b.p[i]);
		if (order != 0) {
			return order;
		}
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_local(struct str a, struct str b)
{
	while (a.n > 0 && b.n > 0) {
		bool number_a, number_b;
		struct str one = take_local_segment(&a, &number_a);
		struct str other = take_local_segment(&b, &number_b);
		if (number_a != number_b) {
			return number_a ? 1 : -1;
		}
		int order =
			number_a ? version_compare_digits(one, other) : compare_lower(one, other);
		if (order != 0) {
			return order;
		}
	}
	return (a.n > 0) - (b.n > 0);
}

static int compare_suffixes(const struct version *a, const struct version *b)
{
	int order = pre_rank(a) - pre_rank(b);
	if (order == 0 && a->pre != VERSION_NO_PRE) {
		order = version_compare_digits(a->pre_number, b->pre_number);
	}
	if (order == 0) {
		order = a->has_post - b->has_post;
	}
	if (order == 0 && a->has_post) {
		order = version_compare_digits(a->post_number, b->post_number);
	}
	if (order == 0) {
		order = b->has_dev - a->has_dev;
	}
	if (order == 0 && a->has_dev) {
		order = version_compare_digits(a->dev_number, b->dev_number);
	}
	return order;
}

int version_compare_slow(const struct version *a, const struct version *b)
{
	int order = version_compare_digits(a->epoch, b->epoch);
	if (order == 0) {
		order = compare_release(a->release, b->release);
	}
	if (order == 0) {
		order = compare_suffixes(a, b);
	}
	return order != 0 ? order : compare_local(a->local, b->local);
}

int version_compare(const struct version *a, const struct version *b)
{
	if (a->key != 0 && b->key != 0) {
		return a->key < b->key ? -1 : a->key > b->key;
	}
	return version_compare_slow(a, b);
}

bool version_is_prerelease(const struct version *version)
{
	return version->pre != VERSION_NO_PRE || version->has_dev;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void add_number(struct buf *out, struct str digits)
{
	buf_add(out, digits.n == 0 ? S("0") : digits);
}

static void add_base(struct buf *out, const struct version *version)
{
	if (version->epoch.n > 0) {
		buf_add(out, version->epoch);
		buf_byte(out, '!');
	}
	struct str rest = version->release, digits;
	for (bool first = true; version_next_segment(&rest, &digits); first = false) {
		if (!first) {
			buf_byte(out, '.');
		}
		add_number(out, digits);
	}
}

static void add_public(struct buf *out, const struct version *version)
{
	static const struct str letters[] = {
		[VERSION_NO_PRE] = STR_INIT(""),
		[VERSION_ALPHA] = STR_INIT("a"),
		[VERSION_BETA] = STR_INIT("b"),
		[VERSION_RC] = STR_INIT("rc"),
	};
	add_base(out, version);
	if (version->pre != VERSION_NO_PRE) {
		buf_add(out, letters[version->pre]);
		add_number(out, version->pre_number);
	}
	if (version->has_post) {
		buf_add(out, S(".post"));
		add_number(out, version->post_number);
	}
	if (version->has_dev) {
		buf_add(out, S(".dev"));
		add_number(out, version->dev_number);
	}
}

static void add_local(struct buf *out, const struct version *version)
{
	struct str rest = version->local;
	while (rest.n > 0) {
		bool number;
		struct str segment = take_local_segment(&rest, &number);
		if (number) {
			add_number(out, without_zeros(segment));
		}
		for (size_t i = 0; i < segment.n && !number; i++) {
			buf_byte(out, char_lower(segment.p[i]));
		}
		if (rest.n > 0) {
			buf_byte(out, '.');
		}
	}
}

struct str version_normal(const struct version *version, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_public(&out, version);
	if (version->local.n > 0) {
		buf_byte(&out, '+');
		add_local(&out, version);
	}
	return arena_str(arena, buf_str(&out));
}

struct str version_public(const struct version *version, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_public(&out, version);
	return arena_str(arena, buf_str(&out));
}

struct str version_base(const struct version *version, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	add_base(&out, version);
	return arena_str(arena, buf_str(&out));
}
