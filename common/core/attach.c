// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach - names of the attachment's states, sets of VLANs, templates; the
 * arrows between the states are the agent engine's
 */
#include "common/core/attach.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[OCS_DETACHED] = "DETACHED",
	[OCS_ATTACHING] = "ATTACHING",
	[OCS_ATTACHED] = "ATTACHED",
	[OCS_DETACHING] = "DETACHING",
};
#define NNAMES (sizeof(names) / sizeof(names[0]))

const char *ocs_attach_name(enum ocs_attach v)
{
	return (unsigned int) v < NNAMES ? names[v] : "?";
}

int ocs_attach_from_name(const char *name, enum ocs_attach *v)
{
	for (unsigned int i = 0; name && i < NNAMES; i++) {
		if (strcmp(names[i], name))
			continue;
		*v = (enum ocs_attach) i;
		return 0;
	}
	return -1;
}

bool ocs_attach_by_hook(const struct ocs_attachment *at)
{
	return at && (at->a.hook || at->z.hook);
}

bool ocs_iface_ok(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t len = strlen(text);

	return len && len < OCS_IFACE_MAX && strspn(text, allowed) == len &&
	       strcmp(text, ".") && strcmp(text, "..");
}

bool ocs_prefix_ok(const char *text)
{
	unsigned char addr[sizeof(struct in6_addr)];
	const char *slash = strchr(text, '/');
	char host[OCS_PREFIX_MAX], *end;
	unsigned long bits;
	bool v6;

	if (strlen(text) >= OCS_PREFIX_MAX || !slash ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
	    !slash[1] || strlen(slash + 1) > 3)
		return false;
	memcpy(host, text, (size_t) (slash - text));
	host[slash - text] = '\0';
	v6 = strchr(host, ':');
	bits = strtoul(slash + 1, &end, 10);
	return inet_pton(v6 ? AF_INET6 : AF_INET, host, addr) == 1 &&
	       bits <= (v6 ? 128 : 32);
}

/* ---- sets of VLANs ---- */

bool ocs_vlans_has(const struct ocs_vlans *v, unsigned int vlan)
{
	return vlan && vlan <= OCS_VLAN_MAX &&
	       (v->bits[vlan / 64] >> (vlan % 64) & 1);
}

/* A VLAN at *P, which moves on; 0: there is none. */
static unsigned int number(const char **p)
{
	unsigned int n = 0, digits = 0;

	for (; **p >= '0' && **p <= '9' && ++digits <= 4; (*p)++)
		n = n * 10 + (unsigned int) (**p - '0');
	return n <= OCS_VLAN_MAX ? n : 0;
}

int ocs_vlans_parse(const char *text, struct ocs_vlans *v,
		    struct ocs_error *err)
{
	struct ocs_vlans got = { 0 };
	const char *p = text;

	do {
		unsigned int from = number(&p), to = from;

		if (*p == '-') {
			p++;
			to = number(&p);
		}
		if (!from || to < from || (*p && *p != ','))
			return ocs_fail(err, OCS_SYNTAX,
					"bad VLANs '%.60s': numbers from 1 to %d are expected (example: 100-199,300)",
					text, OCS_VLAN_MAX);
		for (; from <= to; from++)
			got.bits[from / 64] |= UINT64_C(1) << (from % 64);
	} while (*p++);
	*v = got;
	return 0;
}

unsigned int ocs_vlans_count(const struct ocs_vlans *v)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(v->bits) / sizeof(v->bits[0]); i++)
		n += (unsigned int) __builtin_popcountll(v->bits[i]);
	return n;
}

bool ocs_vlans_common(const struct ocs_vlans *x, const struct ocs_vlans *y)
{
	for (size_t i = 0; i < sizeof(x->bits) / sizeof(x->bits[0]); i++)
		if (x->bits[i] & y->bits[i])
			return true;
	return false;
}

/* ---- templates ---- */

static int bad_word(const char *word, struct ocs_error *err)
{
	return ocs_fail(err, OCS_SYNTAX,
			"'%.20s': {vlan}, {vlan/N} or {vlan%%N}, N from 1 to 4096, is expected",
			word);
}

/* The value of the word in braces at P; *END is behind it. */
static int word(const char *p, unsigned int vlan, unsigned int *value,
		const char **end, struct ocs_error *err)
{
	unsigned long n = 1;
	char op = '/', *after;
	const char *q = p;

	if (strncmp(q, "{vlan", 5))
		return bad_word(p, err);
	q += 5;
	if (*q == '/' || *q == '%') {
		op = *q++;
		if (*q < '0' || *q > '9')
			return bad_word(p, err);
		n = strtoul(q, &after, 10);
		q = after;
	}
	if (*q != '}' || !n || n > 4096)
		return bad_word(p, err);
	if (!vlan)
		return ocs_fail(err, OCS_RANGE,
				"{vlan} needs a pool of VLANs");
	*value = op == '/' ? vlan / (unsigned int) n :
			     vlan % (unsigned int) n;
	*end = q + 1;
	return 0;
}

int ocs_attach_expand(const char *template, unsigned int vlan, char *buf,
		      size_t size, struct ocs_error *err)
{
	const char *p = template;
	unsigned int value = 0;
	size_t n = 0;

	while (*p && n < size) {
		if (*p != '{') {
			buf[n++] = *p++;
			continue;
		}
		if (word(p, vlan, &value, &p, err) < 0)
			return -1;
		n += (size_t) snprintf(buf + n, size - n, "%u", value);
	}
	if (n >= size)
		return ocs_fail(err, OCS_RANGE,
				"'%.60s' becomes longer than %zu bytes",
				template, size - 1);
	buf[n] = '\0';
	return 0;
}
