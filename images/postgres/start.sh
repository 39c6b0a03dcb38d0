#!/bin/sh
# Starts PostgreSQL on the volume. Makes the database first where the volume is empty, and gives its user the password
# of the file on every start, so that a new password is one restart away.
set -eu

password=$(sed "s/'/''/g" "$POSTGRES_PASSWORD_FILE")

# Runs the statements on standard input, one a line, while nobody can connect. The log gets what fails without its
# text: it may hold the password. No pipe may come before it: the server takes the process id that an earlier
# container left behind for its own parent's, and so for stale.
statements() {
    postgres --single -D "$1" -c log_min_error_statement=panic postgres > /dev/null
}

# In a directory below the volume: the server refuses one that others own or may read. A start that was cut off leaves
# the unfinished one, which is thrown away.
if [ ! -d "$PGDATA" ]; then
    rm -rf "$PGDATA.unfinished"
    initdb --pgdata="$PGDATA.unfinished" --username=postgres --auth-local=peer --auth-host=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums
    echo "host $POSTGRES_DB $POSTGRES_USER all scram-sha-256" >> "$PGDATA.unfinished/pg_hba.conf"
    statements "$PGDATA.unfinished" << END
CREATE ROLE "$POSTGRES_USER" LOGIN
CREATE DATABASE "$POSTGRES_DB" OWNER "$POSTGRES_USER"
END
    mv "$PGDATA.unfinished" "$PGDATA"
fi

statements "$PGDATA" << END
ALTER ROLE "$POSTGRES_USER" PASSWORD '$password'
END

exec postgres -c listen_addresses='*' -c unix_socket_directories="$PGHOST" "$@"
