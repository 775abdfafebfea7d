import GRDB

/// The tables, and how a store of an earlier version gets them.
///
/// A migration that was released is never changed: another one is added.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 cursors and dead letters") { database in
            try database.execute(
                sql: """
                    CREATE TABLE server (
                        number INTEGER PRIMARY KEY CHECK (number = 1),
                        uuid TEXT NOT NULL,
                        kind TEXT NOT NULL
                    );
                    CREATE TABLE follower (
                        id INTEGER PRIMARY KEY,
                        name TEXT NOT NULL,
                        scope TEXT NOT NULL,
                        absence INTEGER NOT NULL -- milliseconds
                    );
                    -- One row for all followers that are at the same place, so that a seq is there once.
                    CREATE TABLE cursor (
                        database TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        start_time TEXT,
                        generation INTEGER NOT NULL,
                        seq BLOB, -- JSON; NULL: 'now', not resolved yet
                        followers TEXT NOT NULL, -- a JSON array of their ids
                        PRIMARY KEY (database, number)
                    ) WITHOUT ROWID;
                    CREATE TABLE dead_letter (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, -- so that no id is used again
                        notifier TEXT NOT NULL,
                        database TEXT NOT NULL,
                        line BLOB NOT NULL,
                        reason TEXT NOT NULL,
                        deliveries INTEGER NOT NULL,
                        first_delivered INTEGER NOT NULL, -- milliseconds since 1970
                        died INTEGER NOT NULL, -- milliseconds since 1970
                        is_to_be_retried INTEGER NOT NULL
                    );
                    CREATE INDEX dead_letter_to_be_retried ON dead_letter (id) WHERE is_to_be_retried;
                    """
            )
        }
        return migrator
    }
}
