# The one step that set-up is made of: look, bring what is missing, look again. Read by scripts/setup.
# A probe answers true or false, sets `found` (what is there) or `hint` (what a person can do about it).

failures=0
found=''
hint=''

now_millis() {
  # A date without %N (macOS) leaves the letter in place: whole seconds then.
  stamp=$(date +%s%N)
  case $stamp in
    *N) echo "$(($(date +%s) * 1000))" ;;
    *) echo "${stamp%??????}" ;;
  esac
}

seconds_since() {
  elapsed=$(($(now_millis) - $1))
  printf '%d.%d s' $((elapsed / 1000)) $((elapsed % 1000 / 100))
}

report() {
  printf '  %-15s %s\n' "$1" "$2"
}

begin() {
  began=$(now_millis)
  echo "strongroom set-up for: $purpose"
  $check_only && return
  mkdir -p "$root/.runtime"
  # Two set-ups in one working copy take turns.
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$root/.runtime/setup.lock"
    flock 9
  fi
  : >"$log"
}

# ensure TITLE PROBE REMEDY
ensure() {
  found=''
  hint=''
  if "$2"; then
    report "$1" "$found"
    return
  fi
  if $check_only; then
    report "$1" 'MISSING'
    failures=$((failures + 1))
    return
  fi
  report "$1" 'missing: bringing it …'
  step_began=$(now_millis)
  echo "== $1" >>"$log"
  logged=$(wc -l <"$log")
  if ("$3") >>"$log" 2>&1 </dev/null 9>&- && "$2"; then
    report "$1" "$found  ($(seconds_since "$step_began"))"
    return
  fi
  report "$1" "FAILED  ($(seconds_since "$step_began"))"
  # The reason stands at the start (npm) or at the end (a compiler).
  tail -n "+$((logged + 1))" "$log" | awk '
    { line[NR] = $0 }
    END { for (n = 1; n <= NR; n++) if (n <= 12 || n > NR - 12) print "      | " line[n]; else if (n == 13) print "      | …" }'
  [ -z "$hint" ] || echo "      $hint"
  failures=$((failures + 1))
}

finish() {
  if [ "$failures" -gt 0 ]; then
    if $check_only; then
      echo "$failures missing: run scripts/setup --for=$purpose"
    else
      echo "set-up is not complete: $failures failed (all of what was said: .runtime/setup.log)"
    fi
    exit 1
  fi
  echo "ready in $(seconds_since "$began")"
  exit 0
}
