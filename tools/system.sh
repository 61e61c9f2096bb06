# Where the reference system (Debian 13) is and how to say what went wrong; sourced by tools/*.
# shellcheck shell=bash

ingot_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
ingot_cache=${INGOT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ingot}
ingot_root=$ingot_cache/debian13
ingot_suite=trixie

die() { printf '%s: %s\n' "tools/$(basename "$0")" "$*" >&2; exit 1; }
say() { printf '%s: %s\n' "tools/$(basename "$0")" "$*" >&2; }

# True where commands run on Debian 13 itself, so that no separate root is needed.
on_reference_system() {
  [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_CODENAME:-}" = "$ingot_suite" ])
}

# The package names of the lists given, one a line.
package_names() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }
