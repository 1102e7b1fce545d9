# Functions of .ci/run and .ci/deep. Sourced, never run.
set -euo pipefail

CI_HOME=$PWD
CI_CACHE=${CI_CACHE:-$PWD/.ci/cache}
WORK=$CI_CACHE/work
REPORTS=$CI_CACHE/reports
STAMP=$(sha256sum pyproject.toml | cut -c1-12)
POSTGRES_URL_GIVEN=${POSTGRES_URL_GIVEN-${POSTGRES_URL-}}
MARIADB_URL_GIVEN=${MARIADB_URL_GIVEN-${MARIADB_URL-}}
POSTGRES_URL=${POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/relyra_ci}
MARIADB_URL=${MARIADB_URL:-mysql://root@127.0.0.1:3306/relyra_ci}
export CI_HOME CI_CACHE WORK REPORTS POSTGRES_URL MARIADB_URL POSTGRES_URL_GIVEN MARIADB_URL_GIVEN

prepare() {
  rm -rf "$REPORTS" && mkdir -p "$REPORTS" "$WORK" "$CI_CACHE/venvs"
  RESULTS=() FAILED=0
}

# --- stages -----------------------------------------------------------------------------------

stage() { # stage NAME: runs stage_NAME, remembers how it went, never stops the others
  local began=$SECONDS outcome=ok
  printf '\n=== %s\n' "$1"
  # Not `if stage_x`: there bash would ignore a failing command inside the function.
  ( set -euo pipefail; "stage_$1" ) & wait $! || outcome=FAILED
  [ $outcome = ok ] || FAILED=$((FAILED + 1))
  RESULTS+=("$(printf '%-14s %-7s %5d s' "$1" $outcome $((SECONDS - began)))")
}

summary() {
  printf '\n=== summary\n'
  printf '%s\n' "${RESULTS[@]}"
  printf '%-14s %-7s %5d s\n\n' total "" $SECONDS
  python_any "$CI_HOME"/.ci/evidence.py stale
  python_any "$CI_HOME"/.ci/check_report.py total "$REPORTS" --failed-stages "$FAILED"
}

# --- test suites ------------------------------------------------------------------------------

suite() { # suite NAME VENV PYTEST-ARGUMENTS...
  local name=$1 bin=$2/bin status=0; shift 2
  timeout "${SUITE_SECONDS:-1500}" "$bin/python" -m pytest -q -p no:cacheprovider \
    --junitxml="$REPORTS/$name.xml" "$@" || status=$?
  check_report "$name" || status=1
  return $status
}

check_report() { python_any "$CI_HOME/.ci/check_report.py" suite "$1" "$REPORTS/$1.xml"; }

# --- Python -----------------------------------------------------------------------------------

find_python() { # find_python 3.13: the path of an interpreter that really runs
  local candidate
  for candidate in "$(command -v "python$1" || true)" "$(pyenv root 2>/dev/null || true)"/versions/"$1".*/bin/python; do
    if [ -x "$candidate" ] && "$candidate" -c 'import venv' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "Python $1 is not installed" >&2
  return 1
}

python_any() { "$(find_python 3.13)" "$@"; }

venv() { echo "$CI_CACHE/venvs/${1/\//-django}-$STAMP"; } # venv 3.13/6.1

make_venv() { # make_venv 3.13/6.1: kept until pyproject.toml changes
  local home python extras=test; home=$(venv "$1"); python=$(find_python "${1%/*}")
  [ -e "$home/.complete" ] && return
  case $1 in 3.13/6.1 | 3.11/5.2) extras=test,dev,docs ;; esac
  rm -rf "$home" && "$python" -m venv "$home"
  local wanted=(-e ".[$extras]" "Django==${1#*/}.*")
  [ "$1" != 3.13/6.1 ] || wanted+=("mysqlclient>=2.2.1")
  pip_install "$home" "${wanted[@]}"
  touch "$home/.complete"
  echo "made $(basename "$home")"
}

pip_install() { # pip_install VENV PIP-ARGUMENTS...: silent unless it fails
  local home=$1 log="$WORK/pip-$(basename "$1").log"; shift
  "$home/bin/pip" install -q --disable-pip-version-check "$@" >"$log" 2>&1 || { tail -20 "$log"; return 1; }
}

# --- the system -------------------------------------------------------------------------------

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

need_apt() { # need_apt PACKAGE...: installs only what is missing
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install -y -qq --no-install-recommends "${missing[@]}" >"$WORK/apt.log" 2>&1 || { tail -20 "$WORK/apt.log"; return 1; }
}

wait_for() { # wait_for SECONDS COMMAND...
  local left=$(($1 * 5)); shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1)); [ $left -gt 0 ] || { echo "gave up waiting for: $*" >&2; return 1; }
    sleep 0.2
  done
}

start_postgres() {
  command -v pg_ctlcluster >/dev/null || need_apt postgresql
  pg_isready -q -h 127.0.0.1 ||
    as_root pg_ctlcluster --skip-systemctl-redirect "$(ls /etc/postgresql | tail -n 1)" main start
  wait_for 30 pg_isready -q -h 127.0.0.1
  psql -h 127.0.0.1 -U postgres -qc 'CREATE DATABASE relyra_ci' 2>/dev/null || true
  psql -h 127.0.0.1 -U postgres -d relyra_ci -Atc 'SHOW server_version'
}

start_mariadb() {
  command -v mariadbd >/dev/null || need_apt mariadb-server
  mariadb-admin -h 127.0.0.1 -u root ping >/dev/null 2>&1 ||
    as_root start-stop-daemon --start --oknodo --background --exec "$(command -v mariadbd)"
  wait_for 30 mariadb-admin -h 127.0.0.1 -u root ping
  mariadb -h 127.0.0.1 -u root -Ne 'CREATE DATABASE IF NOT EXISTS relyra_ci; SELECT VERSION()'
}

start_redis() {
  command -v redis-server >/dev/null || return 0
  redis-cli -h 127.0.0.1 ping >/dev/null 2>&1 ||
    redis-server --daemonize yes --bind 127.0.0.1 --save "" --appendonly no --dir "$WORK" >/dev/null
}
