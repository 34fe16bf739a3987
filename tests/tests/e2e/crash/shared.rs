//! What clients and test have in common.

use cloister_tests::promises::Promises;
use std::sync::{
    atomic::{AtomicBool, Ordering},
    Mutex, MutexGuard, PoisonError,
};

/// What was promised, and whether the clients should stop.
#[derive(Default)]
pub struct Shared {
    promises: Mutex<Promises>,
    stop: AtomicBool,
}

impl Shared {
    /// What was promised so far.
    pub fn promises(&self) -> MutexGuard<'_, Promises> {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the clients stop, or lets them go on.
    pub fn stop(&self, stop: bool) {
        self.stop.store(stop, Ordering::SeqCst);
    }

    /// Whether the clients should stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
