#!/usr/bin/env bash
# Installs what the tests need besides Go and Node: as root on Debian, through
# apt-get; otherwise it says what is missing. Fails when something still is.
set -euo pipefail

declare -A why=(
	[ca-certificates]="download of modules"
	[gcc]="race detector"
	[libc6-dev]="race detector"
	[tshark]="comparison of the analyzer with tshark"
	[chromium]="tests of the web page, and of WebSocket with a browser"
	[gnutls-bin]="tests of TLS with another library"
	[sqlite3]="journals read and locked by another program"
	[fonts-dejavu-core]="tests of the web page"
)

there() { # PACKAGE
	case $1 in
	ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] ;;
	libc6-dev) [ -e /usr/include/stdlib.h ] ;;
	gnutls-bin) command -v gnutls-serv >/dev/null ;;
	fonts-dejavu-core) [ -n "$(find /usr/share/fonts -name '*.ttf' -print -quit 2>/dev/null)" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

look() {
	missing=()
	for package in "${!why[@]}"; do
		there "$package" || missing+=("$package")
	done
}

look
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing ${missing[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	quiet=$(dirname "$0")/quiet.sh
	if "$quiet" apt-get -o DPkg::Lock::Timeout=300 update; then
		"$quiet" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" || true
	fi
	look
fi
[ ${#missing[@]} -gt 0 ] || exit 0

echo "The tests lack programs:" >&2
for package in "${missing[@]}"; do
	echo "  $package (${why[$package]})" >&2
done
echo "On Debian: sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
exit 1
