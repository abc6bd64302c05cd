# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the end-to-end tests share: a scratch home with real daemons, a clone to push from, bounded waits.
#
#   . tests/e2e/lib.sh; e2e_begin NAME; … check "what should hold" COMMAND…; e2e_end
#
# Each check prints ok or FAILED; e2e_end prints "N passed, N failed" and exits. Everything made is removed on exit.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
passed=0 failed=0

[ "$(id -u)" -eq 0 ] || {
	echo "e2e: containers need root: run it as root" >&2
	exit 1
}

# A network of its own: two homes may not share a pod subnet, and what a test leaves there goes with it.
[ -n "${PINTLE_E2E_NET:-}" ] || PINTLE_E2E_NET=1 exec unshare --net "$0" "$@"
ip link set lo up

pintle() { "$top/build/pintle" --home "$home" "$@"; }

e2e_begin() {
	name=$1
	scratch=$(mktemp -d "/tmp/pintle-e2e-$name.XXXXXX")
	home=$scratch/home work=$scratch/work
	trap e2e_cleanup EXIT
	echo "== $name"
}

e2e_cleanup() {
	local status=$?
	trap - EXIT
	# Children that the test started itself: only these, by PID.
	for pid in ${started:-}; do kill -9 "$pid" 2>/dev/null || true; done
	for pid in ${started:-}; do wait "$pid" 2>/dev/null || true; done
	for h in "$scratch"/*/cluster-id; do
		[ -e "$h" ] || continue
		"$top/build/pintle" --home "$(dirname "$h")" down --pods >"$scratch/down.log" 2>&1 || cat "$scratch/down.log"
	done
	if [ "$status" -ne 0 ] || [ "$failed" -ne 0 ]; then
		for log in "$scratch"/*/run/*.log "$scratch"/*.log; do
			[ -s "$log" ] && { echo "--- $log"; tail -n 40 "$log"; }
		done
	fi
	# Disks that the test mounted; they are busy until the agent's own mount namespace is gone.
	awk -v d="$scratch/" 'index($2, d) == 1 { print $2 }' /proc/mounts | tac | xargs -r umount
	rm -rf --one-file-system "$scratch"
	exit "$status"
}

e2e_end() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

check() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@"; then
		echo "ok      $what"
		passed=$((passed + 1))
	else
		echo "FAILED  $what"
		failed=$((failed + 1))
	fi
}

equal() { # WANT GOT
	[ "$1" = "$2" ] || {
		printf 'expected: %s\n     got: %s\n' "$1" "$2"
		return 1
	}
}

exits() { # STATUS COMMAND…: runs it and compares its exit code
	local want=$1 status=0
	shift
	"$@" >"$scratch/out.log" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || {
		echo "exit code $status, not $want, of: $*"
		cat "$scratch/out.log"
		return 1
	}
}

# Polls COMMAND until it succeeds, at most SECONDS.
within() { # SECONDS COMMAND…
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "not in time: $*"
			return 1
		fi
		read -rt 0.02 <> <(:) || true
	done
}

# Starts both daemons by hand (not through `up`), so that the test knows their PIDs.
start_pintled() {
	rm -f "$home/run/read.sock" # of one that was killed
	"$top/build/pintled" --home "$home" >>"$scratch/pintled.log" 2>&1 &
	pintled_pid=$!
	started="${started:-} $pintled_pid"
	within 30 test -S "$home/run/read.sock"
}
start_agent() {
	"$top/build/pintle-agent" --home "$home" >>"$scratch/agent.log" 2>&1 &
	agent_pid=$!
	started="${started:-} $agent_pid"
}

e2e_image() { # NAME: imports a busybox image
	[ -d "$scratch/image" ] || "$top/tests/make-image" "$scratch/image" "$1" >/dev/null
	pintle image import "$scratch/image" --name "$1" >/dev/null
}

e2e_clone() {
	git clone -q "$home/desired.git" "$work" 2>/dev/null
	git -C "$work" checkout -q -B main
	git -C "$work" config user.name e2e
	git -C "$work" config user.email e2e@example.com
	# A network of its own, so that homes beside each other do not meet: pushed before pintled looks for the first time.
	cat >"$work/cluster.yaml" <<-EOF
		apiVersion: pintle.dev/v1
		kind: Cluster
		metadata: {name: cluster}
		spec: {podCIDR: 10.$((100 + $$ % 100)).0.0/16}
	EOF
	git -C "$work" add -A
	git -C "$work" commit -q -m "the cluster"
	git -C "$work" push -q origin HEAD:main 2>/dev/null
}

push() { # MESSAGE: commits what stands in the work tree and pushes it; prints the commit
	git -C "$work" add -A
	git -C "$work" commit -q --allow-empty -m "$1"
	git -C "$work" push -q origin HEAD:main >>"$scratch/push.log" 2>&1
	git -C "$work" rev-parse HEAD
}

in_force() { # COMMIT: is it in force?
	[ "$(jq -r .commitInForce "$home/actual/sync.json" 2>/dev/null)" = "$1" ]
}
