#pragma once
#include <jansson.h>
#include "environment/environment.h"

/*
 * Kernelspecs that we make: the companion around a kernel that Jupyter can already start. Each
 * carries a mark in its metadata, {"thoth": {"from": NAME}}, and only what carries it is ever
 * replaced or removed. A kernelspec that starts the companion without the mark came with an
 * installation (thoth-python3) and is its matter.
 */
struct ownspec_request {
	struct str from;         /* the kernelspec to wrap; "": the ipykernel of `python` */
	struct str python;       /* path; only without `from` */
	struct str name;         /* of the new one; "": thoth-FROM, or thoth-python3 */
	struct str display_name; /* "": the other's, with " (thoth)" */
	struct str kernels;      /* the folder that gets it, .../share/jupyter/kernels */
	struct str companion;    /* path of thoth-kernel */
};

/*
 * Make it. *ret_directory is its folder, held by arena. Errors: ERR_ENVIRONMENT when there is no
 * kernelspec to wrap or the folder cannot be written, ERR_INPUT for a name that Jupyter would not
 * take, for wrapping what is wrapped, or when there is another kernelspec of that name.
 */
MUST_USE bool ownspec_install(const struct ownspec_request *request, struct arena *arena,
	struct str *ret_directory, struct err *err);

/* A kernelspec that starts the companion. */
struct ownspec {
	struct kernelspec spec;
	bool marked;     /* we made it, so we may remove it */
	struct str from; /* "": nothing was wrapped */
};

/* All of them, in the order in which Jupyter finds them; those hidden by an earlier one too. */
struct ownspec *ownspec_list(struct arena *arena, size_t *ret_n);

/* The first of that name, or ERR_INPUT. */
MUST_USE bool ownspec_find(
	struct str name, struct arena *arena, struct ownspec *ret, struct err *err);

/* Remove its folder. ERR_INPUT when it is not marked as ours. */
MUST_USE bool ownspec_remove(const struct ownspec *spec, struct err *err);
