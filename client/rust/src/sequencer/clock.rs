//! The clock of this machine beside that of the sequencer.
//!
//! A trader signs times: until when an order is good, and when it asks for its account. A clock that is wrong makes
//! orders that are void at once or good for a year, and questions that are not believed. So the two are compared before
//! anything is signed, and a small difference is added to what this machine says.

use crate::trader::now;

/// How far the two clocks may be apart, milliseconds: half of what the sequencer allows questions about accounts
/// (P-AUTH), so that a slow connection has the other half.
pub const MOST_OFF: u64 = 30_000;

/// The clock of this machine is not that of the sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "your clock is {} s {} by the clock of the node's sequencer, so nothing was signed or sent: set the clock of this \
     machine right, or use another node if it is right already",
    off.unsigned_abs().div_ceil(1_000), if *off > 0 { "fast" } else { "slow" }
)]
pub struct ClockError {
    /// How far this machine is ahead of the sequencer, milliseconds.
    pub off: i64,
}

/// The time of the sequencer, as far as this machine knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What is added to the time of this machine, milliseconds.
    offset: i64,
}

impl Clock {
    /// Sets the clock by an answer of the sequencer: its time, and this machine's when it was asked and when it had
    /// answered, milliseconds of Unix time. A time between these two is no difference.
    ///
    /// # Errors
    /// [`ClockError`] if the difference is larger than [`MOST_OFF`].
    pub fn set_by(asked: u64, time: u64, answered: u64) -> Result<Self, ClockError> {
        let answered = answered.max(asked);
        let off = match time {
            early if early < asked => signed(asked - early),
            late if late > answered => signed(late - answered).saturating_neg(),
            _ => 0,
        };
        match off.unsigned_abs() <= MOST_OFF {
            true => Ok(Self {
                offset: off.saturating_neg(),
            }),
            false => Err(ClockError { off }),
        }
    }

    /// The sequencer's time now, milliseconds.
    pub fn now(&self) -> u64 {
        self.at(now())
    }

    /// The sequencer's time when this machine's is `own`.
    pub fn at(&self, own: u64) -> u64 {
        own.saturating_add_signed(self.offset)
    }
}

fn signed(difference: u64) -> i64 {
    i64::try_from(difference).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour.
    const HOUR: u64 = 3_600_000;
    /// When this machine asked, and when it had the answer.
    const ASKED: u64 = 1_790_000_000_000;
    const ANSWERED: u64 = ASKED + 400;

    #[test]
    fn a_time_between_question_and_answer_should_be_no_difference() {
        for time in [ASKED, ASKED + 399, ANSWERED] {
            assert_eq!(Clock::set_by(ASKED, time, ANSWERED), Ok(Clock { offset: 0 }));
        }
    }

    #[test]
    fn a_small_difference_should_be_added_to_the_time_of_this_machine() {
        let slow = Clock::set_by(ASKED, ANSWERED + 30_000, ANSWERED).expect("close enough");
        assert_eq!(slow.at(ASKED), ASKED + 30_000);
        let fast = Clock::set_by(ASKED, ASKED - 30_000, ANSWERED).expect("close enough");
        assert_eq!(fast.at(ASKED), ASKED - 30_000);
    }

    #[test]
    fn a_clock_that_is_hours_slow_a_minute_off_or_a_year_fast_should_be_told_by_how_much() {
        let told = |time| Clock::set_by(ASKED, time, ANSWERED).expect_err("too far");
        let slow = told(ANSWERED + 2 * HOUR);
        assert_eq!(slow.off, -7_200_000);
        assert!(slow.to_string().starts_with("your clock is 7200 s slow "), "{slow}");
        let off = told(ASKED - 65_000);
        assert!(off.to_string().starts_with("your clock is 65 s fast "), "{off}");
        let year = told(ASKED - 365 * 24 * HOUR);
        assert!(year.to_string().starts_with("your clock is 31536000 s fast "), "{year}");
        assert_eq!(told(ANSWERED + 30_001).off, -30_001);
        assert_eq!(told(u64::MAX).off, i64::MIN + 1);
    }

    #[test]
    fn a_clock_that_was_set_back_while_it_waited_should_make_no_difference_of_its_own() {
        assert_eq!(Clock::set_by(ASKED, ASKED, ASKED - HOUR), Ok(Clock { offset: 0 }));
    }
}
