#!/usr/bin/env bash
# Builds the service as the image does: in a copy of the tree without what .dockerignore leaves out. What a file there
# needs and the image does not get fails here, where no container engine runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly copy=$PWD/build/image-context

# is_ignored <path>: by the forms that .dockerignore uses, a name at the top or a name anywhere ("**/name").
is_ignored() {
  local pattern
  while read -r pattern; do
    case $pattern in
      '' | '#'*) ;;
      '**/'*) [[ /$1/ != */"${pattern#\*\*/}"/* ]] || return 0 ;;
      *'*'* | '!'*) echo "context: this check does not know the pattern $pattern" >&2; exit 2 ;;
      *) [[ $1 != "$pattern" && $1 != "$pattern"/* ]] || return 0 ;;
    esac
  done <.dockerignore
  return 1
}

# What an earlier run copied and this tree no longer has must not help the build.
find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} + 2>/dev/null || true
mkdir -p "$copy"
git ls-files --cached --others --exclude-standard --deduplicate | while read -r file; do
  if [ -e "$file" ] && ! is_ignored "$file"; then cp --parents --preserve=mode,timestamps "$file" "$copy"; fi
done
cd "$copy"
cmake --preset release >/dev/null
cmake --build build/release --target lull
./build/release/lull --version
