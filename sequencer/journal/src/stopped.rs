//! Why a journal takes no more records.

use crate::journal::JournalError;
use std::sync::Arc;

/// The journal takes no more records.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Stopped {
    /// A write failed. What was taken since the last good one is not on the disk.
    #[error("the journal cannot be written: {0}")]
    Failed(Arc<JournalError>),
    /// Its thread has ended.
    #[error("the journal is closed")]
    Closed,
}
