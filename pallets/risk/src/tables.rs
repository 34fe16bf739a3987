//! Building risk tables.

use crate::{
    bounds, pricing,
    types::{
        DeadInstrument, DeadInstruments, Group, Instrument, Price, PriceSource, RiskTables, StallReason, TableInfo,
        Turn,
    },
    Config, Cursor, DeadFeeds, Event, GroupIds, Groups, Pallet, SettleAfter, TableGrace, TableInfos, Tables,
    WeightInfo,
};
use alloc::vec::Vec;
use cloister_crypto::field::{from_bytes, to_bytes};
use cloister_ledger::FinalValues;
use cloister_risk::{Header, RiskTable, Row, Status};
use cloister_types::GroupId;
use polkadot_sdk::frame_support::{
    traits::{Get, Time},
    weights::Weight,
};

/// What becomes of dead feeds from one table to the next.
struct Deaths {
    /// Those of the newest table.
    before: DeadInstruments,
    /// Those of the table that is made.
    now: DeadInstruments,
    /// Instruments that expire with it, with their last marks, 10^-6 per lot.
    expired: Vec<(u32, i64)>,
}

impl Deaths {
    fn of(before: DeadInstruments) -> Self {
        Self {
            before,
            now: DeadInstruments::new(),
            expired: Vec::new(),
        }
    }

    /// For how long an instrument's feed had been dead at the newest table, milliseconds.
    fn dead_for(&self, id: u32) -> u64 {
        let found = self.before.iter().find(|dead| dead.id == id);
        found.map_or(0, |dead| dead.dead_for)
    }
}

impl<T: Config> Pallet<T> {
    /// Gives the next groups their turns, [`Config::TurnsPerBlock`] of them, none twice. The clock and the prices are
    /// those of the block before: `on_initialize` runs ahead of the timestamp. Returns what it costs.
    pub(crate) fn take_turns() -> Weight {
        let ids = GroupIds::<T>::get();
        let Some(count) = u32::try_from(ids.len()).ok().filter(|n| *n > 0) else {
            return T::WeightInfo::idle_turn();
        };
        let first = Cursor::<T>::get() % count;
        let turns = T::TurnsPerBlock::get().min(count);
        Cursor::<T>::put(first.saturating_add(turns) % count);
        (0..turns).fold(Weight::zero(), |weight, turn| {
            let at = first.saturating_add(turn) % count;
            let used = ids.get(at as usize).map(|group| Self::take_turn(*group));
            weight.saturating_add(used.unwrap_or_else(T::WeightInfo::idle_turn))
        })
    }

    /// Gives a group its turn. Returns what it costs.
    fn take_turn(group: u32) -> Weight {
        let Some(mut state) = Groups::<T>::get(group) else {
            return T::WeightInfo::idle_turn();
        };
        let instruments = u32::try_from(state.instruments.len()).unwrap_or(u32::MAX);
        let used = T::WeightInfo::refresh_table(instruments);
        match Self::try_build(group, &mut state) {
            Turn::NotDue => return T::WeightInfo::idle_turn(),
            Turn::Built => {}
            Turn::Stalled(_) if state.stalled => return used,
            Turn::Stalled(reason) => {
                // Said once; the next table clears it.
                state.stalled = true;
                Self::deposit_event(Event::TableStalled { group, reason });
            }
        }
        Groups::<T>::insert(group, state);
        used
    }

    /// Builds a table if it is due and can be built. On [`Turn::Built`] the caller stores `state`; otherwise
    /// nothing has changed, neither in `state` nor in storage.
    pub(crate) fn try_build(group: u32, state: &mut Group<T::FeedId>) -> Turn {
        let now = T::Time::now();
        if now == 0 || (state.version > 0 && now < state.built_at.saturating_add(state.params.table_interval)) {
            return Turn::NotDue;
        }
        let mut next = state.clone();
        let mut deaths = Deaths::of(DeadFeeds::<T>::get(group));
        let table = match Self::make_table(group, &mut next, &mut deaths, now) {
            Ok(table) => table,
            Err(reason) => return Turn::Stalled(reason),
        };
        let version = next.version;
        let info = TableInfo {
            risk_hash: to_bytes(&table.hash()),
            time: now,
            good_until: None,
        };
        let good_until = now.saturating_add(TableGrace::<T>::get());
        TableInfos::<T>::mutate(group, state.version, |replaced| {
            if let Some(replaced) = replaced {
                replaced.good_until = Some(good_until);
            }
        });
        Tables::<T>::insert(group, version, table);
        TableInfos::<T>::insert(group, version, info);
        if let Some(old) = version.checked_sub(u64::from(T::TablesKept::get())) {
            Tables::<T>::remove(group, old);
            TableInfos::<T>::remove(group, old);
        }
        *state = next;
        if deaths.now != deaths.before {
            DeadFeeds::<T>::insert(group, &deaths.now);
        }
        Self::deposit_deaths(group, deaths);
        Self::deposit_event(Event::TableBuilt {
            group,
            version,
            time: now,
            risk_hash: info.risk_hash,
        });
        Turn::Built
    }

    fn make_table(
        group: u32,
        state: &mut Group<T::FeedId>,
        deaths: &mut Deaths,
        now: u64,
    ) -> Result<RiskTable, StallReason> {
        let params = state.params.clone();
        let mut table = RiskTable::default();
        let mut exposures = [0u128; cloister_crypto::constants::INSTRUMENTS];
        // The newest table, once a row needs it.
        let mut last: Option<RiskTable> = None;
        let step = now.saturating_sub(state.built_at).min(bounds::MAX_DEAD_STEP);
        for (place, ((instrument, row), exposure)) in state
            .instruments
            .iter_mut()
            .zip(&mut table.rows)
            .zip(&mut exposures)
            .enumerate()
        {
            let living = match instrument.status {
                Status::Expired => None,
                _ => Some(Self::living_row(instrument, params.max_price_age, now)),
            };
            *row = match living {
                Some(Ok((instrument_now, row))) => {
                    *instrument = instrument_now;
                    row
                }
                Some(Err(reason)) if state.version == 0 => return Err(reason),
                _ => {
                    if last.is_none() {
                        last = Tables::<T>::get(group, state.version);
                    }
                    let old = last.as_ref().and_then(|table| table.rows.get(place));
                    match old.filter(|row| row.status != Status::Empty) {
                        Some(old) => Self::dead_row(instrument, old, deaths, step, now)?,
                        // It never had a price, so nobody has lots of it.
                        None => Row::default(),
                    }
                }
            };
            *exposure = pricing::exposure(row, instrument.limit_high);
        }
        if !pricing::within_bound(exposures.into_iter()) {
            return Err(StallReason::RiskBoundExceeded);
        }
        state.version = state.version.checked_add(1).ok_or(StallReason::InvalidTable)?;
        state.built_at = now;
        state.stalled = false;
        table.header = Header {
            group: GroupId(group),
            version: state.version,
            time: now,
            initial: params.initial,
            maintenance: params.maintenance,
            penalty: params.penalty,
            max_discount: params.max_discount,
            fee_cap: params.fee_cap,
        };
        table.validate().map_err(|_| StallReason::InvalidTable)?;
        Ok(table)
    }

    /// The row of an instrument whose feed lives, and the instrument with its funding.
    fn living_row(
        instrument: &Instrument<T::FeedId>,
        max_age: u64,
        now: u64,
    ) -> Result<(Instrument<T::FeedId>, Row), StallReason> {
        let index = Self::fresh_price(instrument, max_age, now)?;
        let out_of_range = |_| StallReason::PriceOutOfRange(instrument.id);
        let mark = pricing::mark(index.value, instrument.params.lot_size).map_err(out_of_range)?;
        let mut next = instrument.clone();
        Self::accrue(&mut next, &index, mark, max_age, now).map_err(out_of_range)?;
        let row = pricing::row(&next, mark).map_err(out_of_range)?;
        Ok((next, row))
    }

    /// The row of an instrument that has expired, or whose feed is dead and that had a row in the newest table. It
    /// expires if the feed was dead for too long. A dead feed charges no funding, now or later.
    fn dead_row(
        instrument: &mut Instrument<T::FeedId>,
        old: &Row,
        deaths: &mut Deaths,
        step: u64,
        now: u64,
    ) -> Result<Row, StallReason> {
        if instrument.status == Status::Expired {
            return Ok(pricing::expired_row(old));
        }
        instrument.funded_at = now;
        let dead_for = deaths.dead_for(instrument.id).saturating_add(step);
        if dead_for >= SettleAfter::<T>::get() {
            instrument.status = Status::Expired;
            deaths.expired.push((instrument.id, old.mark.get()));
            return Ok(pricing::expired_row(old));
        }
        let dead = DeadInstrument {
            id: instrument.id,
            dead_for,
        };
        deaths.now.try_push(dead).map_err(|_| StallReason::InvalidTable)?;
        // Parameters that were set since may not fit the last mark: then it stays with what it had.
        let row = pricing::stale_row(instrument, old.mark.get(), dead_for);
        Ok(row.unwrap_or_else(|_| Row {
            status: instrument.status,
            stale: true,
            ..old.clone()
        }))
    }

    /// Says which feeds have died and come back since the table before, and which instruments have expired.
    fn deposit_deaths(group: u32, deaths: Deaths) {
        let Deaths { before, now, expired } = deaths;
        let is_in = |all: &DeadInstruments, id: u32| all.iter().any(|dead| dead.id == id);
        for dead in now.iter().filter(|dead| !is_in(&before, dead.id)) {
            Self::deposit_event(Event::InstrumentDied {
                group,
                instrument_id: dead.id,
            });
        }
        let has_expired = |id: u32| expired.iter().any(|(other, _)| *other == id);
        for dead in before
            .iter()
            .filter(|dead| !is_in(&now, dead.id) && !has_expired(dead.id))
        {
            Self::deposit_event(Event::InstrumentRevived {
                group,
                instrument_id: dead.id,
            });
        }
        for (instrument_id, mark) in &expired {
            Self::deposit_event(Event::InstrumentExpired {
                group,
                instrument_id: *instrument_id,
                mark: *mark,
            });
        }
    }

    fn fresh_price(instrument: &Instrument<T::FeedId>, max_age: u64, now: u64) -> Result<Price, StallReason> {
        let price = T::Prices::price(&instrument.feed).ok_or(StallReason::FeedMissing(instrument.id))?;
        if now.saturating_sub(price.timestamp) > max_age {
            return Err(StallReason::FeedStale(instrument.id));
        }
        Ok(price)
    }

    /// Brings an instrument's funding up to `now`. A premium feed that is missing or stale charges nothing.
    fn accrue(
        instrument: &mut Instrument<T::FeedId>,
        index: &Price,
        mark: i64,
        max_age: u64,
        now: u64,
    ) -> Result<(), pricing::OutOfRange> {
        let perpetual = instrument
            .premium_feed
            .as_ref()
            .and_then(T::Prices::price)
            .filter(|price| now.saturating_sub(price.timestamp) <= max_age);
        if let Some(perpetual) = perpetual {
            let rate = pricing::funding_rate(index.value, perpetual.value, &instrument.params)?;
            let step = pricing::funding_step(mark, rate, instrument.funded_at, now)?;
            instrument.funding = instrument.funding.checked_add(step).ok_or(pricing::OutOfRange)?;
        }
        instrument.funded_at = now;
        Ok(())
    }

    /// C-BOUND of the newest table with the group's present `limit_high`s.
    pub(crate) fn latest_within_bound(group: u32, state: &Group<T::FeedId>) -> bool {
        match Tables::<T>::get(group, state.version) {
            Some(table) => pricing::within_bound(
                table
                    .rows
                    .iter()
                    .zip(&state.instruments)
                    .map(|(row, i)| pricing::exposure(row, i.limit_high)),
            ),
            // No table, no positions.
            None => true,
        }
    }
}

impl<T: Config> RiskTables for Pallet<T> {
    fn exists(group: u32) -> bool {
        Groups::<T>::contains_key(group)
    }

    fn latest_version(group: u32) -> Option<u64> {
        Groups::<T>::get(group).map(|g| g.version).filter(|v| *v > 0)
    }

    fn table_info(group: u32, version: u64) -> Option<TableInfo> {
        TableInfos::<T>::get(group, version)
    }

    fn table(group: u32, version: u64) -> Option<RiskTable> {
        Tables::<T>::get(group, version)
    }

    fn places_needed(group: u32) -> u16 {
        Groups::<T>::get(group).map_or(0, |g| Self::places_of(g.instruments.len()))
    }
    fn final_values(group: u32, until: u64) -> Option<FinalValues> {
        let newest = Self::latest_version(group)?;
        let mut tables = Vec::new();
        let mut risk_hash = None;
        // Newest first. Tables are kept without holes, so the first that is missing is older than all that are kept.
        for version in (1..=newest).rev().take(bounds::FINAL_MOST as usize) {
            let Some(info) = TableInfos::<T>::get(group, version) else {
                break;
            };
            if info.time > until {
                continue;
            }
            if info.time.saturating_add(bounds::FINAL_WINDOW) <= until {
                break;
            }
            let table = Tables::<T>::get(group, version)?;
            // A table in which nothing but dead feeds is left says nothing of prices.
            if table.rows.iter().any(|row| row.stale) && !table.rows.iter().any(Row::is_priced) {
                continue;
            }
            tables.push(table);
            risk_hash = risk_hash.or(Some(info.risk_hash));
        }
        if tables.len() < bounds::FINAL_LEAST {
            return None;
        }
        tables.reverse();
        FinalValues::median(&tables, from_bytes(&risk_hash?).ok()?)
    }
}
