//! Orders that wait, amendments, lists and controls, over JSON-RPC and into the chain.

use crate::{common::*, RICH};
use cloister_engine_testing::*;
use cloister_ledger::{Control, ControlAction, Instruction, InstructionKind, OrdersIn, ProtectionTerms};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, Amendment, BatchEntry, ControlSubmission, DropReason, EntryOutcome, OrderBook, Submission},
    ErrorCode,
};
use cloister_types::{InstructionId, InstrumentId, Lots, Position};
use jsonrpsee::rpc_params;
use std::time::Duration;

/// Builds a table with another mark, a millisecond after the newest.
fn move_mark(chain: &MockChain, mark: u64) {
    let mut table = chain.lock().newest().clone();
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table.header.version += 1;
    table.header.time += 1;
    chain.add_table(table);
}

async fn book(running: &Running) -> OrderBook {
    running.call("cloister_orderBook", rpc_params![BTC, 5]).await.unwrap()
}

async fn give(running: &Running, number: u64, action: ControlAction) -> Result<AcceptedInfo, (i32, String)> {
    let control = Control {
        expiry: running.chain.clock() + 60_000,
        ..control(0, number, action).control
    };
    let signed = control.sign(&GENESIS, &secret(0));
    running
        .call("cloister_control", [ControlSubmission::fields(&signed)])
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_hidden_fires_at_a_new_mark_and_settles() {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(buy(1, 1, 5, MARK - 2 * ONE)).await.unwrap();
    let stop = below(market(sell(0, 1, 5, MARK - 4 * ONE)), MARK - 2 * ONE);
    let taken = running.submit(stop).await.unwrap();
    assert!(taken.waits && taken.resting.is_zero() && taken.dropped.is_none());
    assert!(book(&running).await.asks.is_empty());
    let account = running.account(0).await.unwrap();
    assert_eq!((account.open_orders.len(), account.waiting_orders.len()), (0, 1));
    assert_eq!(account.waiting_orders[0].id, InstructionId(1));
    move_mark(&running.chain, MARK - 3 * ONE);
    running
        .until(|r| async move { !r.account(0).await.unwrap().positions.is_empty() })
        .await;
    running.settled().await;
    let settled = running.account(0).await.unwrap().settled.unwrap();
    assert_eq!(settled.positions, [(InstrumentId(BTC), Position(-5))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_fire_while_the_group_takes_no_batches() {
    let running = Running::with_accounts(2, RICH).await;
    running.submit(below(sell(0, 1, 5, MARK), MARK - ONE)).await.unwrap();
    running.chain.lock().best.view.enabled = false;
    running
        .until(|r| async move { r.batch_status().await.halted.is_some() })
        .await;
    move_mark(&running.chain, MARK - 2 * ONE);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(running.account(0).await.unwrap().waiting_orders.len(), 1);
    running.chain.lock().best.view.enabled = true;
    running
        .until(|r| async move { r.account(0).await.unwrap().open_orders.len() == 1 })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancels_say_what_they_found() {
    let running = Running::with_accounts(2, RICH).await;
    let cancel = |id| running.submit(other(InstructionKind::Cancel, 0, id, 0));
    let unknown = cancel(100_000).await.unwrap_err();
    assert_eq!(unknown.0, ErrorCode::UnknownId.code());
    running.submit(sell(0, 1, 5, MARK)).await.unwrap();
    running.submit(market(buy(1, 1, 2, MARK))).await.unwrap();
    let begun = cancel(1).await.unwrap();
    assert_eq!((begun.filled, begun.removed.len()), (Lots(2), 1));
    assert_eq!(begun.removed[0].reason, DropReason::Cancelled);
    let gone = cancel(1).await.unwrap_err();
    assert_eq!(gone.0, ErrorCode::AlreadyGone.code());
    assert!(gone.1.contains("2 lots"), "{}", gone.1);
    running.submit(sell(0, 2, 5, MARK)).await.unwrap();
    running.submit(buy(1, 2, 5, MARK)).await.unwrap();
    assert_eq!(cancel(2).await.unwrap_err().0, ErrorCode::AlreadyFilled.code());
    running.settled().await;
    // One that must bind goes into a batch, though nothing was known of its id, and the id is void.
    assert!(running.annul(0, 77).await.unwrap().bound);
    running.settled().await;
    let taken = running.submit(buy(0, 77, 5, MARK)).await.unwrap_err();
    assert_eq!(taken.0, ErrorCode::Duplicate.code());
    let order = Submission::encoded(&sign(running.timed(buy(0, 78, 5, MARK))));
    let wrong: Result<AcceptedInfo, _> = running.call("cloister_annul", [order]).await;
    assert_eq!(wrong.unwrap_err().0, ErrorCode::FieldRange.code());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amendments_and_lists_are_taken_in_order() {
    let running = Running::with_accounts(2, RICH).await;
    let entry = |order: Instruction, replaces: Option<u64>| BatchEntry {
        instruction: Submission::encoded(&sign(running.timed(order))),
        replaces: replaces.map(InstructionId),
    };
    let entries = vec![
        entry(buy(0, 1, 5, MARK - ONE), None),
        entry(sell(0, 2, 5, MARK + ONE), None),
        entry(buy(0, 1, 5, MARK - ONE), None),
        entry(buy(0, 513, 4, MARK - ONE), Some(1)),
        entry(other(InstructionKind::Cancel, 0, 2, 0), None),
        BatchEntry {
            instruction: Submission::Encoded("0xzz".into()),
            replaces: None,
        },
    ];
    let outcomes: Vec<EntryOutcome> = running
        .call("cloister_submitBatch", rpc_params![entries])
        .await
        .unwrap();
    let codes: Vec<Option<ErrorCode>> = outcomes
        .iter()
        .map(|outcome| match outcome {
            EntryOutcome::Accepted(_) => None,
            EntryOutcome::Refused(why) => {
                assert_eq!(why.data.map(ErrorCode::code), Some(why.code));
                why.data
            }
        })
        .collect();
    assert_eq!(
        codes,
        [
            None,
            None,
            Some(ErrorCode::Duplicate),
            None,
            None,
            Some(ErrorCode::Unreadable)
        ]
    );
    let EntryOutcome::Accepted(amended) = &outcomes[3] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(amended.resting, Lots(4));
    assert_eq!(
        (amended.removed[0].id, amended.removed[0].reason),
        (InstructionId(1), DropReason::Amended)
    );
    assert_eq!(
        (book(&running).await.bids.len(), book(&running).await.asks.len()),
        (1, 0)
    );
    for wrong in [0, 65] {
        let entries: Vec<_> = (0..wrong).map(|id| entry(buy(0, 100 + id, 1, MARK), None)).collect();
        let refused: Result<Vec<EntryOutcome>, _> = running.call("cloister_submitBatch", rpc_params![entries]).await;
        assert_eq!(refused.unwrap_err().0, ErrorCode::ListLength.code());
    }
    let amendment = |id, replaces| Amendment {
        replaces: InstructionId(replaces),
        instruction: Submission::encoded(&sign(running.timed(buy(0, id, 9, MARK)))),
    };
    let moved: AcceptedInfo = running.call("cloister_amend", [amendment(1_025, 513)]).await.unwrap();
    assert_eq!(moved.resting, Lots(9));
    let overtakes = running.submit(buy(0, 1_537, 1, MARK)).await.unwrap_err();
    assert_eq!(overtakes.0, ErrorCode::WouldOvertake.code());
    assert!(overtakes.1.contains("1025"), "{}", overtakes.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn controls_act_at_once_and_once() {
    let running = Running::with_accounts(2, RICH).await;
    let all = ControlAction::CancelOrders(OrdersIn::ALL);
    running.submit(buy(0, 1, 5, MARK - ONE)).await.unwrap();
    let cleared = give(&running, 1, all).await.unwrap();
    assert_eq!(cleared.removed.len(), 1);
    assert!(book(&running).await.bids.is_empty());
    let again = give(&running, 1, all).await.unwrap_err();
    assert_eq!(again.0, ErrorCode::ControlNumber.code());
    let account = running.account(0).await.unwrap();
    assert_eq!((account.last_control, account.dead_man_at), (1, None));

    running.submit(buy(0, 2, 5, MARK - ONE)).await.unwrap();
    let (after, orders) = (60, OrdersIn::AT_REST);
    give(&running, 2, ControlAction::DeadMan { after, orders })
        .await
        .unwrap();
    assert!(running.account(0).await.unwrap().dead_man_at.is_some() || book(&running).await.bids.is_empty());
    running.until(|r| async move { book(r).await.bids.is_empty() }).await;

    let protect = ControlAction::Protect {
        instrument: InstrumentId(BTC),
        terms: ProtectionTerms {
            max_lots: Lots(3),
            window: 60_000,
            ..ProtectionTerms::default()
        },
    };
    give(&running, 3, protect).await.unwrap();
    running.submit(sell(0, 3, 5, MARK)).await.unwrap();
    let swept = running.submit(buy(1, 1, 5, MARK)).await.unwrap();
    assert_eq!((swept.filled, swept.resting), (Lots(3), Lots(2)));
    let stopped = running.submit(sell(0, 4, 5, MARK + ONE)).await.unwrap_err();
    assert_eq!(stopped.0, ErrorCode::Protected.code());
    running.settled().await;
}
