#!/usr/bin/env bash
# Makes one model's weights again, from what its recipe downloads and checks: models/make.sh vad|whisper|tonality [options of its build.py]
# Needs Python 3.11; whisper also needs espeak-ng, and the folder ../shared with its texts and its speech synthesis.
set -euo pipefail
cd "$(dirname "$0")"

case "${1:-}" in
  vad) folder=silero-vad ;;
  whisper | tonality) folder=$1 ;;
  *) echo "usage: models/make.sh vad|whisper|tonality [options]" >&2; exit 2 ;;
esac
shift

environment=.venv/$folder
[ -d "$environment" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r "$folder/recipe/requirements.txt"
"$environment/bin/python" "$folder/recipe/build.py" "$@"
echo "When all weights are final: python3 models/manifest.py"
