#!/usr/bin/env bash
# Starts Ollama with a model made of the weights in /weights; its name is the argument.
set -euo pipefail

rm -f /tmp/ready
ollama serve &
server=$!
trap 'kill "$server"' TERM INT
until ollama list >/dev/null 2>&1; do
    kill -0 "$server" # it has ended: so does this
    sleep 0.2
done
# A Modelfile names its weights relative to its own place.
cd /tmp
for weights in /weights/*.gguf; do
    [[ -f $weights ]] || { echo "There are no weights: run scripts/build-images first." >&2; exit 1; }
    { printf 'FROM %s\n' "$weights"; cat /compose/Modelfile; } >Modelfile
    ollama create "$1" -f Modelfile
    break
done
: >ready
wait "$server"
