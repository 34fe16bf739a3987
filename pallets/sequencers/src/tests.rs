//! Members, who of them may submit when, and sealing keys.

mod secret;

use crate::{mock::*, Error, Event, NoRight, Sequencers as _, TakeOver, TakeOverOf, MAX_FIRST_DELAY, MIN_FIRST_DELAY};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::{BuildStorage, DispatchError::BadOrigin, DispatchResult},
};

/// Blocks for which a member leads.
const EPOCH: u64 = 10;

fn root() -> RuntimeOrigin {
    RuntimeOrigin::root()
}

fn signed(who: u64) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn set(origin: RuntimeOrigin, members: &[u64]) -> DispatchResult {
    Sequencers::set_members(origin, GROUP, BoundedVec::truncate_from(members.to_vec()))
}

fn take_over(epoch: u64, first_delay: u64) -> DispatchResult {
    Sequencers::set_take_over(root(), GROUP, TakeOver { epoch, first_delay })
}

fn events() -> Vec<Event<Test>> {
    System::read_events_for_pallet()
}

/// Who of the members may submit now.
fn rights() -> Vec<u64> {
    let may = |who: &u64| Sequencers::may_submit(GROUP, who).is_ok();
    MEMBERS.into_iter().filter(may).collect()
}

#[test]
fn members_should_be_set_with_notice_and_taken_away_at_once() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        for narrower in [&[first, third][..], &[third], &[], &[first, second, third]] {
            assert_noop!(set(signed(STRANGER), narrower), BadOrigin);
            assert_ok!(set(signed(NARROWS), narrower));
            assert_ok!(set(signed(WIDENS), &MEMBERS));
        }
        // Another order gives somebody the lead, a new name a right.
        for wider in [&[second, first, third][..], &[first, 40], &[third, first]] {
            assert_noop!(set(signed(STRANGER), wider), BadOrigin);
            assert_noop!(set(signed(NARROWS), wider), BadOrigin);
            assert_ok!(set(signed(WIDENS), wider));
            assert_ok!(set(signed(WIDENS), &MEMBERS));
        }
    });
}

#[test]
fn members_should_be_those_of_their_group() {
    on_genesis(|| {
        assert_ok!(set(root(), &[40]));
        assert_eq!(
            events(),
            [
                Event::MembersSet {
                    group: GROUP,
                    before: MEMBERS.to_vec(),
                    now: vec![40]
                },
                Event::RotationDue { group: GROUP }
            ]
        );
        assert!(Sequencers::is_member(GROUP, &40));
        assert!(!Sequencers::is_member(OTHER, &40));
        assert!(!Sequencers::is_member(GROUP, &MEMBERS[0]));
        assert_eq!(Sequencers::may_submit(OTHER, &40), Err(NoRight::NotMember));
        assert_eq!(Sequencers::may_submit(GROUP, &MEMBERS[0]), Err(NoRight::NotMember));
        assert_eq!(Sequencers::members(GROUP), [40]);
        assert_noop!(set(root(), &[40, 41, 40]), Error::<Test>::MemberTwice);
    });
}

#[test]
fn members_should_submit_at_any_time_where_nobody_leads() {
    on_genesis(|| {
        assert_eq!(rights(), MEMBERS);
        assert_eq!(Sequencers::leader(GROUP), None);
        assert_eq!(Sequencers::may_submit(GROUP, &STRANGER), Err(NoRight::NotMember));
    });
}

#[test]
fn members_should_lead_in_turn() {
    on_genesis(|| {
        assert_ok!(take_over(EPOCH, MIN_FIRST_DELAY));
        for block in 1..100 {
            System::set_block_number(block);
            let leader = MEMBERS[(block / EPOCH) as usize % MEMBERS.len()];
            assert_eq!(Sequencers::leader(GROUP), Some(leader));
            assert_eq!(rights(), [leader], "block {block}");
        }
        assert_eq!(Sequencers::may_submit(GROUP, &MEMBERS[1]), Err(NoRight::NotLeader));
    });
}

#[test]
fn others_should_take_over_after_the_first_delay_and_not_before() {
    on_genesis(|| {
        let leader = MEMBERS[0];
        assert_ok!(take_over(EPOCH, MIN_FIRST_DELAY));
        // The delay runs from the terms, and then from every batch.
        for _ in 0..3 {
            let last = Now::get();
            Now::set(last + MIN_FIRST_DELAY - 1);
            assert_eq!(rights(), [leader]);
            Now::set(last + MIN_FIRST_DELAY);
            assert_eq!(rights(), MEMBERS);
            // While the leader is silent the others go on.
            Sequencers::note_batch(GROUP, &MEMBERS[1]);
            assert_eq!(rights(), MEMBERS);
            Sequencers::note_batch(GROUP, &leader);
            assert_eq!(rights(), [leader]);
        }
        // Batches of other groups count for nothing.
        Now::set(Now::get() + MIN_FIRST_DELAY);
        Sequencers::note_batch(OTHER, &leader);
        assert_eq!(rights(), MEMBERS);
        // Terms that are set again give the leader its whole time.
        assert_ok!(take_over(EPOCH, MIN_FIRST_DELAY));
        assert_eq!(rights(), [leader]);
    });
}

#[test]
fn leader_that_is_taken_away_should_leave_the_lead_to_another_at_once() {
    on_genesis(|| {
        assert_ok!(take_over(EPOCH, MIN_FIRST_DELAY));
        assert_eq!(rights(), [MEMBERS[0]]);
        assert_ok!(set(signed(NARROWS), &MEMBERS[1..]));
        assert_eq!(rights(), [MEMBERS[1]]);
        assert_ok!(set(signed(NARROWS), &[]));
        assert_eq!(Sequencers::leader(GROUP), None);
        assert!(rights().is_empty());
    });
}

#[test]
fn terms_out_of_bounds_should_be_refused() {
    on_genesis(|| {
        for (epoch, first_delay) in [
            (EPOCH, 0),
            (EPOCH, MIN_FIRST_DELAY - 1),
            (EPOCH, MAX_FIRST_DELAY + 1),
            (EPOCH, u64::MAX),
            (1_001, MIN_FIRST_DELAY),
            (u64::MAX, MIN_FIRST_DELAY),
            (0, MIN_FIRST_DELAY),
        ] {
            assert_noop!(take_over(epoch, first_delay), Error::<Test>::TakeOverOutOfBounds);
        }
        for (epoch, first_delay) in [(1, MIN_FIRST_DELAY), (1_000, MAX_FIRST_DELAY), (0, 0)] {
            assert_ok!(take_over(epoch, first_delay));
        }
        assert_eq!(TakeOverOf::<Test>::get(GROUP), None);
        assert_eq!(rights(), MEMBERS);
        let terms = TakeOver {
            epoch: EPOCH,
            first_delay: MIN_FIRST_DELAY,
        };
        for who in [STRANGER, NARROWS] {
            assert_noop!(Sequencers::set_take_over(signed(who), GROUP, terms), BadOrigin);
        }
        System::reset_events();
        assert_ok!(Sequencers::set_take_over(signed(WIDENS), GROUP, terms));
        assert_eq!(
            events(),
            [Event::TakeOverSet {
                group: GROUP,
                before: TakeOver::default(),
                now: terms
            }]
        );
    });
}

#[test]
fn seal_key_should_be_a_key_of_prime_order() {
    on_genesis(|| {
        let (x, y) = key(8);
        for who in [STRANGER, NARROWS] {
            assert_noop!(Sequencers::set_seal_key(signed(who), GROUP, x, y), BadOrigin);
        }
        let mut one = [0; 32];
        one[0] = 1;
        for (x, y) in [([0; 32], one), (y, x), ([0xff; 32], y)] {
            assert_noop!(
                Sequencers::set_seal_key(root(), GROUP, x, y),
                Error::<Test>::InvalidSealKey
            );
        }
        assert_ok!(Sequencers::set_seal_key(signed(WIDENS), GROUP, x, y));
        assert_eq!(
            events(),
            [Event::SealKeySet {
                group: GROUP,
                key: (x, y)
            }]
        );
        assert_eq!(Sequencers::seal_key(GROUP), Some((x, y)));
        assert_eq!(Sequencers::seal_key(OTHER), None);
    });
}

#[test]
#[should_panic(expected = "genesis: no more members than there may be")]
fn genesis_with_too_many_members_should_not_start() {
    let mut config = genesis();
    config.sequencers.groups[0].members = (0..5).collect();
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: each member named once")]
fn genesis_with_a_member_twice_should_not_start() {
    let mut config = genesis();
    config.sequencers.groups[0].members = vec![1, 1];
    config.build_storage().unwrap();
}

#[test]
#[should_panic(expected = "genesis: valid sealing key")]
fn genesis_with_a_sealing_key_that_is_none_should_not_start() {
    let mut config = genesis();
    config.sequencers.groups[0].seal_key = Some(([0; 32], [0; 32]));
    config.build_storage().unwrap();
}

#[test]
fn a_member_should_submit_only_while_it_is_bonded() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        Unbonded::set(vec![(GROUP, first), (OTHER, second)]);
        assert_eq!(rights(), [second, third]);
        assert_eq!(Sequencers::may_submit(GROUP, &first), Err(NoRight::NotBonded));
        // Where members lead in turn, one without a bond is a silent one: the others go on after the first delay.
        assert_ok!(take_over(EPOCH, MIN_FIRST_DELAY));
        assert_eq!(Sequencers::leader(GROUP), Some(first));
        assert!(rights().is_empty());
        Now::set(START + MIN_FIRST_DELAY);
        assert_eq!(rights(), [second, third]);
        Unbonded::set(vec![]);
        assert_eq!(rights(), MEMBERS);
    });
}

#[test]
fn whoever_is_taken_away_should_lose_its_bond_and_nobody_else() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        assert_ok!(set(root(), &[third, 40, first]));
        assert_eq!(Removed::get(), [(GROUP, second)]);
        assert_ok!(set(root(), &[]));
        assert_eq!(Removed::get(), [second, third, 40, first].map(|who| (GROUP, who)));
    });
}
