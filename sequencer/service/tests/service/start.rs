//! How a sequencer starts, and what stops it.

use crate::{common::*, trade, RICH};
use cloister_engine_testing::*;
use cloister_ledger::{Instruction, InstructionKind};
use cloister_sequencer::{keys::SequencerKeys, RebuildError, Sequencer, SequencerConfig, StartError};
use cloister_sequencer_rpc::{
    types::{HaltKind, Status},
    ErrorCode,
};
use cloister_settlement::LedgerError;
use cloister_types::{InstructionId, InstrumentId, Lots, Position};
use jsonrpsee::rpc_params;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequencer_that_waits_for_its_first_table_says_so() {
    let chain = MockChain::new();
    chain.lock().tables.clear();
    let running = Running::start(&chain);
    let early: Result<Status, _> = running.call("cloister_status", rpc_params![]).await;
    assert_eq!(early.unwrap_err().0, ErrorCode::NotReady.code());
    chain.add_table(table(1));
    running
        .until(|r| async move { r.call::<Status>("cloister_status", rpc_params![]).await.is_ok() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_the_verifying_key_is_refused() {
    let chain = MockChain::new();
    let config = SequencerConfig {
        shapes: vec![cloister_ledger::Shape { units: 9, places: 1 }],
        ..sequencer_config()
    };
    let running = Running::with(&chain, config, MockProver::default());
    assert!(matches!(running.ended().await, StartError::Shape));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_sequencer_rebuilds_its_ledger_from_the_chain() {
    let running = Running::with_accounts(2, RICH).await;
    trade(&running, 1).await;
    running.submit(sell(0, 512 + 2, 4, MARK)).await.unwrap();
    running.submit(buy(1, 2, 3, MARK)).await.unwrap();
    running
        .submit(other(InstructionKind::CancelAll, 1, 7, 0))
        .await
        .unwrap();
    running.settled().await;
    let before = (running.account(0).await.unwrap(), running.account(1).await.unwrap());
    let chain = running.chain.clone();
    drop(running);

    let again = Running::start(&chain);
    again.until(|r| async move { r.account(0).await.is_ok() }).await;
    let after = (again.account(0).await.unwrap(), again.account(1).await.unwrap());
    assert_eq!(
        (&after.0.cash, &after.0.positions, after.0.nonce),
        (&before.0.cash, &before.0.positions, before.0.nonce)
    );
    assert_eq!(
        (after.1.settled.clone(), after.1.min_id),
        (before.1.settled.clone(), InstructionId(7))
    );
    // Slots are known again: 3 of the 4 lots were filled.
    let rest = again
        .submit(Instruction {
            quantity: 3,
            ..sell(0, 512 + 2, 3, MARK)
        })
        .await
        .unwrap_err();
    assert_eq!(rest.0, ErrorCode::BeyondQuantity.code());
    again.submit(sell(0, 512 + 2, 4, MARK)).await.unwrap();
    let more = again.submit(buy(1, 8, 4, MARK)).await.unwrap();
    assert_eq!((more.filled, more.resting), (Lots(1), Lots(3)));
    again.settled().await;
    assert_eq!(
        again.account(1).await.unwrap().settled.unwrap().positions,
        [(InstrumentId(BTC), Position(9))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_secret_does_not_rebuild_the_ledger() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    let chain = running.chain.clone();
    drop(running);
    let keys = SequencerKeys::new([9; 32], GENESIS, GROUP).unwrap();
    let sequencer = Sequencer::new(sequencer_config(), chain, keys);
    let prover = MockProver::default();
    let error = sequencer.run(move |kind| Ok(prover.of(kind))).await.unwrap_err();
    let sealed = RebuildError::Recover(LedgerError::Sealed(0));
    assert!(
        matches!(
            error,
            StartError::Rebuild(RebuildError::Recover(LedgerError::Sealed(0)))
        ),
        "{error}, and not {sealed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sequencer_shows_as_a_halt() {
    let running = Running::with_accounts(1, RICH).await;
    running.settled().await;
    running.chain.lock().best.view.batch_no += 1;
    running
        .until(|r| async move {
            r.batch_status()
                .await
                .halted
                .is_some_and(|h| h.kind == HaltKind::Foreign && h.message.contains("another one runs"))
        })
        .await;
}
