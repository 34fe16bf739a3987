//! The table budget: how much of a table's grace is left for filling a batch (Q-BATCH, Q-SETTLE).
//!
//! A batch names the table that was in force when it was opened. Once the next table is built the chain takes the old
//! one for its grace only. So a batch may pin its table for the grace, less what 99 of 100 batches take from when they
//! are closed until they are in a block, less two blocks. Where that is below zero, a batch could not be sure to be
//! taken even if it were closed at the moment in which its table is replaced; then statements would have to be
//! announced within the grace and proven later.

/// The parts, all in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableBudget {
    /// How long the chain takes a table once it is replaced.
    pub grace: f64,
    /// What 99 of 100 batches take from when they are closed until they are in a block.
    pub landing_p99: f64,
    /// The time of a block.
    pub block: f64,
    /// The time of a block on the chain on which `landing_p99` was measured. With slower blocks a batch waits for its
    /// block longer by the difference.
    pub measured_block: f64,
}

impl TableBudget {
    /// How much longer a batch waits for its block than it did where it was measured.
    pub fn later(&self) -> f64 {
        (self.block - self.measured_block).max(0.0)
    }

    /// What is left.
    pub fn left(&self) -> f64 {
        self.grace - self.landing_p99 - self.later() - 2.0 * self.block
    }

    /// The sum with its parts.
    pub fn shown(&self) -> String {
        let later = match self.later() {
            later if later > 0.0 => format!(" - {later:.1} (one slower block)"),
            _ => String::new(),
        };
        format!(
            "{:.1} (grace) - {:.1} (p99 of closed to included){later} - {:.1} (two blocks of {:.0} s) = {:.1} s",
            self.grace,
            self.landing_p99,
            2.0 * self.block,
            self.block,
            self.left()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_should_be_the_grace_less_what_a_batch_needs() {
        let budget = TableBudget {
            grace: 30.0,
            landing_p99: 12.5,
            block: 6.0,
            measured_block: 2.0,
        };
        assert_eq!(budget.left(), 30.0 - 12.5 - 4.0 - 12.0);
        assert!(budget.shown().ends_with("= 1.5 s"), "{}", budget.shown());
        let own = TableBudget {
            block: 2.0,
            landing_p99: 27.0,
            ..budget
        };
        assert_eq!(own.left(), -1.0);
        assert!(!own.shown().contains("slower"), "{}", own.shown());
    }
}
