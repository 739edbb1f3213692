#include "packaging/metadata.h"
#include "common/vec.h"
#include "packaging/name.h"
#include "common/banned.h"

typedef VEC(struct str) str_vec;

struct reader {
	struct arena *arena;
	struct metadata out;
	str_vec requires_dist, provides_extra, dynamic, import_names, import_namespaces,
		license_classifiers;
};

/* One header: "Name: value" and its continuation lines. False at the blank line or the end. */
static bool next_header(
	struct str *rest, struct arena *arena, struct str *ret_name, struct str *ret_value)
{
	struct str line;
	if (!str_next_line(rest, &line) || line.n == 0) {
		return false;
	}
	ptrdiff_t colon = str_find_char(line, ':');
	*ret_name = colon < 0 ? S("") : str_trim(str_slice(line, 0, (size_t)colon));
	struct str value = str_trim(colon < 0 ? S("") : str_skip(line, (size_t)colon + 1));
	AUTO(buf_done) struct buf folded = {0};
	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		struct str more;
		if (!str_next_line(rest, &more)) {
			break;
		}
		if (folded.n == 0) {
			buf_add(&folded, value);
		}
		buf_byte(&folded, ' ');
		buf_add(&folded, str_trim(more));
	}
	*ret_value = folded.n == 0 ? value : str_trim(arena_str(arena, buf_str(&folded)));
	return true;
}

static struct str lower(struct str text, struct arena *arena)
{
	char *p = arena_array(arena, char, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		p[i] = char_lower(text.p[i]);
	}
	return (struct str){p, text.n};
}

/* The first one counts, as in every mail header. */
static void set_once(struct str *field, struct str value)
{
	if (field->n == 0) {
		*field = value;
	}
}

static void take_header(struct reader *in, struct str name, struct str value)
{
	if (value.n == 0) {
		return;
	}
	if (str_ieq(name, S("Requires-Dist"))) {
		*vec_push(in->arena, &in->requires_dist) = value;
	} else if (str_ieq(name, S("Provides-Extra"))) {
		*vec_push(in->arena, &in->provides_extra) = name_normal(value, in->arena);
	} else if (str_ieq(name, S("Dynamic"))) {
		*vec_push(in->arena, &in->dynamic) = lower(value, in->arena);
	} else if (str_ieq(name, S("Import-Name"))) {
		*vec_push(in->arena, &in->import_names) = value;
	} else if (str_ieq(name, S("Import-Namespace"))) {
		*vec_push(in->arena, &in->import_namespaces) = value;
	} else if (str_ieq(name, S("Metadata-Version"))) {
		set_once(&in->out.metadata_version, value);
	} else if (str_ieq(name, S("Name"))) {
		set_once(&in->out.name, value);
	} else if (str_ieq(name, S("Version"))) {
		set_once(&in->out.version, value);
	} else if (str_ieq(name, S("Requires-Python"))) {
		set_once(&in->out.requires_python, value);
	} else if (str_ieq(name, S("License-Expression"))) {
		set_once(&in->out.license_expression, value);
	} else if (str_ieq(name, S("License"))) {
		set_once(&in->out.license, value);
	} else if (str_ieq(name, S("Classifier")) && str_starts(value, S("License ::"))) {
		*vec_push(in->arena, &in->license_classifiers) = value;
	}
}

/* 1.x and 2.x are what is defined; a missing one is an old file. */
static bool check(const struct metadata *metadata, struct err *err)
{
	struct str version = metadata->metadata_version;
	ptrdiff_t dot = str_find_char(version, '.');
	struct str major = str_slice(version, 0, dot < 0 ? version.n : (size_t)dot);
	if (metadata->name.n == 0) {
		return err_set(err, ERR_INPUT, "expected a 'Name' header in the metadata");
	}
	if (metadata->version.n == 0) {
		return err_set(err, ERR_INPUT, "expected a 'Version' header in the metadata");
	}
	if (version.n > 0 && !str_eq(major, S("1")) && !str_eq(major, S("2"))) {
		AUTO(buf_done) struct buf shown = {0};
		buf_add_shown(&shown, str_slice(version, 0, 40), true);
		return err_set(err, ERR_INPUT,
			"expected metadata version 1 or 2 instead of '" STR_FMT "'",
			STR_ARG(buf_str(&shown)));
	}
	return true;
}

bool metadata_parse(struct str text, struct arena *arena, struct metadata *ret, struct err *err)
{
	struct reader in = {.arena = arena};
	struct str name, value;
	if (text.n > METADATA_MAX) {
		return err_set(err, ERR_LIMIT, "metadata of %zu bytes is over the limit of %d",
			text.n, METADATA_MAX);
	}
	if (str_starts(text, S("\xef\xbb\xbf"))) {
		text = str_skip(text, 3);
	}
	while (next_header(&text, arena, &name, &value)) {
		take_header(&in, name, value);
	}
	if (!check(&in.out, err)) {
		return false;
	}
	in.out.requires_dist = in.requires_dist.p;
	in.out.n_requires_dist = in.requires_dist.n;
	in.out.provides_extra = in.provides_extra.p;
	in.out.n_provides_extra = in.provides_extra.n;
	in.out.dynamic = in.dynamic.p;
	in.out.n_dynamic = in.dynamic.n;
	in.out.import_names = in.import_names.p;
	in.out.n_import_names = in.import_names.n;
	in.out.import_namespaces = in.import_namespaces.p;
	in.out.n_import_namespaces = in.import_namespaces.n;
	in.out.license_classifiers = in.license_classifiers.p;
	in.out.n_license_classifiers = in.license_classifiers.n;
	*ret = in.out;
	return true;
}
