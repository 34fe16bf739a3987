//! Random histories: whatever happens, the invariants of `try_state` hold and no money is made or lost.

use crate::{mock::*, Groups, Totals};
use cloister_types::Amount;
use polkadot_sdk::{frame_support::assert_ok, sp_runtime::AccountId32};
use proptest::prelude::*;

/// One step; numbers choose among what is possible.
#[derive(Clone, Debug)]
enum Step {
    Open(u8, u64),
    Deposit(u8, u64),
    /// Queued items to consume (0..=2), an amount to withdraw, and a sweep.
    Batch(u8, u64, u64),
    Block(u8),
    Thaw(u8),
    Claim(u8),
    Pass(u64),
}

fn who(n: u8) -> AccountId32 {
    [ALICE, BOB, FEES][usize::from(n) % 3].clone()
}

fn step() -> impl Strategy<Value = Step> {
    let amount = 1u64..200_000;
    prop_oneof![
        2 => (0u8..3, amount.clone()).prop_map(|(n, a)| Step::Open(n, a)),
        4 => (0u8..3, amount.clone()).prop_map(|(n, a)| Step::Deposit(n, a)),
        6 => (0u8..3, amount, 0u64..50).prop_map(|(n, a, s)| Step::Batch(n, a, s)),
        1 => (0u8..3).prop_map(Step::Block),
        1 => (0u8..3).prop_map(Step::Thaw),
        2 => (0u8..3).prop_map(Step::Claim),
        1 => (0u64..2_000).prop_map(Step::Pass),
    ]
}

/// An honest batch that consumes up to `take` items; refused if no account is open for its idle units.
fn settle(take: u8, withdrawal: u64, sweep: u64) {
    let queue = Execution::queue(GROUP, 0, 100);
    let mut units: Vec<_> = queue
        .iter()
        .take(usize::from(take))
        .map(|(_, item)| queued(item.index.get()))
        .collect();
    let open = |index| Execution::account(GROUP, index).is_some_and(|account| account.opened);
    let idle = units
        .first()
        .map(|unit| unit.index.get())
        .or_else(|| (0..Groups::<Test>::get(GROUP).unwrap().next_index).find(|index| open(*index)));
    let Some(idle) = idle else { return };
    units.resize_with(2, || unit(idle));
    let taken: u128 = queue
        .iter()
        .take(usize::from(take))
        .map(|(_, item)| u128::from(item.amount.get()))
        .sum();
    let held = Totals::<Test>::get(GROUP).settled + taken;
    units[1].withdrawal = Amount(withdrawal.min(u64::try_from(held / 2).unwrap()));
    let mut batch = batch(units);
    batch.sweep = Amount(sweep.min(u64::try_from(held / 4).unwrap()));
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
        Step::Pass(ms) => {
            pass(ms);
            let version = Risk::latest_version(GROUP).unwrap() + 1;
            set_table(GROUP, version, Now::get());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn invariants_should_hold_after_every_step(steps in prop::collection::vec(step(), 1..30)) {
        empty().execute_with(|| {
            let supply = Assets::total_supply(ASSET);
            for step in steps {
                run(step);
                Execution::do_try_state().unwrap();
                let all: u128 = [ALICE, BOB, FEES, vault()].iter().map(balance).sum();
                // The vault of the other group holds its minimum balance.
                assert_eq!(all + MIN_BALANCE, supply);
                // What the vault holds is exactly what it owes.
                assert_eq!(balance(&vault()), MIN_BALANCE + Totals::<Test>::get(GROUP).sum().unwrap());
            }
        });
    }
}
