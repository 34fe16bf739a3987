//! What batches must take from the queue, and that nothing else of the queue touches them (C-QUEUE).

use crate::{
    mock::*,
    types::CIPHERTEXT_FIXED,
    weights::{of_batch, SubstrateWeight},
    Accounts, Batch, Error, Event, GroupTotals, Groups, Indices, ItemKind, PendingItems, Queue, QueueItem,
    RegisteredAccount, Terms, Totals, WaitingItem,
};
use cloister_types::{AccountIndex, Amount};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::fungibles::Mutate},
    sp_runtime::AccountId32,
};

fn deposit(who: &AccountId32, amount: u64) {
    assert_ok!(Execution::deposit(signed(who), GROUP, amount));
}

fn settle(units: Vec<crate::UnitSubmission>) {
    assert_ok!(submit(&proven(batch(units))));
}

/// A batch whose proof gives its units these deposits.
fn claiming(mut batch: Batch, deposits: &[u64]) -> Batch {
    let mut wrong = statement(&batch);
    for (unit, amount) in wrong.units.iter_mut().zip(deposits) {
        unit.deposit = Amount(*amount);
    }
    batch.proof = prover::prove(wrong.hash());
    batch
}

/// Ids of the items that wait.
fn ids() -> Vec<u64> {
    whole_queue().into_iter().map(|(id, _)| id).collect()
}

/// Another account with a balance, and its open in the queue.
pub(super) fn newcomer(n: u8) -> AccountId32 {
    let who = AccountId32::new([100 + n; 32]);
    assert_ok!(Assets::mint(signed(&ADMIN), ASSET, who.clone(), 10_000));
    assert_ok!(open(&who, 100 + n, 1_000));
    who
}

#[test]
fn first_unit_of_an_account_should_take_all_that_is_ready() {
    on_open(|| {
        deposit(&ALICE, 500);
        deposit(&ALICE, 600);
        ready();
        deposit(&ALICE, 700);
        // A liquidation, say: whatever the unit does, the deposits come with it.
        settle(vec![unit(0), unit(0)]);
        let totals = GroupTotals {
            queued: 700,
            claims: 0,
            settled: 11_100,
            ..Default::default()
        };
        assert_eq!(Totals::<Test>::get(GROUP), totals);
        assert_eq!(PendingItems::<Test>::get(GROUP, 0).unwrap().into_inner(), [3]);
        let consumed = events().iter().find_map(|event| match event {
            Event::BatchSettled { consumed, .. } => Some(*consumed),
            _ => None,
        });
        assert_eq!(consumed, Some(2));
        ready();
        settle(vec![unit(0), unit(0)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 11_800);
        assert!(!PendingItems::<Test>::contains_key(GROUP, 0));
    });
}

#[test]
fn unit_that_leaves_out_a_waiting_top_up_should_be_refused() {
    // The submitter would rather liquidate the account without its top-up.
    on_open(|| {
        deposit(&ALICE, 500);
        ready();
        let batch = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&claiming(batch.clone(), &[0, 0])), Error::<Test>::InvalidProof);
        // Or take it behind the liquidation, or a part of it.
        assert_noop!(submit(&claiming(batch.clone(), &[0, 500])), Error::<Test>::InvalidProof);
        assert_noop!(submit(&claiming(batch.clone(), &[499, 1])), Error::<Test>::InvalidProof);
        assert_ok!(submit(&claiming(batch, &[500, 0])));
    });
}

#[test]
fn later_unit_that_claims_the_sum_again_should_be_refused() {
    on_open(|| {
        deposit(&ALICE, 500);
        ready();
        let batch = batch(vec![unit(0), unit(0)]);
        assert_noop!(
            submit(&claiming(batch.clone(), &[500, 500])),
            Error::<Test>::InvalidProof
        );
        assert_ok!(submit(&proven(batch)));
        // And in the next batch.
        let next = crate::mock::batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&claiming(next, &[500, 0])), Error::<Test>::InvalidProof);
    });
}

#[test]
fn item_that_is_not_ready_should_not_be_taken() {
    on_open(|| {
        deposit(&ALICE, 500);
        pass_with_table(NOTICE - 1);
        let batch = batch(vec![unit(0), unit(0)]);
        assert_noop!(submit(&claiming(batch.clone(), &[500, 0])), Error::<Test>::InvalidProof);
        // The clock of the chain does not matter, nor does the time of the batch: the table's does.
        pass(1);
        let later = Batch {
            time: Now::get(),
            ..batch
        };
        assert_ok!(submit(&claiming(later, &[0, 0])));
        pass_with_table(0);
        settle(vec![unit(0), unit(0)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 10_500);
    });
}

#[test]
fn what_is_queued_or_falls_due_after_the_table_should_not_invalidate_a_batch() {
    on_open(|| {
        deposit(&ALICE, 500);
        newcomer(1);
        pass_with_table(DEADLINE - 1);
        let made = proven(batch(vec![unit(0), unit(0)]));
        // Both fall due; the queue is filled; another account is asked for.
        pass(1);
        newcomer(2);
        deposit(&ALICE, 600);
        deposit(&ALICE, 700);
        pass(GRACE - 2);
        pass_with_table(1);
        assert_ok!(submit(&made));
        assert_eq!(Totals::<Test>::get(GROUP).settled, 10_500);
        // At the next table, the one that is overdue may claim a unit.
        assert_noop!(
            submit(&proven(batch(vec![unit(0), unit(0)]))),
            Error::<Test>::QueueItemOverdue
        );
        settle(vec![unit(0), unit(1)]);
    });
}

#[test]
fn overdue_item_that_is_left_out_should_be_refused() {
    on_open(|| {
        newcomer(1);
        pass_with_table(DEADLINE - 1);
        settle(vec![unit(0), unit(0)]);
        pass_with_table(1);
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit(&batch), Error::<Test>::QueueItemOverdue);
        settle(vec![unit(0), unit(1)]);
    });
}

#[test]
fn batch_at_an_older_table_should_not_hold_up_what_is_overdue_for_longer_than_the_grace() {
    on_open(|| {
        newcomer(1);
        pass_with_table(DEADLINE - 1);
        let without = |version| {
            let batch = batch(vec![unit(0), unit(0)]);
            proven(Batch {
                risk_version: version,
                ..batch
            })
        };
        let old = Risk::latest_version(GROUP).unwrap();
        pass_with_table(1);
        pass(GRACE);
        assert_ok!(submit(&without(old)));
        pass(1);
        assert_noop!(submit(&without(old)), Error::<Test>::RiskTableReplaced);
        assert_noop!(submit(&without(old + 1)), Error::<Test>::QueueItemOverdue);
    });
}

/// Registers a key of batches of more units, and gives a batch of them.
fn wide(units: Vec<u32>) -> Batch {
    wide_of(units.into_iter().map(unit).collect())
}

/// The same of given units.
pub(super) fn wide_of(units: Vec<crate::UnitSubmission>) -> Batch {
    const WIDE: crate::KeyId = 30;
    if Verifier::verifying_key(WIDE).is_none() {
        let statement = StatementKind::Batch {
            units: units.len() as u16,
            places: 1,
        };
        assert_ok!(Verifier::register_key(WIDE, statement, true, prover::key(), 0));
    }
    let batch = batch(units);
    assert_eq!(batch.units[0].ciphertext.len(), CIPHERTEXT_FIXED as usize + 1);
    proven(Batch { key: WIDE, ..batch })
}

#[test]
fn overdue_items_should_claim_no_more_than_their_share() {
    on_open(|| {
        MaxQueue::set(100);
        // Accounts 1 to 4; account 2 has a deposit behind the others.
        let who: Vec<_> = (1..5).map(newcomer).collect();
        deposit(&who[1], 100);
        pass_with_table(DEADLINE);
        let refused = |units: [u32; 4]| {
            let batch = wide(units.to_vec());
            assert_noop!(submit(&batch), Error::<Test>::QueueItemOverdue);
        };
        // Half of four units are claimed by the two accounts that wait longest, wherever their units are.
        refused([0, 0, 0, 0]);
        refused([1, 0, 0, 0]);
        refused([0, 2, 0, 2]);
        refused([1, 1, 3, 4]);
        assert_ok!(submit(&wide(vec![0, 2, 0, 1])));
        assert_eq!(ids(), [3, 4]);
        // More may be taken.
        assert_ok!(submit(&wide(vec![3, 0, 4, 0])));
        assert_eq!(ids(), [0u64; 0]);
        assert_ok!(submit(&wide(vec![0, 0, 0, 0])));
    });
}

#[test]
fn share_should_hold_for_what_is_submitted_later() {
    on_open(|| {
        for n in 1..3 {
            newcomer(n);
        }
        pass_with_table(DEADLINE);
        let one = wide(vec![1, 0, 0, 0]);
        assert_noop!(submit(&one), Error::<Test>::QueueItemOverdue);
        let terms = Terms {
            notice: NOTICE,
            share: 49,
        };
        assert_ok!(Execution::set_queue_terms(RuntimeOrigin::root(), GROUP, terms));
        assert_ok!(submit(&one));
    });
}

#[test]
fn account_with_several_overdue_items_should_claim_one_unit() {
    on_open(|| {
        let first = newcomer(1);
        deposit(&first, 100);
        deposit(&first, 100);
        newcomer(2);
        pass_with_table(DEADLINE);
        let refused = |units: [u32; 4]| {
            let batch = wide(units.to_vec());
            assert_noop!(submit(&batch), Error::<Test>::QueueItemOverdue);
        };
        refused([1, 1, 1, 0]);
        assert_ok!(submit(&wide(vec![1, 2, 0, 0])));
    });
}

#[test]
fn deposits_should_be_taken_with_the_open_before_them() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 1_000));
        deposit(&BOB, 300);
        ready();
        settle(vec![unit(1), unit(1)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 11_300);
        let opened = Event::AccountOpened {
            group: GROUP,
            index: 1,
            owner: BOB,
        };
        assert_eq!(events().last(), Some(&opened));
    });
}

#[test]
fn items_should_leave_the_list_from_anywhere() {
    // Accounts 1 to 5 wait in this order; each permutation of the taken ones leaves a list that holds together.
    for first in 1..6u32 {
        for second in 1..6u32 {
            on_open(|| {
                for n in 1..6 {
                    newcomer(n);
                }
                ready();
                settle(vec![unit(first), unit(second)]);
                let left: Vec<u64> = (1..6)
                    .filter(|id| ![first.into(), second.into()].contains(id))
                    .collect();
                assert_eq!(ids(), left);
                let state = Groups::<Test>::get(GROUP).unwrap();
                assert_eq!(
                    (
                        state.queue.first,
                        state.queue.last,
                        state.queue.length,
                        state.queue_next
                    ),
                    (left.first().copied(), left.last().copied(), left.len() as u32, 6)
                );
                // And one more comes behind what is left.
                deposit(&ALICE, 100);
                assert_eq!(ids(), [left, vec![6]].concat());
            });
        }
    }
}

#[test]
fn sum_of_an_account_beyond_the_record_should_not_be_queued() {
    on_open(|| {
        MaxUserDeposits::set(u128::from(u64::MAX) * 4);
        MaxVault::set(u128::from(u64::MAX) * 8);
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, ALICE, u128::from(u64::MAX) * 2));
        assert_ok!(Assets::mint(signed(&ADMIN), ASSET, BOB, u128::from(u64::MAX)));
        deposit(&ALICE, u64::MAX - 100);
        assert_noop!(
            Execution::deposit(signed(&ALICE), GROUP, 101),
            Error::<Test>::QueuedSumTooLarge
        );
        deposit(&ALICE, 100);
        // It is a bound of each account, and of what it has in the queue.
        assert_ok!(open(&BOB, 2, u64::MAX));
        ready();
        let sum = statement(&batch(vec![unit(0), unit(0)])).units[0].deposit;
        assert_eq!(sum, Amount(u64::MAX));
        settle(vec![unit(0), unit(1)]);
        deposit(&ALICE, 1_000);
    });
}

/// Puts opens of other accounts into the queue, past the calls, which cost a proof each.
fn wait(count: u32) {
    let mut state = Groups::<Test>::get(GROUP).unwrap();
    let now = Now::get();
    for _ in 0..count {
        let (index, id) = (state.next_index, state.queue_next);
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&index.to_le_bytes());
        let owner = AccountId32::new(bytes);
        let item = QueueItem {
            owner: owner.clone(),
            index: AccountIndex(index),
            amount: Amount(100),
            queued_at: now,
            ready_at: now + NOTICE,
            deadline: now + DEADLINE,
            kind: ItemKind::Open(seals::keys(GROUP, &ALICE, 1)),
            until: None,
        };
        let previous = state.queue.last.replace(id);
        if let Some(previous) = previous {
            Queue::<Test>::mutate(GROUP, previous, |before| before.as_mut().unwrap().next = Some(id));
        }
        state.queue.first.get_or_insert(id);
        let next = None;
        Queue::<Test>::insert(GROUP, id, WaitingItem { item, previous, next });
        PendingItems::<Test>::try_append(GROUP, index, id).unwrap();
        let account = RegisteredAccount {
            owner: owner.clone(),
            opened: false,
            deposited: 100,
            record: None,
        };
        Accounts::<Test>::insert(GROUP, index, account);
        Indices::<Test>::insert(GROUP, owner, index);
        (state.next_index, state.queue_next) = (index + 1, id + 1);
        state.queue.length += 1;
    }
    Groups::<Test>::insert(GROUP, state);
    let added = u128::from(count) * 100;
    Totals::<Test>::mutate(GROUP, |totals| totals.queued += added);
    <Assets as Mutate<_>>::mint_into(ASSET, &vault(), added).unwrap();
}

#[test]
fn ten_thousand_items_should_not_hold_up_the_deposit_of_a_short_account() {
    on_open(|| {
        MaxQueue::set(20_000);
        MaxVault::set(u128::from(u64::MAX));
        wait(10_000);
        deposit(&ALICE, 500);
        ready();
        // The next batch liquidates Alice's account, with the deposit counted.
        let without = claiming(batch(vec![unit(0), unit(0)]), &[0, 0]);
        assert_noop!(submit(&without), Error::<Test>::InvalidProof);
        settle(vec![unit(0), unit(0)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 10_500);
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().queue.length, 10_000);
        // Not even once all of them are overdue: they claim one of the two units.
        deposit(&ALICE, 600);
        pass_with_table(DEADLINE);
        assert_noop!(
            submit(&proven(batch(vec![unit(0), unit(0)]))),
            Error::<Test>::QueueItemOverdue
        );
        settle(vec![unit(0), unit(1)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 11_200);
    });
}

#[test]
fn full_queue_should_take_one_deposit_of_an_account_that_has_none_waiting() {
    on_open(|| {
        // Strangers fill the queue.
        wait(6);
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!(state.queue.length, MaxQueue::get());
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::QueueFull);
        deposit(&ALICE, 500);
        assert_noop!(Execution::deposit(signed(&ALICE), GROUP, 500), Error::<Test>::QueueFull);
        Execution::do_try_state().unwrap();
        ready();
        settle(vec![unit(0), unit(0)]);
        assert_eq!(Totals::<Test>::get(GROUP).settled, 10_500);
        deposit(&ALICE, 600);
        Execution::do_try_state().unwrap();
    });
}

#[test]
fn items_should_be_found_by_account() {
    on_open(|| {
        deposit(&ALICE, 500);
        newcomer(1);
        deposit(&ALICE, 600);
        let found = |accounts: Vec<u32>| {
            let items = Execution::waiting(GROUP, accounts);
            items
                .into_iter()
                .map(|(id, item)| (id, item.index.get()))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(vec![1, 0, 1]), [(1, 0), (3, 0), (2, 1)]);
        assert_eq!(found(vec![1]), [(2, 1)]);
        assert_eq!(found(vec![2, 9]), []);
        // No more accounts than a batch may have units.
        let many = (5..500).chain([0]).collect();
        assert_eq!(found(many), []);
    });
}

#[test]
fn weight_should_be_that_of_the_items_looked_at() {
    on_open(|| {
        deposit(&ALICE, 500);
        deposit(&ALICE, 600);
        ready();
        // It is not taken, but read to see that.
        deposit(&ALICE, 700);
        assert_ok!(Execution::pay_insurance(signed(&BOB), GROUP, 100));
        let batch = proven(batch(vec![unit(0), unit(0)]));
        let call = crate::Call::<Test>::submit_batch {
            group: GROUP,
            batch: Box::new(batch.clone()),
        };
        let most = call.get_dispatch_info().call_weight;
        // Two units with a place each.
        let weight = |items| of_batch::<SubstrateWeight<Test>>(2, 2, items);
        assert_eq!(most, weight(8 + crate::types::MAX_HOUSE_ITEMS));
        assert_eq!(submit(&batch).unwrap().actual_weight, Some(weight(4)));
        assert_eq!(ids(), [3, 4]);
    });
}
