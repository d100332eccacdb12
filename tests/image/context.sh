#!/usr/bin/env bash
# context.sh <build folder>: the image gets a copy of the tree without what .dockerignore leaves out. Configures such a copy, and
# looks for each file in it that the build of the service reads in <build folder>. What the image would miss fails here, where no
# container engine runs and nothing is compiled twice; `./dev prove image` builds the whole image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly build=${1:?a build folder is needed} copy=$PWD/build/image-context

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
(cd "$copy" && cmake --preset release >/dev/null)
exec node tests/image/inputs.mjs "$build" "$PWD" "$copy"
