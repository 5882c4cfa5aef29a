#!/bin/sh
# Counts from 1 to 10, one a second. Run it behind a WebSocket:
#   openline run --port=8080 ./count.sh
for count in 1 2 3 4 5 6 7 8 9 10; do
  echo "$count"
  sleep 1
done
