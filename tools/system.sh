# Where the reference system (Debian 13) is and how to say what went wrong; sourced by tools/*.
# shellcheck shell=bash

ingot_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
ingot_cache=${INGOT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}
ingot_root=$ingot_cache/debian13
ingot_suite=trixie
ingot_aarch64=$ingot_cache/aarch64  # libraries for 64-bit Arm, which tools/setup --aarch64 unpacks

die() { printf '%s: %s\n' "tools/$(basename "$0")" "$*" >&2; exit 1; }
say() { printf '%s: %s\n' "tools/$(basename "$0")" "$*" >&2; }

# True where commands run on Debian 13 itself, so that no separate root is needed.
on_reference_system() {
  [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_CODENAME:-}" = "$ingot_suite" ])
}

# The package names of the lists given, one a line.
package_names() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

# The comment at the top of a script, as its help.
print_usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

# build PRESET [TARGET...]: configures and builds a preset, all of it unless targets are named. The compiler's output goes
# to a log; on a terminal its last line is shown meanwhile.
build() {
  local preset=$1 log targets=()
  shift
  [ $# -gt 0 ] && targets=(--target "$@")
  log=$ingot_top/build/$preset.log
  mkdir -p "$ingot_top/build"
  say "building preset '$preset' (log: build/$preset.log)"
  show_progress() {
    if [ -t 2 ]; then
      while IFS= read -r line; do printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$line" >&2; done
      printf '\r\033[K' >&2
    else
      cat >/dev/null
    fi
  }
  if ! { tools/dev cmake --preset "$preset" && tools/dev cmake --build --preset "$preset" "${targets[@]}"; } 2>&1 |
      tee "$log" | show_progress; then
    grep -E 'error|Error|FAILED' "$log" | head -n 20 >&2 || true
    tail -n 20 "$log" >&2
    die "the build failed"
  fi
}
