# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the benches written in shell share. $results is the file to which they add.
median() { sort -g | awk '{ v[NR] = $1 } END { print NR ? (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 : "NaN" }'; }
p99() { sort -g | awk '{ v[NR] = $1 } END { i = int(NR * 0.99 + 0.999999); print v[i] }'; }
# result NAME VALUE UNIT FLOOR RUNS WHAT-THE-FLOOR-IS; FLOOR "-" = none
result() {
	jq -cn --arg name "$1" --argjson value "$2" --arg unit "$3" --arg floor "$4" --argjson runs "$5" --arg what "${6:-}" \
		'($floor | if . == "-" then null else tonumber end) as $f
		| {name: $name, value: $value, unit: $unit, floor: $f,
		   ratio: (if $f then ($value / $f * 1000 | round / 1000) else null end), runs: $runs, floorIs: $what}' >>"$results"
}
# Resident and proportional memory of a process, in KiB.
rss() { awk '/^Rss:/ { r += $2 } /^Pss:/ { p += $2 } END { print r, p }' "/proc/$1/smaps_rollup"; }
