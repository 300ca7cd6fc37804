//! What can go wrong with the database, by what to do next.

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No server, or none that answers: wait and try again.
    #[error("the database is away: {0}")]
    Away(String),
    /// The server gave the statement up (deadlock, serialization, lock timeout): try again.
    #[error("the database asks to try again: {0}")]
    Busy(String),
    /// The lease was lost to another daemon: drop the item.
    #[error("the lease was lost: another daemon has the item")]
    LeaseLost,
    /// The server refuses this very data: refuse the item.
    #[error("the database refuses the data: {0}")]
    Data(String),
    /// The schema was made by a newer wireroom: stop, and upgrade the program.
    #[error(
        "the database's schema has migration {0}, which this wireroom does not know: it was made by a newer one; upgrade this program"
    )]
    NewerSchema(i64),
    /// A migration failed: stop.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(String),
    /// Anything else: a fault of ours.
    #[error("the database refuses the statement: {0}")]
    Bug(String),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Busy(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Self::Away(text),
            sqlx::Error::Database(error) => match error.code().as_deref() {
                Some(code) if code.starts_with("08") || code.starts_with("57P") || code == "53300" => Self::Away(text),
                // Query cancelled is our own statement_timeout; the rest is the server's word for "again".
                Some("40001" | "40P01" | "55P03" | "57014" | "25P03" | "53100" | "53200") => Self::Busy(text),
                Some(code) if code.starts_with("22") || code.starts_with("23") || code == "54000" => Self::Data(text),
                _ => Self::Bug(text),
            },
            _ => Self::Bug(text),
        }
    }
}
