#include "kernel_ext/child.h"
#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/proc.h"
#include "common/vec.h"
#include "common/banned.h"

/* Our environment, but with JPY_PARENT_PID naming us, whom ipykernel watches. */
static const char *const *child_environment(struct arena *arena)
{
	VEC(const char *) list = {0};
	for (char **entry = environ; *entry != NULL; entry++) {
		if (!str_starts(str_from(*entry), S("JPY_PARENT_PID="))) {
			*vec_push(arena, &list) = *entry;
		}
	}
	*vec_push(arena, &list) = arena_printf(arena, "JPY_PARENT_PID=%d", (int)getpid()).p;
	*vec_push(arena, &list) = NULL;
	return list.p;
}

/* text with every `what` replaced */
static const char *filled_in(
	const char *text, struct str what, struct str file, struct arena *arena)
{
	AUTO(buf_done) struct buf out = {0};
	struct str before;
	struct str rest = str_from(text);
	while (str_cut(rest, what, &before, &rest)) {
		buf_add(&out, before);
		buf_add(&out, file);
	}
	buf_add(&out, rest);
	return arena_str(arena, buf_str(&out)).p;
}

bool kernel_child_start(const char *const *argv, struct str front, struct str file,
	struct kernel_child *ret, struct err *err)
{
	AUTO(arena_done) struct arena arena = {0};
	VEC(const char *) filled = {0};
	for (; *argv != NULL; argv++) {
		const char *word = filled_in(*argv, S("{connection_file}"), file, &arena);
		*vec_push(&arena, &filled) =
			front.n == 0 ? word : filled_in(word, front, file, &arena);
	}
	*vec_push(&arena, &filled) = NULL;
	struct proc_start start = {
		.argv = filled.p,
		.environment = child_environment(&arena),
		.in = -1,
		.out = -1,
		.interrupt = ret->takes_interrupts ? SIG_DFL : SIG_IGN,
		.die_with_parent = true,
	};
	pid_t pid = proc_start(&start, err);
	if (pid < 0) {
		return false;
	}
	*ret = (struct kernel_child){.pid = pid};
	return true;
}

/*
 * ".../share/jupyter/kernels/thoth-python3/../../../../bin/python3" without the detour, so that
 * sys.executable is what the user knows. The last component stays, for it may be the link by which
 * Python finds its virtual environment.
 */
static const char *straightened(const char *python, struct arena *arena)
{
	if (strstr(python, "/../") == NULL) {
		return python;
	}
	struct str folder = fs_dirname(arena, str_from(python));
	char *real = realpath(folder.p, NULL);
	if (real == NULL) {
		return python;
	}
	struct str path = fs_join(arena, str_from(real), fs_basename(str_from(python)));
	free(real);
	return path.p;
}

const char *const *kernel_child_python(const char *python, struct arena *arena)
{
	const char **argv = arena_array(arena, const char *, 6);
	argv[0] = python == NULL ? "python3" : straightened(python, arena);
	argv[1] = "-m";
	argv[2] = "ipykernel_launcher";
	argv[3] = "-f";
	argv[4] = "{connection_file}";
	return argv;
}

static bool collect(struct kernel_child *child, int flags)
{
	int status = 0;
	pid_t got;
	do {
		got = waitpid(child->pid, &status, flags);
	} while (got < 0 && errno == EINTR);
	if (got == 0) {
		return false;
	}
	*child = (struct kernel_child){
		.takes_interrupts = child->takes_interrupts,
		.ended = true,
		.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
	};
	return true;
}

bool kernel_child_ended(struct kernel_child *child)
{
	return child->ended || (child->pid > 0 && collect(child, WNOHANG));
}

void kernel_child_signal(const struct kernel_child *child, int number)
{
	if (child->pid > 0) {
		kill(child->pid, number);
	}
}

void kernel_child_interrupt(const struct kernel_child *child)
{
	if (getpgrp() == getpid()) {
		kill(0, SIGINT); /* we take it by signalfd and do nothing */
	} else {
		kernel_child_signal(child, SIGINT);
	}
}

void kernel_child_done(struct kernel_child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		collect(child, 0);
	}
}

void kernel_parent_init(struct kernel_parent *parent)
{
	*parent = (struct kernel_parent){.pid = getppid(), .fd = -1};
	uint64_t told = 0;
	if (!str_to_u64(str_from(getenv("JPY_PARENT_PID")), &told)) {
		return; /* started by hand: nobody to watch */
	}
	parent->watched = true;
	if (told == (uint64_t)parent->pid) {
		parent->fd = pidfd_open(parent->pid, 0);
		if (getppid() != parent->pid) {
			fs_closep(&parent->fd); /* gone before we held it */
		}
	}
}

bool kernel_parent_gone(const struct kernel_parent *parent)
{
	return parent->watched && getppid() != parent->pid;
}

void kernel_parent_done(struct kernel_parent *parent)
{
	fs_closep(&parent->fd);
}
