#!/usr/bin/env bash
# The wheel: the program, and the module that opens what it stores. wheel.sh FOLDER FEATURES
# Its tag is what the program really asks of a machine: the newest symbols of glibc that it uses (maturin finds them), and OpenSSL,
# which no manylinux promises, goes along in the wheel.
set -euo pipefail
target=${CARGO_TARGET_DIR:-target}
made=$(mktemp -d)
# Maturin patches the file that cargo keeps, of which the program is another name: what was there comes back.
cp -p "$target/release/rehome" "$made/program"
finish() {
  for kept in "$target"/release/deps/rehome-*; do
    if [ "$kept" -ef "$target/maturin/rehome" ]; then cp -p "$made/program" "$kept.kept" && mv "$kept.kept" "$kept"; fi
  done
  rm -rf "$made"
}
trap finish EXIT
maturin build --release --locked --features "$2" --out "$made" --auditwheel repair
# It takes the program for an extension of this very Python, since a library below could be one: any Python will do.
wheel tags --remove --python-tag py3 --abi-tag none "$made"/*.whl >/dev/null
mv "$made"/*.whl "$1/"
