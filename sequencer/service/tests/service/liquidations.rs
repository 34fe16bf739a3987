//! A fall of the price at a running sequencer: who is liquidated, by whom, and what is settled.

use crate::{common::*, RICH};
use cloister_crypto::auth::Purpose;
use cloister_engine_testing::*;
use cloister_risk::{RiskTable, Status};
use cloister_sequencer::{LiquidationPolicy, SequencerConfig};
use cloister_sequencer_rpc::types::{
    ChannelName, FillInfo, Liquidation, LiquidationKind, NoticeInfo, StreamBody, StreamMessage, StreamParams, Trade,
};
use cloister_settlement::ItemKind;
use cloister_types::{AccountIndex, InstrumentId, Lots, PerLot, Position, Price};
use jsonrpsee::rpc_params;
use serde_json::Value;
use std::{sync::atomic::Ordering, time::Duration};

/// At this mark account 0 has 99.5 of the 103.5 that maintenance margin asks for ten lots.
const FALLEN: u64 = 90 * ONE;
/// At this one it owes 10.5.
const BROKE: u64 = 79 * ONE;

fn at(chain: &MockChain, mark: u64) -> RiskTable {
    let newest = chain.lock().newest().header.clone();
    let mut table = table(newest.version + 1);
    table.header.time = newest.time + 1;
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table
}

/// Account 0 is long ten lots on 200 of its own, bought of account 1; accounts 1 and 2 are rich, and so is the
/// insurance if it is paid in.
async fn one_long(insurance: u64) -> Running {
    one_long_with(insurance, MockProver::default()).await
}

async fn one_long_with(insurance: u64, prover: MockProver) -> Running {
    let chain = chain_with(insurance);
    let running = Running::with(&chain, sequencer_config(), prover);
    become_long(&running).await;
    running
}

fn chain_with(insurance: u64) -> MockChain {
    let chain = MockChain::new();
    for (account, deposit) in [(0, 200 * ONE), (1, RICH), (2, RICH)] {
        chain.enqueue(account, deposit, open(account));
    }
    if insurance > 0 {
        chain.enqueue(AccountIndex::HOUSE.get(), insurance, ItemKind::PayInsurance);
    }
    chain
}

async fn become_long(running: &Running) {
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.submit(sell(1, 1, 10, MARK)).await.unwrap();
    running.submit(buy(0, 1, 10, MARK)).await.unwrap();
    running.settled().await;
}

/// Of three accounts, one with 200 of money buys of another and falls. The order of a third takes some of its lots, and
/// that becomes public. The mark is as before then.
pub async fn one_falls(running: &Running, poor: u32, seller: u32, buyer: u32) {
    running.submit(sell(seller, 300, 10, MARK)).await.unwrap();
    running.submit(buy(poor, 300, 10, MARK)).await.unwrap();
    running.submit(buy(buyer, 300, 10, FALLEN)).await.unwrap();
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, poor).await < 10 }).await;
    running.settled().await;
    running.chain.add_table(at(&running.chain, MARK));
    running.chain.pass(LATE);
    running
        .until(|r| async move { !liquidations(r).await.is_empty() })
        .await;
    // Whoever trades next does it at the old mark.
    let newest = running.chain.lock().newest().header.version;
    running
        .until(|r| async move {
            let status: Value = r.call("cloister_status", rpc_params![]).await.unwrap();
            status["riskVersion"] == newest
        })
        .await;
}

/// So much later everything is public.
const LATE: Duration = Duration::from_secs(121);

async fn liquidations(running: &Running) -> Vec<Liquidation> {
    running.call("cloister_liquidations", rpc_params![0]).await.unwrap()
}

/// What is public of liquidations once it may be: price, lots and kind of each print.
async fn told(running: &Running) -> Vec<(u64, u128, LiquidationKind)> {
    running.chain.pass(LATE);
    running
        .until(|r| async move { !liquidations(r).await.is_empty() })
        .await;
    let all = liquidations(running).await;
    all.iter()
        .map(|print| (print.price.get(), print.quantity, print.kind))
        .collect()
}

async fn lots(running: &Running, account: u32) -> i64 {
    let account = running.account(account).await.unwrap();
    account.positions.iter().map(|held| held.quantity.get()).sum()
}

/// What is settled of an account: its lots.
async fn settled_lots(running: &Running, account: u32) -> Vec<(InstrumentId, Position)> {
    running.account(account).await.unwrap().settled.unwrap().positions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fall_should_liquidate_to_the_book_then_to_the_house_and_settle() {
    let running = one_long(RICH).await;
    // It rests before the fall, at the edge of the band.
    running.submit(buy(2, 1, 1, FALLEN)).await.unwrap();
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
    running.settled().await;
    assert_eq!((lots(&running, 0).await, lots(&running, 2).await), (6, 1));
    assert_eq!(settled_lots(&running, 0).await, [(InstrumentId(BTC), Position(6))]);
    assert_eq!(settled_lots(&running, 2).await, [(InstrumentId(BTC), Position(1))]);
    let query = question_for(Purpose::Fills, 2, running.chain.clock());
    let own: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
    assert_eq!(
        (own.len(), own[0].maker, own[0].price, own[0].quantity),
        (1, true, Price(FALLEN), Lots(1))
    );
    let query = question_for(Purpose::Fills, 0, running.chain.clock());
    let own: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 1]).await.unwrap();
    assert_eq!(own.iter().map(|fill| fill.quantity.get()).collect::<Vec<_>>(), [1, 3]);
    assert!(own.iter().all(|fill| !fill.maker));
    // The tape has them all, in time: the ten lots of before, the one to the maker, the three to the house.
    running
        .until(|r| async move {
            let trades: Vec<Trade> = r.call("cloister_trades", rpc_params![0]).await.unwrap();
            trades.iter().map(|trade| trade.quantity).sum::<u128>() == 14
        })
        .await;
    // A sequencer that starts from the chain alone finds the same, and goes on.
    let chain = running.chain.clone();
    drop(running);
    let running = Running::start(&chain);
    running
        .until(|r| async move { r.account(2).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    assert_eq!((lots(&running, 0).await, lots(&running, 2).await), (6, 1));
    // The house gets rid of its three lots.
    running.submit(buy(2, 2, 5, FALLEN)).await.unwrap();
    running.until(|r| async move { lots(r, 2).await == 4 }).await;
    running.chain.add_table(at(&running.chain, BROKE));
    running.until(|r| async move { lots(r, 0).await < 6 }).await;
    running.settled().await;
    assert!(running.batch_status().await.halted.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broke_account_should_be_deleveraged_until_insurance_pays_what_it_owes() {
    let running = one_long(0).await;
    running.chain.add_table(at(&running.chain, BROKE));
    running
        .until(|r| async move { lots(r, 0).await == 0 && lots(r, 1).await == 0 })
        .await;
    running.settled().await;
    // Each lot is told once, though two accounts gave it up.
    assert_eq!(told(&running).await, [(BROKE, 10, LiquidationKind::Deleveraging)]);
    let account = running.account(0).await.unwrap();
    assert!(account.cash.is_negative(), "{:?}", account.cash);
    let house = AccountIndex::HOUSE.get();
    running
        .chain
        .enqueue_with_table(house, 1_000 * ONE, ItemKind::PayInsurance);
    running
        .until(|r| async move { !r.account(0).await.unwrap().cash.is_negative() })
        .await;
    running.settled().await;
    assert!(running.account(0).await.unwrap().cash.is_zero());
    assert!(running.batch_status().await.halted.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_positions_should_settle_with_the_table() {
    let running = one_long(0).await;
    let mut expired = at(&running.chain, FALLEN);
    let row = &mut expired.rows[0];
    (row.status, row.scenarios) = (Status::Expired, Default::default());
    (row.floor_long, row.floor_short) = (Price::ZERO, Price::ZERO);
    row.value = PerLot(87 * ONE as i64);
    running.chain.add_table(expired);
    running
        .until(|r| async move { lots(r, 0).await == 0 && lots(r, 1).await == 0 })
        .await;
    running.settled().await;
    assert_eq!(settled_lots(&running, 0).await, []);
    assert_eq!(settled_lots(&running, 1).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_withdrawal_should_be_served_while_accounts_are_liquidated() {
    let running = one_long(RICH).await;
    let before = running.account(2).await.unwrap().cash;
    let kind = ItemKind::ForcedWithdrawal {
        amount: cloister_types::Amount(7 * ONE),
    };
    let time = running.chain.lock().newest().header.time + 1;
    running.chain.enqueue_at(2, 0, kind, time);
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
    running.settled().await;
    let after = running.account(2).await.unwrap().settled.unwrap().cash;
    assert_eq!(before.get() - after.get(), i128::from(7 * ONE));
    // It is in the first batch of that table, before any lots went.
    let chain = running.chain.lock();
    let version = chain.newest().header.version;
    let first = chain
        .best
        .settled
        .iter()
        .find(|settled| settled.batch.risk_version == version);
    let units = &first.unwrap().batch.units;
    assert!(units.iter().any(|unit| unit.withdrawal.get() == 7 * ONE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_follows_another_one_should_liquidate_nobody() {
    let running = one_long(RICH).await;
    {
        let mut chain = running.chain.lock();
        (chain.best.view.leads, chain.finalized.view.leads) = (false, false);
    }
    running
        .until(|r| async move { r.batch_status().await.halted.is_some() })
        .await;
    running.chain.add_table(at(&running.chain, FALLEN));
    running
        .until(|r| async move { r.account(0).await.unwrap().equity.get() < i128::from(100 * ONE) })
        .await;
    assert_eq!(lots(&running, 0).await, 10);
    {
        let mut chain = running.chain.lock();
        (chain.best.view.leads, chain.finalized.view.leads) = (true, true);
    }
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_closed_by_force_should_be_told_late_by_kind_and_without_names() {
    let running = one_long(RICH).await;
    let params = StreamParams {
        instrument_id: Some(InstrumentId(BTC)),
        ..StreamParams::default()
    };
    let asked = rpc_params![ChannelName::Liquidations, &params];
    let mut follower = running.rpc.subscribe("cloister_subscribe", asked, 100).await.unwrap();
    let (first, _) = follower.next::<StreamMessage>().await.unwrap().unwrap();
    assert_eq!(first.body, StreamBody::Snapshot(Value::Array(Vec::new())));
    running.submit(buy(2, 1, 1, FALLEN)).await.unwrap();
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
    running.settled().await;
    // Everything is settled, and nothing is told.
    assert_eq!(liquidations(&running).await, []);
    let expected = [(FALLEN, 1, LiquidationKind::Book), (FALLEN, 3, LiquidationKind::House)];
    assert_eq!(told(&running).await, expected);
    let all: Vec<Value> = running.call("cloister_liquidations", rpc_params![0]).await.unwrap();
    for print in &all {
        let fields: Vec<_> = print.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["id", "instrumentId", "kind", "price", "quantity", "time"]);
        // The end of an interval, and no moment at which anything happened.
        assert_eq!(print["time"].as_u64().unwrap() % 60_000, 0);
        let (message, _) = follower.next::<StreamMessage>().await.unwrap().unwrap();
        assert_eq!(message.body, StreamBody::Update(print.clone()));
    }
    // Whoever comes now has them in the snapshot, and may ask from a number on.
    let asked = rpc_params![ChannelName::Liquidations, &params];
    let mut late = running.rpc.subscribe("cloister_subscribe", asked, 100).await.unwrap();
    let (first, _) = late.next::<StreamMessage>().await.unwrap().unwrap();
    assert_eq!(first.body, StreamBody::Snapshot(Value::Array(all.clone())));
    let from: Vec<Value> = running.call("cloister_liquidations", rpc_params![1]).await.unwrap();
    assert_eq!(from, all[1..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_an_operator_changes_should_hold_from_the_next_start_on() {
    let (chain, disk) = (chain_with(RICH), Disk::default());
    let running = Running::with_disk(&chain, sequencer_config(), MockProver::default(), &disk);
    become_long(&running).await;
    running.crash(&disk).await;
    let config = SequencerConfig {
        liquidation: LiquidationPolicy {
            house_leverage: 0,
            ..sequencer_config().liquidation
        },
        ..sequencer_config()
    };
    let running = Running::with_disk(&chain, config, MockProver::default(), &disk);
    running.until(|r| async move { r.account(2).await.is_ok() }).await;
    running.submit(buy(2, 1, 1, FALLEN)).await.unwrap();
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
    running.settled().await;
    // Under the policy of before, the house would have taken three besides.
    assert_eq!((lots(&running, 0).await, lots(&running, 2).await), (9, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_takeover_should_be_told_with_the_lots_that_went_to_the_house() {
    let running = one_long(RICH).await;
    running.chain.add_table(at(&running.chain, BROKE));
    running.until(|r| async move { lots(r, 0).await == 0 }).await;
    running.settled().await;
    // What the house sells again is told as trades alone.
    running.submit(buy(2, 1, 4, BROKE)).await.unwrap();
    running.until(|r| async move { lots(r, 2).await > 0 }).await;
    running.settled().await;
    assert_eq!(told(&running).await, [(BROKE, 10, LiquidationKind::Takeover)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liquidation_without_a_proof_should_leave_the_tape_and_be_void_for_all_who_had_a_part() {
    let prover = MockProver::default();
    let running = one_long_with(RICH, prover.clone()).await;
    running.submit(buy(2, 1, 1, FALLEN)).await.unwrap();
    prover.held.store(true, Ordering::SeqCst);
    running.chain.add_table(at(&running.chain, FALLEN));
    running.until(|r| async move { lots(r, 0).await < 10 }).await;
    // The only table that the chain takes by then is one at which the account has no need of it.
    let table = at(&running.chain, MARK);
    let version = table.header.version;
    running.chain.add_table(table);
    running.chain.lock().oldest_table = version;
    prover.held.store(false, Ordering::SeqCst);
    running.until(|r| async move { lots(r, 0).await == 10 }).await;
    running.settled().await;
    assert_eq!(lots(&running, 2).await, 0);
    for (account, void) in [(0, vec![false, true, true]), (2, vec![true])] {
        let query = question_for(Purpose::Fills, account, running.chain.clock());
        let own: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
        assert_eq!(own.iter().map(|fill| fill.void).collect::<Vec<_>>(), void, "{account}");
    }
    let query = question_for(Purpose::Notices, 2, running.chain.clock());
    let notices: Vec<NoticeInfo> = running.call("cloister_notices", rpc_params![query, 0]).await.unwrap();
    assert_eq!(notices.len(), 1);
    // A second fall, so that there is something on the tape by which to tell that the first is not.
    running.chain.add_table(at(&running.chain, BROKE));
    running.until(|r| async move { lots(r, 0).await == 0 }).await;
    running.settled().await;
    assert_eq!(told(&running).await, [(BROKE, 10, LiquidationKind::Takeover)]);
}
