#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * libc calls that we do not use, as compile errors. str.h, err.h and clock.h hold what replaces
 * them. Source: the same list in git (banned.h) and our own fuzzing.
 */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi gmtime localtime
