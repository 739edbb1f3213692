#pragma once
#include "common/str.h"

/*
 * The rules of our own (rules/), compiled when the program was built and carried inside it: no file is
 * looked for, and opening them costs the look at a checksum. The file is made by embed.c.
 */
struct str presc_shipped(void);
