//! The governed terms of a group's queue.

use crate::{mock::*, Error, Event, Groups, Terms};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok},
    sp_runtime::DispatchError,
};

fn set(notice: u64, share: u8) -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::set_queue_terms(RuntimeOrigin::root(), GROUP, Terms { notice, share })
}

#[test]
fn terms_should_be_set_within_their_bounds() {
    on_genesis(|| {
        for (notice, share) in [(1_000, 10), (120_000, 90)] {
            let old = Groups::<Test>::get(GROUP).unwrap().queue_terms;
            let new = Terms { notice, share };
            assert_ok!(set(notice, share));
            assert_eq!(Groups::<Test>::get(GROUP).unwrap().queue_terms, new);
            let event = Event::QueueTermsSet {
                group: GROUP,
                before: old,
                now: new,
            };
            assert_eq!(events().last(), Some(&event));
        }
        for (notice, share) in [(999, 50), (120_001, 50), (1_000, 9), (1_000, 91)] {
            assert_noop!(set(notice, share), Error::<Test>::TermsOutOfBounds);
        }
        let terms = Terms::default();
        assert_noop!(
            Execution::set_queue_terms(RuntimeOrigin::root(), 9, terms),
            Error::<Test>::UnknownGroup
        );
        assert_noop!(
            Execution::set_queue_terms(signed(&ALICE), GROUP, terms),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn notice_should_hold_for_what_is_queued_later() {
    on_open(|| {
        let deposit = || Execution::deposit(signed(&ALICE), GROUP, 100);
        let times = || {
            let queue = whole_queue();
            queue
                .iter()
                .map(|(_, item)| (item.ready_at - START, item.deadline - START))
                .collect::<Vec<_>>()
        };
        assert_ok!(deposit());
        assert_ok!(set(120_000, 50));
        assert_ok!(deposit());
        // Items become ready in their order, so a shorter notice does not overtake.
        assert_ok!(set(2_000, 50));
        assert_ok!(deposit());
        assert_eq!(times(), [(NOTICE, DEADLINE), (120_000, 120_000), (120_000, 120_000)]);
    });
}
