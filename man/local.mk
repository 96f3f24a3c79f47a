# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += man/opticalctl.1 man/optical.conf.5 man/opticald.conf.5 \
	man/opticald-exec.7 man/opticald-hook.7 \
	man/slurm-optical.7 man/opticald.8 man/spank_optical.8
EXTRA_DIST += contrib/completion/opticalctl contrib/systemd/opticald.service \
	contrib/systemd/opticald.sysusers.conf \
	contrib/examples/attach-netns contrib/examples/optical.conf contrib/examples/opticald.conf \
	contrib/examples/opticald-mems \
	contrib/examples/plugstack.conf contrib/examples/slurm.conf.lines \
	contrib/examples/prometheus-alerts.yml \
	contrib/examples/prometheus-scrape.yml contrib/examples/stamp-probe contrib/dashboards/opticald.json
