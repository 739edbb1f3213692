#include "kernel_ext/installs.h"
#include "common/jansson_text.h"
#include "common/banned.h"

void kernel_installs_end(struct kernel_installs *installs, struct kernel_install *install)
{
	size_t i = (size_t)(install - installs->install);
	free(install->msg_id);
	free(install->source);
	buf_done(&install->output);
	json_decref(install->before);
	installs->n--;
	memmove(install, install + 1, (installs->n - i) * sizeof(*install));
	installs->install[installs->n] = (struct kernel_install){0};
}

void kernel_installs_done(struct kernel_installs *installs)
{
	while (installs->n > 0) {
		kernel_installs_end(installs, &installs->install[0]);
	}
}

bool kernel_installs_begin(
	struct kernel_installs *installs, struct str msg_id, const struct kernel_execute *execute)
{
	if (!execute->is_cell || msg_id.n == 0 || execute->code.n > KERNEL_INSTALL_SOURCE_MAX ||
		str_find(execute->code, S("install")) < 0) {
		return false;
	}
	if (installs->n == KERNEL_INSTALLS_MAX) { /* its end was never heard */
		kernel_installs_end(installs, &installs->install[0]);
	}
	struct kernel_install *install = &installs->install[installs->n++];
	*install = (struct kernel_install){.msg_id = str_copy(msg_id),
		.source = str_copy(execute->code),
		.n_source = execute->code.n};
	if (execute->cell_id.n < sizeof(install->cell_id)) {
		memcpy(install->cell_id, execute->cell_id.n == 0 ? "" : execute->cell_id.p,
			execute->cell_id.n);
	}
	return true;
}

void kernel_installs_before(struct kernel_installs *installs, struct str msg_id, json_t *before)
{
	for (size_t i = 0; i < installs->n && json_is_object(before); i++) {
		struct kernel_install *install = &installs->install[i];
		if (str_eq(str_from(install->msg_id), msg_id)) {
			json_decref(install->before);
			install->before = json_incref(before);
		}
	}
}

/* Keep the end of the output. */
static void keep_output(struct kernel_install *install, struct str text)
{
	struct buf *output = &install->output;
	buf_add(output, text);
	if (output->n > KERNEL_INSTALL_OUTPUT_MAX) {
		size_t over = output->n - KERNEL_INSTALL_OUTPUT_MAX;
		output->n -= over;
		memmove(output->p, output->p + over, output->n);
		output->p[output->n] = '\0';
	}
}

static void take(
	struct kernel_install *install, enum kernel_channel channel, const struct kernel_wire *wire)
{
	bool stream = str_find(wire->header, S("\"stream\"")) >= 0;
	bool status = str_find(wire->header, S("\"status\"")) >= 0;
	bool reply = str_find(wire->header, S("\"execute_reply\"")) >= 0;
	if (!stream && !status && !reply) {
		return;
	}
	json_auto_t *content = json_loadb(wire->content.p, wire->content.n, JSON_ALLOW_NUL, NULL);
	if (channel == KERNEL_SHELL && reply) {
		install->replied = true;
		install->ok = str_eq(jansson_text(json_object_get(content, "status")), S("ok"));
	} else if (channel == KERNEL_IOPUB && stream) {
		keep_output(install, jansson_text(json_object_get(content, "text")));
	} else if (channel == KERNEL_IOPUB && status) {
		install->idle |= str_eq(
			jansson_text(json_object_get(content, "execution_state")), S("idle"));
	}
}

struct kernel_install *kernel_installs_heard(struct kernel_installs *installs,
	enum kernel_channel channel, const struct kernel_wire *wire)
{
	for (size_t i = 0; i < installs->n; i++) {
		struct kernel_install *install = &installs->install[i];
		if (str_find(wire->parent, str_from(install->msg_id)) < 0) {
			continue;
		}
		take(install, channel, wire);
		if (!install->replied || !install->idle) {
			return NULL;
		}
		if (install->ok) {
			return install;
		}
		kernel_installs_end(installs, install);
		return NULL;
	}
	return NULL;
}
