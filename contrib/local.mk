# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/check contrib/cluster contrib/demo contrib/mutants contrib/setup contrib/slurm-source \
	contrib/lib/build.sh \
	contrib/lib/cluster-conf.sh contrib/lib/cluster-daemons.sh \
	contrib/lib/cluster-db.sh contrib/lib/cluster-tls.sh \
	contrib/lib/daemons.sh contrib/lib/free-ports contrib/lib/run-test \
	contrib/lib/say.sh .ci/run

# One planted fault for each invariant: the tests must fail.
.PHONY: mutants
mutants:
	$(srcdir)/contrib/mutants
