#!/bin/sh
# Starts Keycloak with its secrets out of files: it takes them from its environment alone.
set -eu

KC_DB_PASSWORD=$(cat "$KC_DB_PASSWORD_FILE")
KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=$(cat "$KC_BOOTSTRAP_ADMIN_CLIENT_SECRET_FILE")
unset KC_DB_PASSWORD_FILE KC_BOOTSTRAP_ADMIN_CLIENT_SECRET_FILE
export KC_DB_PASSWORD KC_BOOTSTRAP_ADMIN_CLIENT_SECRET

exec kc.sh start --optimized "$@"
