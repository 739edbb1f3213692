#include "index/json_file.h"
#include "common/clock.h"
#include "index/simple.h"
#include "common/banned.h"

struct str index_json_text(struct jsonread *in, struct arena *arena)
{
	if (jsonread_peek(in) == JSONREAD_STRING) {
		return jsonread_string(in, arena);
	}
	jsonread_skip(in);
	return S("");
}

static struct str json_sha256(struct jsonread *in, struct arena *arena)
{
	struct str key;
	struct str found = S("");
	if (jsonread_peek(in) != JSONREAD_OBJECT) {
		jsonread_skip(in);
		return found;
	}
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		if (str_eq(key, S("sha256"))) {
			found = index_page_sha256(index_json_text(in, arena), arena);
		} else {
			jsonread_skip(in);
		}
	}
	return found;
}

static void json_metadata(struct jsonread *in, struct arena *arena, struct index_json_file *file)
{
	switch (jsonread_peek(in)) {
	case JSONREAD_TRUE:
		file->announced = true;
		jsonread_skip(in);
		break;
	case JSONREAD_FALSE:
		file->denied = true;
		jsonread_skip(in);
		break;
	case JSONREAD_OBJECT:
		file->announced = true;
		file->metadata_sha256 = json_sha256(in, arena);
		break;
	case JSONREAD_NONE:
	case JSONREAD_ARRAY:
	case JSONREAD_STRING:
	case JSONREAD_NUMBER:
	case JSONREAD_NULL:
		jsonread_skip(in);
		break;
	}
}

static void json_yanked(struct jsonread *in, struct arena *arena, struct index_json_file *file)
{
	enum jsonread_kind kind = jsonread_peek(in);
	file->is_yanked = kind == JSONREAD_TRUE || kind == JSONREAD_STRING;
	file->yanked = index_json_text(in, arena);
}

static int64_t json_size(struct jsonread *in)
{
	uint64_t size;
	bool fits = str_to_u64(jsonread_raw(in), &size) && size < INT64_MAX;
	return fits ? (int64_t)size : -1;
}

enum member {
	MEMBER_URL,
	MEMBER_SIZE,
	MEMBER_HASHES,
	MEMBER_YANKED,
	MEMBER_FILENAME,
	MEMBER_UPLOAD_TIME,
	MEMBER_CORE_METADATA,
	MEMBER_REQUIRES_PYTHON,
	MEMBER_DIST_INFO_METADATA,
	MEMBER_OTHER,
};

static enum member member_of(struct str key)
{
	static const struct str names[] = {STR_INIT("url"), STR_INIT("size"), STR_INIT("hashes"),
		STR_INIT("yanked"), STR_INIT("filename"), STR_INIT("upload-time"),
		STR_INIT("core-metadata"), STR_INIT("requires-python"),
		STR_INIT("dist-info-metadata")};
	int i = 0;
	while (i < MEMBER_OTHER && (names[i].n != key.n || !str_eq(names[i], key))) {
		i++;
	}
	return (enum member)i;
}

static void json_member(
	struct jsonread *in, struct str key, struct arena *arena, struct index_json_file *file)
{
	switch (member_of(key)) {
	case MEMBER_URL:
		file->url = index_json_text(in, arena);
		break;
	case MEMBER_SIZE:
		file->size = json_size(in);
		break;
	case MEMBER_HASHES:
		file->sha256 = json_sha256(in, arena);
		break;
	case MEMBER_YANKED:
		json_yanked(in, arena, file);
		break;
	case MEMBER_FILENAME:
		file->filename = index_json_text(in, arena);
		break;
	case MEMBER_UPLOAD_TIME:
		if (!clock_parse(index_json_text(in, arena), &file->upload_ms)) {
			file->upload_ms = -1;
		}
		break;
	case MEMBER_CORE_METADATA:
		file->announced = file->denied = false;
		file->metadata_sha256 = S("");
		json_metadata(in, arena, file);
		break;
	case MEMBER_REQUIRES_PYTHON:
		file->requires_python = index_json_text(in, arena);
		break;
	case MEMBER_DIST_INFO_METADATA:
		if (!file->announced && !file->denied) {
			json_metadata(in, arena, file);
			break;
		}
		jsonread_skip(in);
		break;
	case MEMBER_OTHER:
		jsonread_skip(in);
		break;
	}
}

bool index_json_file_read(struct jsonread *in, struct arena *arena, struct index_json_file *ret)
{
	struct index_json_file found = {.size = -1, .upload_ms = -1};
	struct str key;
	jsonread_object(in);
	while (jsonread_key(in, &key)) {
		json_member(in, key, arena, &found);
	}
	*ret = found;
	return in->fault == NULL;
}
