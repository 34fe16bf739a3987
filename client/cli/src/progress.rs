//! Progress of long commands, on the standard error so that results can be piped.

use std::{fmt::Display, time::Instant};

/// Says what happens, with the seconds since the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    begin: Instant,
    quiet: bool,
}

impl Progress {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            begin: Instant::now(),
            quiet: false,
        }
    }

    /// Says nothing, for tests.
    pub fn quiet() -> Self {
        Self {
            quiet: true,
            ..Self::begin()
        }
    }

    /// Says something.
    pub fn say(&self, what: impl Display) {
        if !self.quiet {
            eprintln!("[{:6.1} s] {what}", self.begin.elapsed().as_secs_f64());
        }
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> f64 {
        self.begin.elapsed().as_secs_f64()
    }
}
