//! Numbers messages, keeps the newest, and hands them to subscribers.

use super::{
    inbox::News,
    interest::OpenInterest,
    key::ChannelKey,
    ring::{Queue, Ring},
    state::{value, Look, State},
};
use crate::{
    chain::IndexPrice, closings::ClosingKind, config::StreamConfig, core::millis, prints::Print, rpc::wire,
    tape::OwnFill,
};
use cloister_engine::{AccountIndex, Effect, Fill, FillSide, Millis};
use cloister_sequencer_rpc::types::{
    ChannelName, EndReason, OrderUpdate, Resume, StreamBody, StreamEnd, StreamGap, StreamMessage, TickerInfo,
};
use cloister_types::InstrumentId;
use jsonrpsee::SubscriptionMessage;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

struct Channel {
    /// Numbers are counted anew with each channel that is made.
    epoch: u64,
    ring: Ring,
    /// What was shown last, if it shows a state.
    state: Option<State>,
    /// Since when nobody follows it.
    idle_since: Option<Millis>,
}

/// What may have changed since channels of states were last looked at.
#[derive(Default)]
struct Due {
    books: bool,
    tickers: bool,
    settled: bool,
    all: bool,
    touched: BTreeSet<AccountIndex>,
}

/// A new subscriber: what it gets first, and its queue.
pub(crate) struct Joined {
    pub key: ChannelKey,
    pub epoch: u64,
    /// Number of the newest message that was handed on, or is in `first`.
    pub sequence: u64,
    pub first: Vec<SubscriptionMessage>,
    pub queue: Queue,
}

/// The channels.
pub(crate) struct Bus {
    config: StreamConfig,
    channels: BTreeMap<ChannelKey, Channel>,
    due: Due,
    last_epoch: u64,
    /// The first print of the tape of trades that was not shown yet.
    next_print: u64,
    /// The same of the tape of liquidations.
    next_closing: u64,
    /// The index prices that were seen last.
    indices: BTreeMap<InstrumentId, IndexPrice>,
    pub(super) interest: OpenInterest,
}

/// A message as it goes over the wire.
pub(crate) fn message(
    key: ChannelKey,
    epoch: u64,
    sequence: u64,
    time: Millis,
    body: StreamBody,
) -> SubscriptionMessage {
    let message = StreamMessage {
        channel: key.name(),
        instrument_id: key.instrument(),
        index: key.account(),
        epoch,
        sequence,
        time,
        body,
    };
    // Our types have no maps whose keys are not text, so it never fails.
    SubscriptionMessage::from_json(&message).unwrap_or_else(|_| SubscriptionMessage::from("unreadable"))
}

/// The last message of a subscription.
pub(crate) fn end(joined: &Joined, time: Millis, reason: EndReason) -> SubscriptionMessage {
    let body = StreamBody::End(StreamEnd { reason });
    message(joined.key, joined.epoch, joined.sequence, time, body)
}

/// A fill as its two accounts see it.
fn sides(fill: &Fill, void: bool) -> [OwnFill<'_>; 2] {
    [true, false].map(|maker| OwnFill { fill, maker, void })
}

impl Channel {
    fn push(&mut self, key: ChannelKey, time: Millis, data: Value) {
        let epoch = self.epoch;
        self.ring
            .push(|sequence| message(key, epoch, sequence, time, StreamBody::Update(data)));
    }
}

impl Bus {
    pub fn new(config: StreamConfig) -> Self {
        Self {
            interest: OpenInterest::new(&config),
            config,
            channels: BTreeMap::new(),
            due: Due::default(),
            last_epoch: 0,
            next_print: 0,
            next_closing: 0,
            indices: BTreeMap::new(),
        }
    }

    /// Makes messages of what happened.
    pub fn absorb(&mut self, now: Millis, news: News) {
        let News {
            effects,
            void,
            lost,
            books,
            touched,
            all_touched,
            rekeyed,
            batches,
        } = news;
        for effect in &effects {
            self.absorb_effect(now, effect);
        }
        for fill in &void {
            for own in sides(fill, true) {
                self.own_fill(now, own);
            }
        }
        if lost {
            self.lose(EndReason::Lost, |key| {
                matches!(key, ChannelKey::Account(_, ChannelName::Orders | ChannelName::Fills))
            });
        }
        if !rekeyed.is_empty() {
            self.lose(EndReason::KeysChanged, |key| {
                key.account().is_some_and(|account| rekeyed.contains(&account))
            });
        }
        for batch in &batches {
            self.event(ChannelKey::Batches, now, || value(&wire::batch(batch)));
        }
        self.due.books |= books || all_touched;
        self.due.settled |= !batches.is_empty();
        self.due.all |= all_touched;
        self.due.touched.extend(touched);
    }

    fn absorb_effect(&mut self, now: Millis, effect: &Effect) {
        let order = |account| ChannelKey::Account(account, ChannelName::Orders);
        match effect {
            Effect::Filled(fill) | Effect::Liquidated(fill) => self.absorb_fill(now, fill),
            Effect::Rested { key, remaining } => {
                let (id, remaining) = (key.id, *remaining);
                self.event(order(key.account), now, || {
                    value(&OrderUpdate::Resting { id, remaining })
                });
            }
            Effect::Waits { key } => {
                self.event(order(key.account), now, || value(&OrderUpdate::Waiting { id: key.id }));
            }
            Effect::Fired { key } => {
                self.event(order(key.account), now, || value(&OrderUpdate::Fired { id: key.id }));
            }
            Effect::ProtectionHit { account, instrument_id } => {
                let instrument_id = *instrument_id;
                self.event(order(*account), now, || {
                    value(&OrderUpdate::ProtectionHit { instrument_id })
                });
            }
            Effect::Removed { key, remaining, reason } => {
                let update = OrderUpdate::Removed {
                    id: key.id,
                    remaining: *remaining,
                    reason: wire::drop_reason(*reason),
                };
                self.event(order(key.account), now, || value(&update));
            }
            Effect::Bound(_) | Effect::Unbound(_) => {}
        }
    }

    fn absorb_fill(&mut self, now: Millis, fill: &Fill) {
        for own in sides(fill, false) {
            let FillSide { key, .. } = own.own();
            let update = OrderUpdate::Filled {
                id: key.id,
                fill: fill.id,
                quantity: fill.quantity,
            };
            self.event(ChannelKey::Account(key.account, ChannelName::Orders), now, || {
                value(&update)
            });
            self.own_fill(now, own);
        }
    }

    /// Tells one side of a fill.
    fn own_fill(&mut self, now: Millis, own: OwnFill<'_>) {
        let fills = ChannelKey::Account(own.own().key.account, ChannelName::Fills);
        self.event(fills, now, || value(&wire::own_fill(own)));
    }

    /// Pushes an event, if there is such a channel.
    fn event(&mut self, key: ChannelKey, now: Millis, data: impl FnOnce() -> Value) {
        if let Some(channel) = self.channels.get_mut(&key) {
            channel.push(key, now, data());
        }
    }

    /// Sends the subscribers of some channels away, whose messages cannot be gone on from.
    fn lose(&mut self, reason: EndReason, which: impl Fn(&ChannelKey) -> bool) {
        for (_, channel) in self.channels.iter_mut().filter(|(key, _)| which(key)) {
            channel.ring.lose(reason);
            channel.state = None;
        }
    }

    /// Sends all subscribers away.
    pub fn send_away(&mut self, reason: EndReason) {
        for channel in self.channels.values_mut() {
            channel.ring.end(reason);
        }
    }

    /// The first prints that were not shown yet: of trades, and of liquidations.
    pub fn next_prints(&self) -> (u64, u64) {
        (self.next_print, self.next_closing)
    }

    /// Shows prints of the public tape of trades.
    pub fn show_prints(&mut self, now: Millis, prints: &[Print]) {
        let next = self.next_print;
        for print in prints.iter().filter(|print| print.id >= next) {
            let key = ChannelKey::Market(ChannelName::Trades, print.level.instrument_id);
            self.event(key, now, || value(&wire::trade(print)));
        }
        self.next_print = prints.last().map_or(next, |last| last.id.saturating_add(1));
    }

    /// Shows prints of the public tape of liquidations.
    pub fn show_closings(&mut self, now: Millis, prints: &[Print<ClosingKind>]) {
        let next = self.next_closing;
        for print in prints.iter().filter(|print| print.id >= next) {
            let key = ChannelKey::Market(ChannelName::Liquidations, print.level.instrument_id);
            self.event(key, now, || value(&wire::liquidation(print)));
        }
        self.next_closing = prints.last().map_or(next, |last| last.id.saturating_add(1));
    }

    /// What tickers say of the index.
    pub fn see_indices(&mut self, prices: Vec<IndexPrice>) {
        let prices = prices.into_iter().map(|price| (price.instrument_id, price)).collect();
        self.due.tickers |= self.indices != prices;
        self.indices = prices;
    }

    /// Makes open interest public that is old enough.
    pub fn advance_interest(&mut self, now: Millis) {
        self.due.tickers |= self.interest.advance(now);
    }

    /// A look with what is not the core's.
    fn completed(&self, key: ChannelKey, look: Look) -> Look {
        match (look, key) {
            (Look::State(State::Ticker(ticker)), ChannelKey::Market(_, instrument)) => {
                let index = self.indices.get(&instrument);
                Look::State(State::Ticker(TickerInfo {
                    index: index.map(|index| index.price),
                    index_time: index.map(|index| index.time),
                    open_interest: self.interest.of(instrument),
                    ..ticker
                }))
            }
            (look, _) => look,
        }
    }

    /// The channels of states that are followed and may have changed; they do not count as changed any more.
    pub fn due(&mut self) -> Vec<ChannelKey> {
        let due = std::mem::take(&mut self.due);
        let channels = self.channels.iter_mut();
        channels
            .filter(|(key, _)| match key {
                ChannelKey::Market(ChannelName::Book, _) => due.books,
                ChannelKey::Market(ChannelName::Ticker, _) => due.books || due.tickers,
                ChannelKey::Account(account, ChannelName::Positions) => {
                    due.all || due.settled || due.touched.contains(account)
                }
                ChannelKey::Account(account, ChannelName::Margin) => due.all || due.touched.contains(account),
                _ => false,
            })
            .filter_map(|(key, channel)| channel.ring.is_followed().then_some(*key))
            .collect()
    }

    /// Shows how a channel looks now, if it shows a state.
    pub fn show(&mut self, now: Millis, key: ChannelKey, look: Look) {
        let look = self.completed(key, look);
        let (Look::State(state), Some(channel)) = (look, self.channels.get_mut(&key)) else {
            return;
        };
        match &channel.state {
            Some(before) if *before == state => return,
            Some(before) => {
                let data = state.since(before);
                channel.push(key, now, data);
            }
            None => {}
        }
        channel.state = Some(state);
    }

    /// Adds a subscriber to a channel that looks like this now.
    pub fn join(&mut self, now: Millis, key: ChannelKey, look: Look, resume: Option<Resume>) -> Joined {
        let epoch = self.make(now, key);
        let events = match &look {
            Look::Events(value) => value.clone(),
            Look::State(_) => Value::Null,
        };
        self.show(now, key, look);
        // It was made above.
        let channel = self.channels.entry(key).or_insert_with(|| Channel::new(epoch, 0));
        channel.idle_since = None;
        let queue = channel.ring.subscribe(self.config.queue);
        let (last, oldest) = (channel.ring.last(), channel.ring.oldest());
        let behind = resume
            .filter(|resume| resume.epoch == epoch)
            .and_then(|resume| channel.ring.after(resume.sequence));
        let first = match behind {
            Some(behind) => behind.iter().map(|message| message.wire.clone()).collect(),
            None => {
                let data = channel.state.as_ref().map_or(events, State::snapshot);
                let gap = resume.map(|resume| {
                    StreamBody::Gap(StreamGap {
                        requested: resume.sequence,
                        oldest: oldest.filter(|_| resume.epoch == epoch),
                    })
                });
                let bodies = gap.into_iter().chain([StreamBody::Snapshot(data)]);
                bodies.map(|body| message(key, epoch, last, now, body)).collect()
            }
        };
        Joined {
            key,
            epoch,
            sequence: last,
            first,
            queue,
        }
    }

    /// Makes a channel, unless it is there; gives its epoch.
    fn make(&mut self, now: Millis, key: ChannelKey) -> u64 {
        if let Some(channel) = self.channels.get(&key) {
            return channel.epoch;
        }
        let capacity = match key {
            ChannelKey::Account(..) => self.config.account_messages,
            ChannelKey::Market(..) | ChannelKey::Batches => self.config.market_messages,
        };
        self.last_epoch = now.max(self.last_epoch.saturating_add(1));
        self.channels.insert(key, Channel::new(self.last_epoch, capacity));
        self.last_epoch
    }

    /// Forgets channels of accounts that nobody has followed for long.
    pub fn forget_idle(&mut self, now: Millis) {
        let memory = millis(self.config.memory);
        self.channels.retain(|key, channel| {
            if key.account().is_none() || channel.ring.is_followed() {
                channel.idle_since = None;
                return true;
            }
            now.saturating_sub(*channel.idle_since.get_or_insert(now)) <= memory
        });
    }
}

impl Channel {
    fn new(epoch: u64, capacity: usize) -> Self {
        Self {
            epoch,
            ring: Ring::new(capacity),
            state: None,
            idle_since: None,
        }
    }
}
