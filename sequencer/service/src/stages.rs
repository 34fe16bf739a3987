//! How far each stage between a fill and finality is behind, for the gate.

use cloister_engine::Millis;

/// The solvency round that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// Time of its oldest table.
    pub counted: Millis,
    /// From which age on it is not fresh, by the group's terms.
    pub max_age: Millis,
}

/// The stages. `None`: not known, or there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stages {
    /// Time of the table in force.
    pub table_time: Millis,
    /// When the oldest fill or withdrawal happened that is in no final block.
    pub oldest_event: Option<Millis>,
    /// When a new final block was seen last.
    pub finalized_at: Option<Millis>,
    /// The round that counts, if the group has solvency terms.
    pub round: Option<Round>,
}
