// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * request - the --optical-* options; the first step of a job's way, in sbatch,
 * and again in slurmctld, which trusts nothing that comes from outside
 */
#include "common/core/request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/core/scan.h"
#include "common/core/units.h"

const struct ocs_option ocs_options[] = {
	{ "bw", "RATE[,min=RATE]|none",
	  "bandwidth between each pair of sites that the job spans",
	  true, "400G,min=200G" },
	{ "latency", "TIME",
	  "most one-way latency between any two of its sites",
	  true, "2ms" },
	{ "delay-variation", "TIME",
	  "most delay variation between any two of its sites", true, "10us" },
	{ "sites", "SITE[,SITE...]", "only these sites", true, "paris,lyon" },
	{ "span", "MIN[-MAX]", "how many sites; MIN alone: exactly so many",
	  true, "1-4" },
	{ "shape", "mesh|ring|star",
	  "which pairs of more than two sites get a circuit", true, "mesh" },
	{ "anchor", "ENDPOINT",
	  "also a circuit from this endpoint to each of its sites", true,
	  "campus" },
	{ "protect", "none|restorable|diverse|1+1",
	  "how circuits survive a cut", true, "diverse" },
	{ "class", "NAME", "an intent that the administrator defined", true,
	  "inference" },
	{ "on-failure", "continue|requeue|signal=NAME",
	  "what to do when a circuit breaks and is not restored", true,
	  "requeue" },
	{ "hints", "on|off|print", "set NCCL variables that fit the circuits",
	  true, "on" },
	{ NULL, NULL, NULL, false, NULL }
};

static const char *const hint_names[] = {
	[OCS_HINTS_ON] = "on",
	[OCS_HINTS_OFF] = "off",
	[OCS_HINTS_PRINT] = "print",
};

static const char *const shape_names[] = {
	[OCS_MESH] = "mesh",
	[OCS_RING] = "ring",
	[OCS_STAR] = "star",
};

/* That a job can be sent for a broken circuit. */
static const char *const signals[] = {
	"HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "ALRM", "TERM",
	"URG",
};
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static const char *signal_find(const char *name)
{
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (unsigned int i = 0; i < NSIGNALS; i++)
		if (!strcasecmp(name, signals[i]))
			return signals[i];
	return NULL;
}

static const char *const protect_names[] = {
	[OCS_UNPROTECTED] = "none",
	[OCS_RESTORABLE] = "restorable",
	[OCS_DIVERSE] = "diverse",
	[OCS_ONE_PLUS_ONE] = "1+1",
};

const char *ocs_protect_name(enum ocs_protect v)
{
	return v <= OCS_ONE_PLUS_ONE ? protect_names[v] : "?";
}

int ocs_protect_from_name(const char *name, enum ocs_protect *v)
{
	for (unsigned int i = 0; name && i <= OCS_ONE_PLUS_ONE; i++)
		if (!strcasecmp(name, protect_names[i])) {
			*v = (enum ocs_protect) i;
			return 0;
		}
	return -1;
}

void ocs_request_init(struct ocs_request *req)
{
	memset(req, 0, sizeof(*req));
	req->span_min = OCS_SPAN_DEFAULT_MIN;
	req->span_max = OCS_SPAN_DEFAULT_MAX;
	req->hints = OCS_HINTS_ON;
}

/* Readers of one value each: OCS_OK, or a code and *WHY; they may leave *REQ
 * half set, the caller works on a copy. */

static enum ocs_code set_bw(struct ocs_request *req, const char *value,
			    const char **why)
{
	const char *comma = strchr(value, ',');
	size_t len = comma ? (size_t) (comma - value) : strlen(value);
	char want[64];
	enum ocs_code code;

	req->none = !strcasecmp(value, "none");
	req->want_bps = req->min_bps = 0;
	if (req->none)
		return OCS_OK;
	if (len >= sizeof(want)) {
		*why = "a rate is a number and M, G or T";
		return OCS_SYNTAX;
	}
	memcpy(want, value, len);
	want[len] = '\0';
	if ((code = ocs_rate_scan(want, &req->want_bps, why)))
		return code;
	req->min_bps = req->want_bps;
	if (!comma)
		return OCS_OK;
	if (strncasecmp(comma + 1, "min=", 4)) {
		*why = "what follows the comma is min=RATE";
		return OCS_SYNTAX;
	}
	if ((code = ocs_rate_scan(comma + 5, &req->min_bps, why)))
		return code;
	if (req->min_bps > req->want_bps) {
		*why = "min is not more than the rate";
		return OCS_RANGE;
	}
	return OCS_OK;
}

static enum ocs_code set_latency(struct ocs_request *req, const char *value,
				 const char **why)
{
	enum ocs_code code = ocs_time_scan(value, &req->latency_us, why);

	if (code)
		return code;
	if (!req->latency_us || req->latency_us > OCS_LATENCY_MAX_US) {
		*why = "a latency is more than 0 and at most 10s";
		return OCS_RANGE;
	}
	return OCS_OK;
}

static enum ocs_code set_variation(struct ocs_request *req, const char *value,
				   const char **why)
{
	enum ocs_code code = ocs_time_scan(value, &req->delay_variation_us,
					   why);

	if (code)
		return code;
	if (!req->delay_variation_us ||
	    req->delay_variation_us > OCS_VARIATION_MAX_US) {
		*why = "a delay variation is at least 1us and at most 1s";
		return OCS_RANGE;
	}
	return OCS_OK;
}

static enum ocs_code set_shape(struct ocs_request *req, const char *value,
			       const char **why)
{
	for (unsigned int i = OCS_MESH; i <= OCS_STAR; i++)
		if (!strcasecmp(value, shape_names[i])) {
			req->shape = (enum ocs_shape) i;
			return OCS_OK;
		}
	*why = "shapes are mesh, ring and star";
	return OCS_SYNTAX;
}

static enum ocs_code set_protect(struct ocs_request *req, const char *value,
				 const char **why)
{
	if (ocs_protect_from_name(value, &req->protect) == 0)
		return OCS_OK;
	*why = "it is none, restorable, diverse or 1+1";
	return OCS_SYNTAX;
}

/* A name of A-Z a-z 0-9 . _ - that begins with LEN characters of NAME? */
static bool is_name(const char *name, size_t len)
{
	return len && strspn(name, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-") >= len;
}

static enum ocs_code set_name(char to[static OCS_NAME_MAX], const char *value,
			      const char **why)
{
	size_t len = strlen(value);

	if (!is_name(value, len)) {
		*why = "a name is of letters, digits, '.', '_' and '-'";
		return OCS_SYNTAX;
	}
	if (len >= OCS_NAME_MAX) {
		*why = "a name has at most 63 characters";
		return OCS_RANGE;
	}
	memcpy(to, value, len + 1);
	return OCS_OK;
}

static enum ocs_code set_anchor(struct ocs_request *req, const char *value,
				const char **why)
{
	return set_name(req->anchor, value, why);
}

static enum ocs_code set_class(struct ocs_request *req, const char *value,
			       const char **why)
{
	return set_name(req->class_name, value, why);
}

static enum ocs_code set_on_failure(struct ocs_request *req,
				    const char *value, const char **why)
{
	const char *name;

	*why = "it is continue, requeue or signal=NAME";
	req->signal[0] = '\0';
	if (!strcasecmp(value, "continue")) {
		req->on_failure = OCS_CONTINUE;
		return OCS_OK;
	}
	if (!strcasecmp(value, "requeue")) {
		req->on_failure = OCS_REQUEUE;
		return OCS_OK;
	}
	if (strncasecmp(value, "signal=", 7))
		return OCS_SYNTAX;
	if (!(name = signal_find(value + 7))) {
		*why = "signals are HUP, INT, QUIT, ABRT, KILL, USR1, USR2, "
		       "ALRM, TERM and URG";
		return OCS_SYNTAX;
	}
	req->on_failure = OCS_SIGNAL;
	snprintf(req->signal, sizeof(req->signal), "%s", name);
	return OCS_OK;
}

static enum ocs_code add_site(struct ocs_request *req, const char *name,
			      size_t len, const char **why)
{
	if (!is_name(name, len)) {
		*why = "sites are names with commas between them";
		return OCS_SYNTAX;
	}
	if (len >= OCS_NAME_MAX) {
		*why = "a site's name has at most 63 characters";
		return OCS_RANGE;
	}
	if (req->nsites == OCS_REQUEST_SITES_MAX) {
		*why = "at most 16 sites can be named";
		return OCS_RANGE;
	}
	for (unsigned int i = 0; i < req->nsites; i++)
		if (strlen(req->site[i]) == len &&
		    !memcmp(req->site[i], name, len)) {
			*why = "a site is named twice";
			return OCS_SYNTAX;
		}
	memcpy(req->site[req->nsites], name, len);
	req->site[req->nsites++][len] = '\0';
	return OCS_OK;
}

static enum ocs_code set_sites(struct ocs_request *req, const char *value,
			       const char **why)
{
	enum ocs_code code;
	size_t len;

	req->nsites = 0;
	memset(req->site, 0, sizeof(req->site));
	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if ((code = add_site(req, value, len, why)))
			return code;
		if (!value[len])
			return OCS_OK;
	}
}

static enum ocs_code set_span(struct ocs_request *req, const char *value,
			      const char **why)
{
	uint64_t min = 0, max;
	bool fits = true;

	*why = "a span is MIN or MIN-MAX sites";
	fits &= !ocs_digits_scan(&value, &min) || min == UINT64_MAX;
	max = min;
	if (fits && *value == '-') {
		value++;
		fits &= !ocs_digits_scan(&value, &max) || max == UINT64_MAX;
	}
	if (!fits || *value)
		return OCS_SYNTAX;
	if (!min || max > OCS_SPAN_MAX) {
		*why = "a job spans 1 to 8 sites";
		return OCS_RANGE;
	}
	if (min > max) {
		*why = "MIN is not more than MAX";
		return OCS_RANGE;
	}
	req->span_min = (unsigned int) min;
	req->span_max = (unsigned int) max;
	return OCS_OK;
}

static enum ocs_code set_hints(struct ocs_request *req, const char *value,
			       const char **why)
{
	for (unsigned int i = OCS_HINTS_ON; i <= OCS_HINTS_PRINT; i++)
		if (!strcasecmp(value, hint_names[i])) {
			req->hints = (enum ocs_hints_mode) i;
			return OCS_OK;
		}
	*why = "hints are on, off or print";
	return OCS_SYNTAX;
}

typedef enum ocs_code (*set_f)(struct ocs_request *req, const char *value,
			       const char **why);

static const struct {
	const char *name;
	set_f set;
} setters[] = {
	{ "bw", set_bw },	{ "latency", set_latency },
	{ "sites", set_sites }, { "span", set_span },
	{ "hints", set_hints }, { "delay-variation", set_variation },
	{ "shape", set_shape }, { "anchor", set_anchor },
	{ "protect", set_protect }, { "class", set_class },
	{ "on-failure", set_on_failure },
};
#define NSETTERS (sizeof(setters) / sizeof(setters[0]))

static const struct ocs_option *find_option(const char *name)
{
	for (const struct ocs_option *o = ocs_options; name && o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

int ocs_request_set(struct ocs_request *req, const char *name,
		    const char *value, struct ocs_error *err)
{
	const struct ocs_option *opt = find_option(name);
	enum ocs_code code = OCS_INTERNAL;
	struct ocs_request new = *req;
	const char *why = "it needs a value";

	if (!opt)
		return ocs_fail(err, OCS_SYNTAX,
				"unknown option '--optical-%.40s': there are "
				"bw, latency, delay-variation, sites, span, "
				"shape, anchor, protect, class, on-failure and "
				"hints (example: --optical-bw=400G,min=200G)",
				name ? name : "");
	if (!opt->supported)
		return ocs_fail(err, OCS_UNSUPPORTED,
				"--optical-%s is not supported by this "
				"version: leave it out (example: "
				"--optical-bw=400G,min=200G)", name);
	if (!value || !*value) {
		code = OCS_SYNTAX;
		value = "";
	} else {
		for (unsigned int i = 0; i < NSETTERS; i++)
			if (!strcmp(setters[i].name, name))
				code = setters[i].set(&new, value, &why);
	}
	if (code)
		return ocs_fail(err, code,
				"bad --optical-%s '%.60s': %s (example: %s)",
				name, value, why, opt->example);
	*req = new;
	return 0;
}

/* The first option besides bw that is not at its default, or NULL. */
static const char *other_option(const struct ocs_request *req)
{
	if (req->latency_us)
		return "latency";
	if (req->nsites)
		return "sites";
	if (req->span_min != OCS_SPAN_DEFAULT_MIN ||
	    req->span_max != OCS_SPAN_DEFAULT_MAX)
		return "span";
	if (req->delay_variation_us)
		return "delay-variation";
	if (req->shape != OCS_MESH)
		return "shape";
	if (req->anchor[0])
		return "anchor";
	if (req->protect != OCS_UNPROTECTED)
		return "protect";
	if (req->class_name[0])
		return "class";
	if (req->on_failure != OCS_CONTINUE)
		return "on-failure";
	if (req->hints != OCS_HINTS_ON)
		return "hints";
	return NULL;
}

int ocs_request_check(const struct ocs_request *req, struct ocs_error *err)
{
	const char *other = other_option(req);

	if (other && req->none)
		return ocs_fail(err, OCS_SYNTAX,
				"--optical-%s says nothing with "
				"--optical-bw=none: leave out one of them "
				"(example: --optical-bw=none)", other);
	if (other && !req->want_bps && !req->class_name[0])
		return ocs_fail(err, OCS_SYNTAX,
				"--optical-%s needs --optical-bw (example: "
				"--optical-bw=400G,min=200G)", other);
	if (req->nsites && req->nsites < req->span_min)
		return ocs_fail(err, OCS_RANGE,
				"--optical-sites names %u, but --optical-span "
				"asks for at least %u (example: "
				"--optical-span=1-%u)", req->nsites,
				req->span_min, req->nsites);
	return 0;
}

#define COMMENT_WORD "optical("

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Where `optical(` starts as a word of its own in TEXT, the rest of COMMENT. */
static const char *find_word(const char *comment, const char *text)
{
	for (; (text = strstr(text, COMMENT_WORD)); text++)
		if (text == comment || !word_char(text[-1]))
			return text;
	return NULL;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static int bad_comment(const char *why, struct ocs_error *err)
{
	return ocs_fail(err, OCS_SYNTAX,
			"bad optical(...) in the comment: %s (example: "
			"optical(bw=400G,min=200G;latency=2ms))", why);
}

/* NAME=VALUE in ITEM[0..LEN); SEEN has a bit per option. */
static int set_item(struct ocs_request *req, const char *item, size_t len,
		    unsigned int *seen, struct ocs_error *err)
{
	char text[32 + OCS_REQUEST_SITES_MAX * OCS_NAME_MAX];
	const struct ocs_option *opt;
	char *value;

	for (; len && blank(*item); len--)
		item++;
	while (len && blank(item[len - 1]))
		len--;
	if (!len)
		return bad_comment("an option is empty", err);
	if (len >= sizeof(text))
		return bad_comment("an option is too long", err);
	memcpy(text, item, len);
	text[len] = '\0';
	if (!(value = strchr(text, '=')))
		return bad_comment("an option is NAME=VALUE", err);
	*value++ = '\0';
	if ((opt = find_option(text))) {
		unsigned int bit = 1u << (opt - ocs_options);

		if (*seen & bit)
			return bad_comment("an option is given twice", err);
		*seen |= bit;
	}
	return ocs_request_set(req, text, value, err);
}

int ocs_request_parse_comment(const char *comment, struct ocs_request *req,
			      bool *found, struct ocs_error *err)
{
	const char *p = comment ? find_word(comment, comment) : NULL;
	struct ocs_request new = *req;
	unsigned int seen = 0;
	const char *end;
	size_t len;

	*found = p != NULL;
	if (!p)
		return 0;
	p += strlen(COMMENT_WORD);
	if (!(end = strchr(p, ')')))
		return bad_comment("it is not closed", err);
	if (find_word(comment, p))
		return bad_comment("there are two", err);
	for (;; p += len + 1) {
		len = strcspn(p, ";)");
		if (set_item(&new, p, len, &seen, err) < 0)
			return -1;
		if (p + len == end)
			break;
	}
	*req = new;
	return 0;
}

/* A buffer that remembers whether all fitted. */
struct out {
	char *buf;
	size_t size;
	size_t len;
	bool cut;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *out,
						       const char *fmt, ...)
{
	size_t room = out->size - out->len;
	va_list ap;
	int n;

	if (out->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(out->buf + out->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t) n >= room)
		out->cut = true;
	else
		out->len += (size_t) n;
}

/* The options that came later, each only where it is not at its default. */
static void put_rest(struct out *out, const struct ocs_request *req)
{
	if (req->delay_variation_us)
		put(out, ";variation=%" PRIu64, req->delay_variation_us);
	if (req->unavailable_ppb)
		put(out, ";unavailable=%" PRIu32, req->unavailable_ppb);
	if (req->shape != OCS_MESH)
		put(out, ";shape=%s", shape_names[req->shape]);
	if (req->anchor[0])
		put(out, ";anchor=%s", req->anchor);
	if (req->protect != OCS_UNPROTECTED)
		put(out, ";protect=%s", ocs_protect_name(req->protect));
	if (req->class_name[0])
		put(out, ";class=%s", req->class_name);
	if (req->on_failure == OCS_REQUEUE)
		put(out, ";on-failure=requeue");
	else if (req->on_failure == OCS_SIGNAL)
		put(out, ";on-failure=signal=%s", req->signal);
}

int ocs_request_format(const struct ocs_request *req, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	if (!size)
		return -1;
	if (req->none) {
		put(&out, "v1;bw=none");
	} else if (req->want_bps) {
		put(&out, "v1;bw=%" PRIu64 ";min=%" PRIu64
		    ";span=%u-%u;hints=%s", req->want_bps, req->min_bps,
		    req->span_min, req->span_max, hint_names[req->hints]);
		if (req->latency_us)
			put(&out, ";latency=%" PRIu64, req->latency_us);
		for (unsigned int i = 0; i < req->nsites; i++)
			put(&out, "%s%s", i ? "," : ";sites=", req->site[i]);
		put_rest(&out, req);
	} else {
		out.cut = true;
	}
	if (!out.cut)
		return 0;
	buf[0] = '\0';
	return -1;
}

/* If *P starts with WORD, step over it. */
static bool skip(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len))
		return false;
	*p += len;
	return true;
}

/* A number from 1 to MAX. */
static bool skip_number(const char **p, uint64_t max, uint64_t *value)
{
	return !ocs_digits_scan(p, value) && *value && *value <= max;
}

/* Copy the value up to ';' or the end; false if it doesn't fit. */
static bool skip_value(const char **p, char *buf, size_t size)
{
	size_t len = strcspn(*p, ";");

	if (len >= size)
		return false;
	memcpy(buf, *p, len);
	buf[len] = '\0';
	*p += len;
	return true;
}

/* What put_rest() wrote. */
static bool read_rest(const char **p, struct ocs_request *req)
{
	static const struct {
		const char *word;
		set_f set;
	} rest[] = {
		{ ";shape=", set_shape },	{ ";anchor=", set_anchor },
		{ ";protect=", set_protect },	{ ";class=", set_class },
		{ ";on-failure=", set_on_failure },
	};
	char value[OCS_NAME_MAX];
	const char *why;
	uint64_t ppb;

	if (skip(p, ";variation=") &&
	    !skip_number(p, OCS_VARIATION_MAX_US, &req->delay_variation_us))
		return false;
	if (skip(p, ";unavailable=")) {
		if (!skip_number(p, OCS_PPB - 1, &ppb))
			return false;
		req->unavailable_ppb = (uint32_t) ppb;
	}
	for (unsigned int i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		if (skip(p, rest[i].word) &&
		    (!skip_value(p, value, sizeof(value)) ||
		     rest[i].set(req, value, &why)))
			return false;
	return true;
}

static bool read_fields(const char *p, struct ocs_request *req)
{
	char value[OCS_REQUEST_TEXT_MAX];
	uint64_t max = OCS_RATE_MAX_BPS;
	const char *why;

	if (!skip(&p, "v1;bw="))
		return false;
	if (!strcmp(p, "none")) {
		req->none = true;
		return true;
	}
	if (!skip_number(&p, max, &req->want_bps) || !skip(&p, ";min=") ||
	    !skip_number(&p, req->want_bps, &req->min_bps))
		return false;
	if (!skip(&p, ";span=") || !skip_value(&p, value, sizeof(value)) ||
	    set_span(req, value, &why))
		return false;
	if (!skip(&p, ";hints=") || !skip_value(&p, value, sizeof(value)) ||
	    set_hints(req, value, &why))
		return false;
	if (skip(&p, ";latency=") &&
	    !skip_number(&p, OCS_LATENCY_MAX_US, &req->latency_us))
		return false;
	if (skip(&p, ";sites=") && (!skip_value(&p, value, sizeof(value)) ||
				    set_sites(req, value, &why)))
		return false;
	return read_rest(&p, req) && !*p;
}

/* There is one text for a request: what reads but would be written otherwise
 * (leading zeros, capitals) was not written by us. */
int ocs_request_parse(const char *text, struct ocs_request *req,
		      struct ocs_error *err)
{
	char again[OCS_REQUEST_TEXT_MAX];
	struct ocs_request new;

	ocs_request_init(&new);
	if (!text || !read_fields(text, &new) ||
	    ocs_request_check(&new, NULL) < 0 ||
	    ocs_request_format(&new, again, sizeof(again)) < 0 ||
	    strcmp(again, text))
		return ocs_fail(err, OCS_SYNTAX,
				"bad " OCS_REQUEST_ENV " '%.60s' (example: "
				"v1;bw=400000000000;min=200000000000;span=1-4;"
				"hints=on)", text ? text : "");
	*req = new;
	return 0;
}

bool ocs_request_site_ok(const struct ocs_request *req, const char *name)
{
	for (unsigned int i = 0; i < req->nsites; i++)
		if (!strcmp(req->site[i], name))
			return true;
	return !req->nsites;
}
