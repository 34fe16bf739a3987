//! How long the clocks of a group may stand (C-FREEZE).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A block adds no more than this to a clock, milliseconds: a chain that stands still takes no statements and batches.
pub(crate) const MAX_TICK: u64 = 60_000;
/// Milliseconds by which a clock may stand in a window, over all causes together: three days.
pub const MAX_STOPPED: u64 = 72 * 3_600_000;
/// Length of a window, milliseconds: thirty days.
pub const STOP_WINDOW: u64 = 30 * 24 * 3_600_000;

/// How long a clock has stood still in the window that runs. Both clocks of a group (C-FREEZE) are bound by it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct Stops {
    /// Start of the window in which the clock may stand for [`MAX_STOPPED`], milliseconds of Unix time.
    pub window_from: u64,
    /// Milliseconds by which it has stood in the window.
    pub stopped: u64,
}

impl Stops {
    /// Nothing has stood still yet.
    pub(crate) fn from(now: u64) -> Self {
        Self {
            window_from: now,
            stopped: 0,
        }
    }

    /// How much of the time since `counted_at` counts, milliseconds, no more than a minute: all of it while the clock
    /// `runs`, and what is beyond [`MAX_STOPPED`] in the window while it does not.
    pub(crate) fn running(&mut self, counted_at: u64, now: u64, runs: bool) -> u64 {
        if now.saturating_sub(self.window_from) >= STOP_WINDOW {
            *self = Self::from(now);
        }
        let step = now.saturating_sub(counted_at).min(MAX_TICK);
        let left = MAX_STOPPED.saturating_sub(self.stopped);
        let stands = if runs { 0 } else { step.min(left) };
        self.stopped = self.stopped.saturating_add(stands);
        step.saturating_sub(stands)
    }
}
