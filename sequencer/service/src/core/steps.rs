//! What a core has done, for the copy of its state that is read (Q-READ).

use super::{record::Record, state::State, told::Told};
use cloister_engine::{Effect, Verified};
use std::sync::{
    atomic::{AtomicU64, Ordering},
    mpsc::Sender,
    Arc,
};
use tokio::sync::watch;

/// What a core has done.
pub(crate) enum Step {
    /// It took an input.
    Taken {
        /// What is kept of it.
        record: Box<Record>,
        /// The same with its signature checked, if it is signed.
        verified: Option<Box<Verified>>,
        /// Number of the next record of the journal.
        next: u64,
    },
    /// It has taken the place of another; `None` if its state cannot be copied, which would be a bug.
    Replaced(Option<Box<Replaced>>),
}

/// The state of a core that has taken the place of another.
pub(crate) struct Replaced {
    pub state: State,
    /// Number of the next record of the journal.
    pub next: u64,
    /// What became of orders by it.
    pub effects: Vec<Effect>,
    pub told: Told,
}

/// Sends steps to the thread that takes them.
pub(crate) struct Steps {
    sender: Sender<Step>,
    sent: Arc<AtomicU64>,
    taken: watch::Receiver<u64>,
}

impl Steps {
    /// `sent` counts what is sent, `taken` says how much of it is taken.
    pub fn new(sender: Sender<Step>, sent: Arc<AtomicU64>, taken: watch::Receiver<u64>) -> Self {
        Self { sender, sent, taken }
    }

    /// Sends a step. Nothing is waited for.
    pub fn send(&self, step: Step) {
        // Counted first: whoever reads the counter waits for the step.
        self.sent.fetch_add(1, Ordering::SeqCst);
        // If the thread has ended, nobody is answered any more.
        let _ = self.sender.send(step);
    }

    /// Number of steps that wait to be taken.
    pub fn behind(&self) -> u64 {
        self.sent.load(Ordering::SeqCst).saturating_sub(*self.taken.borrow())
    }
}
