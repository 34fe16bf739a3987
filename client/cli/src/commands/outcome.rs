//! How a command that did not fail has ended, as scripts see it.

use std::process::ExitCode;

/// Codes with which the program ends. `cloister --help` lists them.
pub mod code {
    /// All was done that was asked for.
    pub const DONE: u8 = 0;
    /// Something failed; the message says what.
    pub const FAILED: u8 = 1;
    // 2 is a command line that is not understood.
    /// The sequencer or the chain refused, and nothing was changed.
    pub const REFUSED: u8 = 3;
    /// Nobody answered, or not in time: what was sent may take effect still.
    pub const NO_ANSWER: u8 = 4;
    /// A part of an order was traded or rests, and the rest was dropped.
    pub const PART: u8 = 5;
    /// Nothing of an order was traded: no order in the book was at its price or better.
    pub const NOBODY_AT_PRICE: u8 = 6;
    /// Nothing of a market order was traded: the book had no order inside the price band.
    pub const NOBODY_IN_BAND: u8 = 7;
    /// Nothing of an order was traded: a rule of the exchange stops it.
    pub const RULE: u8 = 8;
    /// Nothing was traded: the account owes more than it has.
    pub const INSOLVENT: u8 = 9;
    /// A withdrawal was settled, and some of it is held as a claim of the owner.
    pub const HELD_BACK: u8 = 10;
    /// Two receipts contradict each other, and the sequencer has signed both.
    pub const TWO_STORIES: u8 = 11;
    /// The order that should be cancelled or changed is filled.
    pub const FILLED: u8 = 12;
    /// The order that should be cancelled or changed has left the book already, or was never known.
    pub const GONE: u8 = 13;
    /// Some instructions of a list were refused, and the others were taken.
    pub const SOME_REFUSED: u8 = 14;
    /// Refused for the moment; the same may be taken later.
    pub const LATER: u8 = 15;
    /// The dead man's switch was not renewed in time.
    pub const SWITCH_ACTED: u8 = 16;
}

/// How a command has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it was asked.
    Done,
    /// A part of an order was traded or rests, and the rest was dropped.
    Part,
    /// Nothing of an order was traded: no order in the book was at its price or better.
    NobodyAtPrice,
    /// Nothing of a market order was traded: the book had no order inside the price band.
    NobodyInBand,
    /// Nothing of an order was traded: a rule of the exchange stops it.
    Rule,
    /// A withdrawal was settled, and some of it is held as a claim of the owner.
    HeldBack,
    /// Some instructions of a list were refused, and the others were taken.
    SomeRefused,
    /// All instructions of a list were refused, the first with this code.
    NoneTaken(u8),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => code::DONE,
            Outcome::Part => code::PART,
            Outcome::NobodyAtPrice => code::NOBODY_AT_PRICE,
            Outcome::NobodyInBand => code::NOBODY_IN_BAND,
            Outcome::Rule => code::RULE,
            Outcome::HeldBack => code::HELD_BACK,
            Outcome::SomeRefused => code::SOME_REFUSED,
            Outcome::NoneTaken(code) => code,
        })
    }
}
