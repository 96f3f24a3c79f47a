// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests routes, rates and members row by row: networks as opticald.conf has
 * them, circuits one after the other, and the last one's answer as worked out
 * by hand.
 *
 * An answer is the latency, then each member's links with their wavelengths and
 * its ports: "200us ab.1,bc.1@a1>c1 | ..."; '*' is a standby. Or the reason.
 */
#include <stdlib.h>
#include <unistd.h>

#include "agent/conf.h"
#include "common/core/units.h"
#include "tests/unit/tap.h"

#define HEAD "Listen=unix:/tmp/s\nLedger=/tmp/l.db\nDriver=sim\n" \
	     "Cluster=alpha User=0\n"
#define SITE(x) "SiteName=" #x "\n"
#define DARK(x) "SiteName=" #x " Regen=no\n"	/* no regenerators */
#define END(x) "EndpointName=" #x "\n"
#define ABCD SITE(A) SITE(B) SITE(C) SITE(D)
/* name, ends, latency in us, "Wavelengths=n Rate=r", what else */
#define LINK(n, a, z, us, w, r, more) \
	"LinkName=" #n " A=" #a " Z=" #z " Latency=" #us "us Wavelengths=" #w \
	" Rate=" #r " " more "\n"
#define CLIENT(n, a, z, us, w, r, more) \
	LINK(n, a, z, us, w, r, "Granularity=client " more)
#define ODU(n, a, z, us, w, r, more) \
	LINK(n, a, z, us, w, r, "Granularity=odu " more)
#define FIBRE(n, a, z, km, w, r, more) \
	"LinkName=" #n " A=" #a " Z=" #z " Km=" #km " Wavelengths=" #w \
	" Rate=" #r " " more "\n"
#define PORT(n, s, r, more) \
	"PortName=" #n " Site=" #s " Rate=" #r " " more "\n"

/* ---- networks ---- */

/* 100 + 100 us over B, 250 us past it; 400G everywhere */
#define TRIANGLE ABCD CLIENT(ab, A, B, 100, 4, 100G, "") \
	CLIENT(bc, B, C, 100, 4, 100G, "") CLIENT(ac, A, C, 250, 4, 100G, "")
/* two links of equal latency */
#define EQUAL(mx, my) SITE(A) SITE(B) CLIENT(x, A, B, 100, 4, 100G, mx) \
	CLIENT(y, A, B, 100, 4, 100G, my)
/* delay varies more on the shorter one */
#define VARIES SITE(A) SITE(B) \
	CLIENT(x, A, B, 100, 4, 100G, "DelayVariation=20us") \
	CLIENT(y, A, B, 150, 4, 100G, "DelayVariation=5us")
/* the shorter the route, the more it fails: 0.1 %, 0.01 % + 0.02 %, never */
#define FAILS ABCD CLIENT(x, A, B, 100, 4, 100G, "Availability=99.9") \
	CLIENT(ac, A, C, 100, 4, 100G, "Availability=99.99") \
	CLIENT(cb, C, B, 100, 4, 100G, "Availability=99.98") \
	CLIENT(ad, A, D, 200, 4, 100G, "") CLIENT(db, D, B, 200, 4, 100G, "")
/* two routes, 1 % and 0.1 %: both at once 0.001 % */
#define FAIL2 SITE(A) SITE(B) \
	CLIENT(x, A, B, 100, 4, 100G, "Availability=99 Risk=r1") \
	CLIENT(y, A, B, 150, 4, 100G, "Availability=99.9 Risk=r2")
/* light goes through B as it is; two wavelengths */
#define THROUGH SITE(A) DARK(B) SITE(C) SITE(D) \
	LINK(ab, A, B, 100, 2, 100G, "") LINK(bc, B, C, 100, 2, 100G, "") \
	LINK(db, D, B, 100, 2, 100G, "")
/* 500 and 300 km, 2470 and 1490 us; light goes through B */
#define LONG(rate, more) SITE(A) DARK(B) SITE(C) SITE(D) \
	FIBRE(ab, A, B, 500, 2, rate, more) FIBRE(bc, B, C, 300, 2, rate, more)
/* slots of 1.25G in two wavelengths */
#define SLOTS SITE(A) SITE(B) ODU(o, A, B, 100, 2, 100G, "")
/* four ports of 400G at each end */
#define WIDE SITE(A) SITE(B) CLIENT(ab, A, B, 100, 10, 400G, "")
#define PORTS WIDE PORT(a1, A, 400G, "") PORT(a2, A, 400G, "") \
	PORT(a3, A, 400G, "") PORT(a4, A, 400G, "") PORT(b1, B, 400G, "") \
	PORT(b2, B, 400G, "") PORT(b3, B, 400G, "") PORT(b4, B, 400G, "")
/* two planes, and a link of none */
#define PLANES SITE(A) SITE(B) CLIENT(x, A, B, 100, 1, 400G, "Plane=0") \
	CLIENT(y, A, B, 200, 1, 400G, "Plane=1") \
	CLIENT(z, A, B, 300, 1, 400G, "")
#define PLANE_PORTS PORT(a0, A, 400G, "Plane=0") PORT(a1, A, 400G, "Plane=1") \
	PORT(b0, B, 400G, "Plane=0") PORT(b1, B, 400G, "Plane=1")
/* z shares a risk with both of the others */
#define RISKS SITE(A) SITE(B) CLIENT(x, A, B, 100, 8, 100G, "Risk=r1") \
	CLIENT(y, A, B, 200, 8, 100G, "Risk=r2") \
	CLIENT(z, A, B, 50, 8, 100G, "Risk=r1,r2")
/* the shortest way is half of each of the two disjoint ones */
#define TRAP ABCD CLIENT(ac, A, C, 10, 4, 100G, "") \
	CLIENT(cd, C, D, 10, 4, 100G, "") CLIENT(db, D, B, 10, 4, 100G, "") \
	CLIENT(ad, A, D, 50, 4, 100G, "") CLIENT(cb, C, B, 50, 4, 100G, "")
#define HIDDEN(mx, my) SITE(A) SITE(B) \
	CLIENT(x, A, B, 100, 1, 100G, "Hidden=yes " mx) \
	CLIENT(y, A, B, 200, 1, 100G, "Hidden=yes " my)

/* ---- rows: network, circuits, the last one's answer ---- */

static const struct row {
	const char *net, *wants, *answer;
} rows[] = {
	/* -- latency and capacity -- */
	/* 100 + 100 is less than 250 */
	{ TRIANGLE, "A C 100G", "200us ab,bc" },
	/* 200 is within 200 */
	{ TRIANGLE, "A C 100G lat=200us", "200us ab,bc" },
	/* no way is below 200 */
	{ TRIANGLE, "A C 100G lat=199us",
	  "OpticalLatency(A-C,need=199us,best=200us)" },
	/* ab has 300G left: past it */
	{ TRIANGLE, "A B 100G; A C 400G", "250us ac" },
	/* 250 is not within 249, and ab has 300G: busy, as ab would be best */
	{ TRIANGLE, "A B 100G; A C 400G lat=249us",
	  "OpticalLink(ab,need=500G,free=400G)" },
	/* ab 300G, ac 0: on ab the job itself asks for 100 + 400 */
	{ TRIANGLE, "A B 100G; A C 400G; A C 400G",
	  "OpticalLink(ab,need=500G,free=400G)" },
	/* 400G is the most of any link */
	{ TRIANGLE, "A C 500G", "OpticalLink(ab,need=500G,max=400G)" },
	/* nothing leads to D */
	{ TRIANGLE, "A D 1G", "OpticalLink(A-D,none)" },
	/* the other direction is the same way back */
	{ TRIANGLE, "C A 100G", "200us bc,ab" },
	/* drained: the other way */
	{ ABCD CLIENT(ab, A, B, 100, 4, 100G, "Drain=yes")
	  CLIENT(bc, B, C, 100, 4, 100G, "")
	  CLIENT(ac, A, C, 250, 4, 100G, ""), "A C 100G", "250us ac" },
	{ SITE(A) SITE(B) CLIENT(ab, A, B, 100, 4, 100G, "Drain=yes"),
	  "A B 100G", "OpticalLinkDrained(ab)" },
	/* whole wavelengths: 1G takes 100G, so three of them leave one */
	{ SITE(A) SITE(B) LINK(ab, A, B, 100, 4, 100G, ""),
	  "A B 1G; A B 1G; A B 1G; A B 200G",
	  "OpticalLink(ab,need=500G,free=400G)" },

	/* -- ties: availability, cost, energy, hops, index -- */
	{ EQUAL("", ""), "A B 100G", "100us x" },
	{ EQUAL("Availability=99.9", "Availability=99.99"), "A B 100G",
	  "100us y" },
	{ EQUAL("Cost=0.5", "Cost=0.25"), "A B 100G", "100us y" },
	{ EQUAL("Energy=300", "Energy=200"), "A B 100G", "100us y" },
	/* the more available one, though it costs more */
	{ EQUAL("Availability=99.9 Cost=1", "Availability=99.99 Cost=5"),
	  "A B 100G", "100us y" },
	/* the cheaper one, though it takes more energy */
	{ EQUAL("Cost=5 Energy=1", "Cost=1 Energy=900"), "A B 100G",
	  "100us y" },
	/* all equal but unlike nothing: the first */
	{ EQUAL("Cost=1 Energy=1", "Cost=1 Energy=1"), "A B 100G",
	  "100us x" },
	/* y is full: the less available one */
	{ EQUAL("Availability=99.9", "Availability=99.99"),
	  "A B 400G; A B 100G", "100us x" },
	/* 2 x 0.01 % of failures over B are more than 0.015 % past it */
	{ ABCD CLIENT(ab, A, B, 50, 4, 100G, "Availability=99.99")
	  CLIENT(bc, B, C, 50, 4, 100G, "Availability=99.99")
	  CLIENT(ac, A, C, 100, 4, 100G, "Availability=99.985"), "A C 100G",
	  "100us ac" },
	/* and less than 0.025 % */
	{ ABCD CLIENT(ab, A, B, 50, 4, 100G, "Availability=99.99")
	  CLIENT(bc, B, C, 50, 4, 100G, "Availability=99.99")
	  CLIENT(ac, A, C, 100, 4, 100G, "Availability=99.975"), "A C 100G",
	  "100us ab,bc" },
	/* nothing decides: one link rather than two */
	{ ABCD CLIENT(ab, A, B, 50, 4, 100G, "Cost=1")
	  CLIENT(bc, B, C, 50, 4, 100G, "Cost=1")
	  CLIENT(ac, A, C, 100, 4, 100G, "Cost=2"), "A C 100G", "100us ac" },
	/* latency comes before availability */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 4, 100G, "Availability=99.99")
	  CLIENT(y, A, B, 99, 4, 100G, "Availability=90"), "A B 100G",
	  "99us y" },

	/* -- delay variation -- */
	{ VARIES, "A B 100G", "100us x" },
	{ VARIES, "A B 100G dv=20us", "100us x" },
	{ VARIES, "A B 100G dv=19us", "150us y" },
	{ VARIES, "A B 100G dv=5us", "150us y" },
	/* 5us is the least there is */
	{ VARIES, "A B 100G dv=4us",
	  "OpticalDelayVariation(A-B,need=4us,best=5us)" },
	/* each bound can be had, both can't: y is too long */
	{ VARIES, "A B 100G dv=19us lat=120us",
	  "OpticalLatency(A-B,need=120us,best=150us)" },
	/* y is full, x varies too much: not now; y would be best */
	{ VARIES, "A B 400G dv=5us; A B 100G dv=5us",
	  "OpticalLink(y,need=500G,free=400G)" },
	/* 3 + 3 us over B are more than 5, so the long way */
	{ ABCD CLIENT(ab, A, B, 100, 4, 100G, "DelayVariation=3us")
	  CLIENT(bc, B, C, 100, 4, 100G, "DelayVariation=3us")
	  CLIENT(ac, A, C, 250, 4, 100G, "DelayVariation=1us"),
	  "A C 100G dv=5us", "250us ac" },

	/* -- availability that is asked for -- */
	{ FAILS, "A B 100G", "100us x" },
	{ FAILS, "A B 100G av=99.9", "100us x" },
	/* a ten millionth more, and it is the next one */
	{ FAILS, "A B 100G av=99.9000001", "200us ac,cb" },
	/* the sum of its links is 0.03 % */
	{ FAILS, "A B 100G av=99.97", "200us ac,cb" },
	{ FAILS, "A B 100G av=99.9700001", "400us ad,db" },
	/* links without Availability= never fail */
	{ FAILS, "A B 100G av=99.9999999", "400us ad,db" },
	/* both bounds can't be had */
	{ FAILS, "A B 100G av=99.98 lat=200us",
	  "OpticalLatency(A-B,need=200us,best=400us)" },
	/* the only ones within it are full: not now */
	{ FAILS, "A B 400G; A B 400G; A B 400G; A B 100G av=99.9",
	  "OpticalLink(x,need=500G,free=400G)" },
	/* none is within it, ever */
	{ EQUAL("Availability=99.9", "Availability=99.5"),
	  "A B 100G av=99.91", "OpticalAvailability(A-B,need=99.91,best=99.9)" },
	{ EQUAL("Availability=0", "Availability=0"), "A B 100G av=0.0000001",
	  "OpticalAvailability(A-B,need=0.0000001,best=0)" },
	/* the best is farther away */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 4, 100G, "Availability=99")
	  CLIENT(y, A, B, 150, 4, 100G, "Availability=99.7"),
	  "A B 100G av=99.8", "OpticalAvailability(A-B,need=99.8,best=99.7)" },
	/* more than always */
	{ ABCD CLIENT(ab, A, B, 50, 4, 100G, "Availability=40")
	  CLIENT(bc, B, C, 50, 4, 100G, "Availability=40"), "A C 100G av=1",
	  "OpticalAvailability(A-C,need=1,best=0)" },
	/* of a hidden link the pair is named, as always */
	{ SITE(A) SITE(B)
	  CLIENT(x, A, B, 100, 4, 100G, "Hidden=yes Availability=99"),
	  "A B 100G av=99.5", "OpticalAvailability(A-B,need=99.5,best=99)" },
	/* what it would be restored on must be within it, too */
	{ FAIL2, "A B 100G restorable av=99", "100us x" },
	{ FAIL2, "A B 100G restorable av=99.9",
	  "OpticalAvailability(A-B,need=99.9,best=99)" },
	/* two routes fail at once, for 0.001 % */
	{ FAIL2, "A B 100G 1+1 av=99.999", "150us x | *y" },
	{ FAIL2, "A B 100G diverse av=99.999", "150us x | y" },
	{ FAIL2, "A B 100G 1+1 av=99.9990001",
	  "OpticalAvailability(A-B,need=99.9990001,best=99.999)" },
	{ FAIL2, "A B 100G diverse av=99.9999",
	  "OpticalAvailability(A-B,need=99.9999,best=99.999)" },
	/* a third one is better with either, y with z best of all */
	{ FAIL2 CLIENT(z, A, B, 300, 4, 100G, "Availability=99.99 Risk=r3"),
	  "A B 100G 1+1 av=99.999", "150us x | *y" },
	{ FAIL2 CLIENT(z, A, B, 300, 4, 100G, "Availability=99.99 Risk=r3"),
	  "A B 100G 1+1 av=99.9999", "300us x | *z" },
	{ FAIL2 CLIENT(z, A, B, 300, 4, 100G, "Availability=99.99 Risk=r3"),
	  "A B 100G 1+1 av=99.99999", "300us y | *z" },
	{ FAIL2 CLIENT(z, A, B, 300, 4, 100G, "Availability=99.99 Risk=r3"),
	  "A B 100G 1+1 av=99.999999",
	  "OpticalAvailability(A-B,need=99.999999,best=99.99999)" },
	/* one that never fails is enough for any */
	{ FAIL2 CLIENT(z, A, B, 300, 4, 100G, "Risk=r3"),
	  "A B 100G 1+1 av=99.9999999", "300us x | *z" },
	/* y is full: not now */
	{ SITE(A) SITE(B) CLIENT(y, A, B, 100, 4, 100G, "Availability=99.9")
	  CLIENT(x, A, B, 150, 4, 100G, "Availability=99"),
	  "A B 400G; A B 100G 1+1 av=99.99",
	  "OpticalLink(y,need=500G,free=400G)" },

	/* -- one wavelength all along -- */
	{ THROUGH, "A C 100G", "200us ab.1,bc.1" },
	/* the second circuit gets the second wavelength */
	{ THROUGH, "A C 100G; A C 100G", "200us ab.2,bc.2" },
	/* ab.1 is taken: 2 on both */
	{ THROUGH, "A B 100G; A C 100G", "200us ab.2,bc.2" },
	/* bc.1 is taken: 2 on both */
	{ THROUGH, "B C 100G; A C 100G", "200us ab.2,bc.2" },
	/* ab.1 and db.1 are taken, so D-C is on 2: ab has 2, bc has 1 left */
	{ THROUGH, "A B 100G; D B 100G; D C 100G; A C 100G",
	  "OpticalLink(ab,need=100G,wavelength=none)" },
	/* the same with regenerators at B: any wavelength */
	{ ABCD LINK(ab, A, B, 100, 2, 100G, "") LINK(bc, B, C, 100, 2, 100G, "")
	  LINK(db, D, B, 100, 2, 100G, ""),
	  "A B 100G; D B 100G; D C 100G; A C 100G", "200us ab,bc" },
	/* and with a way past B: blocked there, not here */
	{ THROUGH LINK(ac, A, C, 500, 1, 100G, ""),
	  "A B 100G; D B 100G; D C 100G; A C 100G", "500us ac" },
	/* two sections: C regenerates, and c-d ends where all regenerate */
	{ SITE(A) DARK(B) SITE(C) SITE(D) LINK(ab, A, B, 100, 2, 100G, "")
	  LINK(bc, B, C, 100, 2, 100G, "") LINK(cd, C, D, 100, 2, 100G, ""),
	  "A D 100G", "300us ab.1,bc.1,cd" },
	/* cd.1 is taken: its section is on 2, the other still on 1 */
	{ SITE(A) DARK(B) SITE(C) DARK(D) SITE(E)
	  LINK(ab, A, B, 100, 2, 100G, "") LINK(bc, B, C, 100, 2, 100G, "")
	  LINK(cd, C, D, 100, 2, 100G, "") LINK(de, D, E, 100, 2, 100G, ""),
	  "C D 100G; A E 100G", "400us ab.1,bc.1,cd.2,de.2" },
	/* 200G are two wavelengths side by side */
	{ THROUGH, "A C 200G", "200us ab.1,bc.1 | ab.2,bc.2" },
	/* 150G as well */
	{ THROUGH, "A C 150G", "200us ab.1,bc.1 | ab.2,bc.2" },
	/* 300G are three, of two */
	{ THROUGH, "A C 300G", "OpticalLink(ab,need=300G,max=200G)" },
	/* one of the two is taken */
	{ THROUGH, "A B 100G; A C 200G",
	  "OpticalLink(ab,need=300G,free=200G)" },
	/* another domain begins at B: handed over by ports, any wavelength */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 100, 2, 100G, "")
	  LINK(bc, B, C, 100, 2, 100G, "Domain=x"), "A B 100G; A C 100G",
	  "200us ab.2,bc.1" },
	/* of a hidden link no wavelength is known */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 100, 2, 100G, "")
	  LINK(bc, B, C, 100, 2, 100G, "Hidden=yes"), "A B 100G; A C 100G",
	  "200us ab.2,bc" },
	/* an odu switch takes any wavelength */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 100, 2, 100G, "")
	  ODU(bc, B, C, 100, 2, 100G, ""), "A B 100G; A C 100G",
	  "200us ab.2,bc.1" },
	/* a lane of 150G waves: 400G are three of 133.3G */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 100, 3, 150G, "")
	  LINK(bc, B, C, 100, 3, 150G, ""), "A C 400G",
	  "200us ab.1,bc.1 | ab.2,bc.2 | ab.3,bc.3" },

	/* -- reach -- */
	/* 800 km are more than 718 for 400G */
	{ LONG(400G, ""), "A C 400G", "OpticalReach(A-C)" },
	/* each of them alone is within */
	{ LONG(400G, ""), "A B 400G", "2470us ab.1" },
	/* 100G reaches 2874 km */
	{ LONG(100G, ""), "A C 100G", "3960us ab.1,bc.1" },
	/* B regenerates */
	{ ABCD FIBRE(ab, A, B, 500, 2, 400G, "")
	  FIBRE(bc, B, C, 300, 2, 400G, ""), "A C 400G", "3960us ab,bc" },
	/* 500 + 300 are within 800 */
	{ LONG(400G, "Reach=800"), "A C 400G", "3960us ab.1,bc.1" },
	{ LONG(400G, "Reach=799.999"), "A C 400G", "OpticalReach(A-C)" },
	/* the least reach of the section counts */
	{ SITE(A) DARK(B) SITE(C)
	  FIBRE(ab, A, B, 500, 2, 400G, "Reach=2000")
	  FIBRE(bc, B, C, 300, 2, 400G, "Reach=700"), "A C 400G",
	  "OpticalReach(A-C)" },
	/* 200G: 1437 km */
	{ SITE(A) DARK(B) SITE(C) FIBRE(ab, A, B, 1000, 2, 200G, "")
	  FIBRE(bc, B, C, 437, 2, 200G, ""), "A C 200G",
	  /* 4900 + 20, and 437 x 4.9 = 2141.3 + 20, rounded up: 2162 */
	  "7082us ab.1,bc.1" },
	{ SITE(A) DARK(B) SITE(C) FIBRE(ab, A, B, 1000, 2, 200G, "")
	  FIBRE(bc, B, C, 438, 2, 200G, ""), "A C 200G",
	  "OpticalReach(A-C)" },
	/* too far over B, so over D, which regenerates: 2 x 2960 us */
	{ LONG(400G, "") FIBRE(ad, A, D, 600, 2, 400G, "")
	  FIBRE(dc, D, C, 600, 2, 400G, ""), "A C 400G", "5920us ad,dc" },
	/* lengths that nobody told don't count */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 3000, 2, 400G, "")
	  LINK(bc, B, C, 3000, 2, 400G, ""), "A C 400G",
	  "6000us ab.1,bc.1" },
	/* 300 + 300 + 100 are 700: 1490 + 1490 + 510 us */
	{ SITE(A) DARK(B) DARK(C) SITE(D) FIBRE(ab, A, B, 300, 2, 400G, "")
	  FIBRE(bc, B, C, 300, 2, 400G, "") FIBRE(cd, C, D, 100, 2, 400G, ""),
	  "A D 400G", "3490us ab.1,bc.1,cd.1" },
	/* 900 are too many, but C regenerates after 600 */
	{ SITE(A) DARK(B) SITE(C) SITE(D) FIBRE(ab, A, B, 300, 2, 400G, "")
	  FIBRE(bc, B, C, 300, 2, 400G, "") FIBRE(cd, C, D, 300, 2, 400G, ""),
	  "A D 400G", "4470us ab.1,bc.1,cd" },

	/* -- slots -- */
	{ SLOTS, "A B 10G", "100us o.1" },
	/* into the lit one */
	{ SLOTS, "A B 10G; A B 10G", "100us o.1" },
	/* 40G are left there, 60G are needed */
	{ SLOTS, "A B 60G; A B 60G", "100us o.2" },
	/* 40G fit into both: the first */
	{ SLOTS, "A B 60G; A B 60G; A B 40G", "100us o.1" },
	/* 41G are 33 slots, 41.25G: 80G are free, but 40G in each */
	{ SLOTS, "A B 60G; A B 60G; A B 41G",
	  "OpticalLink(o,need=41G,wavelength=none)" },
	/* the fuller one that has room: 50G left there, 70G here */
	{ SLOTS, "A B 50G; A B 80G; A B 30G", "100us o.1" },
	/* the fullest has 20G: there */
	{ SLOTS, "A B 50G; A B 80G; A B 20G", "100us o.2" },
	/* a whole one: the dark one */
	{ SLOTS, "A B 10G; A B 100G", "100us o.2" },
	/* 99G are 80 slots: nothing is left of the first */
	{ SLOTS, "A B 99G; A B 1G", "100us o.2" },
	/* 98.75G are 79 */
	{ SLOTS, "A B 98750M; A B 1G", "100us o.1" },
	/* 5G slots: 396G are 80 of them, all 400G */
	{ SITE(A) SITE(B) ODU(o, A, B, 100, 1, 400G, ""), "A B 396G; A B 1G",
	  "OpticalLink(o,need=405G,free=400G)" },
	{ SITE(A) SITE(B) ODU(o, A, B, 100, 1, 400G, ""), "A B 395G; A B 1G",
	  "100us o.1" },
	/* 150G: two of 75G in a wavelength each */
	{ SLOTS, "A B 150G", "100us o.1 | o.2" },
	/* 250G on 100G: three of 83.3G */
	{ SITE(A) SITE(B) ODU(o, A, B, 100, 3, 100G, ""), "A B 250G",
	  "100us o.1 | o.2 | o.3" },
	{ SLOTS, "A B 250G", "OpticalLink(o,need=250G,max=200G)" },
	/* switched at B, in any wavelength */
	{ ABCD ODU(ab, A, B, 100, 2, 100G, "") ODU(bc, B, C, 100, 2, 100G, ""),
	  "A B 60G; A C 60G", "200us ab.2,bc.1" },

	/* -- ports and members -- */
	{ PORTS, "A B 250G", "100us ab@a1>b1" },
	{ PORTS, "A B 400G", "100us ab@a1>b1" },
	/* two of 200.5G: a port has no room for both */
	{ PORTS, "A B 401G", "100us ab@a1>b1 | ab@a2>b2" },
	{ PORTS, "A B 1.6T",
	  "100us ab@a1>b1 | ab@a2>b2 | ab@a3>b3 | ab@a4>b4" },
	/* five of 340G, and four ports */
	{ PORTS, "A B 1.7T", "OpticalPort(a1,need=340G,max=400G)" },
	/* the fullest port that has room */
	{ PORTS, "A B 250G; A B 100G", "100us ab@a1>b1" },
	{ PORTS, "A B 250G; A B 200G", "100us ab@a2>b2" },
	{ PORTS, "A B 250G; A B 100G; A B 50G", "100us ab@a1>b1" },
	{ PORTS, "A B 1.6T; A B 1G", "OpticalPort(a1,need=1G,free=0G)" },
	/* 150G are left on each */
	{ PORTS, "A B 250G; A B 250G; A B 250G; A B 250G; A B 400G",
	  "OpticalPort(a1,need=400G,free=150G)" },
	/* 500G: not two of 250G on 400G and 100G, but five of 100G; the small
	 * port first, then four on the large one */
	{ WIDE PORT(a1, A, 400G, "") PORT(a2, A, 100G, "")
	  PORT(b1, B, 400G, "") PORT(b2, B, 100G, ""), "A B 500G",
	  "100us ab@a2>b2 | ab@a1>b1 | ab@a1>b1 | ab@a1>b1 | ab@a1>b1" },
	/* one end has no ports to tell */
	{ WIDE PORT(a1, A, 400G, ""), "A B 100G", "100us ab@a1>-" },
	{ WIDE PORT(a1, A, 400G, "Drain=yes") PORT(a2, A, 400G, ""),
	  "A B 100G", "100us ab@a2>-" },
	{ WIDE PORT(a1, A, 400G, "Drain=yes"), "A B 100G",
	  "OpticalPort(a1,need=100G,free=0G)" },
	/* 100G at one end: four members, which one port of 400G takes */
	{ WIDE PORT(a1, A, 400G, "") PORT(b1, B, 100G, "")
	  PORT(b2, B, 100G, "") PORT(b3, B, 100G, "") PORT(b4, B, 100G, ""),
	  "A B 400G", "100us ab@a1>b1 | ab@a1>b2 | ab@a1>b3 | ab@a1>b4" },
	/* 17 members are more than a circuit may have */
	{ WIDE PORT(a1, A, 100G, ""), "A B 1.7T",
	  "OpticalPort(a1,need=100G,max=100G)" },
	/* a port and its wavelength lanes: 400G in two of 200G */
	{ SITE(A) DARK(B) SITE(C) LINK(ab, A, B, 100, 2, 200G, "")
	  LINK(bc, B, C, 100, 2, 200G, "") PORT(a1, A, 400G, "")
	  PORT(c1, C, 400G, ""), "A C 400G",
	  "200us ab.1,bc.1@a1>c1 | ab.2,bc.2@a1>c1" },
	/* members take different ways: x carries two, the third goes over y */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 2, 400G, "")
	  CLIENT(y, A, B, 200, 2, 400G, "") PORT(a1, A, 400G, "")
	  PORT(a2, A, 400G, "") PORT(a3, A, 400G, ""), "A B 1.2T",
	  "200us x@a1>- | x@a2>- | y@a3>-" },

	/* -- planes -- */
	{ PLANES PLANE_PORTS, "A B 100G", "100us x@a0>b0" },
	/* plane 0 is full */
	{ PLANES PLANE_PORTS, "A B 400G; A B 100G", "200us y@a1>b1" },
	{ PLANES PLANE_PORTS, "A B 800G", "200us x@a0>b0 | y@a1>b1" },
	/* B has plane 1 alone, though x is shorter */
	{ PLANES PORT(a0, A, 400G, "Plane=0") PORT(a1, A, 400G, "Plane=1")
	  PORT(b1, B, 400G, "Plane=1"), "A B 100G", "200us y@a1>b1" },
	/* a port of no plane goes with any */
	{ PLANES PORT(a0, A, 400G, "Plane=0") PORT(b, B, 400G, ""),
	  "A B 100G", "100us x@a0>b" },
	/* two planes that never meet */
	{ PLANES PORT(a0, A, 400G, "Plane=0") PORT(b1, B, 400G, "Plane=1"),
	  "A B 100G", "OpticalLink(A-B,none)" },
	/* x is full, y is another plane's, z is everybody's */
	{ PLANES PORT(a0, A, 800G, "Plane=0") PORT(b0, B, 800G, "Plane=0"),
	  "A B 400G; A B 100G", "300us z@a0>b0" },
	/* equal ways: one member on each plane, not two on one */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 2, 400G, "Plane=0")
	  CLIENT(y, A, B, 100, 2, 400G, "Plane=1")
	  PORT(a0, A, 400G, "Plane=0") PORT(c0, A, 400G, "Plane=0")
	  PORT(a1, A, 400G, "Plane=1"), "A B 800G",
	  "100us x@a0>- | y@a1>-" },
	/* without ports any plane's links go together */
	{ ABCD CLIENT(ab, A, B, 100, 1, 400G, "Plane=0")
	  CLIENT(bc, B, C, 100, 1, 400G, "Plane=1"), "A C 100G",
	  "200us ab,bc" },
	/* with them a plane has no way through */
	{ ABCD CLIENT(ab, A, B, 100, 1, 400G, "Plane=0")
	  CLIENT(bc, B, C, 100, 1, 400G, "Plane=1")
	  PORT(a0, A, 400G, "Plane=0") PORT(c0, C, 400G, "Plane=0"),
	  "A C 100G", "OpticalLink(A-C,none)" },

	/* -- protection -- */
	{ RISKS, "A B 400G", "50us z" },
	/* z has a risk with each, so x and y, half on each */
	{ RISKS, "A B 400G diverse", "200us x | y" },
	{ RISKS, "A B 400G 1+1", "200us x | *y" },
	/* z could not be restored on anything disjoint; x could, on y */
	{ RISKS, "A B 400G restorable", "100us x" },
	/* x and z share r1 */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 8, 100G, "Risk=r1")
	  CLIENT(z, A, B, 50, 8, 100G, "Risk=r1,r2"), "A B 400G diverse",
	  "OpticalDiverse(A-B,none)" },
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 8, 100G, ""), "A B 400G 1+1",
	  "OpticalDiverse(A-B,none)" },
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 8, 100G, ""),
	  "A B 400G restorable", "OpticalDiverse(A-B,none)" },
	/* the second way is full now */
	{ ABCD CLIENT(x, A, B, 100, 8, 100G, "")
	  CLIENT(ac, A, C, 100, 8, 100G, "") CLIENT(cb, C, B, 100, 8, 100G, ""),
	  "A C 800G; A B 400G 1+1", "OpticalDiverse(A-B)" },
	/* half of it fits there */
	{ ABCD CLIENT(x, A, B, 100, 8, 100G, "")
	  CLIENT(ac, A, C, 100, 8, 100G, "") CLIENT(cb, C, B, 100, 8, 100G, ""),
	  "A C 600G; A B 400G diverse", "200us x | ac,cb" },
	/* the shortest way, 30 us, would leave no second one */
	{ TRAP, "A B 100G", "30us ac,cd,db" },
	{ TRAP, "A B 100G diverse", "60us ac,cb | ad,db" },
	/* a duct on the way of both */
	{ ABCD CLIENT(ac, A, C, 10, 4, 100G, "") CLIENT(cb, C, B, 10, 4, 100G,
							 "Risk=d")
	  CLIENT(ad, A, D, 10, 4, 100G, "Risk=d")
	  CLIENT(db, D, B, 10, 4, 100G, ""), "A B 100G diverse",
	  "OpticalDiverse(A-B,none)" },
	/* the longer leg is within the bound, or none is */
	{ RISKS, "A B 400G diverse lat=200us", "200us x | y" },
	{ RISKS, "A B 400G diverse lat=150us",
	  "OpticalLatency(A-B,need=150us,best=200us)" },
	/* nobody knows where two hidden ones of one domain run */
	{ HIDDEN("", ""), "A B 100G diverse", "OpticalDiverse(A-B,none)" },
	{ HIDDEN("Risk=r1", "Risk=r2"), "A B 100G diverse", "200us x | y" },
	{ HIDDEN("Risk=r1", ""), "A B 100G diverse",
	  "OpticalDiverse(A-B,none)" },
	{ HIDDEN("Domain=d", "Domain=e"), "A B 100G diverse", "200us x | y" },
	/* both legs need a port of their own at each end */
	{ RISKS PORT(a1, A, 400G, "") PORT(b1, B, 400G, ""), "A B 100G 1+1",
	  "OpticalDiverse(A-B,none)" },
	{ RISKS PORT(a1, A, 400G, "") PORT(a2, A, 400G, "")
	  PORT(b1, B, 400G, "") PORT(b2, B, 400G, ""), "A B 100G 1+1",
	  "200us x@a1>b1 | *y@a2>b2" },
	/* three of 400G are four of 300G, two on each way */
	{ RISKS PORT(a1, A, 400G, "") PORT(a2, A, 400G, "")
	  PORT(a3, A, 400G, "") PORT(a4, A, 400G, ""), "A B 1.2T diverse",
	  "200us x@a1>- | x@a2>- | y@a3>- | y@a4>-" },
	/* both ends have two planes: one leg on each, though y is nearer */
	{ SITE(A) SITE(B) CLIENT(x, A, B, 100, 1, 400G, "Plane=0")
	  CLIENT(y, A, B, 150, 1, 400G, "Plane=0")
	  CLIENT(z, A, B, 300, 1, 400G, "Plane=1")
	  PORT(a0, A, 800G, "Plane=0") PORT(a1, A, 800G, "Plane=1")
	  PORT(b0, B, 800G, "Plane=0") PORT(b1, B, 800G, "Plane=1"),
	  "A B 200G diverse", "300us x@a0>b0 | z@a1>b1" },
	/* each leg has its own wavelength through B or D */
	{ SITE(A) DARK(B) SITE(C) DARK(D) LINK(ab, A, B, 100, 2, 100G, "")
	  LINK(bc, B, C, 100, 2, 100G, "") LINK(ad, A, D, 200, 2, 100G, "")
	  LINK(dc, D, C, 200, 2, 100G, ""), "A B 100G; A C 100G 1+1",
	  "400us ab.2,bc.2 | *ad.1,dc.1" },

	/* -- endpoints and hidden links -- */
	/* nothing goes through an endpoint */
	{ SITE(A) SITE(B) END(E) CLIENT(ae, A, E, 10, 1, 100G, "")
	  CLIENT(eb, E, B, 10, 1, 100G, "") CLIENT(ab, A, B, 100, 1, 100G, ""),
	  "A B 100G", "100us ab" },
	{ SITE(A) SITE(B) END(E) CLIENT(ae, A, E, 10, 1, 100G, "")
	  CLIENT(eb, E, B, 10, 1, 100G, ""), "A B 100G",
	  "OpticalLink(A-B,none)" },
	/* but where domains meet */
	{ SITE(A) SITE(B) "EndpointName=E InterDomain=yes\n"
	  CLIENT(ae, A, E, 10, 1, 100G, "Domain=d")
	  CLIENT(eb, E, B, 10, 1, 100G, "Domain=e")
	  CLIENT(ab, A, B, 100, 1, 100G, ""), "A B 100G", "20us ae,eb" },
	/* circuits end there, from either side */
	{ SITE(A) SITE(B) END(E) CLIENT(ab, A, B, 10, 1, 100G, "")
	  CLIENT(be, B, E, 10, 1, 100G, ""), "A E 100G", "20us ab,be" },
	{ SITE(A) SITE(B) END(E) CLIENT(ab, A, B, 10, 1, 100G, "")
	  CLIENT(be, B, E, 10, 1, 100G, ""), "E A 100G", "20us be,ab" },
	{ SITE(A) SITE(B) END(E) CLIENT(ae, A, E, 10, 1, 100G, "")
	  PORT(e1, E, 100G, ""), "A E 100G", "10us ae@->e1" },
	/* a hidden link has no name for others */
	{ HIDDEN("", "Drain=yes"), "A B 100G; A B 100G",
	  "OpticalLink(A-B,need=200G,free=100G)" },
	{ HIDDEN("Drain=yes", "Drain=yes"), "A B 100G",
	  "OpticalLinkDrained(A-B)" },
	{ HIDDEN("", ""), "A B 200G", "OpticalLink(A-B,need=200G,max=100G)" },
};

/* ---- reading and writing them ---- */

static char path[] = "/tmp/t_paths_table.XXXXXX";

static struct ocs_agent_conf *read_net(const char *text)
{
	struct ocs_agent_conf *conf;
	struct ocs_error err;
	FILE *f = fopen(path, "w");

	fprintf(f, "%s%s", HEAD, text);
	fclose(f);
	if (!(conf = ocs_agent_conf_read(path, &err)))
		printf("# %s\n", err.text);
	return conf;
}

static bool read_word(struct ocs_want *w, const char *word)
{
	if (!strncmp(word, "lat=", 4))
		return !ocs_time_parse(word + 4, &w->latency_us, NULL);
	if (!strncmp(word, "dv=", 3))
		return !ocs_time_parse(word + 3, &w->delay_variation_us, NULL);
	if (!strncmp(word, "av=", 3))
		return !ocs_availability_parse(word + 3, &w->unavailable_ppb,
					       NULL);
	return !ocs_protect_from_name(word, &w->protect);
}

/* "A B 400G lat=5us diverse; ..."; how many, 0: that is none. */
static unsigned int read_wants(const struct ocs_net *net, const char *text,
			       struct ocs_want *want)
{
	char buf[512], *next, *save = NULL, *each;
	unsigned int n = 0;

	snprintf(buf, sizeof(buf), "%s", text);
	for (each = strtok_r(buf, ";", &next); each;
	     each = strtok_r(NULL, ";", &next)) {
		char *a = strtok_r(each, " ", &save);
		char *z = strtok_r(NULL, " ", &save);
		char *rate = strtok_r(NULL, " ", &save), *word;
		struct ocs_want *w = &want[n++];

		memset(w, 0, sizeof(*w));
		if (ocs_net_site(net, a) < 0 || ocs_net_site(net, z) < 0 ||
		    ocs_rate_parse(rate, &w->rate_bps, NULL) < 0)
			return 0;
		w->a = (unsigned int) ocs_net_site(net, a);
		w->z = (unsigned int) ocs_net_site(net, z);
		while ((word = strtok_r(NULL, " ", &save)))
			if (!read_word(w, word))
				return 0;
	}
	return n;
}

static size_t write_route(const struct ocs_net *net, const struct ocs_route *r,
			  const uint16_t *wave, char *buf)
{
	char *at = buf;

	for (unsigned int i = 0; i < r->nhops; i++) {
		at += sprintf(at, "%s%s", i ? "," : "",
			      net->link[r->link[i]].name);
		if (wave && wave[i])
			at += sprintf(at, ".%u", wave[i]);
	}
	return (size_t) (at - buf);
}

static const char *port(const struct ocs_net *net, unsigned int i)
{
	return i == OCS_NO_PORT ? "-" : net->port[i].name;
}

static void write_circuit(const struct ocs_net *net, const struct ocs_plan *p,
			  const struct ocs_plan_circuit *c, char *buf)
{
	buf += sprintf(buf, "%uus ", (unsigned int) c->worst_latency_us);
	if (!c->nmembers)
		write_route(net, &c->route, NULL, buf);
	for (unsigned int i = 0; i < c->nmembers; i++) {
		const struct ocs_plan_member *m = &p->member[c->first_member +
							     i];

		buf += sprintf(buf, "%s%s", i ? " | " : "",
			       m->standby ? "*" : "");
		buf += write_route(net, &m->route, m->wave, buf);
		if (m->port_a != OCS_NO_PORT || m->port_z != OCS_NO_PORT)
			buf += sprintf(buf, "@%s>%s", port(net, m->port_a),
				       port(net, m->port_z));
	}
}

static void test_row(size_t i)
{
	const struct row *row = &rows[i];
	struct ocs_agent_conf *conf = read_net(row->net);
	struct ocs_want want[OCS_CIRCUITS_MAX];
	static struct ocs_plan plan;
	struct ocs_error err = { 0 };
	char answer[4096] = "";
	unsigned int n;

	if (!conf || !(n = read_wants(&conf->net, row->wants, want))) {
		ok(false, "row %zu can be read: %s", i, row->wants);
		return;
	}
	if (ocs_route_circuits(&conf->net, want, n, &plan, &err) < 0)
		snprintf(answer, sizeof(answer), "%s", err.reason);
	else
		write_circuit(&conf->net, &plan, &plan.circuit[n - 1], answer);
	if (plan.ncircuits + 1 < n)	/* one before the last failed */
		strcat(answer, " too early");
	is_str(answer, row->answer, "%zu: %s", i, row->wants);
	ok(!strchr(err.reason, ' '), "%zu: without blanks", i);
	ocs_agent_conf_destroy(conf);
}

/* ---- plans: shapes and anchors ---- */

/* C is near both, A and B are far from each other */
#define SPREAD ABCD END(E) CLIENT(ab, A, B, 900, 8, 100G, "") \
	CLIENT(ac, A, C, 100, 8, 100G, "") CLIENT(bc, B, C, 100, 8, 100G, "") \
	CLIENT(cd, C, D, 50, 8, 100G, "") CLIENT(ec, E, C, 30, 8, 100G, "")

static const struct plan_row {
	const char *sites;	/* letters, A is 0 */
	enum ocs_shape shape;
	const char *anchor;
	enum ocs_protect protect;
	const char *answer;	/* circuits, metered Gb/s, worst latency */
} plan_rows[] = {
	/* 3 pairs of 100G; A-B over C is 200 us */
	{ "ABC", OCS_MESH, "", OCS_UNPROTECTED, "A-B A-C B-C 300G 200us" },
	/* of three sites a ring is the mesh */
	{ "ABC", OCS_RING, "", OCS_UNPROTECTED, "A-B A-C B-C 300G 200us" },
	/* A-B, B-C, C-D, D-A: the last one over C, 150 us */
	{ "ABCD", OCS_RING, "", OCS_UNPROTECTED,
	  "A-B A-D B-C C-D 400G 200us" },
	/* C in the middle: no way is above 100 us */
	{ "ABC", OCS_STAR, "", OCS_UNPROTECTED, "A-C B-C 200G 100us" },
	{ "ABCD", OCS_STAR, "", OCS_UNPROTECTED,
	  "A-C B-C C-D 300G 100us" },
	/* one site and the users' endpoint */
	{ "A", OCS_MESH, "E", OCS_UNPROTECTED, "E-A 100G 130us" },
	{ "AC", OCS_MESH, "E", OCS_UNPROTECTED,
	  "A-C E-A E-C 300G 130us" },
	/* an anchor that is one of the sites needs no circuit to itself, nor
	 * a second one where the shape has one */
	{ "AC", OCS_MESH, "C", OCS_UNPROTECTED, "A-C 100G 100us" },
	{ "C", OCS_MESH, "C", OCS_UNPROTECTED, "0G 0us" },
	{ "ABCD", OCS_RING, "A", OCS_UNPROTECTED,
	  "A-B A-D B-C C-D A-C 500G 200us" },
	{ "AC", OCS_MESH, "rome", OCS_UNPROTECTED, "OpticalAnchor(rome)" },
	/* both legs are metered: ac, and ab + bc, 1000 us */
	{ "AC", OCS_MESH, "", OCS_ONE_PLUS_ONE, "A-C 200G 1000us" },
	{ "AC", OCS_MESH, "", OCS_DIVERSE, "A-C 100G 1000us" },
	{ "AD", OCS_MESH, "", OCS_DIVERSE, "OpticalDiverse(A-D,none)" },
};

static void test_plan_row(size_t i)
{
	const struct plan_row *row = &plan_rows[i];
	struct ocs_agent_conf *conf = read_net(SPREAD);
	unsigned int site[OCS_SPAN_MAX], n = 0;
	struct ocs_request req;
	static struct ocs_plan plan;
	struct ocs_error err = { 0 };
	char answer[512] = "", *at = answer;

	ocs_request_init(&req);
	req.want_bps = req.min_bps = 100000000000;
	req.shape = row->shape;
	req.protect = row->protect;
	strcpy(req.anchor, row->anchor);
	for (const char *p = row->sites; *p; p++)
		site[n++] = (unsigned int) (*p - 'A');
	if (ocs_plan_make(&conf->net, site, n, &req, &plan, &err) < 0) {
		strcpy(answer, err.reason);
	} else {
		for (unsigned int k = 0; k < plan.ncircuits; k++)
			at += sprintf(at, "%s-%s ",
				      conf->net.site[plan.circuit[k].a].name,
				      conf->net.site[plan.circuit[k].z].name);
		sprintf(at, "%uG %uus",
			(unsigned int) (plan.metered_bps / 1000000000),
			(unsigned int) plan.worst_latency_us);
	}
	is_str(answer, row->answer, "plan %zu: %s", i, row->sites);
	ocs_agent_conf_destroy(conf);
}

int main(void)
{
	close(mkstemp(path));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(i);
	for (size_t i = 0; i < sizeof(plan_rows) / sizeof(plan_rows[0]); i++)
		test_plan_row(i);
	unlink(path);
	return tap_done();
}
