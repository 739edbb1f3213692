#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "common/arena.h"

/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) over libsodium. Digests are lower-case hex. */
enum { HASH_HEX = 64 };

/* ret_hex[65], NUL-terminated. */
void hash_sha256_hex(struct str data, char ret_hex[HASH_HEX + 1]);

/* HMAC over the parts one after the other, without copying them together. */
void hash_hmac_sha256_hex(
	struct str key, const struct str *parts, size_t n_parts, char ret_hex[HASH_HEX + 1]);

/* The hex of a digest of SHA-256 in base64 for addresses without padding, as RECORD has it. False: none. */
MUST_USE bool hash_from_base64url(struct str text, char ret_hex[HASH_HEX + 1]);

/* Equal, in a time that depends on the lengths alone. */
MUST_USE bool hash_equal(struct str a, struct str b);

/* A short keyed hash (SipHash-2-4) for tables that an attacker may fill; key from hash_random. */
enum { HASH_KEY = 16 };
uint64_t hash_keyed(struct str data, const unsigned char key[HASH_KEY]);

/* n bytes from the system's random source. */
void hash_random(void *ret, size_t n);

/* SHA-256 of data that comes in pieces. Not copyable while in use. */
struct hash_sha256 {
	_Alignas(16) unsigned char state[256];
};
void hash_sha256_init(struct hash_sha256 *hash);
void hash_sha256_add(struct hash_sha256 *hash, struct str data);
void hash_sha256_end(struct hash_sha256 *hash, char ret_hex[HASH_HEX + 1]);
