/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire_maint - JSON of drains, maintenance windows, changes of leases and
 * what-if; bounded and checked as everything of wire.h
 */
#ifndef OCS_WIRE_WIRE_MAINT_H
#define OCS_WIRE_WIRE_MAINT_H

#include <stddef.h>

#include "common/core/maint.h"

/* Encoders return malloc'ed text (the caller frees) or NULL: out of memory.
 * Decoders take LEN bytes; 0, or -1 with ERR set. */
char *ocs_wire_encode_drain(const struct ocs_drain *drain);
int ocs_wire_decode_drain(const char *text, size_t len,
			  struct ocs_drain *drain, struct ocs_error *err);
char *ocs_wire_encode_window(const struct ocs_window *window);
int ocs_wire_decode_window(const char *text, size_t len,
			   struct ocs_window *window, struct ocs_error *err);
/* The same with "leases": what they touch, each as {id,cluster,job_id,user,
 * start_s,end_s,state}. */
char *ocs_wire_encode_drained(const struct ocs_drain *drain,
			      const struct ocs_lease *const *lease,
			      unsigned int nleases);
char *ocs_wire_encode_window_of(const struct ocs_window *window,
				const struct ocs_lease *const *lease,
				unsigned int nleases);
/* {"windows":[...],"drains":[...]} */
char *ocs_wire_encode_maint(const struct ocs_window *window,
			    unsigned int nwindows,
			    const struct ocs_drain *drain,
			    unsigned int ndrains);
/* Both arrays are the caller's to free. */
int ocs_wire_decode_maint(const char *text, size_t len,
			  struct ocs_window **window, unsigned int *nwindows,
			  struct ocs_drain **drain, unsigned int *ndrains,
			  struct ocs_error *err);

char *ocs_wire_encode_modify(const struct ocs_modify *mod);
int ocs_wire_decode_modify(const char *text, size_t len,
			   struct ocs_modify *mod, struct ocs_error *err);
char *ocs_wire_encode_whatif(const struct ocs_whatif *want);
int ocs_wire_decode_whatif(const char *text, size_t len,
			   struct ocs_whatif *want, struct ocs_error *err);
char *ocs_wire_encode_whatif_answer(const struct ocs_whatif_answer *answer);
int ocs_wire_decode_whatif_answer(const char *text, size_t len,
				  struct ocs_whatif_answer *answer,
				  struct ocs_error *err);

#endif
