//! Random histories: whatever happens, the invariants of `try_state` hold and no money is made or lost.

use crate::{mock::*, Beneficiary, Credits, Groups, ItemKind, PayoutTerms, Terms, Totals};
use cloister_types::Amount;
use polkadot_sdk::{frame_support::assert_ok, sp_runtime::AccountId32};
use proptest::prelude::*;

fn payee(n: u8) -> AccountId32 {
    if n.is_multiple_of(4) {
        SEQUENCER
    } else {
        who(n)
    }
}

const BENEFICIARIES: [Beneficiary; 3] = [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury];

/// One step; numbers choose among what is possible.
#[derive(Clone, Debug)]
enum Step {
    Open(u8, u64),
    Deposit(u8, u64),
    /// Accounts whose items are taken (0..=2), an amount to withdraw, and a sweep.
    Batch(u8, u64, u64),
    Block(u8),
    Thaw(u8),
    Claim(u8),
    Pass(u64),
    Terms(u64, u8),
    /// Switches the gate on or off.
    Gate(bool),
    /// A complete round with this live debt and shortfall.
    Round(u128, u128),
    PayWithheld(u8),
    PayInsurance(u8, u64),
    TakeInsurance(u8, u64),
    /// How many batches a period has at least, and the provers' share.
    Payout(u32, u16),
    /// A period and a payee, claimed by anyone.
    Credits(u32, u8),
    Share(u8),
}

fn who(n: u8) -> AccountId32 {
    [ALICE, BOB, FEES][usize::from(n) % 3].clone()
}

/// Everybody who may have money, but the vault of the other group, which holds its minimum balance.
fn all_money() -> u128 {
    let all = [ALICE, BOB, FEES, SEQUENCER, TREASURY, vault()];
    all.iter().map(balance).sum()
}

fn step() -> impl Strategy<Value = Step> {
    let amount = 1u64..200_000;
    prop_oneof![
        2 => (0u8..3, amount.clone()).prop_map(|(n, a)| Step::Open(n, a)),
        4 => (0u8..3, amount.clone()).prop_map(|(n, a)| Step::Deposit(n, a)),
        6 => (0u8..3, amount, prop_oneof![0u64..50, 0u64..20_000]).prop_map(|(n, a, s)| Step::Batch(n, a, s)),
        1 => (0u8..3).prop_map(Step::Block),
        1 => (0u8..3).prop_map(Step::Thaw),
        2 => (0u8..3).prop_map(Step::Claim),
        4 => prop_oneof![0u64..2_000, 50_000..70_000u64].prop_map(Step::Pass),
        1 => (0u64..130_000, 0u8..=100).prop_map(|(notice, share)| Step::Terms(notice, share)),
        1 => any::<bool>().prop_map(Step::Gate),
        2 => (0u128..20, prop_oneof![Just(0u128), 0u128..50_000]).prop_map(|(live, short)| Step::Round(live, short)),
        2 => (0u8..3).prop_map(Step::PayWithheld),
        3 => (0u8..3, 1u64..200_000).prop_map(|(n, a)| Step::PayInsurance(n, a)),
        3 => (0u8..3, 0u64..2_000).prop_map(|(n, a)| Step::TakeInsurance(n, a)),
        1 => (0u32..4, 900u16..9_500).prop_map(|(least, share)| Step::Payout(least, share)),
        3 => (0u32..4, 0u8..4).prop_map(|(period, n)| Step::Credits(period, n)),
        3 => (0u8..3).prop_map(Step::Share),
    ]
}

/// An honest batch of up to `take` accounts whose items are ready; refused if no account is open for its idle units.
fn settle(take: u8, withdrawal: u64, sweep: u64) {
    let version = Risk::latest_version(GROUP).unwrap();
    let table = Risk::table_info(GROUP, version).unwrap().time;
    let (of_house, queue): (Vec<_>, Vec<_>) = whole_queue().into_iter().partition(|(_, item)| item.kind.is_of_house());
    // What is overdue may claim one of the two units.
    let overdue = queue.first().is_some_and(|(_, item)| item.deadline <= table);
    let mut accounts: Vec<u32> = Vec::new();
    for (_, item) in queue.iter().filter(|(_, item)| item.ready_at <= table) {
        if !accounts.contains(&item.index.get()) {
            accounts.push(item.index.get());
        }
    }
    // What is not overdue is taken from anywhere.
    if !overdue && !accounts.is_empty() {
        let first = withdrawal as usize % accounts.len();
        accounts.rotate_left(first);
    }
    accounts.truncate(take.max(overdue.into()).into());
    let open = |index| Execution::account(GROUP, index).is_some_and(|account| account.opened);
    let idle = accounts
        .first()
        .copied()
        .or_else(|| (0..Groups::<Test>::get(GROUP).unwrap().next_index).find(|index| open(*index)));
    let Some(idle) = idle else { return };
    let mut units: Vec<_> = accounts.into_iter().map(unit).collect();
    units.resize_with(2, || unit(idle));
    let taken: u128 = statement(&batch(units.clone()))
        .units
        .iter()
        .map(|unit| u128::from(unit.deposit.get()))
        .sum();
    let held = u128::try_from(Totals::<Test>::get(GROUP).settled).unwrap_or(0) + taken;
    // Now and then more than there is.
    let most = if withdrawal.is_multiple_of(4) {
        held + 5
    } else {
        held / 2
    };
    units[1].withdrawal = Amount(withdrawal.min(u64::try_from(most).unwrap()));
    let mut batch = batch(units);
    // Fees that are not there now and then, too: others owe them.
    let most = if sweep % 7 == 3 { held + 5 } else { held / 4 };
    batch.sweep = Amount(sweep.min(u64::try_from(most).unwrap()));
    batch.payee = payee(sweep as u8).into();
    let asked = of_house.iter().find_map(|(_, item)| match item.kind {
        ItemKind::TakeInsurance { amount, .. } if item.ready_at <= table => Some(amount),
        _ => None,
    });
    let most = Amount(u64::try_from(held / 8).unwrap());
    batch.take_insurance = asked.map(|asked| asked.min(most));
    assert_ok!(submit(&proven(batch)));
}

fn run(step: Step) {
    match step {
        // Refused or not, both are fine: what may be refused is tested elsewhere.
        Step::Open(n, amount) => drop(open(&who(n), n + 1, amount)),
        Step::Deposit(n, amount) => drop(Execution::deposit(signed(&who(n)), GROUP, amount)),
        Step::Batch(take, withdrawal, sweep) => settle(take, withdrawal, sweep),
        Step::Block(n) => drop(Assets::block(signed(&ADMIN), ASSET, who(n))),
        Step::Thaw(n) => drop(Assets::thaw(signed(&ADMIN), ASSET, who(n))),
        Step::Claim(n) => drop(Execution::claim(signed(&who(n)), GROUP)),
        Step::Pass(ms) => pass_with_table(ms),
        Step::Terms(notice, share) => drop(Execution::set_queue_terms(
            RuntimeOrigin::root(),
            GROUP,
            Terms { notice, share },
        )),
        Step::Gate(true) => solvency::gate_on(),
        Step::Gate(false) => {
            assert_ok!(Execution::set_solvency_terms(RuntimeOrigin::root(), GROUP, None));
        }
        // There is no root before the first batch.
        Step::Round(live_debt, shortfall) => {
            if Groups::<Test>::get(GROUP).unwrap().batch_no > 0 {
                let findings = solvency::short_of(live_debt, shortfall);
                pass_with_table(0);
                assert_ok!(solvency::submit(&solvency::start(Some(findings)).proven()));
            }
        }
        Step::PayInsurance(n, amount) => drop(Execution::pay_insurance(signed(&who(n)), GROUP, amount)),
        Step::TakeInsurance(n, amount) => drop(Execution::take_insurance(RuntimeOrigin::root(), GROUP, amount, who(n))),
        Step::Payout(min_batches, provers) => {
            let terms = PayoutTerms {
                min_batches,
                provers,
                sequencer: 9_500 - provers,
                insurance: 500,
                treasury: 0,
            };
            let _ = Execution::set_payout_terms(RuntimeOrigin::root(), GROUP, terms);
        }
        Step::Credits(period, n) => drop(Execution::claim_credits(signed(&BOB), GROUP, period, payee(n))),
        Step::Share(n) => drop(Execution::claim_share(
            signed(&BOB),
            GROUP,
            BENEFICIARIES[usize::from(n)],
        )),
        Step::PayWithheld(n) => drop(Execution::pay_claim(signed(&ALICE), GROUP, who(n))),
    }
}

/// Ends the group: everything that waits goes back, whoever has a leaf exits, everybody asks for everything twice.
fn end(claims: [u128; 3]) {
    let check = || {
        Execution::do_try_state().unwrap();
        let owed = Totals::<Test>::get(GROUP).sum().unwrap();
        assert_eq!(balance(&vault()), MIN_BALANCE + owed);
    };
    for _ in 0..2 {
        pass_with_table(1_000);
    }
    Execution::freeze_now(GROUP);
    while let Some((id, _)) = whole_queue().first().cloned() {
        assert_ok!(Execution::refund_item(signed(&ALICE), GROUP, id));
        check();
    }
    assert_eq!(Totals::<Test>::get(GROUP).queued, 0);
    let state = Groups::<Test>::get(GROUP).unwrap();
    let table = Execution::final_table(GROUP).unwrap();
    for index in 0..state.next_index {
        let Some(account) = Execution::account(GROUP, index) else {
            continue;
        };
        let claim = claims[index as usize % 3];
        let exit = cloister_ledger::ExitStatement {
            genesis: System::block_hash(0).0,
            group: cloister_types::GroupId(GROUP),
            index: cloister_types::AccountIndex(index),
            root: solvency::fr(&state.root),
            final_hash: solvency::fr(&table.final_hash),
            claim: cloister_types::Total(claim),
        };
        let proof = Box::new(prover::prove(exit.hash()));
        assert_ok!(Execution::exit(signed(&account.owner), GROUP, EXIT_KEY, claim, proof));
        check();
    }
    pass(PERIOD);
    while Execution::exit_sums(GROUP).unwrap().ratio.is_none() {
        assert_ok!(Execution::settle_exits(signed(&BOB), GROUP));
        check();
    }
    for n in 0..6 {
        // What the asset refuses stays due.
        let _ = Assets::thaw(signed(&ADMIN), ASSET, who(n));
        let _ = Execution::pay_claim(signed(&BOB), GROUP, who(n));
        let _ = Execution::claim(signed(&who(n)), GROUP);
        for index in 0..state.next_index {
            let _ = Execution::pay_exit(signed(&BOB), GROUP, index);
        }
        for beneficiary in BENEFICIARIES {
            assert!(Execution::claim_share(signed(&BOB), GROUP, beneficiary).is_err());
        }
        check();
    }
    // Provers get what they earned before, whatever the ratio is. A first payment may be too small for an account.
    let _ = Assets::mint(signed(&ADMIN), ASSET, SEQUENCER, MIN_BALANCE);
    let _ = Assets::mint(signed(&ADMIN), ASSET, FEES, MIN_BALANCE);
    let open = Execution::period(GROUP).number;
    let earned: Vec<_> = Credits::<Test>::iter_key_prefix((GROUP,))
        .filter(|(number, _)| *number < open)
        .collect();
    for (number, payee) in earned {
        assert_ok!(Execution::claim_credits(signed(&BOB), GROUP, number, payee));
        check();
    }
    assert_eq!(Totals::<Test>::get(GROUP).provers, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn frozen_group_should_end_whatever_came_before(
        steps in prop::collection::vec(step(), 1..25),
        claims in prop::array::uniform3(prop_oneof![0u128..200, 0u128..200_000]),
    ) {
        empty().execute_with(|| {
            let supply = Assets::total_supply(ASSET);
            assert_eq!(all_money() + MIN_BALANCE, supply);
            steps.into_iter().for_each(run);
            end(claims);
            // Two accounts were given their minimum balance in the end.
            assert_eq!(all_money() - MIN_BALANCE, supply);
        });
    }

    #[test]
    fn invariants_should_hold_after_every_step(steps in prop::collection::vec(step(), 1..30)) {
        empty().execute_with(|| {
            let supply = Assets::total_supply(ASSET);
            for step in steps {
                run(step);
                Execution::do_try_state().unwrap();
                assert_eq!(all_money() + MIN_BALANCE, supply);
                // What the vault holds is exactly what it owes.
                assert_eq!(balance(&vault()), MIN_BALANCE + Totals::<Test>::get(GROUP).sum().unwrap());
            }
        });
    }
}
