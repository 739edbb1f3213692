#include "kernel_ext/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/jsonread.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/banned.h"

enum {
	IDLE_MS = 10 * 60 * 1000,
	CANCEL_MS = 10 * 1000, /* from cancel to SIGKILL */
	DEATHS_MAX = 2,        /* the second worker that dies over a request ends it */
	CHUNK = 65536,
};

void kernel_worker_init(struct kernel_worker *worker, kernel_answered *answered, void *user)
{
	*worker = (struct kernel_worker){
		.answered = answered,
		.user = user,
		.in = -1,
		.out = -1,
		.to.max = (size_t)KERNEL_LINE_MAX * (KERNEL_ASKED_MAX + 1),
		.from.max = KERNEL_LINE_MAX + CHUNK,
		.idle_ms = IDLE_MS,
	};
	uint64_t idle_ms; /* so that a test need not take ten minutes */
	if (str_to_u64(str_from(getenv("THOTH_WORKER_IDLE_MS")), &idle_ms) && idle_ms <= IDLE_MS) {
		worker->idle_ms = (int64_t)idle_ms;
	}
}

struct str kernel_worker_failure(int64_t id, const struct err *err, struct arena *arena)
{
	json_auto_t *answer = json_object();
	json_t *error = json_object();
	json_object_set_new(answer, "id", json_integer(id));
	json_object_set_new(answer, "exit", json_integer(err_exit_code(err->kind)));
	json_object_set_new(error, "kind", json_string(err_kind_name(err->kind)));
	json_object_set_new(error, "message", json_string(err->message));
	if (err->hint[0] != '\0') {
		json_object_set_new(error, "hint", json_string(err->hint));
	}
	json_object_set_new(answer, "error", error);
	char *text = json_dumps(answer, JSON_COMPACT);
	struct str line = arena_str(arena, str_from(text));
	free(text);
	return line;
}

/* Take a request off the list. */
static void forget(struct kernel_worker *worker, size_t i)
{
	free(worker->asked[i].line);
	worker->n_asked--;
	memmove(&worker->asked[i], &worker->asked[i + 1],
		(worker->n_asked - i) * sizeof(worker->asked[0]));
	if (worker->n_asked == 0) {
		worker->idle_end_ms = clock_monotonic_ms() + worker->idle_ms;
	}
}

static void fail(struct kernel_worker *worker, int64_t id, const struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	worker->answered(worker->user, id, kernel_worker_failure(id, err, &arena), true);
}

static void fail_all(struct kernel_worker *worker, const struct err *err)
{
	while (worker->n_asked > 0) {
		int64_t id = worker->asked[0].id;
		forget(worker, 0);
		fail(worker, id, err);
	}
}

/* THOTH_WORKER, or thoth beside our own program, or thoth on PATH. */
static const char *program(struct arena *arena)
{
	const char *told = getenv("THOTH_WORKER");
	if (told != NULL && told[0] != '\0') {
		return told;
	}
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	if (n > 0 && (size_t)n < sizeof(self)) {
		struct str folder = fs_dirname(arena, (struct str){self, (size_t)n});
		struct str beside = fs_join(arena, folder, S("thoth"));
		if (access(beside.p, X_OK) == 0) {
			return beside.p;
		}
	}
	return "thoth";
}

static bool start(struct kernel_worker *worker, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	AUTO(fs_closep) int its_in = -1;
	AUTO(fs_closep) int its_out = -1;
	int input[2];
	int output[2];
	if (pipe2(input, O_CLOEXEC) != 0) {
		return err_set(err, ERR_ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
	}
	its_in = input[0];
	worker->in = input[1];
	if (pipe2(output, O_CLOEXEC) != 0) {
		fs_closep(&worker->in);
		return err_set(err, ERR_ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
	}
	worker->out = output[0];
	its_out = output[1];
	const char *argv[] = {program(&arena), "worker", NULL};
	struct proc_start options = {
		.argv = argv,
		.in = its_in,
		.out = its_out,
		.interrupt = SIG_IGN, /* an interrupt of the group is for the kernel */
		.die_with_parent = true,
	};
	pid_t pid = proc_start(&options, err);
	if (pid < 0) {
		fs_closep(&worker->in);
		fs_closep(&worker->out);
		return false;
	}
	fcntl(worker->in, F_SETFL, O_NONBLOCK);
	fcntl(worker->out, F_SETFL, O_NONBLOCK);
	worker->process = (struct kernel_child){.pid = pid};
	return true;
}

static void put_line(struct kernel_worker *worker, struct str line)
{
	buf_add(&worker->to, line);
	buf_byte(&worker->to, '\n');
}

/* A worker is there or is started; else everybody who waits is told. */
static bool have_worker(struct kernel_worker *worker)
{
	struct err err = {0};
	if (worker->process.pid > 0 || start(worker, &err)) {
		return true;
	}
	err_prefix(&err, "the worker behind %%thoth");
	fail_all(worker, &err);
	return false;
}

void kernel_worker_ask(struct kernel_worker *worker, int64_t id, struct str line)
{
	struct err err = {0};
	if (line.n >= KERNEL_LINE_MAX) {
		err_set(&err, ERR_LIMIT, "the request is larger than %d bytes", KERNEL_LINE_MAX);
	} else if (worker->n_asked == KERNEL_ASKED_MAX) {
		err_set(&err, ERR_LIMIT, "expected at most %d requests at a time",
			KERNEL_ASKED_MAX);
	}
	if (err.kind != ERR_NONE) {
		fail(worker, id, &err);
		return;
	}
	struct kernel_asked *asked = &worker->asked[worker->n_asked++];
	*asked = (struct kernel_asked){.id = id, .line = malloc(line.n + 1), .n = line.n};
	if (asked->line == NULL) {
		arena_die("out of memory");
	}
	memcpy(asked->line, line.p, line.n);
	worker->idle_end_ms = 0;
	if (have_worker(worker)) {
		put_line(worker, line);
		kernel_worker_move(worker);
	}
}

void kernel_worker_cancel(struct kernel_worker *worker, int64_t id)
{
	for (size_t i = 0; i < worker->n_asked; i++) {
		struct kernel_asked *asked = &worker->asked[i];
		if (asked->id == id && asked->kill_at_ms == 0) {
			AUTO(arena_done) struct arena arena = {0};
			asked->kill_at_ms = clock_monotonic_ms() + CANCEL_MS;
			put_line(worker, arena_printf(&arena, "{\"id\":%lld,\"cancel\":true}",
						 (long long)id));
			kernel_worker_move(worker);
			return;
		}
	}
}

/* Read id, and whether "exit" is there. */
static bool read_answer(struct str line, int64_t *ret_id, bool *ret_final)
{
	struct jsonread in = jsonread_start(line);
	struct err err = {0};
	struct str name;
	int64_t id = -1;
	bool final = false;
	jsonread_object(&in);
	while (jsonread_key(&in, &name)) {
		if (str_eq(name, S("id"))) {
			id = jsonread_int(&in);
		} else {
			final |= str_eq(name, S("exit"));
			jsonread_skip(&in);
		}
	}
	*ret_id = id;
	*ret_final = final;
	return jsonread_end(&in, &err);
}

static void take_line(struct kernel_worker *worker, struct str line)
{
	int64_t id;
	bool final;
	if (!read_answer(line, &id, &final)) {
		log_warn("worker", "a line that is no answer was dropped bytes=%zu", line.n);
		return;
	}
	for (size_t i = 0; i < worker->n_asked; i++) {
		if (worker->asked[i].id == id) {
			if (final) {
				forget(worker, i);
			}
			worker->answered(worker->user, id, line, final);
			return;
		}
	}
}

static void take_lines(struct kernel_worker *worker)
{
	struct str rest = buf_str(&worker->from);
	struct str line;
	while (str_cut(rest, S("\n"), &line, &rest)) {
		take_line(worker, line);
	}
	if (rest.n > KERNEL_LINE_MAX) {
		log_warn("worker", "a line of more than %d bytes", KERNEL_LINE_MAX);
		kernel_child_signal(&worker->process, SIGKILL);
		rest.n = 0;
	}
	if (rest.n > 0) {
		memmove(worker->from.p, rest.p, rest.n);
	}
	worker->from.n = rest.n;
}

static void receive(struct kernel_worker *worker)
{
	while (worker->out >= 0) {
		char *room = buf_room(&worker->from, CHUNK);
		ssize_t n = room == NULL ? 0 : read(worker->out, room, CHUNK);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (n <= 0) { /* it will not answer any more: make sure that it ends */
			fs_closep(&worker->out);
			kernel_child_signal(&worker->process, SIGKILL);
			return;
		}
		worker->from.n += (size_t)n;
		take_lines(worker);
	}
}

static void send_on(struct kernel_worker *worker)
{
	while (worker->in >= 0 && worker->to.n > 0) {
		ssize_t n = write(worker->in, worker->to.p, worker->to.n);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR) {
				fs_closep(&worker->in); /* SIGCHLD tells the rest */
			}
			return;
		}
		worker->to.n -= (size_t)n;
		memmove(worker->to.p, worker->to.p + n, worker->to.n);
	}
}

void kernel_worker_wait_for(
	const struct kernel_worker *worker, struct pollfd slots[KERNEL_WORKER_SLOTS])
{
	slots[0] = (struct pollfd){.fd = worker->out, .events = worker->out < 0 ? 0 : POLLIN};
	slots[1] = (struct pollfd){
		.fd = worker->in, .events = worker->in < 0 || worker->to.n == 0 ? 0 : POLLOUT};
}

void kernel_worker_move(struct kernel_worker *worker)
{
	send_on(worker);
	receive(worker);
}

/* Give up the requests that have seen too many workers die. */
static void give_up(struct kernel_worker *worker, int status)
{
	for (size_t i = worker->n_asked; i-- > 0;) {
		struct kernel_asked *asked = &worker->asked[i];
		asked->deaths++;
		if (asked->deaths < DEATHS_MAX && asked->kill_at_ms == 0) {
			continue;
		}
		struct err err = {0};
		int64_t id = asked->id;
		err_set(&err, ERR_INTERNAL, "the worker ended with status %d over this request",
			status);
		forget(worker, i);
		fail(worker, id, &err);
	}
}

void kernel_worker_check(struct kernel_worker *worker)
{
	if (worker->process.pid == 0 || !kernel_child_ended(&worker->process)) {
		return;
	}
	int status = worker->process.status;
	receive(worker); /* what it said before */
	fs_closep(&worker->in);
	fs_closep(&worker->out);
	buf_reset(&worker->to);
	buf_reset(&worker->from);
	worker->process = (struct kernel_child){0};
	give_up(worker, status);
	if (worker->n_asked > 0 && have_worker(worker)) {
		log_warn("worker", "started again after it ended status=%d", status);
		for (size_t i = 0; i < worker->n_asked; i++) {
			put_line(worker, (struct str){worker->asked[i].line, worker->asked[i].n});
		}
		kernel_worker_move(worker);
	}
}

int64_t kernel_worker_keep_time(struct kernel_worker *worker)
{
	int64_t now = clock_monotonic_ms();
	int64_t next = INT64_MAX;
	for (size_t i = 0; i < worker->n_asked; i++) {
		int64_t at = worker->asked[i].kill_at_ms;
		if (at != 0 && now >= at) {
			kernel_child_signal(&worker->process, SIGKILL);
			at = now + CANCEL_MS;
		}
		next = at != 0 && at < next ? at : next;
	}
	if (worker->process.pid > 0 && worker->n_asked == 0 && worker->idle_end_ms != 0) {
		if (now >= worker->idle_end_ms) {
			fs_closep(&worker->in); /* the end of its input ends it */
			kernel_child_signal(&worker->process, SIGTERM);
			worker->idle_end_ms = 0;
		} else {
			next = worker->idle_end_ms;
		}
	}
	return next;
}

void kernel_worker_done(struct kernel_worker *worker)
{
	kernel_child_done(&worker->process);
	fs_closep(&worker->in);
	fs_closep(&worker->out);
	while (worker->n_asked > 0) {
		forget(worker, worker->n_asked - 1);
	}
	buf_done(&worker->to);
	buf_done(&worker->from);
}
