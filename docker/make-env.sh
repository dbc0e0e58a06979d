#!/bin/sh
# Writes docker/.env with an API key and a broker password made up here. An .env that is there is left as it is.
set -eu

cd "$(dirname "$0")"
# 32 random bytes in hexadecimal digits: they need no escaping, neither in a URL nor in this file.
secret() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; }

if [ -e .env ] || [ -L .env ]; then
  echo "docker/.env is there already and stays as it is; remove it for new secrets." >&2
  exit 0
fi
password=$(secret)
key=$(secret)
if [ ${#password} -ne 64 ] || [ ${#key} -ne 64 ]; then
  echo "/dev/urandom gave too little: nothing is written." >&2
  exit 1
fi

umask 077
draft=$(mktemp .env.XXXXXX)
trap 'rm -f "$draft"' EXIT
cat >"$draft" <<END
# Secrets of this installation, written by make-env.sh. Whoever reads this file can use the API and the broker.
RABBITMQ_PASSWORD=$password
LEVERET_API_KEYS=$key
END
# A link never replaces a file: of two runs at once the second fails.
ln "$draft" .env
echo "docker/.env is written: LEVERET_API_KEYS in it is the key to the API."
