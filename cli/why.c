// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * why - why a job does not start, and what would let it start now
 *
 * slurmctld's plugin writes what it knows into the job's AdminComment: the
 * circuits that the job would take and, in a sentence, what is short.
 * `scontrol show job` tells that, as a program whose output is read with a
 * bound; opticalctl never links Slurm. The agent then says what of these
 * circuits could start now, and what would help (POST /v1/what-if).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/ctl.h"
#include "cli/why.h"
#include "common/core/units.h"
#include "common/wire/wire_maint.h"

/* One job's record; more is not read. */
#define OUTPUT_MAX 65536
/* How long scontrol may take, in ms. */
#define SCONTROL_MS 15000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void child(const char *job, int out)
{
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		(void) dup2(null, STDIN_FILENO);
	(void) dup2(out, STDOUT_FILENO);
	execlp("scontrol", "scontrol", "-o", "show", "job", job,
	       (char *) NULL);
	_exit(127);
}

/* Up to OUTPUT_MAX bytes from FD within SCONTROL_MS; -1: it took longer. */
static int collect(int fd, char buf[static OUTPUT_MAX + 1])
{
	int64_t end = now_ms() + SCONTROL_MS;
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t got;

		buf[n] = '\0';
		if (n == OUTPUT_MAX)
			return 0;
		if (left <= 0 || poll(&p, 1, (int) left) == 0)
			return -1;
		got = read(fd, buf + n, OUTPUT_MAX - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		n += (size_t) got;
	}
}

/* What scontrol says of JOB into BUF. 0, or -1 with ERR set. */
static int ask_slurm(const char *job, char buf[static OUTPUT_MAX + 1],
		     struct ocs_error *err)
{
	int fd[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return ocs_fail(err, OCS_IO, "pipe: %s", strerror(errno));
	if ((pid = fork()) == 0)
		child(job, fd[1]);
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return ocs_fail(err, OCS_IO, "fork: %s", strerror(errno));
	}
	rc = collect(fd[0], buf);
	close(fd[0]);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return ocs_fail(err, OCS_TIMEOUT,
				"scontrol did not answer within %d s",
				SCONTROL_MS / 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return ocs_fail(err, OCS_NOT_FOUND,
				"scontrol can't be run: it must be in $PATH");
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !buf[0])
		return ocs_fail(err, OCS_NOT_FOUND,
				"Slurm knows no job %s", job);
	return 0;
}

/* When the agent could have the circuits, and what would help. */
static int ask_agent(struct ctl *ctl, const struct why_job *job,
		     struct ocs_whatif_answer *answer)
{
	struct ocs_whatif *want = calloc(1, sizeof(*want));
	struct ocs_error err;
	struct reply reply;
	char *body = NULL;
	int rc;

	if (want) {
		want->ncircuits = job->ncircuits;
		want->duration_s = job->limit_s;
		for (unsigned int i = 0; i < job->ncircuits; i++)
			want->circuit[i] = job->circuit[i];
		body = ocs_wire_encode_whatif(want);
	}
	free(want);
	if (!body) {
		ocs_fail(&err, OCS_NOMEM, "out of memory");
		return ctl_fail(ctl, &err);
	}
	rc = ctl_request(ctl, "POST", "/v1/what-if", body, &reply, &err);
	free(body);
	if (rc < 0)
		return ctl_fail(ctl, &err);
	rc = ocs_wire_decode_whatif_answer(reply.text, reply.len, answer,
					   &err);
	reply_fini(&reply);
	return rc < 0 ? ctl_fail(ctl, &err) : CTL_OK;
}

static void print_circuits(const struct why_job *job)
{
	char rate[OCS_RATE_TEXT_MAX], time[OCS_TIME_TEXT_MAX];

	for (unsigned int i = 0; i < job->ncircuits; i++)
		printf("%s%s-%s:%s", i ? ", " : "   It takes ",
		       job->circuit[i].a, job->circuit[i].z,
		       ocs_rate_format(job->circuit[i].requested_bps, rate));
	if (job->ncircuits && job->bounds[0])
		printf(" with %s", job->bounds);
	if (job->ncircuits && job->limit_s)
		printf(" for %s", ocs_time_format((uint64_t) job->limit_s *
						  1000000, time));
	if (job->ncircuits)
		putchar('\n');
}

/* What would let it start now; the plugin's own advice comes first: it knows
 * what others were promised. */
static void print_change(const struct why_job *job,
			 const struct ocs_whatif_answer *a)
{
	char rate[OCS_RATE_TEXT_MAX];

	if (job->advice[0])
		printf("   Smallest change: %s\n", job->advice);
	else if (a->possible && *a->waits)
		printf("   Smallest change: none for circuits; their set-up would wait: %s\n",
		       a->waits);
	else if (a->possible)
		printf("   Smallest change: none for circuits, they could start now\n");
	else if (a->rate_bps)
		printf("   Smallest change: ask for --optical-bw=%s, or ...,min=%s\n",
		       ocs_rate_format(a->rate_bps, rate), rate);
	else if (*a->change)
		printf("   Smallest change: %s\n", a->change);
}

static void print_pending(const struct why_job *job,
			  const struct ocs_whatif_answer *a)
{
	if (!strncmp(job->reason, "Optical", 7)) {
		if (job->cause[0])
			printf("   %s\n", job->cause);
	} else {
		printf("   %s is Slurm's own reason: it is not about circuits\n",
		       job->reason);
	}
	print_circuits(job);
	if (job->start[0] && strcmp(job->start, "Unknown"))
		printf("   Slurm expects it to start at %s\n", job->start);
	if (!job->ncircuits)
		return;
	if (*a->detail)
		printf("   The agent: %s\n", a->detail);
	print_change(job, a);
}

/* What a job whose circuits are being set up waits for, in words. */
static void print_kept_back(const struct why_job *job)
{
	static const struct {
		const char *reason, *text;
	} kept[] = {
		{ "OpticalSetup(", "Its circuits are being set up" },
		{ "OpticalApproval(", "An operator must approve its set-up (opticalctl approve)" },
		{ "OpticalFrozen(", "Operators let nothing be changed in the network there (opticalctl unfreeze)" },
		{ "OpticalObserve(", "The agent only observes there (Mode=observe)" },
		{ "OpticalChangeWindow(", "The link may be changed only at other times (ChangeWindow=)" },
		{ "OpticalSetupRate(", "As many circuits were set up within the last hour as are allowed (MaxSetupsPerHour=)" },
		{ "OpticalDegreeBusy(", "Another circuit is being set up over the same link (OneOpPerDegree=)" },
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!strncmp(job->reason, kept[i].reason,
			     strlen(kept[i].reason)))
			printf("   %s\n", kept[i].text);
}

int cmd_why(struct ctl *ctl, int argc, char **argv)
{
	struct ocs_whatif_answer answer = { 0 };
	struct ocs_error err = { 0 };
	struct why_job *job;
	char *text;
	int rc;

	if (strspn(argv[0], "0123456789_+") != strlen(argv[0]) ||
	    strlen(argv[0]) > 32)
		return ctl_usage(ctl, "bad job '%.40s': the number that squeue shows is right",
				 argv[0]);
	text = calloc(1, OUTPUT_MAX + 1);
	job = calloc(1, sizeof(*job));
	if (!text || !job)
		rc = ocs_fail(&err, OCS_NOMEM, "out of memory");
	else
		rc = ask_slurm(argv[0], text, &err);
	if (rc == 0)
		rc = why_parse(text, job, &err);
	if (rc < 0) {
		rc = ctl_fail(ctl, &err);
		goto out;
	}
	rc = CTL_OK;
	if (!strcmp(job->state, "PENDING") && job->ncircuits)
		rc = ask_agent(ctl, job, &answer);
	if (rc)
		goto out;
	printf("Job %s is %s", job->id, job->state);
	printf(strcmp(job->reason, "None") ? ": %s\n" : "\n", job->reason);
	if (!strcmp(job->state, "PENDING")) {
		print_pending(job, &answer);
	} else {
		print_kept_back(job);
		print_circuits(job);
		if (job->cause[0])
			printf("   %s\n", job->cause);
	}
out:
	free(text);
	free(job);
	return rc;
}
