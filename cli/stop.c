#include "cli/stop.h"
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "common/banned.h"

enum { GRACE_MS = 20, PATIENT_MS = 1000, EXIT_INTERRUPTED = 130 };

static volatile sig_atomic_t asked, by_deadline, held, changed_any, with_json, patient, answered;

static void alarm_in(long long ms)
{
	struct itimerval timer = {
		.it_value = {
			     .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000}
        };
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Only what a signal handler may do: write(), _exit(). */
static void say(int fd, const char *text)
{
	size_t n = strlen(text);
	while (n > 0) {
		ssize_t wrote = write(fd, text, n);
		if (wrote <= 0) {
			return;
		}
		text += wrote;
		n -= (size_t)wrote;
	}
}

static void end_hard(void)
{
	const char *why =
		by_deadline ? "no answer within the time that --timeout gives" : "stopped";
	const char *rest = changed_any ? "" : "; nothing was changed";
	say(2, "thoth: ");
	say(2, why);
	say(2, rest);
	say(2, "\n");
	if (with_json) {
		say(1, "{\"error\": {\"kind\": \"interrupted\", \"message\": \"");
		say(1, why);
		say(1, rest);
		say(1, "\"}}\n");
	}
	_exit(EXIT_INTERRUPTED);
}

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	asked = 1;
	alarm_in(answered ? PATIENT_MS : GRACE_MS);
}

static void on_alarm(int signal_number)
{
	(void)signal_number;
	if ((asked || (by_deadline && patient != 1)) && !held) {
		end_hard();
	}
	by_deadline |= !asked; /* advise looks at the clock itself */
	alarm_in(patient && !asked ? PATIENT_MS : GRACE_MS);
	patient += patient ? 1 : 0; /* this much time is given once */
}

bool stop_asked(void *data)
{
	(void)data;
	return asked != 0;
}

void stop_catch(bool json)
{
	with_json = json;
	struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &interrupt, NULL);
	struct sigaction timer = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &timer, NULL);
}

void stop_after(long long ms)
{
	if (ms > 0) {
		alarm_in(ms);
	}
}

void stop_patiently(void *data)
{
	(void)data;
	patient = 1;
}

void stop_answered(void *data)
{
	(void)data;
	patient = 1;
	answered = 1;
}

void stop_hold(void)
{
	held = 1;
}

void stop_release(bool changed)
{
	changed_any |= changed;
	held = 0;
}
