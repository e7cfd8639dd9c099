#!/usr/bin/env bash
# Writes a file of reviews to a topic: one record a sentence, with the review as its key.
set -euo pipefail

file=$1
topic=$2
# First the sentences of each review are counted, since the last one ends the review.
awk -F '\t' '
    { review = $1; sub(/_.*/, "", review) }
    NR == FNR { total[review]++; next }
    {
        sentence = $1; sub(/.*_/, "", sentence)
        text = $3; gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text)
        rating = $2 == "" ? "null" : $2
        printf "%s\t{\"review\": \"%s\", \"sentence\": %d, \"rating\": %s, \"total\": %d, \"text\": \"%s\"}\n",
            review, review, sentence, rating, total[review], text
    }' "$file" "$file" |
    /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9092 --topic "$topic" \
        --property parse.key=true
echo "Wrote $(wc -l <"$file") sentences to the topic $topic."
