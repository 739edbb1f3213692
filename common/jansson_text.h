#pragma once
#include <jansson.h>
#include "common/str.h"

/* The text of a JSON string as a view of it; "" of anything else, NULL too. */
static inline struct str jansson_text(const json_t *value)
{
	return (struct str){json_string_value(value), json_string_length(value)};
}
