//! Bonds, and everything that a report must not do.

mod overfills;

use crate::{
    mock::*, Barred, Bond, BondTerms, Bonds as Staked, Error, Event, HoldReason, Series, SeriesOf, SignedReceipt,
    MAX_SERIES,
};
use cloister_receipt::{first_of, Outcome, Receipt, Scope};
use cloister_types::{GroupId, Lots};
use pallet_cloister_sequencers::Bonds as _;
use polkadot_sdk::{
    frame_support::{
        assert_noop, assert_ok,
        traits::fungible::{Inspect, InspectHold},
    },
    sp_core::Pair,
    sp_runtime::{AccountId32, DispatchError::BadOrigin, DispatchResult},
};

/// Whose bond is in danger, who reports, and somebody else.
const MEMBER: u8 = 1;
const REPORTER: u8 = 2;
const STRANGER: u8 = 3;

const AMOUNT: u64 = 1_001;
const TERMS: BondTerms<u64, u64> = BondTerms {
    amount: AMOUNT,
    unbonding: 100,
    reporter_share: 2_500,
};

/// Changes terms.
type Change = fn(&mut BondTerms<u64, u64>);

fn signed(who: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(who))
}

/// The journal of the member's first series.
const JOURNAL: [u8; 32] = [1; 32];

/// Sets terms, and the member bonds what they ask and begins a series.
fn with_bond() {
    assert_ok!(Bonds::set_terms(governs(), GROUP, TERMS));
    assert_ok!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT));
    assert_ok!(Bonds::begin_series(signed(MEMBER), GROUP, JOURNAL));
}

fn is_bonded(who: u8) -> bool {
    Bonds::is_bonded(GROUP, &account(who))
}

fn on_hold(who: u8) -> u64 {
    Balances::balance_on_hold(&HoldReason::Bond.into(), &account(who))
}

fn total(who: &AccountId32) -> u64 {
    Balances::total_balance(who)
}

/// The number of a place in a series.
fn number(series: u32, place: u64) -> u64 {
    first_of(series) + place
}

/// A receipt of the first series, at this place.
fn receipt(place: u64, outcome: Outcome) -> Receipt {
    Receipt {
        scope: Scope {
            genesis: GENESIS,
            group: GroupId(GROUP),
        },
        number: number(1, place),
        previous: [0; 32],
        instruction: [5; 32],
        received_at: 1_700_000_000_000,
        outcome,
    }
}

fn cancel(place: u64, filled: u64) -> Receipt {
    receipt(place, Outcome::Cancel { filled: Lots(filled) })
}

fn sign(who: u8, receipt: Receipt) -> SignedReceipt {
    let signature = pair(who).sign(&receipt.message()).0;
    SignedReceipt { receipt, signature }
}

fn report(first: SignedReceipt, second: SignedReceipt) -> DispatchResult {
    report_of(MEMBER, first, second)
}

fn report_of(who: u8, first: SignedReceipt, second: SignedReceipt) -> DispatchResult {
    Bonds::report_receipts(signed(REPORTER), GROUP, account(who), Box::new(first), Box::new(second))
}

/// Two stories about number 7.
fn contradiction() -> (SignedReceipt, SignedReceipt) {
    (sign(MEMBER, cancel(7, 3)), sign(MEMBER, cancel(7, 4)))
}

fn last_event() -> Option<Event<Test>> {
    System::read_events_for_pallet().pop()
}

#[test]
fn terms_should_be_set_by_notice_and_within_bounds() {
    on_genesis(|| {
        assert_noop!(Bonds::set_terms(signed(STRANGER), GROUP, TERMS), BadOrigin);
        let with = |change: Change| {
            let mut terms = TERMS;
            change(&mut terms);
            Bonds::set_terms(governs(), GROUP, terms)
        };
        let refused: [Change; 8] = [
            |terms| terms.amount = MIN_BOND - 1,
            |terms| terms.amount = 1,
            |terms| terms.amount = MAX_BOND + 1,
            |terms| terms.unbonding = MIN_UNBONDING - 1,
            |terms| terms.unbonding = 0,
            |terms| terms.unbonding = MAX_UNBONDING + 1,
            |terms| terms.reporter_share = 5_001,
            |terms| (terms.amount, terms.unbonding) = (0, 0),
        ];
        for change in refused {
            assert_noop!(with(change), Error::<Test>::TermsOutOfBounds);
        }
        let taken: [Change; 7] = [
            |terms| terms.amount = 0,
            |terms| terms.amount = MIN_BOND,
            |terms| terms.amount = MAX_BOND,
            |terms| terms.unbonding = MIN_UNBONDING,
            |terms| terms.unbonding = MAX_UNBONDING,
            |terms| terms.reporter_share = 5_000,
            |terms| terms.reporter_share = 0,
        ];
        for change in taken {
            assert_ok!(with(change));
        }
        assert_ok!(Bonds::set_terms(governs(), OTHER, TERMS));
        let set = Event::TermsSet {
            group: OTHER,
            before: None,
            now: TERMS,
        };
        assert_eq!(last_event(), Some(set));
    });
}

#[test]
fn a_bond_should_be_what_the_group_asks() {
    on_genesis(|| {
        // A group that asks nothing takes every member, and no bonds.
        assert!(is_bonded(MEMBER));
        assert_noop!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT), Error::<Test>::NoTerms);
        assert_ok!(Bonds::set_terms(governs(), GROUP, TERMS));
        assert!(!is_bonded(MEMBER));
        assert!(Bonds::is_bonded(OTHER, &account(MEMBER)));
        assert_noop!(
            Bonds::bond(signed(MEMBER), GROUP, AMOUNT - 1),
            Error::<Test>::BondTooSmall
        );
        assert!(Bonds::bond(signed(MEMBER), GROUP, RICH).is_err());
        assert!(Bonds::bond(signed(MEMBER), GROUP, u64::MAX).is_err());
        assert_eq!(on_hold(MEMBER), 0);
        assert_ok!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT));
        // Nothing is staked on its receipts before it has begun a series.
        assert!(!is_bonded(MEMBER));
        assert_ok!(Bonds::begin_series(signed(MEMBER), GROUP, JOURNAL));
        assert!(is_bonded(MEMBER) && !is_bonded(STRANGER));
        assert_eq!(on_hold(MEMBER), AMOUNT);
        // More is asked: the member adds what is missing.
        let more = BondTerms {
            amount: AMOUNT + 5,
            ..TERMS
        };
        assert_ok!(Bonds::set_terms(governs(), GROUP, more));
        assert!(!is_bonded(MEMBER));
        assert_noop!(Bonds::bond(signed(MEMBER), GROUP, 4), Error::<Test>::BondTooSmall);
        assert_ok!(Bonds::bond(signed(MEMBER), GROUP, 5));
        assert!(is_bonded(MEMBER));
        let bonded = Event::Bonded {
            group: GROUP,
            who: account(MEMBER),
            held: AMOUNT + 5,
        };
        assert_eq!(last_event(), Some(bonded));
        // Nothing is asked: everybody is welcome, but an entry is never worth less than the least bond.
        assert_ok!(Bonds::set_terms(governs(), GROUP, BondTerms { amount: 0, ..TERMS }));
        assert!(is_bonded(STRANGER));
        assert_noop!(
            Bonds::bond(signed(STRANGER), GROUP, MIN_BOND - 1),
            Error::<Test>::BondTooSmall
        );
    });
}

#[test]
fn a_bond_of_one_group_should_be_none_of_another() {
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::set_terms(governs(), OTHER, TERMS));
        assert!(!Bonds::is_bonded(OTHER, &account(MEMBER)));
        assert_ok!(Bonds::bond(signed(MEMBER), OTHER, AMOUNT));
        assert!(!Bonds::is_bonded(OTHER, &account(MEMBER)));
        assert_ok!(Bonds::begin_series(signed(MEMBER), OTHER, JOURNAL));
        assert_eq!(on_hold(MEMBER), 2 * AMOUNT);
        let (first, second) = contradiction();
        assert_ok!(report(first, second));
        assert_eq!(on_hold(MEMBER), AMOUNT);
        assert!(Bonds::is_bonded(OTHER, &account(MEMBER)));
    });
}

#[test]
fn a_bond_should_be_withdrawn_after_the_whole_period() {
    on_genesis(|| {
        let nothing = Error::<Test>::NothingBonded;
        assert_noop!(Bonds::unbond(signed(MEMBER), GROUP), nothing);
        assert_noop!(
            Bonds::withdraw_unbonded(signed(MEMBER), GROUP),
            Error::<Test>::NothingBonded
        );
        with_bond();
        assert_noop!(
            Bonds::withdraw_unbonded(signed(MEMBER), GROUP),
            Error::<Test>::StillBonded
        );
        System::set_block_number(11);
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        assert!(!is_bonded(MEMBER));
        assert_noop!(Bonds::unbond(signed(MEMBER), GROUP), Error::<Test>::AlreadyUnbonding);
        // A shorter period is no way out for what has begun.
        let short = BondTerms {
            unbonding: MIN_UNBONDING,
            ..TERMS
        };
        assert_ok!(Bonds::set_terms(governs(), GROUP, short));
        System::set_block_number(110);
        assert_noop!(
            Bonds::withdraw_unbonded(signed(MEMBER), GROUP),
            Error::<Test>::StillBonded
        );
        System::set_block_number(111);
        assert_ok!(Bonds::withdraw_unbonded(signed(MEMBER), GROUP));
        assert_eq!((on_hold(MEMBER), total(&account(MEMBER))), (0, RICH));
        assert_eq!(Staked::<Test>::iter().count(), 0);
    });
}

#[test]
fn a_bond_that_is_given_up_should_be_good_again_if_it_is_bonded_again() {
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        System::set_block_number(90);
        assert_ok!(Bonds::bond(signed(MEMBER), GROUP, 0));
        assert!(is_bonded(MEMBER));
        System::set_block_number(200);
        assert_noop!(
            Bonds::withdraw_unbonded(signed(MEMBER), GROUP),
            Error::<Test>::StillBonded
        );
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        assert_eq!(Staked::<Test>::get(GROUP, account(MEMBER)).unwrap().free_at, Some(300));
    });
}

#[test]
fn whoever_is_removed_should_be_unbonding() {
    on_genesis(|| {
        with_bond();
        Bonds::note_removal(GROUP, &account(STRANGER));
        assert_eq!(Staked::<Test>::iter().count(), 1);
        Bonds::note_removal(GROUP, &account(MEMBER));
        let given_up = Bond {
            held: AMOUNT,
            free_at: Some(101),
        };
        assert_eq!(Staked::<Test>::get(GROUP, account(MEMBER)), Some(given_up));
        // Removed again later, it does not wait longer.
        System::set_block_number(50);
        Bonds::note_removal(GROUP, &account(MEMBER));
        assert_eq!(Staked::<Test>::get(GROUP, account(MEMBER)), Some(given_up));
    });
}

#[test]
fn two_receipts_of_one_number_should_cost_the_bond() {
    on_genesis(|| {
        with_bond();
        let issued = Balances::total_issuance();
        let (first, second) = contradiction();
        assert_ok!(report(first, second));
        // A quarter of 1,001, rounded down, for the reporter.
        assert_eq!(total(&account(REPORTER)), RICH + 250);
        assert_eq!(total(&treasury()), RICH + 751);
        assert_eq!((on_hold(MEMBER), total(&account(MEMBER))), (0, RICH - AMOUNT));
        assert_eq!(Balances::total_issuance(), issued);
        assert!(!is_bonded(MEMBER));
        let slashed = Event::Slashed {
            group: GROUP,
            who: account(MEMBER),
            number: number(1, 7),
            amount: AMOUNT,
            reporter: account(REPORTER),
            reward: 250,
        };
        assert_eq!(last_event(), Some(slashed));
    });
}

#[test]
fn whoever_was_slashed_should_stake_nothing_any_more() {
    on_genesis(|| {
        with_bond();
        let (first, second) = contradiction();
        assert_ok!(report(first, second));
        // It is slashed once, however many numbers it has given twice.
        for number in 7..10 {
            let story = |filled| sign(MEMBER, cancel(number, filled));
            assert_noop!(report(story(1), story(2)), Error::<Test>::NothingBonded);
        }
        // Else it could bond much after it has lost little, for a number of which it may tell anything then.
        for amount in [0, AMOUNT, 10 * AMOUNT] {
            assert_noop!(Bonds::bond(signed(MEMBER), GROUP, amount), Error::<Test>::Barred);
        }
        assert_eq!(
            Barred::<Test>::iter().collect::<Vec<_>>(),
            [(GROUP, account(MEMBER), ())]
        );
    });
}

#[test]
fn who_unbonds_should_be_slashed_until_it_has_withdrawn() {
    let (first, second) = contradiction();
    for block in [2, 101, 10_000] {
        on_genesis(|| {
            with_bond();
            assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
            System::set_block_number(block);
            assert_ok!(report(first, second));
            assert_eq!(total(&account(MEMBER)), RICH - AMOUNT);
            assert_noop!(
                Bonds::withdraw_unbonded(signed(MEMBER), GROUP),
                Error::<Test>::NothingBonded
            );
        });
    }
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        System::set_block_number(101);
        assert_ok!(Bonds::withdraw_unbonded(signed(MEMBER), GROUP));
        assert_noop!(report(first, second), Error::<Test>::NothingBonded);
    });
}

#[test]
fn terms_that_ask_nothing_should_not_save_a_bond() {
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::set_terms(governs(), GROUP, BondTerms { amount: 0, ..TERMS }));
        let (first, second) = contradiction();
        assert_ok!(report(first, second));
        assert_eq!(total(&account(MEMBER)), RICH - AMOUNT);
    });
}

#[test]
fn a_reporter_should_get_no_more_than_its_share_of_its_own_bond() {
    on_genesis(|| {
        let half = BondTerms {
            reporter_share: 5_000,
            ..TERMS
        };
        assert_ok!(Bonds::set_terms(governs(), GROUP, half));
        assert_ok!(Bonds::bond(signed(REPORTER), GROUP, AMOUNT));
        let (first, second) = (sign(REPORTER, cancel(7, 3)), sign(REPORTER, cancel(7, 4)));
        assert_ok!(report_of(REPORTER, first, second));
        assert_eq!(total(&account(REPORTER)), RICH - 501);
    });
}

#[test]
fn a_share_that_no_account_can_take_should_go_to_the_others() {
    on_genesis(|| {
        assert_ok!(Bonds::set_terms(
            governs(),
            GROUP,
            BondTerms {
                reporter_share: 10,
                ..TERMS
            }
        ));
        assert_ok!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT));
        let (first, second) = contradiction();
        // The reporter has no account, and its share of 1 is less than one holds.
        assert_ok!(Bonds::report_receipts(
            signed(9),
            GROUP,
            account(MEMBER),
            Box::new(first),
            Box::new(second)
        ));
        assert_eq!((total(&account(9)), total(&treasury())), (0, RICH + AMOUNT));
    });
}

#[test]
fn a_report_that_proves_nothing_should_be_refused() {
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::bond(signed(STRANGER), GROUP, AMOUNT));
        let (first, second) = contradiction();
        // The same receipt twice; another signature of it says the same.
        let again = sign(MEMBER, first.receipt);
        assert_ne!(again.signature, first.signature);
        assert_noop!(report(first, first), Error::<Test>::SameReceipt);
        assert_noop!(report(first, again), Error::<Test>::SameReceipt);
        assert_noop!(report(first, sign(MEMBER, cancel(8, 4))), Error::<Test>::NumbersDiffer);
        // Another chain, another group, on either side or on both.
        let mut elsewhere = [first, second];
        elsewhere[0].receipt.scope.genesis[31] ^= 1;
        elsewhere[1].receipt.scope.group = GroupId(OTHER);
        for other in elsewhere.map(|signed| sign(MEMBER, signed.receipt)) {
            assert_noop!(report(other, second), Error::<Test>::WrongScope);
            assert_noop!(report(first, other), Error::<Test>::WrongScope);
            assert_noop!(report(other, other), Error::<Test>::WrongScope);
        }
        // One of the two is somebody else's, or forged.
        let foreign = sign(STRANGER, second.receipt);
        let mut forged = second;
        forged.signature[5] ^= 1;
        let mut changed = second;
        changed.receipt.received_at += 1;
        let nothing = SignedReceipt {
            signature: [0; 64],
            ..second
        };
        for other in [foreign, forged, changed, nothing] {
            assert_noop!(report(first, other), Error::<Test>::WrongSignature);
            assert_noop!(report(other, first), Error::<Test>::WrongSignature);
        }
        // Nobody answers for what another has signed.
        assert_noop!(report_of(STRANGER, first, second), Error::<Test>::WrongSignature);
        assert_noop!(report_of(4, first, second), Error::<Test>::NothingBonded);
        let unsigned = Bonds::report_receipts(
            RuntimeOrigin::none(),
            GROUP,
            account(MEMBER),
            Box::new(first),
            Box::new(second),
        );
        assert_noop!(unsigned, BadOrigin);
        assert_eq!((on_hold(MEMBER), on_hold(STRANGER)), (AMOUNT, AMOUNT));
        // What was refused was no report: the number can still be reported.
        assert_ok!(report(first, second));
    });
}

/// An order is filled in part, cancelled, and its fill settles afterwards; another fill is published and turns out to
/// be void. Neither changes a receipt: what happened is told by the next number.
#[test]
fn fills_that_settle_after_a_cancel_and_fills_that_are_void_should_never_slash() {
    on_genesis(|| {
        with_bond();
        let order = |filled, resting| Outcome::Order {
            filled: Lots(filled),
            resting: Lots(resting),
            waits: false,
            dropped: None,
        };
        let story = [
            order(3, 7),
            Outcome::Cancel { filled: Lots(3) },
            // Void later: the sequencer takes the same instruction again, under a number of its own.
            order(5, 0),
            order(0, 5),
            Outcome::CancelAll,
            Outcome::Control,
        ];
        let mut previous = [0; 32];
        let mut chain = Vec::new();
        for (place, outcome) in (0..).zip(story) {
            let next = Receipt {
                previous,
                ..receipt(place, outcome)
            };
            previous = next.hash();
            // It is signed whenever it is sent.
            chain.extend([sign(MEMBER, next), sign(MEMBER, next)]);
        }
        for first in &chain {
            for second in &chain {
                let same = first.receipt.number == second.receipt.number;
                let expected = if same {
                    Error::<Test>::SameReceipt
                } else {
                    Error::<Test>::NumbersDiffer
                };
                assert_noop!(report(*first, *second), expected);
            }
        }
        assert_eq!(on_hold(MEMBER), AMOUNT);
        assert!(is_bonded(MEMBER));
    });
}

/// The same place of another series.
fn of_series(series: u32, place: u64, filled: u64) -> SignedReceipt {
    let receipt = Receipt {
        number: number(series, place),
        ..cancel(place, filled)
    };
    sign(MEMBER, receipt)
}

#[test]
fn a_series_should_be_begun_by_whoever_has_a_bond_and_counted() {
    on_genesis(|| {
        let begin = |who, journal| Bonds::begin_series(signed(who), GROUP, journal);
        assert_noop!(begin(MEMBER, JOURNAL), Error::<Test>::NothingBonded);
        with_bond();
        assert_noop!(begin(STRANGER, JOURNAL), Error::<Test>::NothingBonded);
        assert_noop!(Bonds::begin_series(RuntimeOrigin::none(), GROUP, [2; 32]), BadOrigin);
        assert_noop!(begin(MEMBER, JOURNAL), Error::<Test>::SameJournal);
        assert_ok!(begin(MEMBER, [2; 32]));
        let second = Series {
            number: 2,
            journal: [2; 32],
        };
        let begun = Event::SeriesBegun {
            group: GROUP,
            who: account(MEMBER),
            now: second,
        };
        assert_eq!(last_event(), Some(begun));
        assert_eq!(Bonds::series(GROUP, &account(MEMBER)), Some(second));
        assert_eq!(Bonds::series(OTHER, &account(MEMBER)), None);
        // The bond goes, and the count stays: no series is begun twice.
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        System::set_block_number(500);
        assert_ok!(Bonds::withdraw_unbonded(signed(MEMBER), GROUP));
        assert_noop!(begin(MEMBER, [3; 32]), Error::<Test>::NothingBonded);
        assert_ok!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT));
        assert!(is_bonded(MEMBER));
        // A journal that was there before counts a series that is new.
        assert_ok!(begin(MEMBER, JOURNAL));
        assert_eq!(
            Bonds::series(GROUP, &account(MEMBER)).map(|series| series.number),
            Some(3)
        );
        // There is an end.
        let last = Series {
            number: MAX_SERIES,
            journal: JOURNAL,
        };
        SeriesOf::<Test>::insert(GROUP, account(MEMBER), last);
        assert_noop!(begin(MEMBER, [4; 32]), Error::<Test>::TooManySeries);
    });
}

#[test]
fn a_journal_that_is_lost_should_cost_nobody_its_bond() {
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::begin_series(signed(MEMBER), GROUP, [2; 32]));
        // Another journal begins at the same place, with another story, and under a number of its own.
        assert_noop!(
            report(of_series(1, 0, 3), of_series(2, 0, 4)),
            Error::<Test>::NumbersDiffer
        );
        // Before the first series nothing was staked.
        for place in [0, 7, number(1, 0) - 1] {
            assert_noop!(
                report(of_series(0, place, 3), of_series(0, place, 4)),
                Error::<Test>::NoSeries
            );
        }
        assert_eq!(on_hold(MEMBER), AMOUNT);
    });
}

#[test]
fn a_series_that_has_ended_should_be_slashed_as_before_and_one_that_was_never_begun_too() {
    // Nobody honest signs in a series before the chain has it.
    for series in [1, 2, 3, MAX_SERIES] {
        on_genesis(|| {
            with_bond();
            assert_ok!(Bonds::begin_series(signed(MEMBER), GROUP, [2; 32]));
            assert_ok!(report(of_series(series, 5, 3), of_series(series, 5, 4)));
            assert_eq!(on_hold(MEMBER), 0);
        });
    }
}
