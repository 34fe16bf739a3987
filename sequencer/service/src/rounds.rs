//! How far solvency rounds have come, for whoever asks (Q-RPC).

use std::fmt::Display;

/// How far solvency rounds have come since the start, and what stops them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// Statements that the chain has taken.
    pub statements: u64,
    /// Rounds that are complete.
    pub complete: u64,
    /// When the last one was.
    pub last_complete: Option<u64>,
    /// Why no statement is made, if that is so; it is tried again.
    pub problem: Option<String>,
}

impl Rounds {
    /// Takes note of what became of an attempt.
    pub fn note<E: Display>(&mut self, now: u64, done: &Result<Step, E>) {
        let problem = done.as_ref().err().map(ToString::to_string);
        if let Some(problem) = problem.as_ref().filter(|_| problem != self.problem) {
            log::error!(target: "cloister", "No solvency statement is made: {problem}");
        }
        self.problem = problem;
        self.statements += u64::from(matches!(done, Ok(Step::Taken | Step::Complete)));
        if matches!(done, Ok(Step::Complete)) {
            self.complete += 1;
            self.last_complete = Some(now);
        }
    }
}

/// What became of a step.
pub(crate) enum Step {
    /// There is nothing to prove now.
    Idle,
    /// A statement is in a block.
    Taken,
    /// The last one is, too.
    Complete,
}
