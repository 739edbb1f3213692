#include "unit/test.h"
#include "common/hash.h"
#include "common/banned.h"

/* Source: FIPS 180-4 examples. */
static void hashes_as_the_standard_says(void **state)
{
	(void)state;
	char hex[HASH_HEX + 1];
	hash_sha256_hex(S("abc"), hex);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_as_the_standard_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
