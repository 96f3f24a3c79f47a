# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/check contrib/chroot contrib/cluster contrib/demo contrib/mutants contrib/setup contrib/slurm-source \
	contrib/lib/as-host contrib/lib/build.sh \
	contrib/lib/cluster-conf.sh contrib/lib/cluster-daemons.sh \
	contrib/lib/cluster-db.sh contrib/lib/cluster-tls.sh \
	contrib/lib/daemons.sh contrib/lib/free-ports contrib/lib/run-test \
	contrib/lib/say.sh .ci/run

# One planted fault for each invariant: the tests must fail.
.PHONY: mutants
mutants:
	$(srcdir)/contrib/mutants

# Packages; see contrib/package.
EXTRA_DIST += contrib/package \
	contrib/examples/ansible/rollout.yml \
	contrib/examples/ansible/way-back.yml \
	contrib/packaging/debian/clean \
	contrib/packaging/debian/control \
	contrib/packaging/debian/copyright \
	contrib/packaging/debian/opticalctl.install \
	contrib/packaging/debian/opticald.dirs \
	contrib/packaging/debian/opticald.docs \
	contrib/packaging/debian/opticald.examples \
	contrib/packaging/debian/opticald.install \
	contrib/packaging/debian/opticald.postinst \
	contrib/packaging/debian/opticald.postrm \
	contrib/packaging/debian/rules \
	contrib/packaging/debian/slurm-optical-controller.docs \
	contrib/packaging/debian/slurm-optical-controller.examples \
	contrib/packaging/debian/slurm-optical-controller.install \
	contrib/packaging/debian/slurm-optical-controller.prerm \
	contrib/packaging/debian/slurm-optical-node.docs \
	contrib/packaging/debian/slurm-optical-node.examples \
	contrib/packaging/debian/slurm-optical-node.install \
	contrib/packaging/debian/slurm-optical-node.prerm \
	contrib/packaging/debian/source/format \
	contrib/packaging/removal-guard \
	contrib/packaging/rpmlint.toml \
	contrib/packaging/slurm-optical.spec
