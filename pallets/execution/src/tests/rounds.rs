//! Solvency rounds: a good statement is taken; one of anything else is refused with its error, and nothing changes.

use crate::{
    mock::{
        houses,
        solvency::{at, complete, fr, occupy, short_of, start, submit, submit_as, sums_after, Scene, CLEAN},
        *,
    },
    BlockCounts, CompleteRounds, Error, Event, FreezeClocks, Groups, OpenAccounts, RecentRoot, RecentRoots, Rounds,
    SolvencyView,
};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_settlement::no_sums;
use cloister_types::{AccountIndex, GroupId, Money};
use polkadot_sdk::{
    frame_support::{assert_noop, assert_ok, BoundedVec},
    sp_runtime::AccountId32,
};

const SUBTREE: u32 = 8;

/// A batch that changes nothing but the root.
fn next_batch() {
    assert_ok!(crate::mock::submit(&proven(batch(vec![unit(0), unit(0)]))));
}

fn going_on(payee: &AccountId32, first: u32, before: u32) -> Scene {
    at(payee, first, sums_after(before), None)
}

fn view() -> SolvencyView<AccountId32> {
    Execution::solvency(GROUP)
}

#[test]
fn round_of_one_statement_should_be_complete() {
    on_open(|| {
        assert_ok!(submit(&start(Some(CLEAN)).proven()));
        let round = view().round.unwrap();
        assert_eq!((round.number, round.payee, round.oldest_table), (1, SEQUENCER, START));
        assert_eq!((round.completed_at, round.findings), (START, CLEAN));
        assert_eq!(view().under_way, []);
        let taken = Event::SolvencyTaken {
            group: GROUP,
            payee: SEQUENCER,
            key: SOLVENCY_KEY,
            risk_version: 1,
            batch_no: 0,
            first: 0,
            next: SUBTREE,
        };
        let proven = Event::SolvencyProven {
            group: GROUP,
            payee: SEQUENCER,
            oldest_table: START,
            findings: CLEAN,
            newest: true,
        };
        assert_eq!(events(), [taken, proven]);
    });
}

#[test]
fn round_should_cover_all_indices_that_were_given_at_its_start() {
    on_open(|| {
        occupy(&[8, 17], 18);
        assert_ok!(submit(&start(None).proven()));
        // Given later: not of this round.
        occupy(&[40], 41);
        pass_with_table(5_000);
        assert_ok!(submit(&going_on(&SEQUENCER, 8, 0).proven()));
        let round = view().under_way.remove(0);
        assert_eq!((round.cursor, round.end, round.sums), (16, 18, sums_after(8)));
        assert_eq!((round.oldest_table, round.newest_root), (START, 0));
        assert_ok!(submit(&at(&SEQUENCER, 16, sums_after(8), Some(CLEAN)).proven()));
        assert_eq!(view().round.unwrap().oldest_table, START);
        assert!(!Rounds::<Test>::contains_key(GROUP));
    });
}

#[test]
fn subtrees_without_open_accounts_should_be_skipped_and_no_others() {
    on_open(|| {
        occupy(&[30], 100);
        assert_ok!(submit(&start(None).proven()));
        assert_noop!(
            submit(&going_on(&SEQUENCER, 32, 0).proven()),
            Error::<Test>::AccountSkipped
        );
        // From 31 on nobody is left: the statement is the last one.
        assert_noop!(
            submit(&going_on(&SEQUENCER, 24, 0).proven()),
            Error::<Test>::WrongOutcome
        );
        assert_ok!(submit(&at(&SEQUENCER, 24, sums_after(0), Some(CLEAN)).proven()));
    });
}

#[test]
fn skip_should_be_bounded() {
    on_open(|| {
        let far = 70 * 512;
        occupy(&[far], far + 1);
        assert_ok!(submit(&start(None).proven()));
        assert_noop!(
            submit(&going_on(&SEQUENCER, far, 0).proven()),
            Error::<Test>::SkipTooLong
        );
        let half = 64 * 512 - 8;
        assert_ok!(submit(&going_on(&SEQUENCER, half, 0).proven()));
        assert_ok!(submit(&at(&SEQUENCER, far, sums_after(half), Some(CLEAN)).proven()));
    });
}

#[test]
fn open_accounts_should_be_counted_by_subtree() {
    on_open(|| {
        occupy(&[7, 8, 511, 512], 600);
        let mut counts = BlockCounts::default();
        (counts.0[0], counts.0[1], counts.0[63]) = (2, 1, 1);
        assert_eq!(OpenAccounts::<Test>::get(GROUP, 0), counts);
        assert_eq!(OpenAccounts::<Test>::get(GROUP, 1).0[0], 1);
    });
}

#[test]
fn wrong_place_should_be_refused() {
    on_open(|| {
        occupy(&[8, 16], 17);
        for first in [1, 4, 9, 1 << 24] {
            let scene = at(&SEQUENCER, first, no_sums(), None);
            assert_noop!(submit(&scene.proven()), Error::<Test>::NotASubtree);
        }
        // The round begins with the first account.
        let scene = at(&SEQUENCER, 8, no_sums(), None);
        assert_noop!(submit(&scene.proven()), Error::<Test>::AccountSkipped);
        // An outcome too early, and none where it is due.
        assert_noop!(submit(&start(Some(CLEAN)).proven()), Error::<Test>::WrongOutcome);
        assert_ok!(submit(&start(None).proven()));
        assert_ok!(submit(&going_on(&SEQUENCER, 8, 0).proven()));
        assert_noop!(
            submit(&going_on(&SEQUENCER, 16, 8).proven()),
            Error::<Test>::WrongOutcome
        );
    });
}

#[test]
fn proof_of_another_statement_should_be_refused() {
    on_open(|| {
        let good = start(Some(CLEAN));
        let changes: [fn(&mut Scene); 17] = [
            |s| s.statement.before = Fr::from(1),
            |s| s.statement.after = Fr::from(1),
            |s| s.statement.first = AccountIndex(8),
            |s| s.statement.next = AccountIndex(16),
            |s| s.statement.root = Fr::from(1),
            |s| s.statement.risk_hash = Fr::from(1),
            |s| s.statement.table_version = 2,
            |s| s.statement.table_time += 1,
            |s| s.statement.group = GroupId(OTHER),
            |s| s.statement.genesis[0] ^= 1,
            |s| s.statement.payee = ALICE.into(),
            |s| s.statement.outcome = None,
            |s| s.statement.outcome.as_mut().unwrap().house = Fr::from(1),
            |s| s.statement.outcome.as_mut().unwrap().found.short = 1,
            |s| s.statement.outcome.as_mut().unwrap().found.debt.0 = 1,
            |s| s.statement.outcome.as_mut().unwrap().found.live_debt.0 = 1,
            |s| s.statement.outcome.as_mut().unwrap().surplus = Money(1_001),
        ];
        for change in changes {
            let mut other = good.clone();
            change(&mut other);
            assert_noop!(submit(&other.proven()), Error::<Test>::InvalidProof);
        }
        // An outcome where there is none.
        occupy(&[8], 9);
        let mut other = start(None);
        other.statement.outcome = good.statement.outcome;
        assert_noop!(submit(&other.proven()), Error::<Test>::InvalidProof);
        // The sums of a round go on: a proof from other sums, or from the beginning, is none.
        assert_ok!(submit(&start(None).proven()));
        for before in [no_sums(), sums_after(8)] {
            let scene = at(&SEQUENCER, 8, before, Some(CLEAN));
            assert_noop!(submit(&scene.proven()), Error::<Test>::InvalidProof);
        }
        assert_ok!(submit(&at(&SEQUENCER, 8, sums_after(0), Some(CLEAN)).proven()));
    });
}

#[test]
fn malformed_submission_should_be_refused() {
    on_open(|| {
        let refused = |change: fn(&mut crate::SolvencySubmission), error: Error<Test>| {
            let mut changed = start(Some(CLEAN)).proven();
            change(&mut changed);
            assert_noop!(submit(&changed), error);
        };
        refused(|s| s.after = [255; 32], Error::NonCanonicalField);
        refused(|s| s.proof = [0; 192], Error::ProofMalformedEncoding);
        refused(|s| s.key = 99, Error::UnknownKey);
        refused(|s| s.key = BATCH_KEY, Error::WrongStatement);
        refused(|s| s.key = SEAL_KEY, Error::WrongStatement);
        refused(|s| s.risk_version = 9, Error::RiskTableUnknown);
        refused(|s| s.batch_no = 1, Error::RootUnknown);
        refused(|s| s.batch_no = u64::MAX, Error::RootUnknown);
        refused(|s| s.payee = ALICE.into(), Error::NotSubmitter);
        let good = start(Some(CLEAN)).proven();
        let elsewhere = Execution::submit_solvency(signed(&SEQUENCER), OTHER, Box::new(good.clone()));
        assert_eq!(elsewhere.unwrap_err().error, Error::<Test>::UnknownGroup.into());
        let key = BoundedVec::truncate_from(prover::key());
        let kind = StatementKind::Solvency { subtrees: 1 };
        assert_ok!(Verifier::set_verifying_key(RuntimeOrigin::root(), 31, kind, false, key));
        refused(|s| s.key = 31, Error::KeyNotActive);
        // A disabled group is proven: what it owes is owed, and its claims are paid.
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        assert_ok!(submit(&good));
    });
}

#[test]
fn shape_of_a_key_should_be_within_a_block() {
    on_genesis(|| {
        for (id, subtrees, fits) in [(40, 0, false), (41, 65, false), (42, 1, true), (43, 64, true)] {
            let key = BoundedVec::truncate_from(prover::key());
            let kind = StatementKind::Solvency { subtrees };
            let set = Verifier::set_verifying_key(RuntimeOrigin::root(), id, kind, false, key);
            assert_eq!(set.is_ok(), fits);
            assert!(fits || set == Err(pallet_cloister_verifier::Error::<Test>::ShapeTooLarge.into()));
        }
    });
}

#[test]
fn stale_table_should_be_refused_when_the_statement_comes() {
    on_open(|| {
        let late = start(Some(CLEAN)).proven();
        // The newest table may be named for a while.
        pass(30_000);
        assert_ok!(submit(&late));
        pass(1);
        assert_noop!(submit(&late), Error::<Test>::RiskTableTooOld);
        // One that was replaced, for the grace alone.
        pass_with_table(0);
        let late = start(Some(CLEAN)).proven();
        pass_with_table(1_000);
        pass(GRACE);
        assert_ok!(submit(&late));
        pass(1);
        assert_noop!(submit(&late), Error::<Test>::RiskTableReplaced);
    });
}

#[test]
fn root_should_have_been_the_newest_at_the_table_or_later() {
    on_open(|| {
        let first = start(Some(CLEAN));
        pass_with_table(1_000);
        next_batch();
        // At the older table the older root was the newest.
        assert_ok!(submit(&first.proven()));
        // At the newer table it had been replaced already.
        let mut old = start(Some(CLEAN));
        (old.submission.batch_no, old.statement.root) = (0, first.statement.root);
        old.statement.outcome = first.statement.outcome;
        assert_noop!(submit(&old.proven()), Error::<Test>::RootReplaced);
        // The newer root at the older table.
        let mut new = start(Some(CLEAN));
        new.submission.risk_version = 1;
        (new.statement.table_version, new.statement.table_time) = (1, START);
        new.statement.risk_hash = first.statement.risk_hash;
        assert_ok!(submit(&new.proven()));
    });
}

#[test]
fn roots_should_be_kept_for_a_while() {
    on_open(|| {
        for _ in 0..70 {
            pass_with_table(1_000);
            next_batch();
        }
        let state = Groups::<Test>::get(GROUP).unwrap();
        assert_eq!(RecentRoots::<Test>::iter_prefix(GROUP).count(), 64);
        let newest = RecentRoots::<Test>::get(GROUP, 70).unwrap();
        let (root, house, since) = (state.root, state.house, Now::get());
        assert_eq!(newest, RecentRoot { root, house, since });
        let mut old = start(Some(CLEAN));
        old.submission.batch_no = 6;
        assert_noop!(submit(&old.proven()), Error::<Test>::RootUnknown);
    });
}

#[test]
fn last_root_should_be_no_older_than_any_of_the_round() {
    on_open(|| {
        occupy(&[8], 9);
        let old = at(&SEQUENCER, 8, sums_after(0), Some(CLEAN));
        pass(1_000);
        next_batch();
        assert_ok!(submit(&start(None).proven()));
        // The older root was the newest at the table, but the round has named a newer one.
        assert_noop!(submit(&old.proven()), Error::<Test>::RootOlderThanRound);
        assert_ok!(submit(&at(&SEQUENCER, 8, sums_after(0), Some(CLEAN)).proven()));
    });
}

#[test]
fn house_should_be_the_one_of_its_batch_under_its_newest_key() {
    on_open(|| {
        let (_, house) = houses::first();
        // After the table, so that both roots may be named beside it.
        pass(1);
        let mut keeping = batch(vec![unit(0), unit(0)]);
        keeping.new_house = to_bytes(&house.commitment());
        assert_ok!(crate::mock::submit(&proven(keeping)));
        let before = start(Some(CLEAN));
        // A re-key between two batches: the contents that the newest batch left are open under the new key alone.
        let (rekey, house) = houses::Scene::new(GROUP, house).proven(2);
        assert_ok!(Execution::rekey_house(signed(&SEQUENCER), GROUP, Box::new(rekey)));
        assert_noop!(submit(&before.proven()), Error::<Test>::InvalidProof);
        let after = start(Some(CLEAN));
        assert_eq!(after.statement.outcome.unwrap().house, house.commitment());
        // The root before it has the house that its own batch left.
        let mut older = after.clone();
        older.submission.batch_no -= 1;
        older.statement.root = fr(&RecentRoots::<Test>::get(GROUP, 0).unwrap().root);
        assert_noop!(submit(&older.proven()), Error::<Test>::InvalidProof);
        older.statement.outcome.as_mut().unwrap().house = fr(&RecentRoots::<Test>::get(GROUP, 0).unwrap().house);
        assert_ok!(submit(&older.proven()));
        assert_ok!(submit(&after.proven()));
    });
}

#[test]
fn restarting_and_abandoning_submitters_should_delay_nobody() {
    on_open(|| {
        occupy(&[8, 16], 17);
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            BoundedVec::truncate_from(vec![SEQUENCER, BOB])
        ));
        // Bob starts, and is not heard of again.
        assert_ok!(submit_as(&BOB, &at(&BOB, 0, no_sums(), None).proven()));
        // The sequencer restarts in the middle.
        assert_ok!(submit(&start(None).proven()));
        assert_ok!(submit(&going_on(&SEQUENCER, 8, 0).proven()));
        assert_eq!(view().under_way.len(), 2);
        pass_with_table(5_000);
        assert_ok!(submit(&start(None).proven()));
        let rounds = view().under_way;
        assert_eq!(rounds.iter().map(|round| round.cursor).collect::<Vec<_>>(), [8, 8]);
        assert_ok!(submit(&going_on(&SEQUENCER, 8, 0).proven()));
        assert_ok!(submit(&at(&SEQUENCER, 16, sums_after(8), Some(CLEAN)).proven()));
        // The oldest table is of the second start.
        assert_eq!(view().round.unwrap().oldest_table, START + 5_000);
        assert_eq!(view().under_way.len(), 1);
        // A payee that is no submitter any more has no round either.
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            BoundedVec::truncate_from(vec![SEQUENCER])
        ));
        assert_noop!(
            submit_as(&BOB, &going_on(&BOB, 8, 0).proven()),
            Error::<Test>::NotSubmitter
        );
        assert_ok!(submit(&start(None).proven()));
        assert_eq!(view().under_way.len(), 1);
    });
}

#[test]
fn copied_proof_should_pay_its_maker() {
    on_open(|| {
        occupy(&[8], 9);
        let first = start(None).proven();
        // Nobody else starts a round of the maker: sent again later, it would undo what came after it.
        assert_noop!(submit_as(&ALICE, &first), Error::<Test>::NotPayee);
        assert_ok!(submit(&first));
        let second = at(&SEQUENCER, 8, sums_after(0), Some(CLEAN)).proven();
        let mut stolen = second.clone();
        stolen.payee = BOB.into();
        assert_noop!(submit_as(&BOB, &stolen), Error::<Test>::NotSubmitter);
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            BoundedVec::truncate_from(vec![SEQUENCER, BOB])
        ));
        let mut stolen = first.clone();
        stolen.payee = BOB.into();
        assert_noop!(submit_as(&BOB, &stolen), Error::<Test>::InvalidProof);
        // Sent by somebody else, it is the maker's all the same.
        assert_ok!(submit_as(&ALICE, &second));
        assert_eq!(view().round.unwrap().payee, SEQUENCER);
        // And sent again it is nothing.
        assert_noop!(submit_as(&ALICE, &second), Error::<Test>::NotPayee);
        assert_noop!(submit_as(&ALICE, &first), Error::<Test>::NotPayee);
    });
}

#[test]
fn newest_complete_round_should_count() {
    on_open(|| {
        occupy(&[8], 9);
        assert_ok!(Sequencers::set_members(
            RuntimeOrigin::root(),
            GROUP,
            BoundedVec::truncate_from(vec![SEQUENCER, BOB])
        ));
        assert_ok!(submit_as(&BOB, &at(&BOB, 0, no_sums(), None).proven()));
        pass_with_table(5_000);
        assert_ok!(submit(&start(None).proven()));
        assert_ok!(submit(&at(&SEQUENCER, 8, sums_after(0), Some(CLEAN)).proven()));
        // Bob's round is complete later, but its oldest table is older.
        assert_ok!(submit_as(&BOB, &at(&BOB, 8, sums_after(0), Some(CLEAN)).proven()));
        let round = CompleteRounds::<Test>::get(GROUP).unwrap();
        assert_eq!(
            (round.number, round.payee, round.oldest_table),
            (1, SEQUENCER, START + 5_000)
        );
        assert!(matches!(
            events().last(),
            Some(Event::SolvencyProven {
                newest: false,
                payee: BOB,
                ..
            })
        ));
    });
}

#[test]
fn round_at_the_same_table_should_not_count() {
    on_open(|| {
        pass_with_table(1);
        assert_ok!(submit(&start(Some(short_of(0, 7))).proven()));
        let shown = CompleteRounds::<Test>::get(GROUP).unwrap();
        // Whatever another one shows of the same time: whoever proves last does not choose.
        assert_ok!(submit(&start(Some(CLEAN)).proven()));
        assert_eq!(CompleteRounds::<Test>::get(GROUP), Some(shown));
        complete(CLEAN);
        let counted = CompleteRounds::<Test>::get(GROUP).unwrap();
        assert_eq!((counted.number, counted.findings), (2, CLEAN));
    });
}

#[test]
fn good_statement_should_be_free() {
    on_open(|| {
        let taken = submit(&start(Some(CLEAN)).proven()).unwrap();
        assert_eq!(taken.pays_fee, polkadot_sdk::frame_support::dispatch::Pays::No);
        assert_eq!(FreezeClocks::<Test>::count(), 0);
        complete(CLEAN);
    });
}
