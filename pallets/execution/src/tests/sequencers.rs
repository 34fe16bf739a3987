//! Batches of leaders, and of the other members after the first delay (C-TAKE-OVER).

use crate::{mock::*, Error, Groups};
use pallet_cloister_sequencers::{TakeOver, MIN_FIRST_DELAY};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, BoundedVec};

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

#[test]
fn batch_of_another_member_should_be_refused_until_the_first_delay_has_passed() {
    on_open(|| {
        lead_in_turn();
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &batch), Error::<Test>::NotLeader);
        assert_noop!(submit_as(signed(&ALICE), GROUP, &batch), Error::<Test>::NotSubmitter);
        assert_ok!(submit_as(signed(&SEQUENCER), GROUP, &batch));
        assert_eq!(Groups::<Test>::get(GROUP).unwrap().batch_no, batch.batch_no + 1);
    });
}

#[test]
fn batch_of_another_member_should_be_taken_after_the_first_delay() {
    on_open(|| {
        lead_in_turn();
        pass_with_table(MIN_FIRST_DELAY - 1);
        let early = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &early), Error::<Test>::NotLeader);
        pass(1);
        assert_ok!(submit_as(signed(&BOB), GROUP, &early));
        // That was the group's last batch, so the leader has its time again.
        let next = proven(batch(vec![unit(0), unit(0)]));
        assert_noop!(submit_as(signed(&BOB), GROUP, &next), Error::<Test>::NotLeader);
        assert_ok!(submit_as(signed(&SEQUENCER), GROUP, &next));
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
