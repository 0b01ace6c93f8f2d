#!/usr/bin/env bash
# Makes what is installed without a compiler: a Debian package, a wheel, a tar.gz, an SBOM, and their checksums.
# build.sh FOLDER: where they go. FEATURES: features of the program (none unless said). REHOME_TOOLS: where the tools are.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
tools=${REHOME_TOOLS:?}
export PATH="$tools/bin:$tools/packaging-venv/bin:$PATH"
target=${CARGO_TARGET_DIR:-target}
features=${FEATURES:-}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
machine=$(uname -m)
name="rehome-$version-$machine-linux-gnu"
# The same sources give the same archives. Not exported: compilers of C look at it, and cargo would compile everything anew.
epoch=$(git log -1 --format=%ct 2>/dev/null || echo 0)
say() { echo "dist: $*" >&2; }

rm -rf "$out"
mkdir -p "$out"

say "the program"
"${CARGO:-cargo}" build --release --locked --features "$features"
program="$target/release/rehome"

# What lies beside it, made by itself. cargo-deb finds it under target/release, wherever that is.
beside="$target/release/beside"
rm -rf "$beside"
mkdir -p "$beside/man" "$beside/completions"
"$program" man "$beside/man"
"$program" completions bash > "$beside/completions/rehome"
"$program" completions zsh > "$beside/completions/_rehome"
"$program" completions fish > "$beside/completions/rehome.fish"
gzip -9n "$beside"/man/*.1

say "the list of all that is in it (CycloneDX)"
cargo cyclonedx --format json --spec-version 1.5 --features "$features" --target "$machine-unknown-linux-gnu" \
  --override-filename rehome.cdx >/dev/null
mv rehome.cdx.json "$out/rehome-$version.cdx.json"
cp "$out/rehome-$version.cdx.json" "$beside/rehome.cdx.json"

say "the Debian package"
SOURCE_DATE_EPOCH=$epoch cargo deb --no-build --no-strip --locked --output "$out/" >/dev/null

say "the tar.gz"
root="$out/$name"
mkdir -p "$root/bin" "$root/share/man/man1" "$root/share/completions" "$root/docs"
cp "$program" "$root/bin/"
cp "$beside"/man/*.1.gz "$root/share/man/man1/"
cp "$beside"/completions/* "$root/share/completions/"
cp docs/*.md docs/*.svg "$root/docs/"
cp README.md CHANGELOG.md LICENSE "$beside/rehome.cdx.json" "$root/"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$out" -cf - "$name" \
  | gzip -9n > "$out/$name.tar.gz"
rm -rf "$root"

say "the wheel"
packaging/wheel.sh "$out" "$features"

(cd "$out" && sha256sum -- * > SHA256SUMS)
say "in $out:"
ls -l "$out" >&2
