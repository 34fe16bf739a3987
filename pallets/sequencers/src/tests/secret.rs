//! The secret of a sealing key: transport keys, hand-overs (C-HAND-OVER), rotation (C-ROTATION).

use super::{events, root, set, signed};
use crate::{
    mock::*, Ciphertext, Error, Event, HandOver, HandOvers, Rotations, RotationsDue, SealKeys, SealedSecret,
    Sequencers as _, TransportKeys, MAX_HAND_OVER, SEALED_SECRET,
};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::{DispatchError::BadOrigin, DispatchResult},
};

type Key = ([u8; 32], [u8; 32]);

/// The transport key of a member.
fn transport(who: u64) -> [u8; 32] {
    [who as u8; 32]
}

fn publish(who: u64) -> DispatchResult {
    Sequencers::set_transport_key(signed(who), GROUP, transport(who))
}

fn ciphertext(seed: u8) -> Ciphertext {
    BoundedVec::truncate_from(vec![seed; SEALED_SECRET as usize])
}

/// Hands the present secret over.
fn hand_over(from: u64, to: u64) -> DispatchResult {
    Sequencers::hand_over(signed(from), GROUP, to, transport(to), key(7), ciphertext(from as u8))
}

/// Whose hand-overs a member has.
fn handed_to(to: u64) -> Vec<u64> {
    HandOvers::<Test>::get(GROUP, to).iter().map(|one| one.from).collect()
}

fn sealed(to: &[u64]) -> BoundedVec<SealedSecret<u64>, <Test as crate::Config>::MaxMembers> {
    let one = |to: &u64| SealedSecret {
        to: *to,
        transport: transport(*to),
        ciphertext: [5; SEALED_SECRET as usize],
    };
    BoundedVec::truncate_from(to.iter().map(one).collect())
}

fn propose(who: u64, (x, y): Key, to: &[u64]) -> DispatchResult {
    Sequencers::propose_seal_key(signed(who), GROUP, x, y, sealed(to))
}

fn confirm(who: u64, proposer: u64, (x, y): Key) -> DispatchResult {
    Sequencers::confirm_seal_key(signed(who), GROUP, proposer, x, y)
}

/// The third of three members is taken away; the others have transport keys.
fn third_is_taken_away() {
    let [first, second, third] = MEMBERS;
    for who in [first, second, third] {
        assert_ok!(publish(who));
    }
    assert_ok!(set(signed(NARROWS), &[first, second]));
    System::reset_events();
}

/// All three members have transport keys, and somebody else was one of them.
fn a_fourth_came_and_went() {
    for who in MEMBERS {
        assert_ok!(publish(who));
    }
    assert_ok!(set(root(), &[MEMBERS.as_slice(), &[40]].concat()));
    assert_ok!(set(root(), &MEMBERS));
}

#[test]
fn a_transport_key_should_be_published_by_members_only() {
    on_genesis(|| {
        let [first, ..] = MEMBERS;
        assert_noop!(Sequencers::set_transport_key(root(), GROUP, [1; 32]), BadOrigin);
        assert_noop!(publish(STRANGER), Error::<Test>::NotMember);
        assert_noop!(
            Sequencers::set_transport_key(signed(first), OTHER, [1; 32]),
            Error::<Test>::NotMember
        );
        assert_ok!(publish(first));
        assert_eq!(TransportKeys::<Test>::get(GROUP, first), Some(transport(first)));
        assert_eq!(
            events(),
            [Event::TransportKeySet {
                group: GROUP,
                who: first,
                key: transport(first)
            }]
        );
    });
}

#[test]
fn a_secret_should_be_handed_over_from_member_to_member() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        assert_noop!(hand_over(first, second), Error::<Test>::OtherTransportKey);
        assert_ok!(publish(second));
        System::reset_events();
        let from = |origin, to, transport, key| Sequencers::hand_over(origin, GROUP, to, transport, key, ciphertext(1));
        let good = transport(second);
        assert_noop!(from(root(), second, good, key(7)), BadOrigin);
        assert_noop!(from(signed(STRANGER), second, good, key(7)), Error::<Test>::NotMember);
        assert_noop!(
            from(signed(first), STRANGER, good, key(7)),
            Error::<Test>::RecipientNotMember
        );
        assert_noop!(from(signed(first), second, good, key(8)), Error::<Test>::OtherSealKey);
        let other = transport(third);
        assert_noop!(
            from(signed(first), second, other, key(7)),
            Error::<Test>::OtherTransportKey
        );
        assert_ok!(hand_over(first, second));
        assert_eq!(
            HandOvers::<Test>::get(GROUP, second).into_inner(),
            [HandOver {
                from: first,
                ciphertext: ciphertext(first as u8)
            }]
        );
        assert_eq!(
            events(),
            [Event::SecretHandedOver {
                group: GROUP,
                from: first,
                to: second
            }]
        );
        assert!(handed_to(third).is_empty());
        // The longest one, of the present secret and seven former ones.
        let longest = BoundedVec::truncate_from(vec![1; 1_000]);
        assert_eq!(longest.len(), MAX_HAND_OVER as usize);
        assert_ok!(Sequencers::hand_over(
            signed(third),
            GROUP,
            second,
            good,
            key(7),
            longest
        ));
        assert_eq!(handed_to(second), [first, third]);
    });
}

#[test]
fn a_member_should_not_displace_what_another_one_has_handed_over() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        assert_ok!(publish(third));
        assert_ok!(hand_over(first, third));
        // As often as it likes: it has one place.
        for seed in 0..10 {
            let own = ciphertext(seed);
            assert_ok!(Sequencers::hand_over(
                signed(second),
                GROUP,
                third,
                transport(third),
                key(7),
                own
            ));
        }
        let all = HandOvers::<Test>::get(GROUP, third);
        assert_eq!(handed_to(third), [first, second]);
        assert_eq!(all[0].ciphertext, ciphertext(first as u8));
        assert_eq!(all[1].ciphertext, ciphertext(9));
    });
}

#[test]
fn hand_overs_should_go_with_the_transport_key_and_with_nothing_less() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        assert_ok!(publish(second));
        assert_ok!(publish(third));
        assert_ok!(hand_over(first, second));
        assert_ok!(hand_over(first, third));
        assert_ok!(publish(second));
        assert_eq!(handed_to(second), [first]);
        assert_ok!(Sequencers::set_transport_key(signed(second), GROUP, [1; 32]));
        assert!(!HandOvers::<Test>::contains_key(GROUP, second));
        assert_eq!(handed_to(third), [first]);
    });
}

#[test]
fn what_was_sealed_by_or_to_a_member_should_go_with_it() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        for who in MEMBERS {
            assert_ok!(publish(who));
            for from in MEMBERS {
                assert_ok!(hand_over(from, who));
            }
        }
        assert_ok!(set(signed(NARROWS), &[first, third]));
        assert_eq!(TransportKeys::<Test>::get(GROUP, second), None);
        assert!(!HandOvers::<Test>::contains_key(GROUP, second));
        assert_eq!(handed_to(first), [first, third]);
        assert_eq!(handed_to(third), [first, third]);
        // Nothing of it comes back with the member.
        assert_ok!(set(root(), &MEMBERS));
        assert_eq!(TransportKeys::<Test>::get(GROUP, second), None);
        assert!(!HandOvers::<Test>::contains_key(GROUP, second));
        // Where none is left there is no entry.
        assert_ok!(set(root(), &[third]));
        assert_eq!(handed_to(third), [third]);
        assert_ok!(publish(third));
        assert_ok!(Sequencers::set_transport_key(signed(third), GROUP, [1; 32]));
        assert_ok!(set(root(), &[]));
        assert_eq!(HandOvers::<Test>::iter().count(), 0);
        assert_eq!(TransportKeys::<Test>::iter().count(), 0);
    });
}

#[test]
fn hand_overs_should_go_with_the_sealing_key_and_not_with_the_same_one() {
    on_genesis(|| {
        let [first, second, _] = MEMBERS;
        assert_ok!(publish(second));
        assert_ok!(hand_over(first, second));
        let (x, y) = key(7);
        assert_ok!(Sequencers::set_seal_key(root(), GROUP, x, y));
        assert_eq!(handed_to(second), [first]);
        let (x, y) = key(8);
        assert_ok!(Sequencers::set_seal_key(root(), GROUP, x, y));
        assert_eq!(HandOvers::<Test>::iter().count(), 0);
        assert_eq!(TransportKeys::<Test>::get(GROUP, second), Some(transport(second)));
        assert_noop!(hand_over(first, second), Error::<Test>::OtherSealKey);
    });
}

#[test]
fn a_rotation_should_be_due_when_somebody_was_taken_away() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        // Newcomers and another order are no reason.
        assert_ok!(set(root(), &[third, second, first, 40]));
        assert_eq!(Sequencers::rotation_due(GROUP), None);
        Now::set(START + 5);
        System::reset_events();
        assert_ok!(set(root(), &[first, second, third]));
        assert_eq!(Sequencers::rotation_due(GROUP), Some(START + 5));
        assert!(events().contains(&Event::RotationDue { group: GROUP }));
        // It is due since the first one was taken away; whoever comes back was away.
        Now::set(START + 9);
        System::reset_events();
        assert_ok!(set(root(), &[first]));
        assert_ok!(set(root(), &[first, second, third, 40]));
        assert_eq!(Sequencers::rotation_due(GROUP), Some(START + 5));
        assert!(!events().contains(&Event::RotationDue { group: GROUP }));
        // Governance's own key ends it; the same key does not.
        let (x, y) = key(7);
        assert_ok!(Sequencers::set_seal_key(root(), GROUP, x, y));
        assert_eq!(Sequencers::rotation_due(GROUP), Some(START + 5));
        let (x, y) = key(8);
        assert_ok!(Sequencers::set_seal_key(root(), GROUP, x, y));
        assert_eq!(Sequencers::rotation_due(GROUP), None);
        // A group without a key has no secret.
        let members = |who: &[u64]| Sequencers::set_members(root(), OTHER, BoundedVec::truncate_from(who.to_vec()));
        assert_ok!(members(&[first, second]));
        assert_ok!(members(&[first]));
        assert_eq!(Sequencers::rotation_due(OTHER), None);
    });
}

#[test]
fn a_key_should_be_in_force_when_all_have_confirmed_it() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        a_fourth_came_and_went();
        assert_ok!(hand_over(first, second));
        System::reset_events();
        assert_ok!(propose(second, key(8), &[first, third]));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        assert_ok!(confirm(third, second, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        assert_eq!(Sequencers::rotation_due(GROUP), Some(START));
        assert_ok!(confirm(first, second, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(8)));
        let confirmed = |who| Event::SealKeyConfirmed {
            group: GROUP,
            proposer: second,
            who,
        };
        let proposed = Event::SealKeyProposed {
            group: GROUP,
            proposer: second,
            key: key(8),
        };
        let set = Event::SealKeySet {
            group: GROUP,
            key: key(8),
        };
        assert_eq!(events(), [proposed, confirmed(third), confirmed(first), set]);
        // Nothing is left of the old one.
        assert_eq!(Sequencers::rotation_due(GROUP), None);
        assert_eq!(Rotations::<Test>::iter().count(), 0);
        assert_eq!(HandOvers::<Test>::iter().count(), 0);
        // Once.
        assert_noop!(propose(second, key(9), &[first, third]), Error::<Test>::NotDue);
        assert_noop!(confirm(first, second, key(8)), Error::<Test>::NoSuchProposal);
    });
}

#[test]
fn a_proposal_should_be_refused_for_each_reason() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        assert_ok!(publish(first));
        assert_noop!(propose(first, key(8), &[second, third]), Error::<Test>::NotDue);
        assert_ok!(set(root(), &[first, second, third, 40]));
        assert_ok!(set(root(), &MEMBERS));
        let (x, y) = key(8);
        let by = |origin| Sequencers::propose_seal_key(origin, GROUP, x, y, sealed(&[second, third]));
        assert_noop!(by(root()), BadOrigin);
        assert_noop!(by(signed(STRANGER)), Error::<Test>::NotMember);
        // Not even whoever was taken away just now.
        assert_noop!(by(signed(40)), Error::<Test>::NotMember);
        assert_noop!(propose(first, (y, x), &[second, third]), Error::<Test>::InvalidSealKey);
        assert_noop!(propose(first, key(7), &[second, third]), Error::<Test>::SameSealKey);
        for others in [
            &[][..],
            &[second],
            &[third],
            &[third, second],
            &[second, second],
            &[first, second, third],
            &[second, third, 40],
            &[second, third, third],
        ] {
            assert_noop!(propose(first, key(8), others), Error::<Test>::NotForOthers);
        }
        assert_ok!(publish(second));
        assert_noop!(
            propose(first, key(8), &[second, third]),
            Error::<Test>::OtherTransportKey
        );
        assert_ok!(Sequencers::set_transport_key(signed(third), GROUP, [1; 32]));
        assert_noop!(
            propose(first, key(8), &[second, third]),
            Error::<Test>::OtherTransportKey
        );
        assert_ok!(publish(third));
        assert_ok!(propose(first, key(8), &[second, third]));
    });
}

#[test]
fn a_confirmation_should_be_refused_for_each_reason() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        a_fourth_came_and_went();
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_ok!(propose(first, key(8), &[second, third]));
        let (x, y) = key(8);
        assert_noop!(Sequencers::confirm_seal_key(root(), GROUP, first, x, y), BadOrigin);
        assert_noop!(confirm(40, first, key(8)), Error::<Test>::NotMember);
        assert_noop!(confirm(second, first, key(9)), Error::<Test>::NoSuchProposal);
        assert_noop!(confirm(second, third, key(8)), Error::<Test>::NoSuchProposal);
        // A proposer's word is one of them; nobody's counts twice.
        assert_noop!(confirm(first, first, key(8)), Error::<Test>::AlreadyConfirmed);
        assert_ok!(confirm(second, first, key(8)));
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::AlreadyConfirmed);
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
    });
}

#[test]
fn a_member_alone_should_not_set_a_key_of_its_own_while_there_are_others() {
    on_genesis(|| {
        third_is_taken_away();
        let [first, second, third] = MEMBERS;
        assert_ok!(propose(first, key(8), &[second]));
        // Whoever was taken away says nothing any more.
        assert_noop!(confirm(third, first, key(8)), Error::<Test>::NotMember);
        // Another key under the same proposal is another proposal, and asks for every confirmation anew.
        assert_ok!(propose(first, key(9), &[second]));
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        assert_ok!(confirm(second, first, key(9)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(9)));
    });
}

#[test]
fn a_proposal_made_again_should_lose_its_confirmations() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        a_fourth_came_and_went();
        assert_ok!(propose(first, key(8), &[second, third]));
        assert_ok!(confirm(second, first, key(8)));
        // With what the third one cannot open, say.
        assert_ok!(propose(first, key(8), &[second, third]));
        assert_ok!(confirm(third, first, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        assert_ok!(confirm(second, first, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(8)));
    });
}

#[test]
fn a_member_should_not_displace_the_proposal_of_another_one() {
    on_genesis(|| {
        third_is_taken_away();
        let [first, second, _] = MEMBERS;
        assert_ok!(propose(first, key(8), &[second]));
        assert_ok!(propose(second, key(9), &[first]));
        assert_ok!(confirm(second, first, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(8)));
        // The other one's is void with it.
        assert_noop!(confirm(first, second, key(9)), Error::<Test>::NoSuchProposal);
    });
}

#[test]
fn whoever_has_the_secret_of_a_transport_key_should_have_no_key_in_force_that_was_sealed_to_it() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        a_fourth_came_and_went();
        assert_ok!(propose(first, key(8), &[second, third]));
        assert_ok!(propose(second, key(9), &[first, third]));
        assert_ok!(confirm(second, first, key(8)));
        // The same key again changes nothing.
        assert_ok!(publish(second));
        assert!(Rotations::<Test>::contains_key(GROUP, first));
        // The second one has found its transport key stolen.
        assert_ok!(Sequencers::set_transport_key(signed(second), GROUP, [99; 32]));
        assert_noop!(confirm(third, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        // Its own was not sealed to it.
        assert_ok!(confirm(first, second, key(9)));
        assert_ok!(confirm(third, second, key(9)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(9)));
        Sequencers::do_try_state().unwrap();
    });
}

#[test]
fn a_silent_member_should_be_taken_away_and_the_others_go_on() {
    on_genesis(|| {
        let [first, second, third] = MEMBERS;
        a_fourth_came_and_went();
        assert_ok!(propose(first, key(8), &[second, third]));
        assert_ok!(confirm(second, first, key(8)));
        assert_ok!(set(signed(NARROWS), &[first, second]));
        // It has the proposed secret, so the proposal is void, though all who are left had confirmed it.
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(7)));
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_ok!(propose(first, key(9), &[second]));
        assert_ok!(confirm(second, first, key(9)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(9)));
    });
}

#[test]
fn a_newcomer_should_be_asked_too_and_another_order_change_nothing() {
    on_genesis(|| {
        third_is_taken_away();
        let [first, second, _] = MEMBERS;
        assert_ok!(propose(first, key(8), &[second]));
        assert_ok!(set(root(), &[second, first]));
        assert!(Rotations::<Test>::contains_key(GROUP, first));
        assert_ok!(set(root(), &[second, first, 40]));
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_noop!(propose(first, key(8), &[second]), Error::<Test>::NotForOthers);
        assert_ok!(publish(40));
        assert_ok!(propose(first, key(8), &[second, 40]));
        assert_ok!(confirm(second, first, key(8)));
        assert_ok!(confirm(40, first, key(8)));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(8)));
    });
}

#[test]
fn a_member_that_is_left_alone_should_rotate_at_once() {
    on_genesis(|| {
        let [first, second, _] = MEMBERS;
        assert_ok!(set(root(), &[first]));
        System::reset_events();
        assert_noop!(propose(first, key(8), &[second]), Error::<Test>::NotForOthers);
        assert_ok!(propose(first, key(8), &[]));
        assert_eq!(Sequencers::seal_key(GROUP), Some(key(8)));
        assert_eq!(Sequencers::rotation_due(GROUP), None);
        let set = Event::SealKeySet {
            group: GROUP,
            key: key(8),
        };
        assert_eq!(events().last(), Some(&set));
        assert_noop!(propose(first, key(9), &[]), Error::<Test>::NotDue);
    });
}

#[test]
fn governance_should_set_a_key_while_members_disagree() {
    on_genesis(|| {
        third_is_taken_away();
        let [first, second, _] = MEMBERS;
        assert_ok!(propose(first, key(8), &[second]));
        let (x, y) = key(9);
        assert_ok!(Sequencers::set_seal_key(signed(WIDENS), GROUP, x, y));
        assert_noop!(confirm(second, first, key(8)), Error::<Test>::NoSuchProposal);
        assert_eq!(SealKeys::<Test>::get(GROUP), Some(key(9)));
        assert!(!RotationsDue::<Test>::contains_key(GROUP));
    });
}

#[test]
fn groups_should_rotate_each_for_itself() {
    on_genesis(|| {
        third_is_taken_away();
        let [first, second, _] = MEMBERS;
        let both = BoundedVec::truncate_from(vec![first, second]);
        assert_ok!(Sequencers::set_members(root(), OTHER, both));
        let (x, y) = key(8);
        let other = Sequencers::propose_seal_key(signed(first), OTHER, x, y, sealed(&[second]));
        assert_noop!(other, Error::<Test>::NotDue);
        assert_ok!(propose(first, key(8), &[second]));
        let other = Sequencers::confirm_seal_key(signed(second), OTHER, first, x, y);
        assert_noop!(other, Error::<Test>::NoSuchProposal);
    });
}
