#include "advise/trust.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/banned.h"

enum { CONSENT_MAX = 4 << 20 };

static struct str consent_line(enum trust_kind kind, struct str address, struct arena *arena)
{
	AUTO(buf_done) struct buf shown = {0};
	buf_add_shown(&shown, address, true); /* one line, whatever it holds */
	return arena_printf(arena, "%s " STR_FMT, kind == TRUST_INDEX ? "index" : "address",
		STR_ARG(buf_str(&shown)));
}

static struct str consent_path(struct arena *arena)
{
	return fs_join(arena, fs_data_dir(arena), S("consent"));
}

static bool read_all(struct arena *arena, struct str *ret)
{
	struct err ignored = {0};
	return fs_read(arena_cstr(arena, consent_path(arena)), CONSENT_MAX, arena, ret, &ignored);
}

static bool is_remembered(struct str wanted, struct arena *arena)
{
	struct str text;
	struct str line;
	if (!read_all(arena, &text)) {
		return false;
	}
	while (str_next_line(&text, &line)) {
		if (str_eq(line, wanted)) {
			return true;
		}
	}
	return false;
}

void trust_remember(enum trust_kind kind, struct str address)
{
	AUTO(arena_done) struct arena arena = {0};
	struct str line = consent_line(kind, address, &arena);
	struct str path = consent_path(&arena);
	struct str old = S("");
	struct err err = {0};
	if (is_remembered(line, &arena)) {
		return;
	}
	(void)read_all(&arena, &old);
	struct str all = arena_printf(&arena, STR_FMT "%s" STR_FMT "\n", STR_ARG(old),
		old.n > 0 && !str_ends(old, S("\n")) ? "\n" : "", STR_ARG(line));
	if (!fs_make_dirs(arena_cstr(&arena, fs_dirname(&arena, path)), &err) ||
		!fs_write_atomic(arena_cstr(&arena, path), all, 0600, &err)) {
		log_warn("trust", "the answer cannot be kept: %s", err.message);
	}
}

bool trust_allows(const struct advise_options *options, const struct advise_input *input,
	enum trust_kind kind, struct str address, struct str package)
{
	AUTO(arena_done) struct arena arena = {0};
	if (options->trust != ADVISE_TRUST_ASK) {
		return false;
	}
	if (is_remembered(consent_line(kind, address, &arena), &arena)) {
		return true;
	}
	if (input->consent == NULL) {
		return false;
	}
	AUTO(buf_done) struct buf question = {0};
	buf_addf(&question, "the notebook wants ");
	buf_add_shown(&question, package, true);
	buf_add(&question, kind == TRUST_INDEX ? S(" from the index ") : S(" from "));
	buf_add_shown(&question, address, true);
	buf_add(&question, S(", which your settings do not name. Allow it?"));
	if (!input->consent(input->consent_data, buf_str(&question))) {
		return false;
	}
	trust_remember(kind, address);
	return true;
}
