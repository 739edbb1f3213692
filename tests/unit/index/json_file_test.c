#include "unit/test.h"
#include "index/json_file.h"

#define HEX "27bafe66b971cd7f1d2acb68ccc0b1ea55bb9a5c83dbf526a8326ff15e136668"
#define REST "]}                                                                        "

/* What indexes write. */
static const char *const usual[] = {
	"{\"filename\":\"a-1-py3-none-any.whl\",\"url\":\"/files/a-1-py3-none-any.whl\",\"hashes\":"
	"{\"sha256\":\"" HEX "\"},\"requires-python\":\">=3.7\",\"upload-time\":"
	"\"2022-08-03T13:28:15.878000Z\",\"size\":12,\"yanked\":false}",
	"{\"core-metadata\": {\"sha256\": \"" HEX "\"}, \"data-dist-info-metadata\": {\"sha256\": "
	"\"" HEX "\"}, \"filename\": \"a-1.tar.gz\", \"hashes\": {\"sha256\": \"" HEX "\"}, "
	"\"provenance\": null, \"requires-python\": null, \"size\": 0, \"upload-time\": "
	"\"2022-08-03T13:28:15Z\", \"url\": \"https://files.example/a-1.tar.gz\", \"yanked\": "
	"\"too early\"}",
	"{\"url\":\"x.whl\",\"filename\":\"x.whl\",\"core-metadata\":true,\"dist-info-metadata\":"
	"false,"
	"\"yanked\":true,\"hashes\":{\"sha256\":\"ABC\"}}",
	"{\"dist-info-metadata\":{\"sha256\":\"" HEX
	"\"},\"core-metadata\":false,\"upload-time\":null}",
};

/* Right JSON that the quick reader leaves alone. */
static const char *const unusual[] = {
	"{}",
	"{\"filename\":\"a\\u002d1.whl\"}",
	"{ \"size\" : 1}",
	"{\"size\":1e3}",
	"{\"size\":123456789012345678901}",
	"{\"hashes\":{}}",
	"{\"hashes\":{\"sha256\":\"" HEX "\",\"md5\":\"0\"}}",
	"{\"core-metadata\":null}",
	"{\"yanked\":[]}",
	"{\"something\":{\"else\":[1,2,{}]}}",
	"{\n\"size\":1}",
};

static void assert_same(const struct index_json_file *a, const struct index_json_file *b)
{
	assert_str(a->filename, b->filename);
	assert_str(a->url, b->url);
	assert_str(a->sha256, b->sha256);
	assert_str(a->requires_python, b->requires_python);
	assert_str(a->yanked, b->yanked);
	assert_str(a->metadata_sha256, b->metadata_sha256);
	assert_int_equal(a->is_yanked, b->is_yanked);
	assert_int_equal(a->announced, b->announced);
	assert_int_equal(a->denied, b->denied);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->upload_ms, b->upload_ms);
}

/* When the quick reader takes an object, the general one takes the same bytes for the same. */
static bool agree(struct str text)
{
	AUTO(arena_done) struct arena arena = {0};
	struct index_json_file quick, general;
	struct jsonread in = jsonread_start(text);
	size_t at = 0;
	if (!index_json_file_quick(text, &at, &arena, &quick)) {
		assert_int_equal(at, 0);
		return false;
	}
	assert_true(index_json_file_read(&in, &arena, &general));
	assert_int_equal(in.at, at);
	assert_same(&quick, &general);
	return true;
}

static void usual_objects_are_read_quickly_and_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(usual); i++) {
		AUTO(buf_done) struct buf text = {0};
		buf_add(&text, str_from(usual[i]));
		assert_false(agree(buf_str(&text))); /* too near to the end of the page */
		buf_add(&text, S(REST));
		assert_true(agree(buf_str(&text)));
	}
}

static void other_shapes_are_left_to_the_general_reader(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(unusual); i++) {
		AUTO(arena_done) struct arena arena = {0};
		AUTO(buf_done) struct buf text = {0};
		struct index_json_file file;
		buf_add(&text, str_from(unusual[i]));
		buf_add(&text, S(REST));
		assert_false(agree(buf_str(&text)));
		struct jsonread in = jsonread_start(buf_str(&text));
		assert_true(index_json_file_read(&in, &arena, &file));
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* A few bytes changed, dropped, doubled, or pieces of one object put into another. */
static void mutate(struct str from, uint32_t *random, struct buf *out)
{
	static const char bytes[] = "\"\\{}[]:, \n\t\x1f\x7ftfn0aA9";
	buf_add(out, from);
	int n = 1 + (int)(next_random(random) % 3);
	for (int i = 0; i < n && out->n > 8; i++) {
		size_t at = next_random(random) % out->n;
		size_t length = next_random(random) % 12;
		length = at + length > out->n ? out->n - at : length;
		struct str other = str_from(usual[next_random(random) % N_OF(usual)]);
		size_t start = next_random(random) % other.n;
		switch (next_random(random) % 4) {
		case 0:
			out->p[at] = bytes[next_random(random) % (sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(out->p + at, out->p + at + length, out->n - at - length);
			out->n -= length;
			break;
		case 2:
			out->p[at] = (char)next_random(random);
			break;
		default:
			length = start + length > other.n ? other.n - start : length;
			length = at + length > out->n ? out->n - at : length;
			memcpy(out->p + at, other.p + start, length);
			break;
		}
	}
}

static void both_agree_on_spoilt_objects(void **state)
{
	(void)state;
	uint32_t random = 1;
	size_t quick = 0;
	for (int i = 0; i < 300000; i++) {
		AUTO(buf_done) struct buf text = {0};
		mutate(str_from(usual[(size_t)i % N_OF(usual)]), &random, &text);
		buf_add(&text, S(REST));
		quick += agree(buf_str(&text)) ? 1 : 0;
	}
	assert_true(quick > 30000); /* the test is about something */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_objects_are_read_quickly_and_alike),
		cmocka_unit_test(other_shapes_are_left_to_the_general_reader),
		cmocka_unit_test(both_agree_on_spoilt_objects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
