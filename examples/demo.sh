#!/usr/bin/env bash
# From the example tracklists to an identified library, a want list and statistics; `make demo` runs it.
# Every step is a command you can run yourself. Running it again changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
export MIXTROVE_HOME=${MIXTROVE_HOME:-$PWD/data} DAGSTER_HOME=${DAGSTER_HOME:-${MIXTROVE_HOME:-$PWD/data}/dagster}

bold=''; plain=''; if [ -t 1 ]; then bold=$'\033[1m'; plain=$'\033[0m'; fi
step() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; }

step mixtrove import examples/tracklists
"$bin/mixtrove" import examples/tracklists | tail -n 1
step mixtrove owned import examples/owned.csv
"$bin/mixtrove" owned import examples/owned.csv
step mixtrove catalogue build examples/catalogue.csv
"$bin/mixtrove" catalogue build examples/catalogue.csv
step python -m discovery_assets discover "   # the Dagster job, in this process"
"$bin/python" -m discovery_assets discover
step mixtrove report
"$bin/mixtrove" report

home=${MIXTROVE_HOME/#$PWD\//}
cat <<END

Where to go next (this home is $home; other shells need MIXTROVE_HOME=$home, or to stand here)
  make ui                                            the Dagster UI on this home
  cp my-set.txt $home/inbox/                          … picks up tracklists from here
  $bin/mixtrove review list                      lines that wait for you
  $bin/mixtrove query "FROM tracks LIMIT 5"      ask the warehouse in SQL
  $bin/mixtrove --help                           everything else
END
