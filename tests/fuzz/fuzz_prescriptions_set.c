#include "fuzz/fuzz.h"
#include <stdlib.h>
#include "prescriptions/include.h"
#include "prescriptions/table.h"
#include "prescriptions/unit.h"
#include "common/banned.h"

/*
 * A compiled set of any bytes: the sums are made right, so that what is behind them is read too. Nothing
 * is read outside, and no question is without an end.
 */
static void ask(const struct presc_table *table)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(buf_done) struct buf json = {.max = 1 << 16};
	struct presc_inclusion inclusion;
	struct presc_context context = {.machine = {.python_version = S("3.11")}};
	for (uint32_t i = 0; i < table_count(table, TABLE_UNITS) && i < 64; i++) {
		struct presc_unit unit;
		if (presc_unit_read(table, i, &arena, &unit)) {
			table_json(table, table_node(table, table->units[i].run), &json);
		}
	}
	(void)table_name_find(table, S("a"));
	presc_include(table, &context, &arena, &inclusion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct presc_table table = {0};
	struct err err = {0};
	if (size < sizeof(struct table_header)) {
		FUZZ_CHECK(!table_open(data, size, &table, &err));
		return 0;
	}
	unsigned char *image = malloc(size);
	FUZZ_CHECK(image != NULL);
	memcpy(image, data, size);
	const size_t summed = offsetof(struct table_header, digest);
	uint64_t whole = size;
	uint64_t checksum = table_checksum(image + summed, size - summed);
	memcpy(image + offsetof(struct table_header, size), &whole, sizeof(whole));
	memcpy(image + offsetof(struct table_header, checksum), &checksum, sizeof(checksum));
	if (table_open(image, size, &table, &err)) {
		ask(&table);
	} else {
		FUZZ_CHECK(err.message[0] != '\0');
	}
	free(image);
	return 0;
}
