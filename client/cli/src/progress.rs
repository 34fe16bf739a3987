//! Progress of long commands, on the standard error so that results can be piped.
//!
//! What has happened is a line and always shown. What is under way is a bar with a rate and an estimate; only a
//! terminal shows it.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    borrow::Cow,
    fmt::{Display, Write},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

const COUNT: &str = "{msg:<28} {bar:30} {pos}/{len}  {per_sec}  {eta} left";
const WAIT: &str = "{spinner} {wide_msg}";
/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// Where lines go.
#[derive(Clone, Debug)]
enum Lines {
    /// To the standard error.
    Shown,
    /// Nowhere.
    Quiet,
    /// Into a text.
    Kept(Arc<Mutex<String>>),
}

/// Says what happens, with the seconds since the beginning. Clones share one terminal.
#[derive(Clone, Debug)]
pub struct Progress {
    begin: Instant,
    bars: MultiProgress,
    lines: Lines,
}

impl Progress {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            begin: Instant::now(),
            bars: MultiProgress::new(),
            lines: Lines::Shown,
        }
    }

    /// Says nothing, for tests.
    pub fn quiet() -> Self {
        Self::hidden(Lines::Quiet)
    }

    /// Keeps what it says, for tests: [`kept`](Self::kept) gives it.
    pub fn keeping() -> Self {
        Self::hidden(Lines::Kept(Arc::default()))
    }

    fn hidden(lines: Lines) -> Self {
        Self {
            begin: Instant::now(),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            lines,
        }
    }

    /// Says that something has happened.
    pub fn say(&self, what: impl Display) {
        let seconds = self.seconds();
        match &self.lines {
            Lines::Shown => self.bars.suspend(|| eprintln!("[{seconds:6.1} s] {what}")),
            Lines::Quiet => {}
            Lines::Kept(text) => {
                let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                // Writing to a text does not fail.
                let _ = writeln!(text, "[{seconds:6.1} s] {what}");
            }
        }
    }

    /// What was said, of one that [keeps](Self::keeping) it.
    pub fn kept(&self) -> String {
        match &self.lines {
            Lines::Kept(text) => text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Lines::Shown | Lines::Quiet => String::new(),
        }
    }

    /// A bar that counts up to `total`; it disappears when it is dropped.
    pub fn count(&self, what: impl Into<Cow<'static, str>>, total: u64) -> ProgressBar {
        self.bar(ProgressBar::new(total), COUNT, what)
    }

    /// A sign of life for something that cannot be counted; it disappears when it is dropped.
    pub fn wait(&self, what: impl Into<Cow<'static, str>>) -> ProgressBar {
        let bar = self.bar(ProgressBar::new_spinner(), WAIT, what);
        bar.enable_steady_tick(TICK);
        bar
    }

    fn bar(&self, bar: ProgressBar, template: &str, what: impl Into<Cow<'static, str>>) -> ProgressBar {
        let style = ProgressStyle::with_template(template).expect("the templates of this file are well-formed; qed");
        self.bars.add(bar.with_style(style).with_message(what))
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> f64 {
        self.begin.elapsed().as_secs_f64()
    }
}
