# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Many hosts on one machine, for tests: each with a root file system, disk, /run, network, processes, control groups and
# boot id of its own, and a real sshd, all on one LAN; and a control host, where the home belongs to an ordinary user.
#
#   . tests/e2e/hosts.sh; hosts_begin NAME; hosts_make n1 n2; … check "what should hold" COMMAND…; e2e_end
#
# It brings all of lib.sh. The script runs in namespaces of its own (network, mounts, processes): the LAN is a bridge there,
# with the control host's address, and the script, with pintled, is the control host. A host is a PID namespace whose first process is sshd;
# its / is the machine's, read only beneath a disk of its own, so that what is installed there stays there. Killing
# that first process is a power failure: /run and the network are lost, the disk stays (host_off, host_on). There is no systemd:
# the hosts' `systemctl` knows enough of services for an agent.
#
# When the script ends, or dies, so does all that runs in its namespaces, and with it each mount and interface; control groups and the
# scratch directory are removed by the process outside, which only waits.

# --- outside: a process that waits, and cleans up ---------------------------------------------------------------------

hosts_groups_remove() {
	local dir
	for dir in /sys/fs/cgroup/{,*/}"$PINTLE_E2E_HOSTS"; do
		[ -d "$dir" ] || continue
		# Processes that were killed leave their groups a moment later.
		for _ in {1..500}; do
			find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || true
			[ -d "$dir" ] || break
			read -rt 0.02 <> <(:) || true
		done
		[ ! -d "$dir" ] || echo "control group $dir is left"
	done
}

if [ -z "${PINTLE_E2E_HOSTS:-}" ]; then
	[ "$(id -u)" -eq 0 ] || {
		echo "e2e: containers need root: run it as root" >&2
		exit 1
	}
	export PINTLE_E2E_HOSTS=pintle-hosts-$$
	PINTLE_E2E_NET=1 setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc \
		--propagation private "$0" "$@" &
	trap 'kill -9 $!; wait $!; hosts_groups_remove; rm -rf --one-file-system /tmp/pintle-e2e-*."$PINTLE_E2E_HOSTS"; exit 143' INT TERM
	status=0
	wait $! || status=$?
	hosts_groups_remove
	rm -rf --one-file-system /tmp/pintle-e2e-*."$PINTLE_E2E_HOSTS"
	exit "$status"
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- the control host --------------------------------------------------------------------------------------------------

HOSTS_NET=10.99.0 HOSTS_CONTROL=10.99.0.254 HOSTS_USER=pintle HOSTS_UID=61000

# Runs as the home's owner.
as_owner() { setpriv --reuid "$HOSTS_UID" --regid "$HOSTS_UID" --clear-groups env HOME="$scratch/owner" USER=$HOSTS_USER LOGNAME=$HOSTS_USER "$@"; }
pintle() { as_owner "$scratch/bin/pintle" --home "$home" "$@"; }
git() { as_owner git "$@"; }

hosts_passwd() { # DIR: passwd, group and shadow with the owner, and a shell for root that reads no profile
	sed -E "/^($HOSTS_USER|sshd):/d; s|^(root:.*:)[^:]*\$|\1/bin/dash|" /etc/passwd >"$1/passwd"
	printf '%s:x:%d:%d::%s:/bin/dash\n' "$HOSTS_USER" $HOSTS_UID $HOSTS_UID "$2" >>"$1/passwd"
	printf 'sshd:x:61001:65534::/run/sshd:/usr/sbin/nologin\n' >>"$1/passwd"
	sed "/^$HOSTS_USER:/d" /etc/group >"$1/group"
	printf '%s:x:%d:\n' $HOSTS_USER $HOSTS_UID >>"$1/group"
	printf '%s:*:19000:0:99999:7:::\n' root $HOSTS_USER sshd >"$1/shadow"
	chmod 600 "$1/shadow"
}

hosts_begin() { # NAME
	name=$1
	scratch=/tmp/pintle-e2e-$name.$PINTLE_E2E_HOSTS
	mkdir -m 755 "$scratch" "$scratch/bin" "$scratch/etc"
	trap e2e_cleanup EXIT
	echo "== $name"
	# /run is the control host's own, with the names of its networks.
	mount -t tmpfs -o mode=755 pintle-hosts /run
	mkdir /run/netns
	install -m 755 "$top"/build/{pintle,pintled,pintle-agent,pintle-status} "$scratch/bin/"
	hosts_passwd "$scratch/etc" "$scratch/owner"
	mount --bind "$scratch/etc/passwd" /etc/passwd
	mount --bind "$scratch/etc/group" /etc/group
	install -d -m 700 -o $HOSTS_UID -g $HOSTS_UID "$scratch/owner" "$scratch/owner/.ssh"
	home=$scratch/owner/home work=$scratch/owner/work
	export HOME=$scratch/owner
	as_owner ssh-keygen -q -t ed25519 -N '' -C admin -f "$scratch/owner/.ssh/id_ed25519"
	printf 'LogLevel ERROR\nUserKnownHostsFile %s/known_hosts\n' "$scratch" >"$scratch/ssh_config"
	: >"$scratch/known_hosts"
	ip link add lan type bridge
	ip address add "$HOSTS_CONTROL/24" dev lan
	ip link set lan up
	hosts_groups_make "$PINTLE_E2E_HOSTS"
	hosts_list=()
}

start_pintled() {
	rm -f "$home/run/read.sock" # of one that was killed
	"$scratch/bin/pintled" --home "$home" >>"$scratch/pintled.log" 2>&1 &
	pintled_pid=$!
	within 30 test -S "$home/run/read.sock"
}
stop_pintled() { # [SIGNAL]
	kill "-${1:-TERM}" "$pintled_pid"
	wait "$pintled_pid" 2>/dev/null || true
}

# Replaces lib.sh's: all that was started ends with the PID namespace.
e2e_cleanup() {
	local status=$? log h
	trap - EXIT
	if [ "$status" -ne 0 ] || [ "$failed" -ne 0 ]; then
		for log in "$scratch"/*.log; do
			[ -s "$log" ] && { echo "--- $log"; tail -n "${HOSTS_LOG_LINES:-40}" "$log"; }
		done
	fi
	for h in "${hosts_list[@]}"; do host_off "$h" || true; done
	exit "$status"
}

# lib.sh's, for waits of a minute.
within() { # SECONDS COMMAND…
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not in time: $*"; return 1; }
		read -rt 0.1 <> <(:) || true
	done
}

# --- control groups -------------------------------------------------------------------------------------------------------

# A group in each tree that there is. Version 1's cpuset takes no process before it has processors.
hosts_groups_make() { # PATH, below each tree
	local dir file parent
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		hosts_group_v2 "/sys/fs/cgroup/$1"
		return
	fi
	for dir in /sys/fs/cgroup/*/; do
		[ ! -L "${dir%/}" ] && [ -e "$dir/cgroup.procs" ] || continue
		[ "$(basename "$dir")" != unified ] || continue
		mkdir -p "$dir$1"
		for file in cpuset.cpus cpuset.mems; do
			parent=$(dirname "$dir$1")
			[ ! -e "$dir$1/$file" ] || cat "$parent/$file" >"$dir$1/$file"
		done
	done
}

# Version 2: what a group hands down it must have been handed; one that hands something down has no process of its own.
hosts_group_v2() { # DIR
	local parent controller
	parent=$(dirname "$1")
	mkdir -p "$1"
	for controller in $(cat "$parent/cgroup.controllers"); do
		echo "+$controller" >"$parent/cgroup.subtree_control" 2>/dev/null || true
	done
}

# The calling shell moves into a host's groups.
host_groups_join() { # HOST
	local dir
	for dir in /sys/fs/cgroup/{,*/}"$PINTLE_E2E_HOSTS/$1"; do
		# Once the host hands controllers down (version 2), its processes are in a group beneath.
		[ ! -d "$dir/init" ] || dir=$dir/init
		[ ! -e "$dir/cgroup.procs" ] || echo 0 >"$dir/cgroup.procs"
	done
}

# --- hosts ------------------------------------------------------------------------------------------------------------------

host_dir() { echo "$scratch/hosts/$1"; }
host_address() { cat "$(host_dir "$1")/address"; }
host_root() { echo "/proc/$(cat "$(host_dir "$1")/pid")/root"; } # its /, while it is on

# Makes hosts, and waits until each listens.
hosts_make() { # HOST…
	local h
	for h in "$@"; do host_make "$h"; done
	for h in "$@"; do host_is_on "$h"; done
}

# Makes a host and switches it on: its disk (of HOSTS_DISK bytes, in memory), sshd's configuration and key, an administrator's key for root.
host_make() { # HOST
	local dir root number=$((${#hosts_list[@]} + 1))
	dir=$(host_dir "$1")
	root=$dir/disk/root # beneath which the machine's is
	mkdir -p "$dir/disk" "$dir/mnt"
	mount -t tmpfs -o size=${HOSTS_DISK:-1g},mode=755 pintle-hosts "$dir/disk"
	mkdir -p "$root"/{etc/ssh,home/$HOSTS_USER,usr/local/bin} "$dir"/disk/{work,state,units}
	mkdir -p -m 700 "$dir/disk/admin/.ssh"
	hosts_passwd "$root/etc" "/home/$HOSTS_USER"
	chown $HOSTS_UID:$HOSTS_UID "$root/home/$HOSTS_USER"
	echo "$1" >"$root/etc/hostname"
	echo "$HOSTS_NET.$number" >"$dir/address"
	install -m 600 "$scratch/owner/.ssh/id_ed25519.pub" "$dir/disk/admin/.ssh/authorized_keys"
	install -m 755 "$top/tests/e2e/host-systemctl" "$root/usr/local/bin/systemctl"
	cat >"$root/etc/ssh/sshd_config" <<-EOT
		HostKey /etc/ssh/ssh_host_ed25519_key
		PidFile /run/sshd.pid
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		UseDNS no
		StrictModes no
		PrintMotd no
	EOT
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$root/etc/ssh/ssh_host_ed25519_key"
	echo "$(host_address "$1") $(host_key "$1")" >>"$scratch/known_hosts"
	hosts_groups_make "$PINTLE_E2E_HOSTS/$1"
	hosts_list+=("$1")
	host_on "$1"
}

host_key() { cut -d ' ' -f 1,2 "$(host_dir "$1")/disk/root/etc/ssh/ssh_host_ed25519_key.pub"; } # HOST: "TYPE BASE64"

host_on() { # HOST: switches it on
	local dir address
	dir=$(host_dir "$1") address=$(host_address "$1")
	# Control groups are the kernel's: none is there after a power failure.
	find /sys/fs/cgroup/{,*/}"$PINTLE_E2E_HOSTS/$1" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
	ip netns add "$1"
	ip link add "lan-$1" type veth peer name eth0 address "$(printf '02:00:00:00:00:%02x' "${address##*.}")" netns "$1"
	ip link set "lan-$1" master lan up
	ip -n "$1" link set lo up
	ip -n "$1" address add "$address/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via $HOSTS_CONTROL
	rm -f "$dir/pid"
	(
		host_groups_join "$1"
		exec nsenter --net="/run/netns/$1" unshare --mount --uts --ipc --cgroup --pid --fork --kill-child \
			--propagation private "$top/tests/e2e/host-init" "$1" "$dir"
	) >>"$scratch/$1.log" 2>&1 &
	echo $! >"$dir/job"
}
host_is_on() { within 20 timeout 1 bash -c "exec 3<>/dev/tcp/$(host_address "$1")/22"; } # HOST: waits until its sshd listens

host_off() { # HOST: pulls its plug
	local dir
	dir=$(host_dir "$1")
	[ -e "$dir/job" ] || return 0
	kill -9 "$(cat "$dir/pid")" 2>/dev/null || true
	wait "$(cat "$dir/job")" 2>/dev/null || true
	rm -f "$dir/job" "$dir/pid"
	ip link delete "lan-$1"
	ip netns delete "$1"
}

host_cut() { ip link set "lan-$1" down; }  # HOST: nothing comes or goes any more, and nobody is told
host_join() { ip link set "lan-$1" up; }   # HOST: and again

host_run() { # HOST COMMAND…: as root on the host
	local dir
	dir=$(host_dir "$1")
	(
		host_groups_join "$1"
		shift
		exec nsenter --target "$(cat "$dir/pid")" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
			env -u HOME PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
	)
}

host_boot_id() { host_run "$1" cat /proc/sys/kernel/random/boot_id; } # HOST

# What an administrator types on the control host.
host_ssh() { # USER@HOST COMMAND…
	local user=${1%@*} host=${1#*@}
	shift
	as_owner ssh -F "$scratch/ssh_config" -o BatchMode=yes "$user@$(host_address "$host")" "$@"
}

# Ends the sessions that a host's sshd has; the listener goes on.
host_sessions_end() { # HOST
	host_run "$1" sh -c 'ps -o pid=,comm= --ppid 1 | while read -r pid comm; do [ "$comm" != sshd ] || kill "$pid"; done'
}

# A host gets another key, as if it were another one; and its own again.
host_new_key() { # HOST
	host_run "$1" sh -c 'cd /etc/ssh && mkdir own && mv ssh_host_ed25519_key* own/ &&
		ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key && kill -HUP 1'
}
host_old_key() { host_run "$1" sh -c 'cd /etc/ssh && mv own/* . && rmdir own && kill -HUP 1'; } # HOST

# The control groups of a host's pods, in the tree that all versions have.
host_groups() { # HOST
	find /sys/fs/cgroup/{,pids/}"$PINTLE_E2E_HOSTS/$1" -mindepth 1 -maxdepth 2 -name 'pod-*' 2>/dev/null || true
}

# The PIDs in control groups whose paths come from standard input.
host_group_processes() {
	local g
	while read -r g; do find "$g" -name cgroup.procs -exec cat {} +; done | sort -un
}

# "PID START" of each process in a host's containers.
host_processes() { # HOST
	local p
	host_groups "$1" | host_group_processes | while read -r p; do
		echo "$p $(sed 's/.*) //' "/proc/$p/stat" 2>/dev/null | cut -d ' ' -f 20)"
	done
}

# --- nodes ------------------------------------------------------------------------------------------------------------------

hosts_image() { # NAME: every host gets a busybox image
	local h pids=()
	[ -d "$scratch/image" ] || "$top/tests/make-image" "$scratch/image" "$1" >/dev/null
	for h in "${hosts_list[@]}"; do
		cp -r "$scratch/image" "$(host_root "$h")/tmp/image"
		host_run "$h" pintle-agent --home /var/lib/pintle image import /tmp/image --name "$1" >/dev/null &
		pids+=($!)
	done
	for h in "${pids[@]}"; do wait "$h"; done
}
