//! What goes in and out of a group's insurance by its queue (B-DOORS).

use cloister_types::Amount;

/// What the queue asks of the insurance in a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// Paid in; all of it counts.
    pub paid_in: Amount,
    /// Asked to be paid out; 0 if nothing is.
    pub asked: Amount,
    /// What equity of the house must not fall below by what is paid out.
    pub keep: Amount,
}
