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
	bool ready = (options->in < 0 || dup2(options->in, 0) == 0) &&
		     (options->out < 0 || dup2(options->out, 1) == 1) &&
		     (errors_to < 0 || dup2(errors_to, 2) == 2) &&
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

static bool take(struct stream *stream)
{
	char *room = buf_room(&stream->buf, 65536);
	if (room == NULL) {
		return false;
	}
	ssize_t n = read(stream->fd, room, 65536);
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

/* Move bytes until both outputs are closed. False on the limit or the time. */
static bool pump(const struct proc_options *options, int *in, struct stream *out,
	struct stream *errors, struct err *err)
{
	int64_t end = clock_monotonic_ms() + options->timeout_ms;
	struct str input = options->input;
	while (out->fd >= 0 || errors->fd >= 0) {
		struct pollfd fds[3] = {
			{.fd = *in,        .events = POLLOUT},
			{.fd = out->fd,    .events = POLLIN },
			{.fd = errors->fd, .events = POLLIN },
		};
		int64_t left = end - clock_monotonic_ms();
		if (options->timeout_ms > 0 && left <= 0) {
			return err_set(err, ERR_ENVIRONMENT, "'%s' did not end within %d ms",
				options->argv[0], options->timeout_ms);
		}
		if (poll(fds, 3, options->timeout_ms > 0 ? (int)left : -1) < 0 && errno != EINTR) {
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

bool proc_run(const struct proc_options *options, struct arena *arena, struct proc_result *ret,
	struct err *err)
{
	size_t limit = options->output_limit == 0 ? 16 << 20 : options->output_limit;
	AUTO(stream_done) struct stream out = {.fd = -1, .buf.max = limit};
	AUTO(stream_done) struct stream errors = {.fd = -1, .buf.max = limit};
	AUTO(fs_closep) int child_in = -1;
	AUTO(fs_closep) int in = -1;
	int pipes[3][2] = {
		{-1, -1},
                {-1, -1},
                {-1, -1}
        };
	for (size_t i = 0; i < 3; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) != 0) {
			return err_set(
				err, ERR_ENVIRONMENT, "cannot make a pipe: %s", strerror(errno));
		}
	}
	child_in = pipes[0][0];
	in = pipes[0][1];
	out.fd = pipes[1][0];
	errors.fd = pipes[2][0];
	fcntl(in, F_SETFL, O_NONBLOCK);
	struct proc_start start = {.argv = options->argv,
		.directory = options->directory,
		.in = child_in,
		.out = pipes[1][1]};
	pid_t pid = start_child(&start, options->keep_stderr ? -1 : pipes[2][1], err);
	close(pipes[1][1]);
	close(pipes[2][1]);
	if (pid < 0) {
		return false;
	}
	if (options->input.n == 0) {
		fs_closep(&in);
	}
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	bool ended = pump(options, &in, &out, &errors, err);
	signal(SIGPIPE, old);
	if (!ended) {
		kill(pid, SIGKILL);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	if (!ended) {
		return false;
	}
	*ret = (struct proc_result){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.output = arena_str(arena, buf_str(&out.buf)),
		.errors = arena_str(arena, buf_str(&errors.buf)),
	};
	return true;
}
