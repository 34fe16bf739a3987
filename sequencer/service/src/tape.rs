//! The recent fills for the accounts whose they are, and the public tapes made from them.

use crate::{
    closings::Closings,
    config::SequencerConfig,
    prints::{Level, PrintTerms, Prints},
    time::millis,
};
use cloister_engine::{AccountIndex, Fill, FillId, FillSide, Millis};
use cloister_ledger::Side;
use codec::{Decode, Encode};
use std::collections::{BTreeSet, VecDeque};

/// Fills in order; the oldest are forgotten.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Tape {
    fills: VecDeque<Fill>,
    /// Those among them that turned out to have no proof.
    void: BTreeSet<FillId>,
    /// Set anew at every start.
    #[codec(skip)]
    capacity: u32,
    /// What everybody may see of them. It follows from the fills and the time, and how it is made is set anew at every
    /// start.
    #[codec(skip)]
    pub prints: Prints,
    /// What was closed by force.
    pub closings: Closings,
}

/// How much is kept, and how the public tapes are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TapeTerms {
    /// Number of fills that are kept.
    history: usize,
    trades: PrintTerms,
    closings: PrintTerms,
}

impl TapeTerms {
    /// Those of a configuration.
    pub fn of(config: &SequencerConfig) -> Self {
        let terms = |interval, delay| PrintTerms {
            interval: millis(interval),
            delay: millis(delay),
            capacity: config.history,
        };
        Self {
            history: config.history,
            trades: terms(config.tape_interval, config.tape_delay),
            closings: terms(config.closings_interval, config.closings_delay),
        }
    }

    /// Of tapes that nobody sees.
    pub fn unseen(history: usize) -> Self {
        let terms = PrintTerms {
            interval: 1,
            delay: 0,
            capacity: history,
        };
        Self {
            history,
            trades: terms,
            closings: terms,
        }
    }
}

/// A fill as one of its two accounts sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnFill<'a> {
    pub fill: &'a Fill,
    /// True if the account's order rested.
    pub maker: bool,
    /// True if it turned out to have no proof: it has not happened.
    pub void: bool,
}

impl<'a> OwnFill<'a> {
    /// `None` if the account is not one of the two.
    pub fn of(fill: &'a Fill, account: AccountIndex) -> Option<Self> {
        let maker = fill.maker.key.account == account;
        (maker || fill.taker.key.account == account).then_some(Self {
            fill,
            maker,
            void: false,
        })
    }

    /// The account's order and fee.
    pub fn own(&self) -> &'a FillSide {
        if self.maker {
            &self.fill.maker
        } else {
            &self.fill.taker
        }
    }

    /// Whether the account bought or sold.
    pub fn side(&self) -> Side {
        if self.maker {
            self.fill.taker_side.opposite()
        } else {
            self.fill.taker_side
        }
    }
}

impl Tape {
    pub fn new(terms: TapeTerms) -> Self {
        Self {
            fills: VecDeque::new(),
            void: BTreeSet::new(),
            capacity: u32::try_from(terms.history).unwrap_or(u32::MAX),
            prints: Prints::new(terms.trades),
            closings: Closings::new(terms.closings),
        }
    }

    /// How it is made and kept.
    pub fn terms(&self) -> TapeTerms {
        TapeTerms {
            history: usize::try_from(self.capacity).unwrap_or(usize::MAX),
            trades: self.prints.terms(),
            closings: self.closings.prints.terms(),
        }
    }

    /// What is here, made and kept in this way from now on.
    pub fn made_as(mut self, terms: TapeTerms) -> Self {
        self.capacity = u32::try_from(terms.history).unwrap_or(u32::MAX);
        self.prints = self.prints.made_as(terms.trades);
        self.closings.prints = self.closings.prints.made_as(terms.closings);
        self
    }

    /// Whether something is old enough to become public.
    pub fn is_due(&self, now: Millis) -> bool {
        self.prints.is_due(now) || self.closings.prints.is_due(now)
    }

    /// Makes public what is old enough.
    pub fn advance(&mut self, now: Millis) {
        self.prints.advance(now);
        self.closings.prints.advance(now);
    }

    pub fn push(&mut self, fill: Fill) {
        let level = Level::new(fill.instrument_id, fill.price);
        self.prints.push(fill.time, level, fill.quantity);
        while self.fills.len() >= usize::try_from(self.capacity).unwrap_or(usize::MAX).max(1) {
            let oldest = self.fills.pop_front();
            self.void
                .retain(|void| oldest.as_ref().is_some_and(|fill| *void > fill.id));
        }
        self.fills.push_back(fill);
    }

    /// A fill has turned out to have no proof.
    pub fn void(&mut self, fill: &Fill) {
        self.void.insert(fill.id);
        let level = Level::new(fill.instrument_id, fill.price);
        self.prints.take_back(fill.time, level, fill.quantity);
    }

    /// The fill of a number has turned out to have no proof. Returns it, if it is still here.
    pub fn void_of(&mut self, id: FillId) -> Option<Fill> {
        let at = self.fills.binary_search_by_key(&id, |fill| fill.id);
        let fill = at.ok().and_then(|at| self.fills.get(at)).cloned();
        match &fill {
            Some(fill) => self.void(fill),
            None => {
                self.void.insert(id);
            }
        }
        fill
    }

    /// The newest fills of an account, oldest first.
    pub fn newest_of(&self, account: AccountIndex, limit: usize) -> Vec<OwnFill<'_>> {
        let of_it = self.fills.iter().rev().filter_map(|fill| self.own(fill, account));
        let mut newest: Vec<_> = of_it.take(limit).collect();
        newest.reverse();
        newest
    }

    fn own<'a>(&self, fill: &'a Fill, account: AccountIndex) -> Option<OwnFill<'a>> {
        let void = self.void.contains(&fill.id);
        OwnFill::of(fill, account).map(|own| OwnFill { void, ..own })
    }

    /// Fills of an account with numbers from `from` on.
    pub fn of(&self, account: AccountIndex, from: u64, limit: usize) -> impl Iterator<Item = OwnFill<'_>> {
        let skip = self.fills.partition_point(|fill| fill.id < from);
        self.fills
            .iter()
            .skip(skip)
            .filter_map(move |fill| self.own(fill, account))
            .take(limit)
    }
}
