//! Building risk tables.

use crate::{
    bounds,
    drafts::Rules,
    pricing,
    types::{DeadInstruments, Group, RiskTables, StallReason, TableInfo, Turn},
    Config, Cursor, DeadFeeds, Event, GroupIds, Groups, JumpLimits, Pallet, SettleAfter, TableGrace, TableInfos,
    Tables, WeightInfo,
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

/// A table, and what changes with it.
struct Made<T: Config> {
    state: Group<T::FeedId>,
    table: RiskTable,
    /// Its stale rows.
    stale: DeadInstruments,
    /// What is said of rows that have become stale, live again or have expired.
    events: Vec<Event<T>>,
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
        let made = match Self::make_table(group, state, now) {
            Ok(made) => made,
            Err(reason) => return Turn::Stalled(reason),
        };
        let Made {
            state: next,
            table,
            stale,
            events,
        } = made;
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
        if stale != DeadFeeds::<T>::get(group) {
            DeadFeeds::<T>::insert(group, &stale);
        }
        for event in events {
            Self::deposit_event(event);
        }
        Self::deposit_event(Event::TableBuilt {
            group,
            version,
            time: now,
            risk_hash: info.risk_hash,
        });
        Turn::Built
    }

    fn make_table(group: u32, state: &Group<T::FeedId>, now: u64) -> Result<Made<T>, StallReason> {
        let params = &state.params;
        let newest = match state.version {
            0 => None,
            version => Some(Tables::<T>::get(group, version).ok_or(StallReason::InvalidTable)?),
        };
        let noted = DeadFeeds::<T>::get(group);
        let rules = Rules {
            now,
            max_age: params.max_price_age,
            step: now.saturating_sub(state.built_at).min(bounds::MAX_DEAD_STEP),
            settle_after: SettleAfter::<T>::get(),
            jump_limit: JumpLimits::<T>::get(group),
            is_first: newest.is_none(),
        };
        let mut drafts = Vec::with_capacity(state.instruments.len());
        for (place, instrument) in state.instruments.iter().enumerate() {
            let old = newest.as_ref().and_then(|table| table.rows.get(place));
            let old = old.filter(|row| row.status != Status::Empty);
            let noted = noted.iter().find(|dead| dead.id == instrument.id);
            drafts.push(Self::draft(instrument, old, noted, &rules)?);
        }
        Self::hold_within_bound(&mut drafts, &rules)?;

        let mut next = state.clone();
        next.version = state.version.checked_add(1).ok_or(StallReason::InvalidTable)?;
        next.built_at = now;
        next.stalled = false;
        let header = Header {
            group: GroupId(group),
            version: next.version,
            time: now,
            initial: params.initial,
            maintenance: params.maintenance,
            penalty: params.penalty,
            max_discount: params.max_discount,
            fee_cap: params.fee_cap,
        };
        let mut table = RiskTable {
            header,
            ..RiskTable::default()
        };
        let mut stale = DeadInstruments::new();
        let mut events = Vec::new();
        let places = next.instruments.iter_mut().zip(&mut table.rows);
        for (draft, (instrument, row)) in drafts.into_iter().zip(places) {
            draft.tell(group, &mut events);
            if let Some(dead) = draft.dead {
                stale.try_push(dead).map_err(|_| StallReason::InvalidTable)?;
            }
            *instrument = draft.instrument;
            *row = draft.row;
        }
        table.validate().map_err(|_| StallReason::InvalidTable)?;
        Ok(Made {
            state: next,
            table,
            stale,
            events,
        })
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
