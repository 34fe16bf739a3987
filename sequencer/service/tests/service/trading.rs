//! Accounts open, trade and withdraw, and what a client hears.

use crate::{common::*, trade, RICH};
use cloister_crypto::{auth::Purpose, stream::Scope};
use cloister_engine_testing::*;
use cloister_ledger::{Instruction, InstructionKind};
use cloister_sequencer::{chain::GroupView, SequencerConfig};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountQuery, BatchInfo, DropReason, FillInfo, HaltKind, Market, OrderBook, Status, Submission,
        Trade,
    },
    ErrorCode,
};
use cloister_settlement::ItemKind;
use cloister_types::{AccountIndex, GroupId, InstrumentId, ItemId, Lots, Money, Position, Price};
use jsonrpsee::rpc_params;
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_open_trade_withdraw_and_settle() {
    let running = Running::with_accounts(3, RICH).await;
    running.submit(sell(0, 1, 7, MARK + ONE)).await.unwrap();
    running.submit(sell(2, 1, 3, MARK)).await.unwrap();
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap();
    assert_eq!(
        book.asks.iter().map(|l| (l.price, l.quantity)).collect::<Vec<_>>(),
        [(Price(MARK), 3), (Price(MARK + ONE), 7)]
    );
    let taken = running.submit(buy(1, 1, 8, MARK + ONE)).await.unwrap();
    let fills: Vec<_> = taken.fills.iter().map(|f| (f.price, f.quantity, f.maker)).collect();
    assert_eq!(
        fills,
        [(Price(MARK), Lots(3), false), (Price(MARK + ONE), Lots(5), false)]
    );
    running
        .submit(other(InstructionKind::Withdrawal, 2, 9, ONE))
        .await
        .unwrap();
    running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    running.chain.enqueue_with_table(1, 77, ItemKind::Deposit);
    // Everything else can be settled before the sequencer looks at the queue again.
    running
        .until(|r| async move {
            let status: Status = r.call("cloister_status", rpc_params![]).await.unwrap();
            status.next_queue_item == ItemId(4)
        })
        .await;
    running.settled().await;
    running
        .until(|r| async move { r.account(1).await.unwrap().settled.unwrap().cash == r.account(1).await.unwrap().cash })
        .await;

    let account = running.account(1).await.unwrap();
    let fees: u128 = taken.fills.iter().map(|f| f.fee.get()).sum();
    let paid = 8 * MARK + 5 * ONE - 8 * 3 * ONE;
    assert_eq!(account.cash, Money(i128::from(RICH + 77 - paid) - fees as i128));
    assert_eq!(
        account
            .positions
            .iter()
            .map(|p| (p.instrument_id, p.quantity))
            .collect::<Vec<_>>(),
        [(InstrumentId(BTC), Position(8))]
    );
    assert_eq!(account.settled.unwrap().positions, [(InstrumentId(BTC), Position(8))]);
    assert!(account.initial_margin > account.maintenance_margin && !account.available.is_zero());
    assert!(running.account(0).await.unwrap().open_orders.is_empty());
    assert_eq!(running.chain.lock().best.paid[&2], ONE);
    // The account that submits is the one that is paid for proofs, if no other is named.
    assert!(running
        .chain
        .lock()
        .submissions
        .iter()
        .all(|batch| batch.payee == SUBMITTER));

    running
        .until(|r| async move {
            let trades: Vec<Trade> = r.call("cloister_trades", rpc_params![0]).await.unwrap();
            trades.len() == 2
        })
        .await;
    let trades: Vec<Trade> = running.call("cloister_trades", rpc_params![0]).await.unwrap();
    assert_eq!(
        trades.iter().map(|t| (t.id, t.price, t.quantity)).collect::<Vec<_>>(),
        [(0, Price(MARK), 3), (1, Price(MARK + ONE), 5)]
    );
    let query = question_for(Purpose::Fills, 2, running.chain.clock());
    let own: Vec<FillInfo> = running.call("cloister_fills", rpc_params![query, 0]).await.unwrap();
    assert_eq!(
        own.iter().map(|f| (f.quantity, f.maker)).collect::<Vec<_>>(),
        [(Lots(3), true)]
    );
    let batches: Vec<BatchInfo> = running.call("cloister_batches", rpc_params![0]).await.unwrap();
    assert!(batches
        .iter()
        .all(|b| b.finalized && b.constraints == 17 && b.units == 4 && b.attempts == 1));
    let status: Status = running.call("cloister_status", rpc_params![]).await.unwrap();
    assert_eq!((status.next_queue_item, status.halted), (ItemId(4), None));
    let market: Market = running.call("cloister_market", rpc_params![]).await.unwrap();
    assert_eq!((market.genesis, market.instruments.len()), (GENESIS, 2));
    assert_eq!(
        market.seal_key_x,
        cloister_crypto::field::to_bytes(&keys().public().x())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_wait_while_too_many_batches_do_and_are_refused_in_the_end() {
    let chain = MockChain::new();
    let prover = MockProver::default();
    let config = SequencerConfig {
        max_backlog: Duration::ZERO,
        busy_patience: Duration::from_millis(1),
        ..sequencer_config()
    };
    for account in 0..2 {
        chain.enqueue(account, RICH, open(account));
    }
    let running = Running::with(&chain, config, prover.clone());
    running
        .until(|r| async move { r.account(1).await.is_ok_and(|a| a.settled.is_some()) })
        .await;
    running.settled().await;
    // One proof takes some time, so whatever waits is too much; the next one is not done before it may.
    prover.slow.store(true, Ordering::SeqCst);
    trade(&running, 1).await;
    running.settled().await;
    prover.slow.store(false, Ordering::SeqCst);
    prover.held.store(true, Ordering::SeqCst);
    trade(&running, 2).await;
    running
        .until(|r| async move { r.batch_status().await.proving.is_some() })
        .await;
    assert_eq!(
        running.submit(buy(0, 3, 1, MARK)).await.unwrap_err().0,
        ErrorCode::Busy.code()
    );
    running
        .submit(other(InstructionKind::CancelAll, 0, 3, 0))
        .await
        .unwrap();
    prover.held.store(false, Ordering::SeqCst);
    running.settled().await;
    running.submit(buy(0, 4, 1, MARK)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_has_a_reason() {
    let running = Running::with_accounts(2, RICH).await;
    let resting = running.submit(sell(0, 1, 2, MARK)).await.unwrap();
    assert_eq!((resting.resting, resting.dropped), (Lots(2), None));
    let alone = running.submit(market(buy(1, 1, 5, MARK))).await.unwrap();
    assert_eq!((alone.filled, alone.dropped), (Lots(2), Some(DropReason::Immediate)));
    running.submit(sell(0, 2, 1, MARK)).await.unwrap();
    running.submit(sell(1, 2, 1, MARK + ONE)).await.unwrap();
    let own = running.submit(buy(1, 3, 5, MARK + ONE)).await.unwrap();
    assert_eq!((own.filled, own.dropped), (Lots(1), Some(DropReason::SelfTrade)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_about_accounts_need_the_view_key_and_a_fresh_time() {
    let running = Running::with_accounts(2, RICH).await;
    let now = running.chain.clock();
    let ask = |query: AccountQuery| running.call::<serde_json::Value>("cloister_account", [query]);
    let ask_as = |number, scope, purpose| AccountQuery::new(view_key(number), scope, purpose, AccountIndex::ZERO, now);
    let foreign = ask_as(1, SCOPE, Purpose::Account);
    assert_eq!(ask(foreign).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let old = question(0, now - 61_000);
    assert_eq!(ask(old).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let other_group = Scope {
        group: GROUP + 1,
        ..SCOPE
    };
    let other_chain = Scope {
        genesis: [3; 32],
        ..SCOPE
    };
    for other in [
        ask_as(0, other_group, Purpose::Account),
        ask_as(0, other_chain, Purpose::Account),
        ask_as(0, SCOPE, Purpose::Fills),
    ] {
        assert_eq!(ask(other).await.unwrap_err().0, ErrorCode::Unauthentic.code());
    }
    // What was overheard of one method is worth nothing for another.
    let fills = running.call::<serde_json::Value>("cloister_fills", rpc_params![question(0, now)]);
    assert_eq!(fills.await.unwrap_err().0, ErrorCode::Unauthentic.code());
    let unknown = question(7, now);
    assert_eq!(ask(unknown).await.unwrap_err().0, ErrorCode::UnknownAccount.code());
    ask(question(0, now)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_have_their_codes() {
    let running = Running::with_accounts(2, RICH).await;
    let code = |result: Result<_, (i32, String)>| result.map(|_: AcceptedInfo| ()).unwrap_err().0;
    assert_eq!(
        code(running.submit(buy(0, 1, 0, MARK)).await),
        ErrorCode::ZeroQuantity.code()
    );
    assert_eq!(
        code(running.submit(buy(0, 1, 1, 2 * MARK)).await),
        ErrorCode::OutsideBand.code()
    );
    assert_eq!(
        code(running.submit(buy(9, 1, 1, MARK)).await),
        ErrorCode::UnknownAccount.code()
    );
    assert_eq!(
        code(
            running
                .submit(Instruction {
                    group: GroupId(4),
                    ..buy(0, 1, 1, MARK)
                })
                .await
        ),
        ErrorCode::WrongGroup.code()
    );
    let broke = running.submit(other(InstructionKind::Withdrawal, 0, 1, RICH + 1)).await;
    assert_eq!(
        broke.as_ref().unwrap_err().1,
        "the withdrawal leaves initial margin short by 1 (10^-6 of the settlement asset)"
    );
    assert_eq!(code(broke), ErrorCode::WithdrawalShort.code());

    let order = Submission::encoded(&sign(running.timed(buy(0, 1, 1, MARK))));
    assert_eq!(
        code(running.call("cloister_cancel", [order]).await),
        ErrorCode::WrongKind.code()
    );
    for unreadable in ["0xzz", "0x00", &"00".repeat(200)] {
        let result = running
            .call("cloister_submitInstruction", rpc_params![unreadable])
            .await;
        assert_eq!(code(result), ErrorCode::Unreadable.code());
    }
    let unknown: Result<OrderBook, _> = running.call("cloister_orderBook", rpc_params![99]).await;
    assert_eq!(unknown.unwrap_err().0, ErrorCode::UnknownInstrument.code());
}

/// What the chain says of the group while it takes no batches of this sequencer.
async fn refuses_but_cancels(change: fn(&mut GroupView, bool), halt: HaltKind, words: &str) {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(sell(0, 1, 7, MARK)).await.unwrap();
    change(&mut running.chain.lock().best.view, false);
    running
        .until(|r| async move { r.batch_status().await.halted.is_some_and(|info| info.kind == halt) })
        .await;
    let sent = running.chain.lock().submissions.len();
    // An order that would be filled, and a withdrawal.
    for refused in [buy(1, 1, 7, MARK), other(InstructionKind::Withdrawal, 1, 9, ONE)] {
        let (code, message) = running.submit(refused).await.unwrap_err();
        assert_eq!(code, ErrorCode::Halted as i32, "{message}");
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(running.account(1).await.unwrap().cash, Money(i128::from(RICH)));
    running.submit(other(InstructionKind::Cancel, 0, 1, 0)).await.unwrap();
    let book: OrderBook = running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap();
    assert!(book.asks.is_empty());
    assert_eq!(
        running.chain.lock().submissions.len(),
        sent,
        "nothing is sent meanwhile"
    );

    change(&mut running.chain.lock().best.view, true);
    running
        .until(|r| async move { r.batch_status().await.halted.is_none() })
        .await;
    running.submit(sell(0, 2, 7, MARK)).await.unwrap();
    let taken = running.submit(buy(1, 2, 7, MARK)).await.unwrap();
    assert_eq!(taken.fills.len(), 1);
    running.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_but_cancels_while_the_group_is_disabled() {
    refuses_but_cancels(
        |view, enabled| view.enabled = enabled,
        HaltKind::Paused,
        "disabled or frozen",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_but_cancels_while_another_sequencer_leads() {
    refuses_but_cancels(
        |view, leads| view.leads = leads,
        HaltKind::Following,
        "another sequencer of the group leads",
    )
    .await;
}
