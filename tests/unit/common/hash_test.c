#include "unit/test.h"
#include "common/hash.h"
#include "common/banned.h"

/* Source: FIPS 180-4 examples and the empty message. */
static void hashes_as_the_standard_says(void **state)
{
	(void)state;
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"",							 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc",						      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                            },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct str text = str_from(cases[i].text);
		char hex[HASH_HEX + 1];
		hash_sha256_hex(text, hex);
		assert_string_equal(hex, cases[i].hex);
		for (size_t cut = 0; cut <= text.n; cut++) {
			struct hash_sha256 pieces;
			hash_sha256_init(&pieces);
			hash_sha256_add(&pieces, str_slice(text, 0, cut));
			hash_sha256_add(&pieces, str_skip(text, cut));
			hash_sha256_end(&pieces, hex);
			assert_string_equal(hex, cases[i].hex);
		}
	}
	hash_sha256_hex((struct str){0}, (char[HASH_HEX + 1]){0});
}

/* Bytes as RFC 4231 writes them: n times the byte, or the text. */
struct bytes {
	const char *text;
	unsigned char byte;
	size_t n;
};

static struct str spell(struct arena *arena, struct bytes bytes)
{
	if (bytes.text != NULL) {
		return str_from(bytes.text);
	}
	char *p = arena_alloc(arena, bytes.n + 1, 1);
	memset(p, bytes.byte, bytes.n);
	return (struct str){p, bytes.n};
}

/* Source: RFC 4231 section 4, test cases 1 to 3, 6 and 7 (case 4's key is counted below). */
static void signs_as_rfc_4231_says(void **state)
{
	(void)state;
	static const struct {
		struct bytes key, data;
		const char *hex;
	} cases[] = {
		{{.byte = 0x0b, .n = 20},  {.text = "Hi There"},
                 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{{.text = "Jefe"},         {.text = "what do ya want for nothing?"},
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{{.byte = 0xaa, .n = 20},  {.byte = 0xdd, .n = 50},
                 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{{.byte = 0xaa, .n = 131},
                 {.text = "Test Using Larger Than Block-Size Key - Hash Key First"},
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{{.byte = 0xaa, .n = 131},
                 {.text = "This is a test using a larger than block-size key and a larger "
				 "than block-size data. The key needs to be hashed before being "
				 "used by the HMAC algorithm."},
                 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		AUTO(arena_done) struct arena arena = {0};
		struct str key = spell(&arena, cases[i].key);
		struct str data = spell(&arena, cases[i].data);
		struct str parts[] = {str_slice(data, 0, 3), S(""), str_skip(data, 3)};
		char hex[HASH_HEX + 1];
		hash_hmac_sha256_hex(key, parts, N_OF(parts), hex);
		assert_string_equal(hex, cases[i].hex);
	}
	char key[25];
	for (int i = 0; i < 25; i++) {
		key[i] = (char)(i + 1);
	}
	AUTO(arena_done) struct arena arena = {0};
	struct str data = spell(&arena, (struct bytes){.byte = 0xcd, .n = 50});
	char hex[HASH_HEX + 1];
	hash_hmac_sha256_hex((struct str){key, 25}, &data, 1, hex);
	assert_string_equal(
		hex, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

static void signs_nothing_with_an_empty_key(void **state)
{
	(void)state;
	char hex[HASH_HEX + 1];
	hash_hmac_sha256_hex((struct str){0}, NULL, 0, hex);
	assert_string_equal(
		hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void compares_and_draws(void **state)
{
	(void)state;
	assert_true(hash_equal(S("abc"), S("abc")) && hash_equal(S(""), (struct str){0}));
	assert_false(hash_equal(S("abc"), S("abd")) || hash_equal(S("abc"), S("ab")));
	unsigned char a[32] = {0};
	unsigned char b[32] = {0};
	hash_random(a, sizeof(a));
	hash_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(hash_keyed(S("abc"), a) == hash_keyed(S("abc"), a));
	assert_true(hash_keyed(S("abc"), a) != hash_keyed(S("abc"), b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_the_standard_says),
		cmocka_unit_test(signs_as_rfc_4231_says),
		cmocka_unit_test(signs_nothing_with_an_empty_key),
		cmocka_unit_test(compares_and_draws),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
