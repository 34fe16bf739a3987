//! Streams: what a follower hears, who may follow, and what becomes of one who does not keep up.

use crate::{common::*, trade, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_ledger::InstructionKind;
use cloister_sequencer::{chain::IndexPrice, SequencerConfig, StreamConfig};
use cloister_sequencer_rpc::{
    types::{
        BatchInfo, BookChange, ChannelName, CheckedBook, EndReason, FillInfo, MarginInfo, OpenOrderInfo, OrderBook,
        OrderUpdate, PositionsInfo, Resume, StreamBody, StreamEnd, StreamGap, StreamMessage, StreamParams, SwitchOff,
        TickerInfo, Trade,
    },
    ErrorCode,
};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Lots, PerLot, Position, Price};
use jsonrpsee::{core::server::Subscription, rpc_params, types::error::INVALID_PARAMS_CODE, MethodsError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// A subscription with its messages decoded.
struct Follower(Subscription);

impl Follower {
    /// The next message; fails after two minutes.
    async fn next(&mut self) -> Option<StreamMessage> {
        let next = tokio::time::timeout(PATIENCE, self.0.next::<StreamMessage>());
        next.await.expect("a message").map(|message| message.unwrap().0)
    }

    async fn snapshot<T: DeserializeOwned>(&mut self) -> (u64, T) {
        let message = self.next().await.unwrap();
        match message.body {
            StreamBody::Snapshot(data) => (message.sequence, serde_json::from_value(data).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    async fn update<T: DeserializeOwned>(&mut self) -> (u64, T) {
        let message = self.next().await.unwrap();
        match message.body {
            StreamBody::Update(data) => (message.sequence, serde_json::from_value(data).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// The last message.
    async fn ended(&mut self) -> EndReason {
        loop {
            match self.next().await.expect("an end").body {
                StreamBody::End(StreamEnd { reason }) => return reason,
                StreamBody::Snapshot(_) | StreamBody::Update(_) | StreamBody::Gap(_) => {}
            }
        }
    }
}

fn of_market() -> StreamParams {
    StreamParams {
        instrument_id: Some(InstrumentId(BTC)),
        ..StreamParams::default()
    }
}

impl Running {
    fn of_account(&self, channel: ChannelName, account: u32) -> StreamParams {
        let purpose = channel.purpose().unwrap();
        StreamParams {
            account: Some(question_for(purpose, account, self.chain.clock())),
            ..StreamParams::default()
        }
    }

    async fn try_follow(&self, channel: ChannelName, params: &StreamParams) -> Result<Follower, i32> {
        self.try_follow_with(channel, params, 10_000).await
    }

    /// Follows with room for so many messages on the way.
    async fn try_follow_with(&self, channel: ChannelName, params: &StreamParams, room: usize) -> Result<Follower, i32> {
        let asked = self
            .rpc
            .subscribe("cloister_subscribe", rpc_params![channel, params], room)
            .await;
        match asked {
            Ok(subscription) => Ok(Follower(subscription)),
            Err(MethodsError::JsonRpc(refusal)) => Err(refusal.code()),
            Err(other) => panic!("{other}"),
        }
    }

    async fn follow(&self, channel: ChannelName, params: &StreamParams) -> Follower {
        self.try_follow(channel, params).await.unwrap()
    }

    async fn follow_account(&self, channel: ChannelName, account: u32) -> Follower {
        self.follow(channel, &self.of_account(channel, account)).await
    }
}

/// A book as a reader has it.
#[derive(Default)]
struct ReadBook {
    bids: BTreeMap<Price, u128>,
    asks: BTreeMap<Price, u128>,
}

impl ReadBook {
    fn apply(&mut self, change: &CheckedBook) {
        for (side, changes) in [(&mut self.bids, &change.bids), (&mut self.asks, &change.asks)] {
            for BookChange(price, lots) in changes {
                if *lots == 0 {
                    assert!(side.remove(price).is_some(), "only what is there is taken out");
                } else {
                    side.insert(*price, *lots);
                }
            }
        }
        assert_eq!(self.checksum(), change.checksum);
    }

    /// As the specification has it, written a second time.
    fn checksum(&self) -> u32 {
        let bids: Vec<_> = self.bids.iter().rev().collect();
        let asks: Vec<_> = self.asks.iter().collect();
        let mut words = Vec::new();
        for n in 0..25 {
            for (price, lots) in [bids.get(n), asks.get(n)].into_iter().flatten() {
                words.push(format!("{}:{lots}", price.get()));
            }
        }
        crc32fast::hash(words.join(":").as_bytes())
    }

    fn is(&self, book: &OrderBook) -> bool {
        let side = |levels: &[cloister_sequencer_rpc::types::Level]| {
            levels.iter().map(|level| (level.price, level.quantity)).collect()
        };
        self.bids == side(&book.bids) && self.asks == side(&book.asks)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_a_book_has_it_and_its_checksum_after_every_difference() {
    let running = Running::with_accounts(3, RICH).await;
    running.submit(sell(0, 1, 5, MARK + ONE)).await.unwrap();
    let mut follower = running.follow(ChannelName::Book, &of_market()).await;
    let (mut sequence, first) = follower.snapshot::<CheckedBook>().await;
    let mut read = ReadBook::default();
    read.apply(&first);
    assert_eq!(read.asks, BTreeMap::from([(Price(MARK + ONE), 5)]));
    for id in 2..12 {
        running.submit(sell(0, id, id, MARK + id * 1_000)).await.unwrap();
        running.submit(buy(1, id, id, MARK - id * 1_000)).await.unwrap();
    }
    running.submit(buy(2, 1, 9, MARK + ONE)).await.unwrap();
    running
        .submit(other(InstructionKind::CancelAll, 1, 7, 0))
        .await
        .unwrap();
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 100]).await.unwrap();
    assert!(!book.bids.is_empty() && !book.asks.is_empty());
    while !read.is(&book) {
        let (number, change) = follower.update::<CheckedBook>().await;
        assert_eq!(number, sequence + 1);
        sequence = number;
        read.apply(&change);
    }
    // A newcomer gets the same at once, with the number of what is in it.
    let mut late = running.follow(ChannelName::Book, &of_market()).await;
    let (number, all) = late.snapshot::<CheckedBook>().await;
    assert_eq!(number, sequence);
    let mut fresh = ReadBook::default();
    fresh.apply(&all);
    assert!(fresh.is(&book));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_tickers_and_batches_are_followed() {
    let running = Running::with_accounts(2, RICH).await;
    let mut trades = running.follow(ChannelName::Trades, &of_market()).await;
    let mut ticker = running.follow(ChannelName::Ticker, &of_market()).await;
    let mut batches = running.follow(ChannelName::Batches, &StreamParams::default()).await;
    assert!(trades.snapshot::<Vec<Trade>>().await.1.is_empty());
    let (_, before) = ticker.snapshot::<TickerInfo>().await;
    assert_eq!((before.mark, before.best_bid), (PerLot(MARK as i64), None));
    let (_, settled) = batches.snapshot::<Vec<BatchInfo>>().await;
    assert_eq!(settled.len(), 1);

    running.submit(buy(1, 8, 2, MARK - ONE)).await.unwrap();
    trade(&running, 1).await;
    let (_, seen) = trades.update::<Trade>().await;
    assert_eq!((seen.price, seen.quantity), (Price(MARK), 5));
    let quoted = loop {
        let (_, seen) = ticker.update::<TickerInfo>().await;
        if seen.best_bid.is_some() {
            break seen;
        }
    };
    assert_eq!(quoted.best_bid, Some(Price(MARK - ONE)));
    running.chain.next_table();
    while ticker.update::<TickerInfo>().await.1.risk_version < 2 {}
    let first = settled[0].batch_no + 1;
    let mut states = Vec::new();
    while states.last() != Some(&(first, true)) {
        let (_, batch) = batches.update::<BatchInfo>().await;
        states.push((batch.batch_no, batch.finalized));
    }
    assert_eq!(states, [(first, false), (first, true)]);
    // Whoever comes now has the tape in the snapshot.
    let mut late = running.follow(ChannelName::Trades, &of_market()).await;
    assert_eq!(late.snapshot::<Vec<Trade>>().await.1, [seen]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tickers_tell_the_index_and_how_much_is_open_in_round_numbers_if_enough_hold_it() {
    let chain = MockChain::new();
    for account in 0..3 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = SequencerConfig {
        streams: StreamConfig {
            interval: Duration::from_millis(5),
            open_interest_delay: Duration::ZERO,
            ..StreamConfig::default()
        },
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    let mut ticker = running.follow(ChannelName::Ticker, &of_market()).await;
    let (_, before) = ticker.snapshot::<TickerInfo>().await;
    assert_eq!(
        (before.index, before.index_time, before.open_interest),
        (None, None, None)
    );
    let (price, time) = (PerLot(101 * ONE as i64), 77);
    chain.lock().index_prices = vec![IndexPrice {
        instrument_id: InstrumentId(BTC),
        price,
        time,
    }];
    while ticker.update::<TickerInfo>().await.1.index.is_none() {}
    // Two accounts hold it: what is open is what each of them holds.
    trade(&running, 1).await;
    running.looks().await;
    chain.pass(Duration::from_secs(61));
    running.submit(sell(0, 2, 130, MARK)).await.unwrap();
    running.submit(buy(2, 2, 130, MARK)).await.unwrap();
    running.looks().await;
    chain.pass(Duration::from_secs(61));
    let told = loop {
        let (_, seen) = ticker.update::<TickerInfo>().await;
        if seen.open_interest.is_some() {
            break seen;
        }
    };
    assert_eq!((told.index, told.index_time), (Some(price), Some(time)));
    assert_eq!(told.open_interest, Some(130), "135 lots");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_hears_of_its_orders_fills_positions_and_margin() {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(buy(1, 7, 4, MARK - ONE)).await.unwrap();
    let mut orders = running.follow_account(ChannelName::Orders, 1).await;
    let mut fills = running.follow_account(ChannelName::Fills, 1).await;
    let mut positions = running.follow_account(ChannelName::Positions, 1).await;
    let mut margin = running.follow_account(ChannelName::Margin, 1).await;
    let (_, open) = orders.snapshot::<Vec<OpenOrderInfo>>().await;
    assert_eq!(open.iter().map(|order| order.id.get()).collect::<Vec<_>>(), [7]);
    assert!(fills.snapshot::<Vec<FillInfo>>().await.1.is_empty());
    assert!(positions.snapshot::<PositionsInfo>().await.1.positions.is_empty());
    let (_, before) = margin.snapshot::<MarginInfo>().await;

    running.submit(sell(1, 8, 5, MARK)).await.unwrap();
    running.submit(buy(0, 1, 3, MARK)).await.unwrap();
    running
        .submit(other(InstructionKind::CancelAll, 1, 9, 0))
        .await
        .unwrap();
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(orders.update::<OrderUpdate>().await.1);
    }
    let id = InstructionId(8);
    assert_eq!(heard[0], OrderUpdate::Resting { id, remaining: Lots(5) });
    assert_eq!(
        heard[1],
        OrderUpdate::Filled {
            id,
            fill: 0,
            quantity: Lots(3)
        }
    );
    let cancelled = |heard: &OrderUpdate| match heard {
        OrderUpdate::Removed { id, remaining, .. } => (id.get(), remaining.get()),
        other => panic!("{other:?}"),
    };
    assert_eq!([cancelled(&heard[2]), cancelled(&heard[3])], [(7, 4), (8, 2)]);
    let (_, fill) = fills.update::<FillInfo>().await;
    assert_eq!((fill.order_id, fill.quantity, fill.maker), (id, Lots(3), true));
    loop {
        let (_, held) = positions.update::<PositionsInfo>().await;
        let lots: Vec<_> = held.positions.iter().map(|position| position.quantity).collect();
        if lots == [Position(-3)] && held.settled_nonce == Some(held.nonce) {
            break;
        }
    }
    let (_, after) = margin.update::<MarginInfo>().await;
    assert!(before.initial_margin.is_zero() && !after.initial_margin.is_zero());
    assert!(after.equity < before.equity, "a fee was paid");
    // The other side's channels are the other side's.
    let mut others = running.follow_account(ChannelName::Orders, 0).await;
    assert!(others.snapshot::<Vec<OpenOrderInfo>>().await.1.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn private_channels_need_the_view_key_and_a_tag_of_their_own() {
    let running = Running::with_accounts(2, RICH).await;
    let now = running.chain.clock();
    let with = |query| StreamParams {
        account: Some(query),
        ..StreamParams::default()
    };
    let unauthentic = Some(ErrorCode::Unauthentic.code());
    let refused = |channel, query| {
        let params = with(query);
        let running = &running;
        async move { running.try_follow(channel, &params).await.err() }
    };
    for channel in [
        ChannelName::Orders,
        ChannelName::Fills,
        ChannelName::Positions,
        ChannelName::Margin,
    ] {
        // Tags of queries and of other channels, another account's key, and a tag of two minutes ago.
        for purpose in [
            Purpose::Account,
            Purpose::Fills,
            Purpose::Receipts,
            Purpose::OrderStream,
            Purpose::FillStream,
            Purpose::PositionStream,
            Purpose::MarginStream,
            Purpose::CancelOnDisconnect,
        ] {
            let expected = if channel.purpose() == Some(purpose) {
                None
            } else {
                unauthentic
            };
            assert_eq!(
                refused(channel, question_for(purpose, 0, now)).await,
                expected,
                "{purpose:?}"
            );
        }
        let purpose = channel.purpose().unwrap();
        let foreign = cloister_sequencer_rpc::types::AccountQuery {
            index: AccountIndex(1),
            ..question_for(purpose, 0, now)
        };
        assert_eq!(refused(channel, foreign).await, unauthentic);
        assert_eq!(
            refused(channel, question_for(purpose, 0, now - 120_000)).await,
            unauthentic
        );
        let unknown = question_for(purpose, 9, now);
        assert_eq!(refused(channel, unknown).await, Some(ErrorCode::UnknownAccount.code()));
    }
    // A tag of a stream does not open a query either.
    let query = question_for(Purpose::FillStream, 0, now);
    let answer = running.call::<Value>("cloister_fills", rpc_params![query]).await;
    assert_eq!(answer.unwrap_err().0, ErrorCode::Unauthentic.code());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_must_be_those_of_the_channel() {
    let running = Running::with_accounts(1, RICH).await;
    let account = running.of_account(ChannelName::Orders, 0);
    let nothing = StreamParams::default();
    let switch_off = SwitchOff::new(&secret(0), SCOPE, AccountIndex(0), running.chain.clock());
    let with_switch = StreamParams {
        cancel_on_disconnect: Some(switch_off),
        ..of_market()
    };
    let both = StreamParams {
        instrument_id: Some(InstrumentId(BTC)),
        ..account.clone()
    };
    for (channel, params) in [
        (ChannelName::Book, &nothing),
        (ChannelName::Book, &account),
        (ChannelName::Book, &both),
        (ChannelName::Trades, &with_switch),
        (ChannelName::Batches, &of_market()),
        (ChannelName::Orders, &nothing),
        (ChannelName::Orders, &both),
    ] {
        let refused = running.try_follow(channel, params).await.err();
        assert_eq!(refused, Some(INVALID_PARAMS_CODE), "{channel:?} {params:?}");
    }
    let unknown = StreamParams {
        instrument_id: Some(InstrumentId(99)),
        ..nothing
    };
    let refused = running.try_follow(ChannelName::Book, &unknown).await.err();
    assert_eq!(refused, Some(ErrorCode::UnknownInstrument.code()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_goes_on_where_it_was_or_hears_that_it_cannot() {
    let chain = MockChain::new();
    chain.enqueue(0, RICH, open(0));
    let config = SequencerConfig {
        streams: StreamConfig {
            account_messages: 4,
            ..StreamConfig::default()
        },
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running.until(|r| async move { r.account(0).await.is_ok() }).await;
    let mut follower = running.follow_account(ChannelName::Orders, 0).await;
    let first = follower.next().await.unwrap();
    assert_eq!(first.sequence, 0);
    running.submit(buy(0, 1, 1, MARK)).await.unwrap();
    assert_eq!(follower.update::<OrderUpdate>().await.0, 1);
    drop(follower);
    for id in 2..4 {
        running.submit(buy(0, id, 1, MARK)).await.unwrap();
    }
    let resume = |epoch, sequence| {
        let params = StreamParams {
            resume: Some(Resume { epoch, sequence }),
            ..running.of_account(ChannelName::Orders, 0)
        };
        let running = &running;
        async move { running.follow(ChannelName::Orders, &params).await }
    };
    let mut back = resume(first.epoch, 1).await;
    for number in 2..4 {
        let (sequence, update) = back.update::<OrderUpdate>().await;
        let id = InstructionId(number);
        assert_eq!(
            (sequence, update),
            (number, OrderUpdate::Resting { id, remaining: Lots(1) })
        );
    }
    // And on with what is new.
    for id in 4..8 {
        running.submit(buy(0, id, 1, MARK)).await.unwrap();
        assert_eq!(back.update::<OrderUpdate>().await.0, id);
    }
    // Messages 4 to 7 are kept. Whoever has not got 3, or is of another epoch, or ahead, begins anew.
    for (epoch, sequence, oldest) in [
        (first.epoch, 2, Some(4)),
        (first.epoch + 1, 5, None),
        (first.epoch, 8, Some(4)),
    ] {
        let mut late = resume(epoch, sequence).await;
        let gap = late.next().await.unwrap();
        let expected = StreamGap {
            requested: sequence,
            oldest,
        };
        assert_eq!(gap.body, StreamBody::Gap(expected));
        let (number, open) = late.snapshot::<Vec<OpenOrderInfo>>().await;
        assert_eq!((number, open.len()), (7, 7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_does_not_read_is_sent_away_by_name_and_stops_nobody() {
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = SequencerConfig {
        streams: StreamConfig {
            queue: 8,
            patience: Duration::from_millis(50),
            ..StreamConfig::default()
        },
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    let params = running.of_account(ChannelName::Orders, 0);
    let slow = running.try_follow_with(ChannelName::Orders, &params, 4).await;
    let mut slow = slow.unwrap();
    let mut fast = running.follow_account(ChannelName::Orders, 0).await;
    fast.snapshot::<Vec<OpenOrderInfo>>().await;
    for id in 1..60 {
        running.submit(buy(0, id, 1, MARK)).await.unwrap();
        assert_eq!(fast.update::<OrderUpdate>().await.0, id);
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    let mut messages = 0;
    let reason = loop {
        messages += 1;
        if let StreamBody::End(StreamEnd { reason }) = slow.next().await.expect("an end").body {
            break reason;
        }
    };
    assert_eq!(reason, EndReason::SlowConsumer);
    assert!(messages < 20, "{messages} were kept for one that does not read");
    assert_eq!(slow.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_under_former_keys_is_sent_away() {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(sell(1, 2, 3, MARK + ONE)).await.unwrap();
    let mut former = running.follow_account(ChannelName::Orders, 1).await;
    let mut margin = running.follow_account(ChannelName::Margin, 1).await;
    let mut other = running.follow_account(ChannelName::Orders, 0).await;
    running.chain.enqueue_with_table(1, 0, rekey_for(21, &keys()));
    assert_eq!(former.ended().await, EndReason::KeysChanged);
    assert_eq!(margin.ended().await, EndReason::KeysChanged);
    let query = running.of_account(ChannelName::Orders, 1);
    let refused = running.try_follow(ChannelName::Orders, &query).await.err();
    assert_eq!(refused, Some(ErrorCode::Unauthentic.code()));
    // Others follow on.
    other.snapshot::<Vec<OpenOrderInfo>>().await;
    running.submit(buy(0, 1, 1, MARK)).await.unwrap();
    other.update::<OrderUpdate>().await;
}

/// Parameters of account 0's orders, with a request to be switched off that a key has signed at a time.
fn switching_off(running: &Running, key: u32, time: u64) -> StreamParams {
    StreamParams {
        cancel_on_disconnect: Some(SwitchOff::new(&secret(key), SCOPE, AccountIndex(0), time)),
        ..running.of_account(ChannelName::Orders, 0)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_leave_the_books_when_the_connection_goes_that_asked_for_it() {
    let running = Running::with_accounts(2, RICH).await;
    let time = running.chain.clock();
    let params = switching_off(&running, 0, time);
    let armed = running.follow(ChannelName::Orders, &params).await;
    let plain = running.follow_account(ChannelName::Orders, 1).await;
    for account in 0..2 {
        running.submit(buy(account, 1, 5, MARK - ONE)).await.unwrap();
    }
    drop(plain);
    // One that takes the place of another: the first may go.
    let newer = switching_off(&running, 0, time + 1);
    let newest = running.follow(ChannelName::Orders, &newer).await;
    drop(armed);
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(running.account(0).await.unwrap().open_orders.len(), 1);
    drop(newest);
    running
        .until(|r| async move { r.account(0).await.unwrap().open_orders.is_empty() })
        .await;
    assert_eq!(running.account(1).await.unwrap().open_orders.len(), 1);
    // What was signed later is taken as before.
    running.submit(buy(0, 2, 5, MARK - ONE)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_read_need_not_be_able_to_switch_off_and_nothing_overheard_can() {
    let running = Running::with_accounts(2, RICH).await;
    let time = running.chain.clock();
    running.submit(buy(0, 1, 5, MARK - ONE)).await.unwrap();
    let refused = |params: StreamParams| {
        let running = &running;
        async move { running.try_follow(ChannelName::Orders, &params).await.err() }
    };
    let unauthentic = Some(ErrorCode::Unauthentic.code());
    // Another key's signature, one that is too old, and one of another account.
    assert_eq!(refused(switching_off(&running, 1, time)).await, unauthentic);
    assert_eq!(refused(switching_off(&running, 0, time - 70_000)).await, unauthentic);
    let of_another = StreamParams {
        cancel_on_disconnect: Some(SwitchOff::new(&secret(0), SCOPE, AccountIndex(1), time)),
        ..running.of_account(ChannelName::Orders, 0)
    };
    assert_eq!(refused(of_another).await, unauthentic);
    // One that was used already.
    let params = switching_off(&running, 0, time);
    let armed = running.follow(ChannelName::Orders, &params).await;
    assert_eq!(refused(params).await, unauthentic);
    assert_eq!(running.account(0).await.unwrap().open_orders.len(), 1);
    drop(armed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_a_budget_of_its_own_that_no_forger_can_use_up() {
    use cloister_sequencer::limits::{Limits, Rate};
    let chain = MockChain::new();
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let config = SequencerConfig {
        limits: Limits {
            account: Rate {
                per_second: 0,
                burst: 20,
            },
            ..Limits::default()
        },
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    running
        .until(|r| async move {
            let finalized = r.batch_status_if_ready().await;
            finalized.is_some_and(|status| status.finalized_batches > 0)
        })
        .await;
    // Forged orders and questions in account 1's name.
    for id in 1..60 {
        let forged = running.submit_by(7, buy(1, id, 1, MARK)).await.unwrap_err();
        assert_eq!(forged.0, ErrorCode::BadSignature.code());
        let asked = running.account_by(7, 1).await.unwrap_err();
        assert_eq!(asked.0, ErrorCode::Unauthentic.code());
    }
    // Account 0 uses up its own.
    for id in 1..21 {
        running.submit(buy(0, id, 1, MARK - ONE)).await.unwrap();
    }
    let limited = ErrorCode::TooManyRequests.code();
    assert_eq!(running.submit(buy(0, 30, 1, MARK)).await.unwrap_err().0, limited);
    assert_eq!(running.account(0).await.unwrap_err().0, limited);
    let params = running.of_account(ChannelName::Orders, 0);
    assert_eq!(
        running.try_follow(ChannelName::Orders, &params).await.err(),
        Some(limited)
    );
    // Account 1 goes on.
    running.submit(buy(1, 100, 1, MARK)).await.unwrap();
    running.account(1).await.unwrap();
}
