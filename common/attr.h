#pragma once

/*
 * The compiler attributes we lean on, under readable names.
 *
 * AUTO(f)      call f(&variable) when the variable leaves its scope: the one way things are freed.
 * PRINTF(s, a) argument s is a printf format, its values start at argument a (both from 1).
 * MUST_USE     ignoring the result is a compile error.
 */
#define AUTO(function) __attribute__((cleanup(function)))
#define PRINTF(text, values) __attribute__((format(printf, text, values)))
#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
