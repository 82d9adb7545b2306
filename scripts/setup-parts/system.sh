# Programs of the operating system. Read by scripts/setup.

bring_by_apt() {
  if ! command -v apt-get; then
    echo 'This system has no apt-get.'
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo 'Only root can install system packages.'
    return 1
  fi
  # Once a run: the mark goes with the log of this run.
  if ! grep -q '^package lists are up to date$' "$log"; then
    apt-get -q update || return 1
    echo 'package lists are up to date'
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}

has_softhsm() {
  hint='Run as an administrator: "apt-get install softhsm2", "dnf install softhsm" or "brew install softhsm".'
  command -v softhsm2-util >/dev/null || return 1
  found=$(softhsm2-util --version 2>/dev/null) || return 1
}

bring_softhsm() { bring_by_apt softhsm2; }

has_openssl() {
  hint='Run as an administrator: "apt-get install openssl", "dnf install openssl" or "brew install openssl@3".'
  command -v openssl >/dev/null || return 1
  found=$(openssl version | cut -d' ' -f1-2)
}

bring_openssl() { bring_by_apt openssl; }

has_wrk() {
  hint='Run as an administrator: "apt-get install wrk" or "brew install wrk".'
  command -v wrk >/dev/null || return 1
  found=$(command -v wrk)
}

bring_wrk() { bring_by_apt wrk; }
