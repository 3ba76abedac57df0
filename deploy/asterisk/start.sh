#!/bin/sh
# Puts what the environment tells into the configuration, and becomes Asterisk.
set -eu
: "${AMI_SECRET:?is not set: the secret of the manager account}"
: "${PBX_ADDRESS:=127.0.0.1}"
printf 'secret = %s\n' "$AMI_SECRET" >/etc/asterisk/manager-secret.conf
printf 'external_media_address = %s\nexternal_signaling_address = %s\n' "$PBX_ADDRESS" "$PBX_ADDRESS" \
  >/etc/asterisk/pjsip-external.conf
exec asterisk -f -n -vv
