#!/usr/bin/env bash
# Makes the topics that are named, where they are not there yet.
set -euo pipefail

for topic in "$@"; do
    /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists \
        --topic "$topic" --partitions 4 --replication-factor 1 &
done
code=0
for _ in "$@"; do
    wait -n || code=$?
done
exit "$code"
