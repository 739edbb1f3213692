#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * What a harness defines: hand data to a parser and check what must hold for any bytes (a value
 * that survives a round trip, or an error with words). Always returns 0; a fault aborts.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort with the source line when a promise is broken, with asserts on or off. */
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			__builtin_trap();                                                          \
		}                                                                                  \
	} while (0)
