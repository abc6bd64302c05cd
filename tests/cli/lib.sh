# SPDX-License-Identifier: Apache-2.0
# What the tests of the command line share. Set before: top, build, scratch, home.
passed=0 failed=0
pintle() { "$top/$build/pintle" --home "$home" "$@"; }

ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	printf 'FAILED  %s\n' "$1"
	printf '%s\n' "${@:2}"
}

# CODE WORDS…: pintle WORDS ends with CODE. Leaves out and err.
exits() {
	local want=$1 got=0
	shift
	pintle "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || got=$?
	out=$(<"$scratch/out") err=$(<"$scratch/err")
	if [ "$got" -eq "$want" ]; then ok; else bad "pintle $*: exit code $got, expected $want" "$out" "$err"; fi
}
says() { # TEXT: standard output is exactly TEXT
	if [ "$out" = "$1" ]; then ok; else bad "output" "expected: $1" "     got: $out"; fi
}
has() { # TEXT: standard output or standard error holds TEXT
	if [[ $out$'\n'$err == *"$1"* ]]; then ok; else bad "output without \"$1\"" "$out" "$err"; fi
}
finish() {
	echo "$passed passed, $failed failed: ${0##*/}"
	[ "$failed" -eq 0 ]
}
