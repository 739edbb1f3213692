#include "common/hash.h"
#include <sodium.h>
#include "common/banned.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct hash_sha256 *)0)->state),
	"the state of libsodium fits");

/* libsodium wants a pointer to something even where there is nothing to read. */
static const unsigned char *bytes(struct str s)
{
	return (const unsigned char *)(s.p == NULL ? "" : s.p);
}

static void hex(const unsigned char digest[crypto_hash_sha256_BYTES], char ret_hex[HASH_HEX + 1])
{
	sodium_bin2hex(ret_hex, HASH_HEX + 1, digest, crypto_hash_sha256_BYTES);
}

void hash_sha256_hex(struct str data, char ret_hex[HASH_HEX + 1])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(digest, bytes(data), data.n);
	hex(digest, ret_hex);
}

bool hash_from_base64url(struct str text, char ret_hex[HASH_HEX + 1])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	size_t n = 0;
	if (text.n == 0 ||
		sodium_base642bin(digest, sizeof(digest), text.p, text.n, NULL, &n, NULL,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
		n != sizeof(digest)) {
		return false;
	}
	hex(digest, ret_hex);
	return true;
}

void hash_hmac_sha256_hex(
	struct str key, const struct str *parts, size_t n_parts, char ret_hex[HASH_HEX + 1])
{
	crypto_auth_hmacsha256_state state;
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_init(&state, bytes(key), key.n);
	for (size_t i = 0; i < n_parts; i++) {
		crypto_auth_hmacsha256_update(&state, bytes(parts[i]), parts[i].n);
	}
	crypto_auth_hmacsha256_final(&state, digest);
	hex(digest, ret_hex);
	sodium_memzero(&state, sizeof(state));
}

bool hash_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

uint64_t hash_keyed(struct str data, const unsigned char key[HASH_KEY])
{
	_Static_assert(HASH_KEY == crypto_shorthash_KEYBYTES, "the key of SipHash");
	uint64_t h;
	unsigned char out[crypto_shorthash_BYTES];
	crypto_shorthash(out, bytes(data), data.n, key);
	memcpy(&h, out, sizeof(h));
	return h;
}

void hash_random(void *ret, size_t n)
{
	if (sodium_init() < 0) {
		arena_die("no random source");
	}
	randombytes_buf(ret, n);
}

void hash_sha256_init(struct hash_sha256 *hash)
{
	crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)hash->state);
}

void hash_sha256_add(struct hash_sha256 *hash, struct str data)
{
	crypto_hash_sha256_update(
		(crypto_hash_sha256_state *)(void *)hash->state, bytes(data), data.n);
}

void hash_sha256_end(struct hash_sha256 *hash, char ret_hex[HASH_HEX + 1])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)hash->state, digest);
	hex(digest, ret_hex);
}
