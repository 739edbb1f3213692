#include "notebook_meta/outputs.h"
#include "common/jsonread.h"
#include "common/banned.h"

/* One output: the value of data[mime], if it is there. */
static bool in_output(struct jsonread *in, struct str mime, struct str *ret)
{
	bool found = false;
	struct str key;
	if (!jsonread_object(in)) {
		return false;
	}
	while (jsonread_key(in, &key)) {
		if (!str_eq(key, S("data")) || jsonread_peek(in) != JSONREAD_OBJECT) {
			jsonread_skip(in);
			continue;
		}
		jsonread_object(in);
		while (jsonread_key(in, &key)) {
			struct str raw = jsonread_raw(in);
			if (str_eq(key, mime)) {
				*ret = raw;
				found = true;
			}
		}
	}
	return found && in->fault == NULL;
}

static bool in_cell(struct jsonread *in, struct str mime, struct str *ret)
{
	bool found = false;
	struct str key;
	if (!jsonread_object(in)) {
		return false;
	}
	while (jsonread_key(in, &key)) {
		if (!str_eq(key, S("outputs")) || jsonread_peek(in) != JSONREAD_ARRAY) {
			jsonread_skip(in);
			continue;
		}
		jsonread_array(in);
		while (jsonread_element(in)) {
			found = in_output(in, mime, ret) || found;
		}
	}
	return found;
}

bool nb_outputs_last(
	const struct notebook *notebook, struct str mime, struct str *ret_raw, size_t *ret_cell)
{
	struct jsonread in = jsonread_start(notebook->bytes);
	struct str key;
	bool found = false;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		if (!str_eq(key, S("cells")) || jsonread_peek(&in) != JSONREAD_ARRAY) {
			jsonread_skip(&in);
			continue;
		}
		jsonread_array(&in);
		for (size_t cell = 0; jsonread_element(&in); cell++) {
			if (in_cell(&in, mime, ret_raw)) {
				*ret_cell = cell;
				found = true;
			}
		}
	}
	return found && in.fault == NULL;
}
