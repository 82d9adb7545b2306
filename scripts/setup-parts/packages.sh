# npm packages, and the modules among them that are compiled. Read by scripts/setup.
# No package may run a script of its own while it is installed (.npmrc); those that need building are built here by name.

has_packages() {
  found=$("$node" "$root/scripts/installed-packages.ts" matches)
}

bring_packages() {
  npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=warn
}

has_native_modules() {
  hint='A C++ compiler, make and Python 3 are needed: "apt-get install g++ make python3", "dnf install gcc-c++ make python3", "xcode-select --install".'
  unloadable=$("$node" "$root/scripts/installed-packages.ts" unloadable) || return 1
  found='better-sqlite3, pkcs11js and the build tools load'
  [ -z "$unloadable" ]
}

build_native_modules() {
  echo "these do not load: $unloadable"
  case " $unloadable " in
    *' better-sqlite3 '* | *' pkcs11js '*) ;;
    *)
      echo 'They are not built here, they come with the packages of this platform: try "rm -rf node_modules", then scripts/setup.'
      return 1
      ;;
  esac
  bring_compiler || return 1
  if ! headers=$(find_headers); then
    bring_node || return 1
    headers=$(find_headers) || return 1
  fi
  for module in $unloadable; do
    case $module in
      better-sqlite3) (cd node_modules/better-sqlite3 && run_node_gyp "$headers" rebuild --release --force_build=1) || return 1 ;;
      pkcs11js) npm_config_nodedir=$headers npm rebuild --ignore-scripts=false --build-from-source --loglevel=warn pkcs11js || return 1 ;;
    esac
  done
}

# The node-gyp that npm carries; better-sqlite3 names no install script that `npm rebuild` could run.
run_node_gyp() {
  nodedir=$1
  shift
  npm_config_nodedir=$nodedir npm exec --offline --ignore-scripts=false --call "node-gyp $*"
}

bring_compiler() {
  command -v g++ && command -v make && command -v python3 && return
  bring_by_apt g++ make python3
}
