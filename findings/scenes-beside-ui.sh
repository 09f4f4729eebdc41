#!/bin/sh
# @grafana/scenes 9.2.2, the newest on 2026-12-01, and @grafana/ui 13.2.2, resolved by npm for React 19.
#
# Likely guess: the newest scenes library installs beside the newest component library. Its peer dependencies say
# "@grafana/ui >= 12.4", and both come from the same company.
#
# Seen: npm refuses with ERESOLVE. Scenes has react-router-dom ^6.28.0 as a peer. @grafana/ui depends on react-router-dom
# ^5.3.4 and on react-router-dom-v5-compat, whose own peer is react-router-dom 4 or 5. No version satisfies both, with or
# without react-router-dom named by the project. Inside Grafana this stays unseen: it gives both to its apps itself.
#
# Why it matters here: the preview draws the bundled dashboards with Grafana's packages, but outside Grafana. Its
# variables, time range and queries could come from scenes only with --legacy-peer-deps or an override.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >package.json <<'JSON'
{"name": "finding", "private": true, "dependencies": {"react": "19.2.0", "react-dom": "19.2.0", "rxjs": "7.8.2"}}
JSON

resolve() {
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >output 2>&1
}

grafana="@grafana/data@13.2.2 @grafana/ui@13.2.2 @grafana/runtime@13.2.2 @grafana/schema@13.2.2 @grafana/i18n@13.2.2
@grafana/e2e-selectors@13.2.2"

# shellcheck disable=SC2086 # a list
if ! resolve $grafana; then
	echo "without scenes the packages are expected to resolve:"
	cat output
	exit 1
fi
echo "@grafana/ui 13.2.2 and its kin resolve by themselves"

for router in "" react-router-dom@6.30.1; do
	# shellcheck disable=SC2086 # lists
	if resolve $grafana @grafana/scenes@9.2.2 $router; then
		echo "CHANGED: @grafana/scenes 9.2.2 resolves beside @grafana/ui 13.2.2 ($router)"
		exit 1
	fi
	grep -q ERESOLVE output || { cat output; exit 1; }
	echo "with @grafana/scenes 9.2.2 $router: $(grep -m1 ERESOLVE output)"
done
