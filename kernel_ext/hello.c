#include "kernel_ext/hello.h"
#include "common/banned.h"

void kernel_hello_all(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, json_t *data)
{
	struct kernel_comms *comms = &frontend->comms;
	struct str path = kernel_comm_path(comm);
	for (size_t i = 0; i < comms->n; i++) {
		if (&comms->comm[i] == comm || str_eq(kernel_comm_path(&comms->comm[i]), path)) {
			kernel_comms_send(comms, &comms->comm[i], data);
		}
	}
}

/* Is a lock of this notebook under way? Whose request it is does not matter. */
static bool is_resolving(struct kernel_frontend *frontend, const struct kernel_comm *comm)
{
	for (size_t i = 0; i < KERNEL_ASKS_MAX; i++) {
		const struct kernel_ask *ask = &frontend->ask[i];
		const struct kernel_comm *other =
			ask->stage == KERNEL_ASKED && kernel_ask_locks(ask)
				? kernel_comms_find(&frontend->comms, str_from(ask->comm))
				: NULL;
		if (other != NULL && (other == comm || str_eq(kernel_comm_path(other),
							       kernel_comm_path(comm)))) {
			return true;
		}
	}
	return false;
}

/* As last looked at, or by what the metadata says. */
static const char *state_of(struct kernel_frontend *frontend, const struct kernel_comm *comm)
{
	bool locked = json_is_object(json_object_get(comm->metadata, "lock"));
	return is_resolving(frontend, comm) ? "resolving"
	       : comm->failed               ? "failed"
	       : comm->state != NULL        ? comm->state
	       : locked                     ? "locked"
					    : "unlocked";
}

void kernel_hello_send(struct kernel_frontend *frontend, struct kernel_comm *comm, bool need_cells)
{
	comm->told = state_of(frontend, comm);
	json_auto_t *data = json_pack("{s:s,s:i,s:s,s:s}", "type", "hello", "v", 1, "version",
		THOTH_VERSION, "state", comm->told);
	if (need_cells) {
		comm->asked_cells = true;
		json_object_set_new(data, "need", json_pack("[s]", "cells"));
	}
	if (strcmp(comm->told, "differs") == 0) {
		json_object_set(data, "differs", comm->differs);
	}
	kernel_comms_send(&frontend->comms, comm, data);
}

void kernel_hello_changed(struct kernel_frontend *frontend, const struct kernel_comm *comm)
{
	struct kernel_comms *comms = &frontend->comms;
	struct str path = kernel_comm_path(comm);
	for (size_t i = 0; i < comms->n; i++) {
		struct kernel_comm *one = &comms->comm[i];
		bool same = one == comm || str_eq(kernel_comm_path(one), path);
		if (same && one->told != NULL && strcmp(one->told, state_of(frontend, one)) != 0) {
			kernel_hello_send(frontend, one, false);
		}
	}
}

void kernel_hello_ended(
	struct kernel_frontend *frontend, const struct kernel_comm *comm, const json_t *metadata)
{
	bool locked = json_is_object(json_object_get(metadata, "lock"));
	struct kernel_comms *comms = &frontend->comms;
	struct str path = kernel_comm_path(comm);
	for (size_t i = 0; i < comms->n; i++) {
		struct kernel_comm *one = &comms->comm[i];
		if (one == comm || str_eq(kernel_comm_path(one), path)) {
			one->failed = metadata == NULL;
			one->state = locked ? "locked" : one->state;
		}
	}
}

/* A state that was seen, as a string that stays; NULL: the metadata tells. */
static const char *state_seen(const json_t *answer)
{
	static const char *const states[] = {"stale", "differs"};
	const char *seen = json_string_value(json_object_get(answer, "state"));
	for (size_t i = 0; seen != NULL && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(seen, states[i]) == 0) {
			return states[i];
		}
	}
	return NULL;
}

static void pass(struct kernel_frontend *frontend, const struct kernel_comm *comm, const char *type,
	const char *member, json_t *value)
{
	if (value != NULL) {
		json_auto_t *data = json_pack("{s:s,s:O}", "type", type, member, value);
		kernel_comms_send(&frontend->comms, comm, data);
	}
}

void kernel_hello_look(struct kernel_frontend *frontend, struct kernel_comm *comm,
	const json_t *asked, const json_t *answer)
{
	json_t *metadata = json_object_get(asked, "metadata");
	json_t *differs = json_object_get(answer, "differs");
	if (metadata != comm->metadata && !json_equal(metadata, comm->metadata)) {
		return; /* it was of something older */
	}
	bool others = differs != NULL && !json_equal(differs, comm->differs);
	json_decref(comm->differs);
	comm->differs = json_incref(differs);
	comm->state = state_seen(answer);
	bool differing = comm->state != NULL && strcmp(comm->state, "differs") == 0;
	if (comm->told == NULL || strcmp(comm->told, state_of(frontend, comm)) != 0 ||
		(differing && others)) {
		kernel_hello_send(frontend, comm, false);
	}
	pass(frontend, comm, "findings", "cells", json_object_get(answer, "findings"));
	pass(frontend, comm, "requirements", "requirements",
		json_object_get(answer, "requirements"));
}
