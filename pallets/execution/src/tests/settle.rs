//! Batches that are accepted.

use crate::{
    mock::*, Accounts, Error, Event, GroupTotals, Groups, ItemKind, LastRecord, PendingItems, Queue, RegisteredAccount,
    Totals,
};
use polkadot_sdk::frame_support::{
    assert_noop, assert_ok,
    dispatch::{GetDispatchInfo, Pays},
    BoundedVec,
};

fn deposit(who: &polkadot_sdk::sp_runtime::AccountId32, amount: u64) {
    assert_ok!(Execution::deposit(signed(who), GROUP, amount));
}

#[test]
fn batch_should_move_root_house_and_number() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 10_000));
        ready();
        let batch = proven(batch(vec![unit(0), unit(0)]));
        let paid = submit(&batch).unwrap();
        assert_eq!(paid.pays_fee, Pays::No);
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!((state.root, state.house), (batch.new_root, batch.new_house));
        assert_eq!((state.batch_no, state.time, state.risk_version), (1, START + NOTICE, 2));
        assert_eq!(
            (
                state.queue.first,
                state.queue.last,
                state.queue.length,
                state.queue_next
            ),
            (None, None, 0, 1)
        );
        let settled = Event::BatchSettled {
            group: GROUP,
            batch_no: 0,
            key: BATCH_KEY,
            risk_version: 2,
            time: START + NOTICE,
            root: batch.new_root,
            house: batch.new_house,
            units: 2,
            consumed: 1,
            payee: SEQUENCER,
        };
        assert_eq!(
            events()[1..],
            [
                settled,
                Event::AccountOpened {
                    group: GROUP,
                    index: 0,
                    owner: ALICE
                }
            ]
        );
    });
}

#[test]
fn consumed_open_should_open_the_account_and_settle_its_deposit() {
    on_open(|| {
        assert_eq!(
            Accounts::<Test>::get(GROUP, 0),
            Some(RegisteredAccount {
                owner: ALICE,
                opened: true,
                deposited: 10_000,
                record: Some(LastRecord {
                    leaf: unit(0).new_leaf,
                    updates: 2,
                    batch_no: 0,
                    block: 1,
                }),
            })
        );
        assert_eq!(
            Totals::<Test>::get(GROUP),
            GroupTotals {
                queued: 0,
                claims: 0,
                settled: 10_000,
                ..Default::default()
            }
        );
        assert!(!Queue::<Test>::contains_key(GROUP, 0) && !PendingItems::<Test>::contains_key(GROUP, 0));
    });
}

#[test]
fn batches_should_follow_one_another() {
    on_open(|| {
        for number in 1..4 {
            pass(5_000);
            let batch = proven(batch(vec![unit(0), unit(0)]));
            assert_eq!(batch.batch_no, number);
            assert_ok!(submit(&batch));
        }
    });
}

#[test]
fn groups_should_be_apart() {
    on_open(|| {
        assert_ok!(Execution::create_group(RuntimeOrigin::root(), OTHER, ASSET, FEES));
        let other = Groups::<Test>::get(OTHER);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert_eq!(Groups::<Test>::get(OTHER), other);
        assert_ok!(open_in(OTHER, &ALICE, 1, 700));
        assert_eq!(Execution::index_of(OTHER, &ALICE), Some(0));
        assert_eq!(
            (Totals::<Test>::get(OTHER).queued, Totals::<Test>::get(GROUP).queued),
            (700, 0)
        );
    });
}

#[test]
fn another_submitter_may_submit() {
    on_open(|| {
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            BoundedVec::truncate_from(vec![BOB])
        ));
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit(&batch), Error::<Test>::NotSubmitter);
        assert_ok!(submit_as(signed(&BOB), GROUP, &batch));
    });
}

#[test]
fn open_and_deposit_should_give_their_kinds_to_the_statement() {
    // A deposit proven as an open, or an open as a deposit, is another statement.
    on_open(|| {
        deposit(&ALICE, 500);
        ready();
        let batch = batch(vec![unit(0), unit(0)]);
        let mut statement = statement(&batch);
        assert!(matches!(Execution::queue(GROUP, 0, 1)[0].1.kind, ItemKind::Deposit));
        statement.units[0].kind = cloister_ledger::RecordKind::Open(cloister_ledger::KeyRecord {
            x: 0.into(),
            y: 0.into(),
            view_commitment: 0.into(),
        });
        let mut proven = batch;
        proven.proof = prover::prove(statement.hash());
        assert_noop!(submit(&proven), Error::<Test>::InvalidProof);
    });
}

#[test]
fn weight_of_a_batch_should_grow_with_its_units() {
    on_open(|| {
        let weight = |units: usize| {
            let batch = batch(vec![unit(0); units]);
            let call = crate::Call::<Test>::submit_batch {
                group: GROUP,
                batch: Box::new(batch),
            };
            call.get_dispatch_info().call_weight
        };
        assert!(weight(3).all_gt(weight(2)));
    });
}
