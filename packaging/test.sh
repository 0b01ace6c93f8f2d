#!/usr/bin/env bash
# Installs what build.sh made into a clean Debian that has neither the sources nor a compiler, and runs the demo there: from the
# Debian package, from the tar.gz, from the wheel. test.sh FOLDER. Needs root, and debootstrap, which it installs.
# SUITE: another Debian than this one (bookworm, where this is none); MIRROR: another place to get it from than apt's.
set -euo pipefail
out=$(cd "$1" && pwd)
tools=${REHOME_TOOLS:?}
suite=${SUITE:-$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME" || echo bookworm)}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep '/debian/\?$' | head -1)}
clean="$tools/clean-$suite.tar"
root=$(mktemp -d "${TMPDIR:-/tmp}/rehome-root-XXXXXX")
say() { echo "dist: $*" >&2; }
fail() { say "$*"; exit 1; }
finish() {
  for place in proc dev/shm dev; do ! mountpoint -q "$root/$place" || umount "$root/$place"; done
  rm -rf --one-file-system "$root"
}
trap finish EXIT

[ "$(id -u)" = 0 ] || fail "the clean root is made by root"
command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap debian-archive-keyring >/dev/null

if [ ! -f "$clean" ]; then
  say "a clean $suite, kept in $clean"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "${mirror:-http://deb.debian.org/debian}" >/dev/null
  tar -C "$root" -cf "$clean.new" . && mv "$clean.new" "$clean"
else
  tar -C "$root" -xf "$clean"
fi
chmod 755 "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --make-private "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
cp /etc/resolv.conf "$root/etc/resolv.conf"
within() { chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
# As somebody who is not root, in a folder of their own.
as_user() { within setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/u sh -c "cd /home/u && $1"; }
install_packages() { within sh -c "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $* >/dev/null 2>&1" || fail "apt-get install $*"; }
mkdir -p "$root/dist"
within useradd --create-home --uid 1000 u
cp "$out"/* "$root/dist/"
[ ! -e "$root$PWD" ] || fail "the sources are in the clean root"

# What a demo prints: every row accounted for, and read back.
demo() { # NAME COMMAND
  local begun=$SECONDS told
  told=$(as_user "rm -rf work && mkdir work && cd work && $2 demo --scale 0.01 --quiet" 2>&1) || { echo "$told"; fail "the demo of $1 fails"; }
  grep -q 'conserved: every source row has one outcome' <<< "$told" || { echo "$told"; fail "the demo of $1 is not conserved"; }
  grep -q 'verified: the target holds just that' <<< "$told" || { echo "$told"; fail "the demo of $1 is not verified"; }
  say "$1: $(as_user "$2 --version"), rehome demo in $((SECONDS - begun)) s"
}

say "checksums"
within sh -c 'cd /dist && sha256sum --quiet -c SHA256SUMS'
within apt-get update -qq

say "the Debian package, by apt alone"
install_packages /dist/rehome_*.deb
told=$(as_user "rehome demo" 2>&1) && fail "a demo without a server"
grep -q 'apt-get install postgresql' <<< "$told" || { echo "$told"; fail "nobody is told how to get PostgreSQL"; }
install_packages postgresql
demo "the Debian package" rehome
for file in usr/share/man/man1/rehome-run.1.gz usr/share/bash-completion/completions/rehome usr/share/doc/rehome/copyright; do
  [ -s "$root/$file" ] || grep -q 'path-exclude' -r "$root/etc/dpkg" || fail "the package lacks $file"
done
missing=$(within sh -c 'ldd /usr/bin/rehome' | grep 'not found' || true)
[ -z "$missing" ] || fail "$missing"
within sh -c 'dpkg -r rehome >/dev/null && ! test -e /usr/bin/rehome' || fail "the package cannot be removed"

say "the tar.gz"
as_user 'tar -xzf /dist/rehome-*-linux-gnu.tar.gz'
demo "the tar.gz" '/home/u/rehome-*/bin/rehome'

say "the wheel, in a new environment of Python"
install_packages python3-venv
as_user 'python3 -m venv venv && venv/bin/pip install --quiet --no-index /dist/*.whl' || fail "pip install"
demo "the wheel" /home/u/venv/bin/rehome
as_user 'cd work && ../venv/bin/python -c "import rehome; run = rehome.open(); print(len(run.flows), run.migrated(\"payments\").rows)"' >&2
say "all of it works in a clean $suite"
