//! Batches of leaders, and of the other members after the first delay (C-TAKE-OVER).

use super::batches::idle;
use crate::{mock::*, Error, Groups};
use pallet_cloister_sequencers::{TakeOver, MIN_FIRST_DELAY};
use polkadot_sdk::{
    frame_support::{
        assert_noop, assert_ok,
        dispatch::{DispatchResultWithPostInfo, Pays},
        BoundedVec,
    },
    sp_runtime::AccountId32,
};

/// Bob is the second member, and members lead in turn.
fn lead_in_turn() {
    let both = BoundedVec::truncate_from(vec![SEQUENCER, BOB]);
    assert_ok!(Sequencers::set_members(RuntimeOrigin::root(), GROUP, both));
    let terms = TakeOver {
        epoch: 100,
        first_delay: MIN_FIRST_DELAY,
    };
    assert_ok!(Sequencers::set_take_over(RuntimeOrigin::root(), GROUP, terms));
}

fn several(who: &AccountId32, batches: &[crate::Batch]) -> DispatchResultWithPostInfo {
    let batches: Vec<_> = batches.iter().cloned().map(Box::new).collect();
    Execution::mark_plain();
    let result = Execution::submit_batches(signed(who), GROUP, BoundedVec::truncate_from(batches));
    Execution::unmark_plain();
    result
}

/// Whether a batch of somebody comes first in the pool.
fn comes_first(who: &AccountId32) -> bool {
    let call = RuntimeCall::Execution(crate::Call::submit_batch {
        group: GROUP,
        batch: Box::new(batch(vec![unit(0), unit(0)])),
    });
    Execution::is_essential(&call, who)
}

#[test]
fn batch_of_another_member_should_be_refused_until_the_first_delay_has_passed() {
    on_open(|| {
        lead_in_turn();
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &batch), Error::<Test>::NotLeader);
        // Nor does it take the leader's place in blocks.
        assert!(comes_first(&SEQUENCER) && !comes_first(&BOB));
        assert_noop!(submit_as(signed(&ALICE), GROUP, &batch), Error::<Test>::NotSubmitter);
        assert_ok!(submit_as(signed(&SEQUENCER), GROUP, &batch));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().batch_no, batch.batch_no + 1);
    });
}

#[test]
fn others_should_go_on_after_the_first_delay_until_the_leader_does() {
    on_open(|| {
        lead_in_turn();
        pass_with_table(MIN_FIRST_DELAY - 1);
        let early = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &early), Error::<Test>::NotLeader);
        pass(1);
        assert!(Execution::may_submit(GROUP, &BOB));
        assert_ok!(submit_as(signed(&BOB), GROUP, &early));
        // Two in one call, and another one, while the leader is silent.
        let done = several(&BOB, &idle(2)).unwrap();
        assert_eq!(done.pays_fee, Pays::No);
        assert_ok!(submit_as(signed(&BOB), GROUP, &proven(batch(vec![unit(0), unit(0)]))));
        // The leader is there again.
        assert_ok!(submit_as(
            signed(&SEQUENCER),
            GROUP,
            &proven(batch(vec![unit(0), unit(0)]))
        ));
        let next = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &next), Error::<Test>::NotLeader);
        assert!(!Execution::may_submit(GROUP, &BOB));
        assert_ok!(submit_as(signed(&SEQUENCER), GROUP, &next));
    });
}

#[test]
fn leader_should_settle_several_batches_in_a_call_and_others_none() {
    on_open(|| {
        lead_in_turn();
        let both = idle(2);
        let refused = several(&BOB, &both).map_err(|failure| failure.error);
        assert_eq!(refused, Err(Error::<Test>::NotLeader.into()));
        assert_eq!(several(&SEQUENCER, &both).unwrap().pays_fee, Pays::No);
    });
}

/// A re-key makes every proven batch one of another house, so it is the leader's alone.
#[test]
fn house_should_be_rekeyed_by_the_leader_only() {
    unkeyed().execute_with(|| {
        lead_in_turn();
        let (rekey, _) = houses::first();
        let by = |who| Execution::rekey_house(signed(who), GROUP, Box::new(rekey.clone()));
        assert_noop!(by(&BOB), Error::<Test>::NotLeader);
        assert_noop!(by(&ALICE), Error::<Test>::NotSubmitter);
        pass(MIN_FIRST_DELAY);
        assert_ok!(by(&BOB));
    });
}

#[test]
fn next_member_should_lead_in_the_next_epoch() {
    on_open(|| {
        lead_in_turn();
        System::set_block_number(100);
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&SEQUENCER), GROUP, &batch), Error::<Test>::NotLeader);
        assert_ok!(submit_as(signed(&BOB), GROUP, &batch));
    });
}
