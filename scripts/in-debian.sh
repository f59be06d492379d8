#!/usr/bin/env bash
# Runs a command in Debian 12 or 13, whatever Debian this machine has: scripts/in-debian.sh 13 scripts/test.sh
# The release's files are a folder, made by debootstrap at the first run and kept in build/roots, or where
# ENGRAFT_ROOTS points. The command sees this checkout under its own path, with a build folder of the
# release's own, which lies beside the root (build/roots/13-build).
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  12) name=bookworm ;;
  13) name=trixie ;;
  *) echo "usage: scripts/in-debian.sh 12|13 COMMAND..." >&2; exit 2 ;;
esac
[ $# -ge 2 ] || { echo "in-debian.sh: which command is to run in Debian $1?" >&2; exit 2; }

if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "in-debian.sh: run this as root: chroot needs it" >&2; exit 1; }
  exec sudo --preserve-env=ENGRAFT_ROOTS,ENGRAFT_TEST_DATA "scripts/$(basename "$0")" "$@"
fi
# Mounts that this process alone sees go when it and its children are gone, however they end; and nobody
# who deletes the roots can reach the machine's /dev through them.
if [ "${ENGRAFT_OWN_MOUNTS:-}" != "$$" ]; then
  export ENGRAFT_OWN_MOUNTS=$$  # exec keeps the number of the process
  exec unshare --mount --propagation private "scripts/$(basename "$0")" "$@"
fi
unset ENGRAFT_OWN_MOUNTS

checkout=$PWD
mkdir -p "${ENGRAFT_ROOTS:-build/roots}"
roots=$(realpath "${ENGRAFT_ROOTS:-build/roots}")
root=$roots/$1

# The archive that this machine's own apt reads, with the proxy and the checks that it is set to.
archive() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian Debian //p' | head -n 1
}
apt_settings() {
  apt-config dump | grep -E '^Acquire::((http|https)::Proxy|Check-)' || true
}

make_root() {
  command -v debootstrap >/dev/null || scripts/setup.sh
  local mirror
  mirror=$(archive)
  if [ -z "$mirror" ]; then
    apt-get update -qq
    mirror=$(archive)
  fi
  [ -n "$mirror" ] || { echo "in-debian.sh: apt knows no archive of Debian here" >&2; exit 1; }
  echo "making a root of Debian $1 in $root" >&2
  rm -rf "$root.part"
  debootstrap --variant=minbase --include=ca-certificates "$name" "$root.part" "$mirror" >"$root.log" ||
    { echo "in-debian.sh: debootstrap failed; $root.log says why" >&2; exit 1; }
  apt_settings >"$root.part/etc/apt/apt.conf.d/90outside"
  # Nobody mourns a root that a power cut damages; waiting for the disk after each file takes minutes.
  echo force-unsafe-io >"$root.part/etc/dpkg/dpkg.cfg.d/90unsafe-io"
  mv "$root.part" "$root"
}

exec 9>"$root.lock"
flock 9  # two runs make one root
[ -d "$root" ] || make_root "$1"
exec 9>&-
shift

cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"

# see FOLDER [FROM]: the folder, or another in its place, under the same path in the root.
see() {
  mkdir -p "$root$1"
  mount --bind "${2:-$1}" "$root$1"
}
see "$checkout"
mkdir -p "$root-build" build
see "$checkout/build" "$root-build"
for data in "${ENGRAFT_TEST_DATA:-}" "$checkout/../shared/data"; do
  [ -d "$data" ] || continue
  see "$(realpath "$data")"
  mount -o remount,bind,ro "$root$(realpath "$data")"
done

exec chroot "$root" /usr/bin/env -u ENGRAFT_ROOTS HOME=/root LC_ALL=C.UTF-8 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  bash -c 'cd "$1" && shift && exec "$@"' in-debian "$checkout" "$@"
