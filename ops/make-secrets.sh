#!/bin/sh
# Makes the secrets of docker-compose.yml, at random, in secrets/ (or the folder named); those that are there stay.
# Nobody but its owner can enter the folder. The files in it can be read by all, because containers that mount them run as
# users of their own.
set -eu

folder=${1:-secrets}
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

random_hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Writes what comes in to a new file of that name, whole or not at all.
keep() {
  if [ -e "$folder/$1" ]; then
    cat >/dev/null
  else
    cat >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
  fi
}

# SQL Server wants three of: capitals, small letters, digits, signs. None that would have to be escaped in a URL or in SQL.
printf 'Sa-%s' "$(random_hex)" | keep mssql-sa-password
printf 'Os-%s' "$(random_hex)" | keep mssql-app-password
printf 'mssql://order_staging:%s@mssql:1433/order_staging?encrypt=true&trustServerCertificate=true' \
  "$(cat "$folder/mssql-app-password")" | keep database-url
random_hex | keep temporal-db-password
random_hex | keep backoffice-key
printf '{ "current": "root", "keys": { "root": "%s" } }\n' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" |
  keep master-keys.json

echo "the secrets are in $folder/; keep a copy of master-keys.json apart from the backups of the database"
