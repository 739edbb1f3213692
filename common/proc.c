#include "common/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/fs.h"
#include "common/banned.h"

/* A copy of fd above the standard three, so that putting 0, 1, 2 in place cannot overwrite it. */
static int above_standard(int fd)
{
	return fd >= 0 && fd <= 2 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
}

/* In the child, after fork: only async-signal-safe calls. Reports errno through `report`. */
NORETURN static void become(
	const struct proc_start *options, int errors_to, int report, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, options->interrupt == NULL ? SIG_DFL : options->interrupt);
	signal(SIGPIPE, SIG_DFL);
	if (options->die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) {
			_exit(127);
		}
	}
	int in = above_standard(options->in);
	int out = above_standard(options->out);
	int errors = above_standard(errors_to);
	report = above_standard(report);
	bool ready = (in < 0 || dup2(in, 0) == 0) && (out < 0 || dup2(out, 1) == 1) &&
		     (errors < 0 || dup2(errors, 2) == 2) &&
		     (options->directory == NULL || chdir(options->directory) == 0);
	if (ready) {
		if (options->environment != NULL) {
			execvpe(options->argv[0], (char **)options->argv,
				(char **)options->environment);
		} else {
			execvp(options->argv[0], (char **)options->argv);
		}
	}
	int code = errno;
	if (write(report, &code, sizeof(code)) < 0) {
		_exit(126);
	}
	_exit(127);
}

static pid_t start_child(const struct proc_start *options, int errors_to, struct err *err)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) != 0) {
		err_set(err, ERR_ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		become(options, errors_to, report[1], parent);
	}
	close(report[1]);
	int code = pid < 0 ? errno : 0;
	ssize_t got = 0;
	if (pid > 0) {
		do {
			got = read(report[0], &code, sizeof(code)); /* ends when exec closes it */
		} while (got < 0 && errno == EINTR);
	}
	close(report[0]);
	if (pid < 0 || got > 0) {
		if (pid > 0) {
			waitpid(pid, NULL, 0);
		}
		err_set(err, ERR_ENVIRONMENT, "cannot start '%s': %s", options->argv[0],
			strerror(code));
		err_hint(err, "check that it is installed and on PATH");
		return -1;
	}
	return pid;
}

pid_t proc_start(const struct proc_start *options, struct err *err)
{
	return start_child(options, -1, err);
}

/* One captured stream or the input on its way out; fd -1 when done. */
struct stream {
	int fd;
	struct buf buf;
};

static void stream_done(struct stream *stream)
{
	fs_closep(&stream->fd);
	buf_done(&stream->buf);
}

/* Read what is there; false when that would go over the stream's limit. */
static bool take(struct stream *stream)
{
	char excess[1];
	size_t left = stream->buf.max - stream->buf.n;
	size_t want = left < 65536 ? left : 65536;
	ssize_t n = want == 0 ? read(stream->fd, excess, 1)
			      : read(stream->fd, buf_room(&stream->buf, want), want);
	if (n > 0 && want == 0) {
		return false;
	}
	if (n > 0) {
		stream->buf.n += (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		fs_closep(&stream->fd);
	}
	return true;
}

static void give(int *fd, struct str *input)
{
	ssize_t n = write(*fd, input->p, input->n);
	if (n > 0) {
		*input = str_skip(*input, (size_t)n);
	}
	if (input->n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		fs_closep(fd);
	}
}

static bool too_late(const struct proc_options *options, struct err *err)
{
	return err_set(err, ERR_ENVIRONMENT, "'%s' did not end within %d ms", options->argv[0],
		options->timeout_ms);
}

/* Move bytes until both outputs are closed. False on the limit or the time. */
static bool pump(const struct proc_options *options, int64_t end, int *in, struct stream *out,
	struct stream *errors, struct err *err)
{
	struct str input = options->input;
	while (out->fd >= 0 || errors->fd >= 0) {
		struct pollfd fds[3] = {
			{.fd = *in,        .events = POLLOUT},
			{.fd = out->fd,    .events = POLLIN },
			{.fd = errors->fd, .events = POLLIN },
		};
		int64_t left = end - clock_monotonic_ms();
		if (options->timeout_ms > 0 && left <= 0) {
			return too_late(options, err);
		}
		if (poll(fds, 3, options->timeout_ms > 0 ? (int)left : -1) < 0) {
			if (errno == EINTR) {
				continue;
			}
			return err_set(err, ERR_ENVIRONMENT, "poll: %s", strerror(errno));
		}
		if (fds[0].revents != 0) {
			give(in, &input);
		}
		if ((fds[1].revents != 0 && !take(out)) || (fds[2].revents != 0 && !take(errors))) {
			return err_set(err, ERR_LIMIT, "'%s' prints more than %zu bytes",
				options->argv[0], out->buf.max);
		}
	}
	return true;
}

/* Wait for the end of a child that has closed its outputs and may still run. */
static bool wait_until(const struct proc_options *options, int64_t end, pid_t pid, int *ret_status,
	struct err *err)
{
	for (;;) {
		pid_t got = waitpid(pid, ret_status, options->timeout_ms > 0 ? WNOHANG : 0);
		if (got == pid || (got < 0 && errno != EINTR)) {
			return true;
		}
		if (got == 0 && clock_monotonic_ms() >= end) {
			return too_late(options, err);
		}
		if (got == 0) {
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		}
	}
}

/* The descriptors of a child: [i][0] is read, [i][1] written; -1 once closed. */
struct pipes {
	int fd[3][2];
};

static void pipes_done(struct pipes *pipes)
{
	for (size_t i = 0; i < 3; i++) {
		fs_closep(&pipes->fd[i][0]);
		fs_closep(&pipes->fd[i][1]);
	}
}

static bool pipes_init(struct pipes *pipes, bool keep_stderr, struct err *err)
{
	for (size_t i = 0; i < (keep_stderr ? 2 : 3); i++) {
		if (pipe2(pipes->fd[i], O_CLOEXEC) != 0) {
			return err_set(
				err, ERR_ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
		}
	}
	return true;
}

/* Feed the child, take what it prints, and wait for it, all within the time. */
static bool attend(const struct proc_options *options, struct pipes *pipes, pid_t pid,
	struct stream *out, struct stream *errors, int *ret_status, struct err *err)
{
	int64_t end = clock_monotonic_ms() + options->timeout_ms;
	int *in = &pipes->fd[0][1];
	fcntl(*in, F_SETFL, O_NONBLOCK);
	if (options->input.n == 0) {
		fs_closep(in);
	}
	out->fd = pipes->fd[1][0];
	errors->fd = pipes->fd[2][0];
	pipes->fd[1][0] = pipes->fd[2][0] = -1;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction old;
	sigaction(SIGPIPE, &ignore, &old);
	bool ended = pump(options, end, in, out, errors, err) &&
		     wait_until(options, end, pid, ret_status, err);
	sigaction(SIGPIPE, &old, NULL);
	if (!ended) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	return ended;
}

bool proc_run(const struct proc_options *options, struct arena *arena, struct proc_result *ret,
	struct err *err)
{
	size_t limit = options->output_limit == 0 ? 16 << 20 : options->output_limit;
	AUTO(stream_done) struct stream out = {.fd = -1, .buf.max = limit};
	AUTO(stream_done) struct stream errors = {.fd = -1, .buf.max = limit};
	AUTO(pipes_done)
	struct pipes pipes = {
		.fd = {{-1, -1}, {-1, -1}, {-1, -1}}
        };
	if (!pipes_init(&pipes, options->keep_stderr, err)) {
		return false;
	}
	struct proc_start start = {.argv = options->argv,
		.directory = options->directory,
		.in = pipes.fd[0][0],
		.out = pipes.fd[1][1]};
	pid_t pid = start_child(&start, pipes.fd[2][1], err);
	fs_closep(&pipes.fd[0][0]);
	fs_closep(&pipes.fd[1][1]);
	fs_closep(&pipes.fd[2][1]);
	int status = 0;
	if (pid < 0 || !attend(options, &pipes, pid, &out, &errors, &status, err)) {
		return false;
	}
	*ret = (struct proc_result){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.output = arena_str(arena, buf_str(&out.buf)),
		.errors = arena_str(arena, buf_str(&errors.buf)),
	};
	return true;
}
