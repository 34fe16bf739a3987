//! What is shown of the core as a state, and how a channel begins.

use super::{book::ShownBook, book::SHOWN, key::ChannelKey};
use crate::{account::Balances, core::State as CoreState, rpc::wire};
use cloister_engine::AccountIndex;
use cloister_sequencer_rpc::types::{ChannelName, MarginInfo, PositionsInfo, TickerInfo};
use cloister_types::InstrumentId;
use serde::Serialize;
use serde_json::Value;

/// Number of events that a snapshot of their channel has.
const RECENT: usize = 100;

/// What a channel shows, if it shows a state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    Book(ShownBook),
    Ticker(TickerInfo),
    Positions(PositionsInfo),
    Margin(MarginInfo),
}

/// How a channel looks now.
pub(crate) enum Look {
    /// It shows a state, of which differences are sent.
    State(State),
    /// It is of events; this is what a newcomer gets.
    Events(Value),
}

/// Data as it goes over the wire. Our types have no maps whose keys are not text, so it is never `null`.
pub(crate) fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

impl State {
    /// All of it.
    pub fn snapshot(&self) -> Value {
        match self {
            Self::Book(book) => value(&book.snapshot()),
            Self::Ticker(ticker) => value(ticker),
            Self::Positions(positions) => value(positions),
            Self::Margin(margin) => value(margin),
        }
    }

    /// What is new since an earlier one.
    pub fn since(&self, before: &Self) -> Value {
        match (self, before) {
            (Self::Book(book), Self::Book(before)) => value(&book.since(before)),
            _ => self.snapshot(),
        }
    }
}

/// Looks at a channel. `None` if its instrument or account is not there, or a sum is out of range.
pub(crate) fn look(core: &CoreState, key: ChannelKey) -> Option<Look> {
    match key {
        ChannelKey::Market(name, instrument) => look_at_instrument(core, name, instrument),
        ChannelKey::Account(account, name) => look_at_account(core, account, name),
        ChannelKey::Batches => {
            let newest = core.records.last_key_value().map(|(_, record)| wire::batch(record));
            Some(Look::Events(value(&Vec::from_iter(newest))))
        }
    }
}

fn look_at_instrument(core: &CoreState, name: ChannelName, instrument: InstrumentId) -> Option<Look> {
    let table = core.engine.table();
    let (number, row) = table.row_of(instrument)?;
    match name {
        ChannelName::Book => {
            let depth = core.engine.depth(instrument, SHOWN);
            Some(Look::State(State::Book(ShownBook::new(&depth))))
        }
        ChannelName::Ticker => {
            let info = wire::instrument(&core.engine, number, row)?;
            Some(Look::State(State::Ticker(TickerInfo {
                status: info.status,
                risk_version: table.header.version,
                risk_time: table.header.time,
                mark: info.mark,
                // These three are not the core's.
                index: None,
                index_time: None,
                open_interest: None,
                funding: info.funding,
                best_bid: info.best_bid,
                best_ask: info.best_ask,
            })))
        }
        ChannelName::Trades => {
            let prints = core.tape.prints.newest_of(instrument, RECENT);
            let trades: Vec<_> = prints.iter().map(wire::trade).collect();
            Some(Look::Events(value(&trades)))
        }
        ChannelName::Liquidations => {
            let prints = core.tape.closings.prints.newest_of(instrument, RECENT);
            let closed: Vec<_> = prints.iter().map(wire::liquidation).collect();
            Some(Look::Events(value(&closed)))
        }
        _ => None,
    }
}

fn look_at_account(core: &CoreState, account: AccountIndex, name: ChannelName) -> Option<Look> {
    let view = core.engine.account(account)?;
    match name {
        ChannelName::Orders => Some(Look::Events(value(&wire::open_orders(view)))),
        ChannelName::Fills => {
            let fills = core.tape.newest_of(account, RECENT);
            let fills: Vec<_> = fills.into_iter().map(wire::own_fill).collect();
            Some(Look::Events(value(&fills)))
        }
        ChannelName::Positions => {
            let (head, settled) = (core.batcher.head(), core.batcher.settled());
            Some(Look::State(State::Positions(PositionsInfo {
                nonce: head.account(account).map_or(0, |state| state.account.nonce),
                settled_nonce: settled.account(account).map(|state| state.account.nonce),
                positions: wire::positions_of(core, view),
            })))
        }
        ChannelName::Margin => {
            let balances = Balances::of(&core.engine, view)?;
            Some(Look::State(State::Margin(MarginInfo {
                risk_version: core.engine.table().header.version,
                cash: view.holdings.cash,
                equity: balances.equity,
                initial_margin: balances.initial_margin,
                maintenance_margin: balances.maintenance_margin,
                available: balances.available,
            })))
        }
        _ => None,
    }
}
