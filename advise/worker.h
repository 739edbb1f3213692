#pragma once
#include "common/err.h"

/*
 * The long-lived service behind the companion: JSON lines in, JSON lines out (spec kernel-proxy.md
 * 10). It never writes a notebook; new metadata goes back to whoever asked. A request is answered by
 * any number of progress lines and exactly one final line; {"id": N, "cancel": true} stops it. The companion
 * sets THOTH_KERNEL_PYTHON to the interpreter of its kernel, which is what is resolved for.
 *
 *	{"id":7,"command":"lock","arguments":["--upgrade"],"notebook":{"path":null,"metadata":{..},
 *	 "cells":[{"id":"a1","index":0,"type":"code","source":".."}]},"columns":100}
 *	{"id":7,"progress":{"phase":"index","done":12,"total":31}}
 *	{"id":7,"exit":0,"text":"..","html":"..","data":{"application/vnd.thoth.lock+json":{..}},"metadata":{..}}
 */
enum { WORKER_LINE_MAX = 8 << 20 }; /* bytes of one line */

/* Serve in and out until in ends. False only when out is gone. */
MUST_USE bool worker_serve(int in, int out, struct err *err);

/* What `%thoth help` says. */
void worker_help(struct buf *out);
