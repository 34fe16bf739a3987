//! Rows in the making: of a price, or kept because there is none that a table may have (C-DEAD, C-JUMP, C-BOUND).

use crate::{
    bounds, pricing,
    types::{DeadInstrument, Instrument, Price, PriceSource, StallReason},
    Config, Event, Pallet,
};
use alloc::vec::Vec;
use cloister_risk::{Row, Status};

/// What rows of a table are made by.
pub(crate) struct Rules {
    /// Time of the table, milliseconds.
    pub now: u64,
    /// Age above which a price is stale, milliseconds.
    pub max_age: u64,
    /// What the table adds to the time for which feeds have been dead, milliseconds.
    pub step: u64,
    /// Time for which a feed may be dead until its instrument expires, milliseconds.
    pub settle_after: u64,
    /// How far a mark may move from one table to the next, 10^-6 of the mark.
    pub jump_limit: u32,
    /// Whether the group has no table yet.
    pub is_first: bool,
}

impl Rules {
    /// Whether a price that was first held at this moment is held still.
    fn holds(&self, since: u64) -> bool {
        self.now.saturating_sub(since) < bounds::HOLD
    }
}

/// A row of the table that is made, and its instrument as it is from then on.
pub(crate) struct Draft<'a, FeedId> {
    /// The instrument so far.
    was: &'a Instrument<FeedId>,
    /// Its row in the newest table.
    old: Option<&'a Row>,
    /// What is noted of it, if that row is stale.
    noted: Option<&'a DeadInstrument>,
    /// The instrument from this table on.
    pub instrument: Instrument<FeedId>,
    /// Its row.
    pub row: Row,
    /// What is to be noted of it, if its row is stale.
    pub dead: Option<DeadInstrument>,
    /// Why it has no price.
    reason: Option<StallReason>,
    /// The mark of its price, if that is held.
    jumped_to: i64,
}

impl<'a, FeedId: Clone> Draft<'a, FeedId> {
    /// An empty row: the instrument has never had a price, so nobody has lots of it.
    fn empty(was: &'a Instrument<FeedId>, old: Option<&'a Row>, noted: Option<&'a DeadInstrument>) -> Self {
        Self {
            was,
            old,
            noted,
            instrument: was.clone(),
            row: Row::default(),
            dead: None,
            reason: None,
            jumped_to: 0,
        }
    }

    /// Keeps the row of the newest table. No funding is charged for this time, now or later.
    fn keep(&mut self, old: &Row, dead: DeadInstrument, now: u64) {
        self.instrument = self.was.clone();
        self.instrument.funded_at = now;
        // Parameters that were set since may not fit the last mark: then it stays with what it had.
        let row = pricing::stale_row(&self.instrument, old.mark.get(), dead.dead_for);
        self.row = row.unwrap_or_else(|_| self.unchanged(old));
        self.dead = Some(dead);
    }

    /// The row of the newest table with nothing changed but its status.
    fn unchanged(&self, old: &Row) -> Row {
        Row {
            status: self.instrument.status,
            stale: true,
            ..old.clone()
        }
    }

    /// Keeps the row because its feed is dead, or has it expire if that was so for too long.
    fn die(&mut self, old: &Row, reason: StallReason, rules: &Rules) {
        let dead_for = self.noted.map_or(0, |noted| noted.dead_for).saturating_add(rules.step);
        self.reason = Some(reason);
        if dead_for >= rules.settle_after {
            self.instrument = Instrument {
                status: Status::Expired,
                funded_at: rules.now,
                ..self.was.clone()
            };
            self.row = pricing::expired_row(old);
            return;
        }
        let held_since = self.noted.and_then(|noted| noted.held_since);
        let dead = DeadInstrument {
            id: self.was.id,
            dead_for,
            held_since: held_since.filter(|since| rules.holds(*since)),
        };
        self.keep(old, dead, rules.now);
    }

    /// Holds the price back that would have made this mark.
    fn hold(&mut self, old: &Row, since: u64, mark: i64, rules: &Rules) {
        self.jumped_to = mark;
        let dead = DeadInstrument {
            id: self.was.id,
            dead_for: self.noted.map_or(0, |noted| noted.dead_for),
            held_since: Some(since),
        };
        self.keep(old, dead, rules.now);
    }

    /// Its part in C-BOUND.
    fn exposure(&self) -> u128 {
        pricing::exposure(&self.row, self.was.limit_high)
    }

    /// By how much this part has grown since the newest table.
    fn growth(&self) -> u128 {
        let before = self.old.map_or(0, |old| pricing::exposure(old, self.was.limit_high));
        self.exposure().saturating_sub(before)
    }

    /// Takes back what its part in C-BOUND has grown by.
    fn shrink(&mut self, rules: &Rules) {
        let Some(old) = self.old else {
            *self = Self::empty(self.was, None, self.noted);
            return;
        };
        if self.dead.is_none() {
            self.die(old, StallReason::RiskBoundExceeded, rules);
        }
        if self.growth() > 0 {
            self.row = self.unchanged(old);
        }
    }

    /// What is to be said of it.
    pub(crate) fn tell<T: Config<FeedId = FeedId>>(&self, group: u32, events: &mut Vec<Event<T>>) {
        let instrument_id = self.was.id;
        let mark = self.row.mark.get();
        if self.instrument.status == Status::Expired {
            if self.was.status != Status::Expired {
                events.push(Event::InstrumentExpired {
                    group,
                    instrument_id,
                    mark,
                });
            }
            return;
        }
        let is_held = |noted: Option<&DeadInstrument>| noted.is_some_and(|noted| noted.held_since.is_some());
        let is_dead = |noted: Option<&DeadInstrument>| noted.is_some_and(|noted| noted.held_since.is_none());
        let (before, now) = (self.noted, self.dead.as_ref());
        if is_dead(before) && !is_dead(now) {
            events.push(Event::InstrumentRevived { group, instrument_id });
        }
        if is_held(before) && !is_held(now) {
            events.push(Event::BreakerReleased {
                group,
                instrument_id,
                mark,
            });
        }
        if is_held(now) && !is_held(before) {
            events.push(Event::BreakerTripped {
                group,
                instrument_id,
                mark,
                jumped_to: self.jumped_to,
            });
        }
        if let Some(reason) = self.reason.filter(|_| is_dead(now) && !is_dead(before)) {
            events.push(Event::InstrumentDied {
                group,
                instrument_id,
                reason,
            });
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Drafts the row of an instrument, given its row in the newest table and what is noted of that.
    ///
    /// # Errors
    /// Why it has no price, if the group has no table yet.
    pub(crate) fn draft<'a>(
        instrument: &'a Instrument<T::FeedId>,
        old: Option<&'a Row>,
        noted: Option<&'a DeadInstrument>,
        rules: &Rules,
    ) -> Result<Draft<'a, T::FeedId>, StallReason> {
        let mut draft = Draft::empty(instrument, old, noted);
        if instrument.status == Status::Expired {
            draft.row = pricing::expired_row(old.ok_or(StallReason::InvalidTable)?);
            return Ok(draft);
        }
        match (Self::living_row(instrument, rules), old) {
            (Ok((next, row)), old) => {
                let jumped = old.filter(|old| pricing::jumps(old.mark.get(), row.mark.get(), rules.jump_limit));
                let since = noted.and_then(|noted| noted.held_since).unwrap_or(rules.now);
                match jumped.filter(|_| rules.holds(since)) {
                    Some(old) => draft.hold(old, since, row.mark.get(), rules),
                    None => {
                        draft.instrument = next;
                        draft.row = row;
                    }
                }
            }
            (Err(reason), None) if rules.is_first => return Err(reason),
            (Err(_), None) => {}
            (Err(reason), Some(old)) => draft.die(old, reason, rules),
        }
        Ok(draft)
    }

    /// C-BOUND: as long as the drafts are beyond it, the row whose part has grown the most is kept as it was. The
    /// newest table is within it, so in the end they are.
    ///
    /// # Errors
    /// [`StallReason::RiskBoundExceeded`] if the group has no table yet.
    pub(crate) fn hold_within_bound(drafts: &mut [Draft<T::FeedId>], rules: &Rules) -> Result<(), StallReason> {
        while !pricing::within_bound(drafts.iter().map(Draft::exposure)) {
            let grown = drafts.iter_mut().filter(|draft| !rules.is_first && draft.growth() > 0);
            let most = grown.max_by_key(|draft| draft.growth());
            most.ok_or(StallReason::RiskBoundExceeded)?.shrink(rules);
        }
        Ok(())
    }

    /// The row of an instrument whose feed lives, and the instrument with its funding.
    fn living_row(
        instrument: &Instrument<T::FeedId>,
        rules: &Rules,
    ) -> Result<(Instrument<T::FeedId>, Row), StallReason> {
        let index = Self::fresh_price(instrument, rules)?;
        let out_of_range = |_| StallReason::PriceOutOfRange(instrument.id);
        let mark = pricing::mark(index.value, instrument.params.lot_size).map_err(out_of_range)?;
        let mut next = instrument.clone();
        Self::accrue(&mut next, &index, mark, rules).map_err(out_of_range)?;
        let row = pricing::row(&next, mark).map_err(out_of_range)?;
        Ok((next, row))
    }

    fn fresh_price(instrument: &Instrument<T::FeedId>, rules: &Rules) -> Result<Price, StallReason> {
        let price = T::Prices::price(&instrument.feed).ok_or(StallReason::FeedMissing(instrument.id))?;
        if rules.now.saturating_sub(price.timestamp) > rules.max_age {
            return Err(StallReason::FeedStale(instrument.id));
        }
        Ok(price)
    }

    /// Brings an instrument's funding up to `now`. A premium feed that is missing or stale charges nothing.
    fn accrue(
        instrument: &mut Instrument<T::FeedId>,
        index: &Price,
        mark: i64,
        rules: &Rules,
    ) -> Result<(), pricing::OutOfRange> {
        let perpetual = instrument
            .premium_feed
            .as_ref()
            .and_then(T::Prices::price)
            .filter(|price| rules.now.saturating_sub(price.timestamp) <= rules.max_age);
        if let Some(perpetual) = perpetual {
            let rate = pricing::funding_rate(index.value, perpetual.value, &instrument.params)?;
            let step = pricing::funding_step(mark, rate, instrument.funded_at, rules.now)?;
            instrument.funding = instrument.funding.checked_add(step).ok_or(pricing::OutOfRange)?;
        }
        instrument.funded_at = rules.now;
        Ok(())
    }
}
