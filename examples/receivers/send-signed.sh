#!/bin/sh
# Sends a signed webhook to a receiver, for a test: WEBHOOK_SECRET=… ./send-signed.sh http://127.0.0.1:3000/hook
set -eu
url=$1
body='{"event_id":"webhook.test-1765108800123","event_type":"webhook.test","timestamp":"2025-12-07T12:00:00.123456Z","data":{"timestamp":"2025-12-07T12:00:00Z"}}'

# region sign
id=msg_test
timestamp=$(date +%s)
case $WEBHOOK_SECRET in
  whsec_*) key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n') ;;
  *) key=$(printf %s "$WEBHOOK_SECRET" | od -An -v -tx1 | tr -d ' \n') ;;
esac
signature=$(printf '%s.%s.%s' "$id" "$timestamp" "$body" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

curl -sS -i "$url" -H 'Content-Type: application/json' --data-binary "$body" \
  -H "webhook-id: $id" -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature"
# endregion
