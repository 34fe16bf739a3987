//! Looks at the state for what is shown.

use super::{bus::Bus, interest::open_interest, key::ChannelKey, state::look};
use crate::{chain::ChainClient, core::State, shared::Shared};
use cloister_engine::Millis;
use std::sync::Arc;
use tokio::time::{interval, MissedTickBehavior};

/// Channels that are looked at before the state goes on.
const TOGETHER: usize = 16;
/// Prints that are read at once.
const PRINTS: usize = 1_000;

/// Looks at the state, and lets the bus know of everything that happened before. So a channel that is joined with what
/// was seen misses nothing, and gets nothing twice.
pub(crate) fn read<C: ChainClient, T>(shared: &Shared<C>, bus: &mut Bus, look: impl FnOnce(&State) -> T) -> Option<T> {
    let now = shared.chain.now();
    // News come with the state in which they are.
    let (seen, news) = shared.follower.read(|state| (look(state), shared.news.take()))?;
    bus.absorb(now, news);
    Some(seen)
}

/// Keeps the channels going, for ever.
pub(crate) async fn publish_loop<C: ChainClient>(shared: Arc<Shared<C>>) {
    let mut ticks = interval(shared.config.streams.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.news.wake.notified() => {
                let mut bus = shared.bus();
                bus.absorb(shared.chain.now(), shared.news.take());
            }
            _ = ticks.tick() => {
                let now = shared.chain.now();
                shared.follower.advance_prints(now).await;
                tick(&shared, now);
            }
        }
    }
}

/// Keeps the index prices of the tickers those of the chain, for ever.
pub(crate) async fn index_loop<C: ChainClient>(shared: Arc<Shared<C>>) {
    let mut failed = false;
    loop {
        match shared.chain.index_prices(shared.config.group).await {
            Ok(prices) => {
                failed = false;
                shared.bus().see_indices(prices);
            }
            // Once is enough: whoever follows the chain says it too.
            Err(error) if !failed => {
                failed = true;
                log::warn!(target: "cloister", "Tickers keep their index prices: {error}");
            }
            Err(_) => {}
        }
        tokio::time::sleep(shared.config.poll).await;
    }
}

fn tick<C: ChainClient>(shared: &Shared<C>, now: Millis) {
    let mut bus = shared.bus();
    let (trade, closing) = bus.next_prints();
    let prints = read(shared, &mut bus, |core| {
        let trades = core.tape.prints.read(Some(trade), PRINTS).copied();
        let closings = core.tape.closings.prints.read(Some(closing), PRINTS).copied();
        (trades.collect::<Vec<_>>(), closings.collect::<Vec<_>>())
    });
    let (trades, closings) = prints.unwrap_or_default();
    bus.show_prints(now, &trades);
    bus.show_closings(now, &closings);
    if bus.interest.is_due(now) {
        let holders = bus.interest.holders();
        let counts = read(shared, &mut bus, |core| open_interest(core, holders));
        if let Some(counts) = counts {
            bus.interest.take(now, counts);
        }
    }
    bus.advance_interest(now);
    let due = bus.due();
    for together in due.chunks(TOGETHER) {
        let seen = read(shared, &mut bus, |core| {
            let seen = |key: &ChannelKey| look(core, *key).map(|look| (*key, look));
            together.iter().filter_map(seen).collect::<Vec<_>>()
        });
        for (key, look) in seen.unwrap_or_default() {
            bus.show(now, key, look);
        }
    }
    bus.forget_idle(now);
}
