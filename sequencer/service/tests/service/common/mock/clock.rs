//! Time as the chain of a test has it.

use cloister_engine_testing::NOW;
use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};

/// It goes with the machine's, and jumps where a test says so: nothing that is asked for takes longer than a jump on a
/// slow machine. All clones are one.
#[derive(Clone)]
pub struct Clock {
    start: Instant,
    skipped: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            skipped: Arc::default(),
        }
    }
}

impl Clock {
    /// Milliseconds of Unix time.
    pub fn now(&self) -> u64 {
        NOW + self.start.elapsed().as_millis() as u64 + self.skipped.load(Ordering::SeqCst)
    }

    /// So much time has passed at once.
    pub fn pass(&self, time: Duration) {
        self.skipped.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }
}
