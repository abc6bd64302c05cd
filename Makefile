# SPDX-License-Identifier: Apache-2.0
# Pintle: one non-recursive Makefile. Sources stand in the order in which data flows.
#
#   make                        programs into build/; V=1 shows commands
#   make deps                   packages from Debian 12
#   make demo                   see README; make demo-down ends it
#   make install, uninstall     prefix=/usr/local, DESTDIR=
#
#   make check                  all that CI runs; make check-long: what takes longer
#   make unit [UNITS=pattern]   the unit tests whose path contains the pattern
#   make check-asan [UNITS=…]   the same under sanitizers
#   make check-root, check-cli  what needs root; the command line
#   make lint                   include rules, purity, format, man pages; make format runs clang-format
#   make sim                    the reconciler against simulated nodes (build/sim --help)
#   make sched-oracle           the scheduler against a brute-force checker (build/sched-oracle --help)
#   make mutation, fuzz         mistakes in manifests that must be reported; parsers on random bytes
#   make bench [BENCH=name]     measurements beside their floors
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += -r --no-print-directory
SHELL := /bin/bash

B ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
prefix ?= /usr/local

VERSION := 0.1.0

# --- flags ---------------------------------------------------------------------------------------

PKGS_object := yaml-0.1 jansson
PKGS_base := libsystemd libcrypto
PKGS_reconciler := libgit2 libmicrohttpd libssh2
PKGS_nodeagent := libmnl libarchive libssl
PKGS := $(PKGS_base) $(PKGS_object) $(PKGS_reconciler) $(PKGS_nodeagent)

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wundef -Wvla -Wwrite-strings -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough -Wnull-dereference
WERROR ?= -Werror
OPT ?= -O2
DEBUG ?= -g
SANITIZE ?=
CPPFLAGS := -I. -D_GNU_SOURCE -DPINTLE_VERSION='"$(VERSION)"' $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CFLAGS := -std=gnu17 $(DEBUG) $(OPT) $(WARN) $(WERROR) -fno-common -fstack-protector-strong $(SANITIZE)
LDFLAGS := -Wl,--as-needed -Wl,-z,relro,-z,now $(SANITIZE)
ifneq ($(filter-out deps check check-long demo demo-down clean,$(or $(MAKECMDGOALS),all)),)
CFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
endif

# --- sources, in the order in which data flows -----------------------------------------------------

SRC_base := lib/base/mem.c lib/base/oom.c lib/base/cleanup.c lib/base/err.c lib/base/arena.c \
	lib/base/buf.c lib/base/map.c lib/base/intern.c lib/base/str.c lib/base/hash.c lib/base/time.c \
	lib/base/zone.c lib/base/duration.c \
	lib/base/clock.c lib/base/log.c lib/base/fs.c lib/base/fs_remove.c lib/base/loop.c \
	lib/base/spawn.c lib/base/proc.c

SRC_object := lib/object/diag.c lib/object/yaml_text.c lib/object/yaml.c lib/object/yaml_build.c lib/object/yaml_resolve.c \
	lib/object/yaml_map.c lib/object/yaml_problem.c lib/object/json.c lib/object/value.c lib/object/quantity.c \
	lib/object/cron.c lib/object/time_zones.c lib/object/int_or_string.c lib/object/base64.c \
	lib/object/schema_decode.c lib/object/decode_refer.c lib/object/decode_scalar.c lib/object/decode_collection.c \
	lib/object/decode_report.c lib/object/schema.c lib/object/schema_encode.c \
	lib/object/schema_equal.c lib/object/schema_diff.c lib/object/schema_pack.c lib/object/schema_unpack.c \
	lib/object/yaml_write.c lib/object/yaml_nodes.c lib/object/yaml_cut.c lib/object/yaml_edit.c
# The kinds: rules, tables, objects.
SRC_object += lib/object/ip.c lib/object/ssh_address.c lib/object/rules.c lib/object/check.c lib/object/depends_on.c \
	lib/object/annotations.c lib/object/meta.c lib/object/selector.c lib/object/field_path.c \
	lib/object/env_schema.c lib/object/probe_schema.c lib/object/security_schema.c \
	lib/object/container_schema.c lib/object/claim_schema.c lib/object/volume_files_schema.c \
	lib/object/volume_schema.c lib/object/affinity_schema.c \
	lib/object/pod_status_schema.c lib/object/pod_check.c lib/object/pod_schema.c \
	lib/object/workload_check.c lib/object/workload.c \
	lib/object/autoscaler_metrics.c lib/object/autoscaler.c \
	lib/object/job_policy.c lib/object/job_check.c lib/object/job.c lib/object/cron_job.c \
	lib/object/daemon_set.c lib/object/stateful_set.c lib/object/controller_revision.c \
	lib/object/replication_controller.c \
	lib/object/service_account.c lib/object/resource_quota.c lib/object/limit_range.c lib/object/disruption_budget.c \
	lib/object/priority_class.c lib/object/runtime_class.c lib/object/lease.c \
	lib/object/config_map.c lib/object/secret.c lib/object/load_balancer.c lib/object/service.c lib/object/endpoints.c \
	lib/object/ingress.c lib/object/ingress_class.c lib/object/network_policy.c lib/object/rbac.c \
	lib/object/persistent_volume.c lib/object/storage_class.c lib/object/namespace.c \
	lib/object/node.c lib/object/cluster.c lib/object/event.c lib/object/kinds.c lib/object/foreign.c \
	lib/object/object.c lib/object/object_view.c lib/object/object_load.c lib/object/ordered.c \
	lib/object/locate.c lib/object/explain.c lib/object/reference.c

SRC_wire := lib/wire/reader.c lib/wire/tables.c lib/wire/data_line.c lib/wire/wire.c lib/wire/write.c \
	lib/wire/network_digest.c

# from a commit to a snapshot; then the actual tree
SRC_reconciler := reconciler/home_config.c reconciler/home.c reconciler/host_name.c reconciler/oid.c \
	reconciler/git.c reconciler/git_commit.c reconciler/git_mix.c \
	reconciler/source.c reconciler/pod_index.c reconciler/reference_targets.c reconciler/references.c \
	reconciler/immutable.c \
	reconciler/limits.c reconciler/quota.c reconciler/admission.c reconciler/overlap.c \
	reconciler/depends.c reconciler/snapshot.c reconciler/prune.c reconciler/desired.c reconciler/prune_confirm.c
# kustomizations
SRC_reconciler += reconciler/kustomization.c reconciler/kustomize_words.c reconciler/kustomize_cache.c \
	reconciler/kustomize_checkout.c reconciler/kustomize.c reconciler/desired_kustomize.c reconciler/desired_path.c \
	reconciler/unit_moves.c reconciler/units.c
SRC_reconciler += reconciler/journal_text.c reconciler/journal.c reconciler/tree_path.c reconciler/tree.c \
	reconciler/actual_index.c reconciler/actual.c reconciler/actual_compact.c reconciler/fsck.c \
	reconciler/actual_reader.c reconciler/actual_follow.c

SRC_reconciler += reconciler/columns.c reconciler/columns_pod.c reconciler/columns_node.c reconciler/columns_network.c \
	reconciler/columns_storage.c reconciler/columns_access.c \
	reconciler/columns_workloads.c reconciler/columns_policy.c reconciler/health.c

SRC_reconciler += reconciler/names.c reconciler/outbox.c reconciler/network.c reconciler/world.c reconciler/world_wake.c reconciler/world_unplaced.c \
	reconciler/world_waits.c reconciler/world_space.c reconciler/world_links.c reconciler/world_stray.c \
	reconciler/world_request.c reconciler/world_sched.c \
	reconciler/world_limits.c reconciler/stored.c reconciler/pressure.c reconciler/world_namespace.c \
	reconciler/world_node.c reconciler/world_node_taints.c reconciler/world_node_conditions.c \
	reconciler/world_node_notes.c reconciler/world_service.c \
	reconciler/world_deployment.c reconciler/world_set.c reconciler/world_replication_controller.c \
	reconciler/world_history.c \
	reconciler/world_stateful_set.c reconciler/world_daemon_set.c reconciler/world_claim.c \
	reconciler/world_pod.c reconciler/world_pod_load.c reconciler/world_event.c \
	reconciler/world_budget.c reconciler/world_scale.c reconciler/world_autoscaler.c \
	reconciler/world_kinds.c \
	reconciler/world_load.c reconciler/world_write.c reconciler/plan.c \
	reconciler/control/manifests.c reconciler/control/depend.c reconciler/control/namespace.c \
	reconciler/control/node.c reconciler/control/node_taints.c reconciler/control/node_agent.c reconciler/control/zones.c reconciler/control/withhold.c \
	reconciler/control/rebalance.c \
	reconciler/control/evict.c reconciler/control/budget.c reconciler/control/drain.c \
	reconciler/control/priority.c reconciler/control/finished.c \
	reconciler/control/autoscaler_metrics.c reconciler/control/autoscaler_limits.c reconciler/control/autoscaler.c \
	reconciler/control/config_hash.c reconciler/control/config.c reconciler/control/service.c \
	reconciler/control/deployment.c \
	reconciler/control/rollout.c reconciler/control/rollback.c reconciler/control/deployment_status.c \
	reconciler/control/replica_set.c reconciler/control/set_rank.c \
	reconciler/control/history.c reconciler/control/claims.c reconciler/control/stateful_set.c \
	reconciler/control/stateful_update.c \
	reconciler/control/daemon_set.c reconciler/control/daemon_update.c \
	reconciler/control/pod.c reconciler/control/held.c reconciler/control/event.c reconciler/control/dispatch.c \
	reconciler/schedule.c reconciler/pass.c reconciler/assign.c reconciler/collect.c \
	reconciler/measures.c reconciler/node_session.c reconciler/sync_state.c reconciler/key.c \
	reconciler/apply_lines.c reconciler/trouble.c reconciler/backoff.c reconciler/socket_watch.c \
	reconciler/gate.c reconciler/dial.c reconciler/key_agent.c \
	reconciler/ssh_exit.c \
	reconciler/transport.c reconciler/transport_unix.c reconciler/ssh_memory.c reconciler/ssh.c \
	reconciler/transport_child.c \
	reconciler/agentlink_lines.c reconciler/agentlink.c reconciler/readsock.c \
	reconciler/pintled_guard.c reconciler/pintled_units.c reconciler/pintled_commits.c reconciler/pintled_measures.c \
	reconciler/pintled_nodes.c reconciler/pintled_drain.c reconciler/pintled.c

# Jobs
SRC_reconciler += reconciler/indexes.c reconciler/world_job.c reconciler/world_cron_job.c \
	reconciler/control/job_policy.c reconciler/control/job_count.c reconciler/control/job_pods.c \
	reconciler/control/job.c \
	reconciler/control/cron_job.c reconciler/time_zone_files.c

SRC_status := \
	reconciler/status/html.c reconciler/status/pages.c reconciler/status/http.c reconciler/status/live.c \
	reconciler/status/server.c

SRC_ctl := reconciler/ctl/options.c reconciler/ctl/help.c reconciler/ctl/table.c reconciler/ctl/select.c \
	reconciler/ctl/print.c reconciler/ctl/problems.c reconciler/ctl/workloads.c reconciler/ctl/sync_view.c \
	reconciler/ctl/status_text.c reconciler/ctl/progress.c reconciler/ctl/target.c \
	reconciler/ctl/items.c reconciler/ctl/revision_base.c reconciler/ctl/load.c \
	reconciler/ctl/revision.c reconciler/ctl/revision_units.c reconciler/ctl/planned_why.c \
	reconciler/ctl/planned.c reconciler/ctl/client.c \
	reconciler/ctl/pick.c reconciler/ctl/daemons.c reconciler/ctl/hook.c \
	reconciler/ctl/up.c reconciler/ctl/check.c reconciler/ctl/diff.c reconciler/ctl/sync.c \
	reconciler/ctl/sync_once.c reconciler/ctl/status.c reconciler/ctl/get.c reconciler/ctl/events.c \
	reconciler/ctl/logs.c reconciler/ctl/exec.c reconciler/ctl/port_forward_words.c \
	reconciler/ctl/port_forward_ports.c reconciler/ctl/port_forward_listen.c \
	reconciler/ctl/port_forward_pod.c reconciler/ctl/port_forward_tunnel.c \
	reconciler/ctl/port_forward_run.c reconciler/ctl/port_forward.c reconciler/ctl/image.c \
	reconciler/ctl/locate_object.c reconciler/ctl/target_repository.c reconciler/ctl/commit.c \
	reconciler/ctl/node_change.c reconciler/ctl/node_cordon.c reconciler/ctl/node_drain.c \
	reconciler/ctl/quote.c reconciler/ctl/remote.c reconciler/ctl/remote_key.c reconciler/ctl/node_facts.c \
	reconciler/ctl/node_install.c reconciler/ctl/node_session_try.c reconciler/ctl/node_host.c \
	reconciler/ctl/node_manifest.c reconciler/ctl/node_add.c reconciler/ctl/node_upgrade.c \
	reconciler/ctl/simulated_spec.c reconciler/ctl/simulated_pods.c reconciler/ctl/simulated_budgets.c \
	reconciler/ctl/simulation.c \
	reconciler/ctl/simulation_text.c reconciler/ctl/simulate.c reconciler/ctl/why_text.c \
	reconciler/ctl/why.c reconciler/ctl/explain.c \
	reconciler/ctl/fsck.c reconciler/ctl/completion.c reconciler/ctl/verbs.c

SRC_sched := sched/tally.c sched/counter.c sched/posting.c sched/selection.c sched/eligible.c sched/topology.c \
	sched/relations.c sched/spread.c sched/interpod.c sched/judge.c \
	sched/mask.c sched/columns.c sched/amounts.c sched/objects.c sched/request.c sched/cluster.c \
	sched/fit.c sched/ports.c sched/fit_ports.c sched/image.c sched/storage.c sched/binding.c \
	sched/claims.c sched/volume_books.c sched/volume.c \
	sched/score.c sched/parts.c \
	sched/changes.c sched/heap.c sched/view.c sched/view_reasons.c sched/pick.c sched/queue.c sched/place.c \
	sched/advice.c sched/explain.c
# turns: what helps whom, who goes for whom, room that is kept, gangs
SRC_sched += sched/event.c sched/ids.c sched/budget.c sched/victims.c sched/preempt.c sched/nominate.c sched/waiting.c \
	sched/turns.c sched/gang.c sched/rebalance.c

SRC_netrules :=

# Images, root file systems, volumes, logs.
SRC_nodeagent := nodeagent/image_ref.c nodeagent/image_config.c nodeagent/image_store.c nodeagent/image_index.c \
	nodeagent/image_collect.c nodeagent/image_import.c nodeagent/image_auth.c nodeagent/image_pull.c \
	nodeagent/image_main.c nodeagent/image_unpack.c nodeagent/unpack.c \
	nodeagent/mounts.c nodeagent/rootfs.c \
	nodeagent/volume_files.c nodeagent/volume_write.c nodeagent/volume_subpath.c nodeagent/volume.c nodeagent/logs.c
# Pods: pure plans, then what carries them out.
SRC_nodeagent += nodeagent/users.c nodeagent/hostfiles.c nodeagent/env_expand.c nodeagent/qos.c \
	nodeagent/seccomp_profile.c nodeagent/oci_spec.c \
	nodeagent/record.c nodeagent/container_state.c nodeagent/container_id.c nodeagent/signals.c \
	nodeagent/hook.c nodeagent/pod_state.c nodeagent/pod_status.c \
	nodeagent/assign.c nodeagent/held.c \
	nodeagent/trash.c nodeagent/runtime_text.c nodeagent/runtime.c nodeagent/runtime_start.c \
	nodeagent/runtime_delete.c nodeagent/runtime_adopt.c \
	nodeagent/exec.c nodeagent/probe.c nodeagent/http_text.c nodeagent/netns.c nodeagent/tcp.c nodeagent/tls.c \
	nodeagent/http_get.c nodeagent/probe_ask.c nodeagent/probe_run.c \
	nodeagent/pod_event.c nodeagent/pod_refs.c nodeagent/pod_setup.c nodeagent/container_prepare.c \
	nodeagent/hook_run.c nodeagent/container_hook.c nodeagent/container_run.c nodeagent/pod_drive.c \
	nodeagent/pods.c nodeagent/pods_view.c nodeagent/recover.c \
	nodeagent/requests.c nodeagent/request_logs.c nodeagent/request_input.c nodeagent/request_exec.c \
	nodeagent/request_forward.c \
	nodeagent/node_status.c nodeagent/pressure.c nodeagent/subnet.c nodeagent/fence.c \
	nodeagent/join.c nodeagent/disk.c nodeagent/session_message.c nodeagent/session_node.c nodeagent/session_report.c \
	nodeagent/session.c nodeagent/agent_home.c nodeagent/agent.c
# Sandboxes: names, addresses, namespaces, control groups.
SRC_nodeagent += nodeagent/env.c nodeagent/cidr.c nodeagent/peers.c nodeagent/route_plan.c nodeagent/ipam.c \
	nodeagent/sysctl.c nodeagent/cgroup_resources.c \
	nodeagent/netlink.c nodeagent/netlink_watch.c nodeagent/sandbox_net.c nodeagent/sandbox.c \
	nodeagent/cgroup_tree.c nodeagent/cgroup.c nodeagent/mountns.c nodeagent/podnet.c nodeagent/routes_record.c \
	nodeagent/routes.c

MAIN_pintled := $(wildcard reconciler/pintled_main.c)
MAIN_pintle-status := $(wildcard reconciler/status/status_main.c)
MAIN_pintle := $(wildcard reconciler/ctl/pintle_main.c)
MAIN_pintle-agent := $(wildcard nodeagent/agent_main.c)

SRC_all := $(SRC_base) $(SRC_object) $(SRC_wire) $(SRC_sched) $(SRC_netrules) $(SRC_reconciler) \
	$(SRC_status) $(SRC_ctl) $(SRC_nodeagent)
MAINS := $(foreach p,pintled pintle-status pintle pintle-agent,$(if $(MAIN_$(p)),$(p)))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

.PHONY: all
all: $(addprefix $(B)/,$(MAINS)) $(B)/libpintle.a $(B)/man/pintle-manifests.5

# One archive: the linker takes from it what a program reaches. (Objects are secondary: a source that is older than the
# archive and new to the lists above would not be missed otherwise.)
$(B)/libpintle.a: $(call obj,$(SRC_all)) Makefile
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcs $@ $(filter %.o,$^)

define program
$(B)/$(1): $(call obj,$(MAIN_$(1))) $(B)/libpintle.a
	@echo "  LD    $$@"
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
endef
$(foreach p,$(MAINS),$(eval $(call program,$(p))))

# pintle-manifests(5): the template, and what the tables of kinds and fields say.
$(B)/manifests_page: $(B)/obj/tools/manifests_page.o $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/man/%.5: man/%.5.in $(B)/manifests_page
	@mkdir -p $(@D)
	@echo "  MAN   $@"
	$(Q)$(B)/manifests_page $< >$@

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# --- tests ------------------------------------------------------------------------------------------

# tests/unit/D/test_F.c mirrors D/F.c; each is a cmocka program of its own.
UNIT_SRC := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))

# There are hundreds: gold, which is part of binutils, links them in half the time.
$(B)/tests/%: $(B)/obj/tests/unit/%.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -fuse-ld=gold -o $@ $^ $(LDLIBS) -lcmocka

.PHONY: unit
# make unit [UNITS=pattern]: the unit tests, of those whose path contains the pattern.
UNIT_CHOSEN := $(if $(UNITS),$(foreach t,$(UNIT),$(if $(findstring $(UNITS),$(t)),$(t))),$(UNIT))
# Those that take longest begin first.
UNIT_LONG := $(addprefix $(B)/tests/reconciler/,test_transport_child test_ssh test_pintled_nodes test_agentlink test_golden \
	test_desired test_source test_actual test_prune_confirm control/test_rollback) $(B)/tests/nodeagent/test_image_import
RUN_UNIT ?= tests/run-unit
unit: all $(UNIT_CHOSEN)
	$(Q)$(RUN_UNIT) -j 4 $(filter $(UNIT_LONG),$(UNIT_CHOSEN)) $(filter-out $(UNIT_LONG),$(UNIT_CHOSEN))

# tests/root/test_*.c: the real thing (mounts, namespaces, containers); root only.
ROOT_TEST_SRC := $(sort $(wildcard tests/root/test_*.c))
ROOT_TEST := $(patsubst tests/root/%.c,$(B)/root/%,$(ROOT_TEST_SRC))

$(B)/root/%: $(B)/obj/tests/root/%.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# They mostly wait, too.
ROOT_CHOSEN := $(if $(UNITS),$(foreach t,$(ROOT_TEST),$(if $(findstring $(UNITS),$(t)),$(t))),$(ROOT_TEST))
ROOT_LONG := $(addprefix $(B)/root/,test_image test_probes test_disk test_config)

.PHONY: check-root
# make check-root [UNITS=pattern]: likewise.
check-root: all $(ROOT_TEST)
	@[ "$$(id -u)" = 0 ] || { echo "check-root: needs root: it mounts and makes namespaces" >&2; exit 1; }
	$(Q)tests/run-unit -j 4 $(filter $(ROOT_LONG),$(ROOT_CHOSEN)) $(filter-out $(ROOT_LONG),$(ROOT_CHOSEN))

# make corpus CORPUS=DIR [VERBOSE=-v]: loads every manifest below DIR and says what became of it.
$(B)/corpus: $(B)/obj/tests/corpus/corpus_main.o $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: corpus
corpus: $(B)/corpus
	$(Q)$(B)/corpus "$(CORPUS)" $(VERBOSE)

# make surface FIELDS=FILE [VERBOSE=-v]: how far the tables know the fields of Kubernetes' types that FILE lists.
$(B)/surface: $(B)/obj/tests/surface/surface_main.o $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: surface
surface: $(B)/surface
	$(Q)$(B)/surface "$(FIELDS)" $(VERBOSE)

$(B)/cli/tree: $(B)/obj/tests/cli/tree.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: check-cli
# The command line as scripts meet it: no daemon, no root.
check-cli: all $(B)/cli/tree
	$(Q)tests/cli/run $(B) && tests/cli/node $(B)

.PHONY: check-asan sanitized
# make check-asan [UNITS=pattern]: the unit tests under sanitizers; without UNITS seeds of the simulator and the oracle, too.
# (Lines are all that a report shows; and what a disk does, make unit has tested.)
check-asan:
	$(Q)$(MAKE) -j2 B=build/asan OPT=-O1 DEBUG=-g1 RUN_UNIT="tests/run-unit -m" \
		SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
		unit $(if $(UNITS),,sanitized)

sanitized: $(B)/sim $(B)/sched-oracle
	$(Q)tests/sanitized $(B)

# --- fuzzing: tests/fuzz/fuzz_NAME.c, corpora in tests/fuzz/corpus/NAME ------------------------------

FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60

$(B)/fuzz/%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/libpintle.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(B)/replay/%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/replay_main.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: fuzz fuzz-programs fuzz-replay
# make fuzz [FUZZ_SECONDS=60] [FUZZ=name]: each target for so long; what it finds new stays in build/fuzz/new.
fuzz:
	$(Q)$(MAKE) B=build/fuzz CC=clang OPT=-O1 WERROR= \
		SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" fuzz-programs
	$(Q)for t in $(FUZZ); do mkdir -p build/fuzz/new/$$t; echo "fuzz $$t"; \
		build/fuzz/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=build/fuzz/$$t- build/fuzz/new/$$t tests/fuzz/corpus/$$t \
			$$(case $$t in wire | *_end) echo -dict=tests/fuzz/wire.dict ;; esac) \
			$$([ $$t != yaml ] || echo tests/mutation/good) || exit 1; done

fuzz-programs: $(addprefix $(B)/fuzz/,$(FUZZ))

# make fuzz-replay: the corpora, as part of check.
fuzz-replay: $(addprefix $(B)/replay/,$(sort yaml $(FUZZ)))
	$(Q)for t in $(FUZZ); do $(B)/replay/$$t tests/fuzz/corpus/$$t/* || exit 1; done
	$(Q)$(B)/replay/yaml tests/mutation/good/*

# --- mutation: single mistakes in good manifests ------------------------------------------------------

MUTATION := $(call obj,$(sort $(wildcard tests/mutation/*.c)))
MUTATION_SEED ?= 1
MUTATION_COUNT ?= 0

$(B)/mutation: $(MUTATION) $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: mutation
# make mutation [MUTATION_SEED=1] [MUTATION_COUNT=N]: each mistake must be reported at its place. N of all places, or all.
mutation: $(B)/mutation
	$(Q)$(B)/mutation -s $(MUTATION_SEED) -n $(MUTATION_COUNT) tests/mutation/good/*.yaml

# --- the simulator ------------------------------------------------------------------------------------

# What the simulator and the oracle share.
SHARE := $(call obj,$(sort $(wildcard tests/share/*.c)))
SIM := $(call obj,$(sort $(wildcard tests/sim/*.c))) $(SHARE)

# What has mutants (lib/base/mutant.h) is built once more for the simulator, with them; the archive has the rest.
SIM_MUTANTS := $(patsubst %.c,$(B)/sim-obj/%.o,$(shell grep -l MUTANT. $(SRC_all)))

$(B)/sim-obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< (mutants)"
	$(Q)$(CC) $(CPPFLAGS) -DPINTLE_MUTANTS $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/obj/tests/sim/%.o $(B)/obj/tests/sched/%.o $(B)/obj/tests/share/%.o: CPPFLAGS += -DPINTLE_MUTANTS

$(B)/sim: $(SIM) $(SIM_MUTANTS) $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: sim sim-long
sim-long: $(B)/sim
	$(Q)$(B)/sim --seeds 2000 --nodes 50 --hours 24 --same 1000 --shrink

# What build/sim (--help) finds: no rule broken, the same trace twice, each mutant caught.
sim: $(B)/sim
	$(Q)tests/sim/run-all $(B)

# --- the scheduler's oracle -----------------------------------------------------------------------------

SCHED_ORACLE := $(call obj,$(sort $(wildcard tests/sched/*.c))) $(SHARE)

$(B)/sched-oracle: $(SCHED_ORACLE) $(SIM_MUTANTS) $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: sched-oracle sched-oracle-long
# Random clusters against a brute-force checker (build/sched-oracle --help).
sched-oracle: $(B)/sched-oracle
	$(Q)tests/sched/run-all $(B)

sched-oracle-long: $(B)/sched-oracle
	$(Q)$(B)/sched-oracle --seed 100001 --clusters 200000 --shrink

# tests/bench/bench_NAME.c: a program each.
$(B)/bench/bench_%: $(B)/obj/tests/bench/bench_%.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

$(B)/bench/bench_sched $(B)/bench/bench_packing: $(B)/obj/tests/bench/sched_world.o

.PHONY: lint format
lint: all
	$(Q)tests/lint $(B)

format:
	$(Q)clang-format -i $$(find lib reconciler sched nodeagent netrules tests tools -name '*.[ch]' 2>/dev/null)

# --- many hosts -----------------------------------------------------------------------------------------

# The agent as another version would be: what has a version in it is built once more.
NEXT := $(patsubst %.c,$(B)/next/%.o,$(MAIN_pintle-agent) $(shell grep -l PINTLE_VERSION $(SRC_nodeagent)))

$(B)/next/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $< (next)"
	$(Q)$(CC) $(subst "$(VERSION)","$(VERSION)-next",$(CPPFLAGS)) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/next/pintle-agent: $(NEXT) $(B)/libpintle.a
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: e2e-lab
# make e2e-lab [HOSTS=3]: so many hosts on this machine, each with an sshd and an agent of its own, and what becomes of them.
e2e-lab: all $(B)/next/pintle-agent
	$(Q)tests/e2e/lab "$(HOSTS)"

# --- measurements ---------------------------------------------------------------------------------------

$(B)/bench/reflatency: $(B)/obj/tests/bench/reflatency.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench/floor: $(B)/obj/tests/bench/floor.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench/portcopy: $(B)/obj/tests/bench/portcopy.o $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench/firstinstr: $(B)/obj/tests/bench/firstinstr.o
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) -static -o $@ $^

FLEET := $(call obj,$(addprefix tests/bench/fleet_,main.c control.c agent.c words.c network.c floor.c))

$(B)/bench/fleet: $(FLEET) $(B)/libpintle.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/bench/fleet_join: $(B)/obj/tests/bench/fleet_join.o
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) -static -o $@ $^

.PHONY: bench
# make bench [BENCH=name]: a table, and build/bench.json.
bench: all $(addprefix $(B)/bench/,reflatency floor portcopy firstinstr bench_load bench_source bench_pass bench_network \
	bench_sched bench_packing fleet fleet_join)
	$(Q)BENCH="$(BENCH)" tests/bench/run

# --- what a newcomer runs ---------------------------------------------------------------------------

# What CI runs, in at most ten minutes on two cores. CORPUS=DIR adds a directory of real manifests, FIELDS=FILE a list
# of the fields of Kubernetes' types. Of the scripts, those that take longest begin first.
CHECK := lint unit sim sched-oracle fuzz-replay mutation check-cli check-root check-asan \
	$(if $(CORPUS),corpus) $(if $(FIELDS),surface) \
	tests/e2e/lab tests/e2e/node-add tests/docs/examples tests/e2e/rollout tests/e2e/bad-input tests/e2e/faults \
	tests/e2e/jobs "tests/e2e/kill-pintled 50 60" tests/e2e/rollback tests/e2e/sets tests/e2e/config tests/e2e/smoke \
	tests/e2e/place tests/e2e/demo tests/e2e/kill-create tests/e2e/kill-agent tests/e2e/lifecycle tests/e2e/fleet \
	tests/e2e/terms tests/e2e/subnet tests/e2e/order
# What takes longer: fuzzing by the minute, more kills.
CHECK_LONG := fuzz sim-long sched-oracle-long tests/e2e/autoscale "tests/e2e/lab 10" \
	"tests/e2e/kill-agent 100" "tests/e2e/kill-pintled 200 200 7"

.PHONY: check check-all check-long
check: deps
	$(Q)$(MAKE) -j2 all
	$(Q)$(MAKE) check-all

check-all: all $(B)/next/pintle-agent $(B)/bench/fleet $(B)/bench/fleet_join
	$(Q)tests/check $(CHECK)

check-long: deps
	$(Q)$(MAKE) all $(B)/next/pintle-agent
	$(Q)tests/check $(CHECK_LONG)

.PHONY: deps demo demo-down
deps:
	$(Q)tools/deps

demo: deps
	$(Q)$(MAKE) all
	$(Q)tools/demo

demo-down:
	$(Q)tools/demo-down

# --- installing ---------------------------------------------------------------------------------------

bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
unitdir ?= $(prefix)/lib/systemd/system
bashdir ?= $(prefix)/share/bash-completion/completions
zshdir ?= $(prefix)/share/zsh/site-functions
MAN := $(sort $(wildcard man/*.[1-9])) $(B)/man/pintle-manifests.5
UNITS_SYSTEMD := $(sort $(wildcard units/*.service))
# What install makes, and uninstall removes.
INSTALLED = $(MAINS:%=$(bindir)/%) $(foreach m,$(MAN),$(mandir)/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))) \
	$(patsubst units/%,$(unitdir)/%,$(UNITS_SYSTEMD)) $(bashdir)/pintle $(zshdir)/_pintle

.PHONY: install uninstall
# DESTDIR is put before, prefix (default /usr/local) is in each path.
install: all
	$(Q)install -d $(sort $(dir $(addprefix $(DESTDIR),$(INSTALLED))))
	$(Q)install -m 755 $(addprefix $(B)/,$(MAINS)) $(DESTDIR)$(bindir)
	$(Q)for m in $(MAN); do install -m 644 $$m $(DESTDIR)$(mandir)/man$${m##*.}/; done
	$(Q)for u in $(UNITS_SYSTEMD); do sed 's|@bindir@|$(bindir)|' $$u >$(DESTDIR)$(unitdir)/$${u##*/}; done
	$(Q)$(B)/pintle completion bash >$(DESTDIR)$(bashdir)/pintle
	$(Q)$(B)/pintle completion zsh >$(DESTDIR)$(zshdir)/_pintle

uninstall:
	$(Q)rm -f $(addprefix $(DESTDIR),$(INSTALLED))

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(B)/obj $(B)/sim-obj $(B)/next -name '*.d' 2>/dev/null)
