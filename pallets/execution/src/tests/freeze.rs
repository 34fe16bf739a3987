//! The freeze of a group that nobody proves any more.

use crate::{
    mock::{
        solvency::{at, blocks, complete, gate_on, occupy, start, submit as prove, sums_after, CLEAN, FREEZE_AFTER},
        *,
    },
    Error, Event, Frozen,
};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

fn freeze() -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::freeze(signed(&BOB), GROUP)
}

fn waited() -> u64 {
    Execution::solvency(GROUP).waited
}

/// Blocks of six seconds until the clock has waited for this long.
const BLOCK: u64 = 6_000;
const BLOCKS: u64 = FREEZE_AFTER / BLOCK;

#[test]
fn group_should_be_frozen_when_nobody_proves_it() {
    on_open(|| {
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
        gate_on();
        blocks(BLOCKS - 1, BLOCK);
        assert_noop!(freeze(), Error::<Test>::FreezeNotDue);
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 400), unit(0)]))));
        blocks(1, BLOCK);
        assert_eq!(waited(), FREEZE_AFTER);
        assert_ok!(freeze());
        assert!(events().contains(&Event::GroupFrozen { group: GROUP }));
        assert_eq!(Execution::solvency(GROUP).frozen, Some(Now::get()));
        assert_noop!(freeze(), Error::<Test>::GroupFrozen);
        // No batch, no open, no deposit.
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_eq!(submit(&batch).unwrap_err().error, Error::<Test>::GroupFrozen.into());
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::GroupFrozen);
        assert_noop!(
            Execution::deposit(signed(&ALICE), GROUP, 500),
            Error::<Test>::GroupFrozen
        );
        // Claims wait for the ratio of exits, whatever round is fresh.
        let pay = || Execution::pay_claim(signed(&BOB), GROUP, ALICE);
        assert_noop!(pay(), Error::<Test>::ExitsNotSettled);
        complete(CLEAN);
        assert_noop!(pay(), Error::<Test>::ExitsNotSettled);
        assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, None));
        assert_noop!(pay(), Error::<Test>::ExitsNotSettled);
        // It stays frozen.
        assert!(Frozen::<Test>::contains_key(GROUP));
        blocks(2, BLOCK);
        assert_eq!(waited(), 0);
    });
}

#[test]
fn complete_round_should_start_the_clock_again() {
    on_open(|| {
        gate_on();
        blocks(BLOCKS - 1, BLOCK);
        complete(CLEAN);
        assert_eq!(waited(), 0);
        blocks(BLOCKS - 1, BLOCK);
        assert_noop!(freeze(), Error::<Test>::FreezeNotDue);
        // A round that is not complete starts nothing.
        crate::Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().next_index = 9);
        Execution::note_opened(GROUP, 8);
        assert_ok!(prove(&start(None).proven()));
        blocks(1, BLOCK);
        assert_ok!(freeze());
        // Nobody's account: taken back for the invariants.
        crate::OpenAccounts::<Test>::mutate(GROUP, 0, |counts| counts.0[1] = 0);
        crate::Groups::<Test>::mutate(GROUP, |state| state.as_mut().unwrap().next_index = 1);
        crate::Rounds::<Test>::remove(GROUP);
    });
}

#[test]
fn clock_should_start_with_the_first_opened_account() {
    on_genesis(|| {
        gate_on();
        assert_ok!(open(&ALICE, 1, 10_000));
        blocks(BLOCKS + 1, BLOCK);
        assert_eq!(waited(), 0);
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        blocks(2, BLOCK);
        assert_eq!(waited(), 2 * BLOCK);
    });
}

#[test]
fn clock_should_stand_while_no_statement_could_be_taken() {
    on_open(|| {
        use polkadot_sdk::frame_support::traits::Hooks;
        gate_on();
        blocks(2, BLOCK);
        // No table within its age.
        let block = |ms| {
            pass(ms);
            Execution::on_initialize(System::block_number());
        };
        for _ in 0..5 {
            block(BLOCK);
        }
        assert_eq!(waited(), 7 * BLOCK);
        for _ in 0..5 {
            block(BLOCK);
        }
        assert_eq!(waited(), 7 * BLOCK);
        blocks(1, BLOCK);
        assert_eq!(waited(), 8 * BLOCK);
        // The group is disabled.
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, false));
        blocks(3, BLOCK);
        assert_eq!(waited(), 8 * BLOCK);
        assert_ok!(Execution::set_group_enabled(RuntimeOrigin::root(), GROUP, true));
        // The chain stood still: a block counts a minute and no more.
        blocks(1, 10 * FREEZE_AFTER);
        assert_eq!(waited(), 8 * BLOCK + 60_000);
        // New terms do not start it again, and none take it away.
        gate_on();
        assert_eq!(waited(), 8 * BLOCK + 60_000);
        assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, None));
        assert_eq!(waited(), 0);
        assert_noop!(freeze(), Error::<Test>::NoSolvencyTerms);
    });
}

#[test]
fn clock_should_run_when_the_keys_or_the_submitters_are_taken_away() {
    on_open(|| {
        gate_on();
        blocks(2, BLOCK);
        assert_ok!(Sequencers::set_members(signed(&NARROWS), GROUP, Default::default()));
        blocks(3, BLOCK);
        assert_eq!(waited(), 5 * BLOCK);
        assert_ok!(Verifier::remove_verifying_key(signed(&NARROWS), SOLVENCY_KEY));
        assert_ok!(Verifier::remove_verifying_key(signed(&NARROWS), BATCH_KEY));
        blocks(BLOCKS - 6, BLOCK);
        assert_noop!(freeze(), Error::<Test>::FreezeNotDue);
        blocks(1, BLOCK);
        assert_ok!(freeze());
    });
}

#[test]
fn clock_should_stand_for_no_more_than_three_days_in_thirty() {
    use crate::{MAX_STOPPED, STOP_WINDOW};
    on_open(|| {
        gate_on();
        assert_ok!(Execution::set_group_enabled(signed(&NARROWS), GROUP, false));
        // Steps of a minute, no more than which a block counts; a table in each.
        const MINUTE: u64 = 60_000;
        blocks(MAX_STOPPED / MINUTE, MINUTE);
        assert_eq!(waited(), 0);
        // Enabled and disabled again, it has no more time to stand.
        assert_ok!(Execution::set_group_enabled(signed(&WIDENS), GROUP, true));
        blocks(1, BLOCK);
        assert_ok!(Execution::set_group_enabled(signed(&NARROWS), GROUP, false));
        blocks(BLOCKS - 2, BLOCK);
        assert_noop!(freeze(), Error::<Test>::FreezeNotDue);
        blocks(1, BLOCK);
        assert_eq!(waited(), FREEZE_AFTER);
        assert_ok!(freeze());
        const { assert!(STOP_WINDOW > MAX_STOPPED) };
    });
}

#[test]
fn clock_should_have_new_time_to_stand_in_a_new_window() {
    use crate::{FreezeClocks, MAX_STOPPED, STOP_WINDOW};
    on_open(|| {
        gate_on();
        FreezeClocks::<Test>::mutate(GROUP, |clock| clock.as_mut().unwrap().stops.stopped = MAX_STOPPED);
        assert_ok!(Execution::set_group_enabled(signed(&NARROWS), GROUP, false));
        blocks(1, BLOCK);
        assert_eq!(waited(), BLOCK);
        FreezeClocks::<Test>::mutate(GROUP, |clock| {
            clock.as_mut().unwrap().stops.window_from = Now::get() - STOP_WINDOW;
        });
        blocks(2, BLOCK);
        assert_eq!(waited(), BLOCK);
    });
}

#[test]
fn withheld_money_alone_should_keep_the_clock_going() {
    on_open(|| {
        gate_on();
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 10_000), unit(0)]))));
        assert_ok!(Execution::close(signed(&ALICE), GROUP));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), closing(0)]))));
        assert_eq!(crate::OpenAccounts::<Test>::iter_prefix(GROUP).count(), 0);
        // Nobody has an account, and still somebody waits for a round.
        blocks(1, BLOCK);
        let before = waited();
        blocks(2, BLOCK);
        assert_eq!(waited(), before + 2 * BLOCK);
        complete(CLEAN);
        assert_ok!(Execution::pay_claim(signed(&BOB), GROUP, ALICE));
        blocks(2, BLOCK);
        assert_eq!(waited(), 0);
    });
}

#[test]
fn stale_round_should_save_nobody_from_the_freeze() {
    on_open(|| {
        occupy(&[8], 9);
        gate_on();
        // Half of a round, and then nothing for long.
        assert_ok!(prove(&start(None).proven()));
        blocks(BLOCKS - 1, BLOCK);
        // Its end: what it says of index 0 is as old as its beginning.
        assert_ok!(prove(&at(&SEQUENCER, 8, sums_after(0), Some(CLEAN)).proven()));
        assert_eq!(waited(), (BLOCKS - 1) * BLOCK);
        blocks(1, BLOCK);
        assert_ok!(freeze());
    });
}

#[test]
fn frozen_group_should_be_named() {
    on_genesis(|| {
        assert_noop!(Execution::freeze(signed(&BOB), 9), Error::<Test>::UnknownGroup);
        assert!(Execution::freeze(RuntimeOrigin::none(), GROUP).is_err());
    });
}
