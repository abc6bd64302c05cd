# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the fleet bench and its short form share: a home whose nodes are simulated agents (build/bench/fleet), behind
# sockets or behind a real sshd. Runs in network and mount namespaces of its own: fleet_alone "$0" "$@" comes first.
#
#   fleet_begin SCRATCH; fleet_home NAME; fleet_nodes SSH SOCKETS; fleet_agents ssh=N node=N;
#   fleet_sshd; fleet_pintled; fleet_push TEXT; fleet_ask welcomed 220; …; fleet_end
#
# A node of ssh is called at 127.1.A.B, an address of its own: by that the forced command (build/bench/fleet_join)
# knows whose socket is meant, so that one sshd stands for all hosts.
fleet_port=2222
fleet_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Starts the script again in namespaces of its own.
fleet_alone() {
	[ -n "${PINTLE_FLEET_ALONE:-}" ] || PINTLE_FLEET_ALONE=1 exec unshare --net --mount --propagation private "$@"
	ip link set lo up
}

# Keys, and what sshd needs of a host: a /run of its own, and a root whose shell reads no files.
fleet_begin() { # SCRATCH
	fleet_scratch=$1
	fleet_sockets=$fleet_scratch/agents
	mkdir -p "$fleet_sockets"
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir /run/sshd
	sed 's|^\(root:.*:\)[^:]*$|\1/bin/sh|' /etc/passwd >"$fleet_scratch/passwd"
	mount --bind "$fleet_scratch/passwd" /etc/passwd
	ssh-keygen -q -t ed25519 -N '' -f "$fleet_scratch/host-key"
	ssh-keygen -q -t ed25519 -N '' -C fleet -f "$fleet_scratch/key"
	echo "restrict,command=\"$fleet_top/build/bench/fleet_join $fleet_sockets ssh\" $(cat "$fleet_scratch/key.pub")" \
		>"$fleet_scratch/authorized_keys"
	cat >"$fleet_scratch/sshd_config" <<-END
		Port $fleet_port
		HostKey $fleet_scratch/host-key
		AuthorizedKeysFile $fleet_scratch/authorized_keys
		PidFile none
		StrictModes no
		UsePAM no
		UseDNS no
		PermitRootLogin prohibit-password
		MaxStartups 20000
		LoginGraceTime 0
		LogLevel ERROR
	END
}

# It listens when this returns.
fleet_sshd() {
	local i
	/usr/sbin/sshd -D -f "$fleet_scratch/sshd_config" -E "$fleet_scratch/sshd.log" &
	fleet_sshd_pid=$!
	for ((i = 0; i < 200; i++)); do
		! (: <"/dev/tcp/127.0.0.1/$fleet_port") 2>/dev/null || return 0
		read -rt 0.05 <> <(:) || true
	done
	echo "fleet: sshd does not listen" >&2
	return 1
}

# A home, which is $home from now on, and a clone of its repository.
fleet_home() { # NAME
	home=$fleet_scratch/$1
	fleet_work=$fleet_scratch/$1-work
	"$fleet_top/build/pintle" --home "$home" init >/dev/null
	mkdir -p "$home/ssh"
	install -m 600 "$fleet_scratch/key" "$home/ssh/id_ed25519"
	git clone -q "$home/desired.git" "$fleet_work" 2>/dev/null
	git -C "$fleet_work" checkout -q -B main
	git -C "$fleet_work" config user.name fleet
	git -C "$fleet_work" config user.email fleet@example.com
	cat >"$fleet_work/cluster.yaml" <<-END
		apiVersion: pintle.dev/v1
		kind: Cluster
		metadata: {name: cluster}
		spec: {podCIDR: 10.128.0.0/9, nodePrefix: 24}
	END
}

# The manifests of SSH nodes ssh-0000 … and SOCKETS nodes node-0000 …
fleet_nodes() { # SSH SOCKETS
	awk -v ssh="$1" -v sockets="$2" -v port="$fleet_port" -v key="$(cut -d' ' -f1,2 "$fleet_scratch/host-key.pub")" 'BEGIN {
		for (i = 0; i < ssh; i++)
			printf "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: ssh-%04d\n  annotations:\n" \
				"    pintle.dev/ssh: root@127.1.%d.%d:%d\n    pintle.dev/ssh-host-key: %s\n",
				i, int(i / 250), i % 250 + 1, port, key
		for (i = 0; i < sockets; i++)
			printf "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: node-%04d\n", i
	}' >"$fleet_work/nodes.yaml"
}

# A DaemonSet whose pods are all replaced at once by another IMAGE.
fleet_daemon_set() { # IMAGE
	cat >"$fleet_work/daemon.yaml" <<-END
		apiVersion: apps/v1
		kind: DaemonSet
		metadata:
		  name: daemon
		spec:
		  selector: {matchLabels: {app: daemon}}
		  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 100%}}
		  template:
		    metadata:
		      labels: {app: daemon}
		    spec:
		      containers:
		        - name: daemon
		          image: $1
		          args: [--listen, "0.0.0.0:9100"]
		          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
		          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
	END
}

fleet_deployment() { # NAME REPLICAS: on standard output
	cat <<-END
		---
		apiVersion: apps/v1
		kind: Deployment
		metadata:
		  name: $1
		spec:
		  replicas: $2
		  selector: {matchLabels: {app: $1}}
		  template:
		    metadata:
		      labels: {app: $1}
		    spec:
		      containers:
		        - name: web
		          image: registry.example.com/team/$1:1
		          ports: [{containerPort: 8080}]
		          env: [{name: LOG_LEVEL, value: info}]
		          resources: {requests: {cpu: 100m, memory: 64Mi}}
	END
}

# Commits what stands in the clone, sends the objects without moving the branch, and prints the commit.
fleet_commit() { # MESSAGE
	git -C "$fleet_work" add -A
	git -C "$fleet_work" commit -q --allow-empty -m "$1" -m "Pintle-Allow-Prune: yes"
	git -C "$fleet_work" push -q origin +HEAD:refs/bench/next
	git -C "$fleet_work" rev-parse HEAD
}

# Commits what stands in the clone and moves the branch; times count from then on.
fleet_push() { # MESSAGE
	fleet_ask move "$home/desired.git" "$(fleet_commit "$1")" >/dev/null
}

# The simulated agents: fleet_agents GROUP=N…; fleet_ask talks to them.
fleet_agents() {
	local line
	ulimit -n "$(ulimit -H -n)"
	coproc FLEET { exec "$fleet_top/build/bench/fleet" --timeout "${fleet_timeout:-600}" agents "$fleet_sockets" "$@"; }
	fleet_pid=$FLEET_PID
	exec {fleet_commands}>&"${FLEET[1]}" {fleet_answers}<&"${FLEET[0]}"
	read -r line <&"$fleet_answers"
	[ "$line" = ready ]
}
# Asks (fleet_control.c) and prints the answer; fails where it does not come in time.
fleet_ask() {
	local line
	kill -0 "$fleet_pid" 2>/dev/null || return 1 # what came before was not in time
	echo "$*" >&"$fleet_commands"
	read -r line <&"$fleet_answers" && echo "$line"
}
fleet_agents_end() {
	[ -n "${fleet_pid:-}" ] || return 0
	kill "$fleet_pid" 2>/dev/null || true
	wait "$fleet_pid" 2>/dev/null || true
	exec {fleet_commands}>&- {fleet_answers}<&-
	fleet_pid=
	rm -f "$fleet_sockets"/*.sock
}

# pintled in $home; the agents of nodes without SSH are in DIR.
fleet_pintled() { # [DIR]
	"$fleet_top/build/pintled" --home "$home" --agents "${1:-$fleet_sockets}" >>"$home/run/pintled.log" 2>&1 &
	fleet_pintled_pid=$!
}
fleet_pintled_end() {
	[ -n "${fleet_pintled_pid:-}" ] || return 0
	kill "$fleet_pintled_pid" 2>/dev/null || true
	wait "$fleet_pintled_pid" 2>/dev/null || true
	fleet_pintled_pid=
}

fleet_sshd_end() {
	[ -n "${fleet_sshd_pid:-}" ] || return 0
	kill "$fleet_sshd_pid" 2>/dev/null || true
	wait "$fleet_sshd_pid" 2>/dev/null || true
	fleet_sshd_pid=
}

fleet_end() {
	fleet_pintled_end
	fleet_agents_end
	fleet_sshd_end
}
