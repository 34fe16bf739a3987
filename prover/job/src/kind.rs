//! Kinds of proof jobs.

use cloister_ledger::{Shape, SolvencyShape};
use std::fmt;

/// What a job is about: which statement, and for batches of which shape. Each kind has a circuit and a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobKind {
    /// A batch of this shape (B-STATEMENT).
    Batch(Shape),
    /// A seal of a view key (V-STATEMENT).
    Seal,
    /// An exit (X-STATEMENT).
    Exit,
    /// A re-key of a group's house (H-STATEMENT).
    HouseRekey,
    /// A solvency statement of this shape (D-STATEMENT).
    Solvency(SolvencyShape),
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch(shape) => write!(f, "batch of {} units with {} places each", shape.units, shape.places),
            Self::Seal => f.write_str("seal"),
            Self::Exit => f.write_str("exit"),
            Self::HouseRekey => f.write_str("house re-key"),
            Self::Solvency(shape) => write!(f, "solvency of {} subtrees", shape.subtrees),
        }
    }
}
