//! Native code and circuit agree on every statement, valid or not.

use std::collections::BTreeMap;

use cloister_circuits::statements::solvency::SolvencyShape;
use cloister_groth16::Assignment;
use cloister_ledger::{
    solvency::{Found, Sums},
    Account, Key, SolvencyError, SolvencyOutcome,
};
use cloister_ledger_testing::{table, Random};
use cloister_risk::Assessment;
use cloister_types::{AccountIndex, Money, PerLot, Position, Total};
use rayon::prelude::*;

use crate::support::{account, bump, extreme_account, house, other_group, signed, unit_table, Scene, SMALL};

const CASES: u64 = 57;

/// Someone who may be in the run.
fn someone<'a>(scene: &'a mut Scene, random: &mut Random) -> Option<&'a mut Account> {
    let which = random.below(scene.accounts.len() as u64) as usize;
    scene.accounts.values_mut().nth(which)
}

/// An account as the witness has it, whatever the tree holds.
fn witnessed<'a>(scene: &'a mut Scene, random: &mut Random) -> Option<&'a mut Account> {
    let present = scene.accounts.len() as u64;
    let which = random.below(present) as usize;
    scene.witness.accounts.iter_mut().flatten().nth(which)
}

/// Changes one thing of a statement. Some changes leave it valid.
fn spoil(scene: &mut Scene, case: u64, random: &mut Random) {
    let row = random.below(32) as usize;
    let (level, child) = (random.below(6) as usize, random.below(8) as usize);
    let spot = random.below(16) as usize;
    let other = Scene::random(random, SMALL);
    let nothing = SolvencyOutcome {
        house: scene.witness.house.commitment(),
        found: scene.found(),
        surplus: Money(0),
    };
    let (s, w) = (&mut scene.statement, &mut scene.witness);
    match case {
        // Still valid: what only names chain and payee.
        0 => s.genesis[row] ^= 1,
        1 => s.payee[row] ^= 1,
        // The public values.
        2 => s.group = other_group(s.group),
        3 => bump(&mut s.root),
        4 => s.root = other.statement.root,
        5 => bump(&mut s.risk_hash),
        6 => s.table_version ^= 1,
        7 => s.table_time ^= 1,
        8 => s.first.0 ^= 1 << random.below(24),
        9 => s.first.0 += 1 << 24,
        10 => s.first = other.statement.first,
        11 => s.next.0 += 8,
        12 => s.next.0 -= 8,
        13 => s.next = other.statement.next,
        14 => bump(&mut s.before),
        15 => s.before = other.statement.before,
        16 => bump(&mut s.after),
        17 => s.after = s.before,
        18 => {
            // The run one subtree further on, with all that follows from the index.
            s.first.0 ^= 8;
            s.next = SMALL.next(s.first);
        }
        // What is shown.
        19 => s.outcome = if s.outcome.is_some() { None } else { Some(nothing) },
        20..=25 => {
            let shown = s.outcome.get_or_insert(nothing);
            match case {
                20 => bump(&mut shown.house),
                21 => shown.found.short ^= 1,
                22 => shown.found.debt.0 += 1,
                23 => shown.found.live_debt.0 += 1,
                24 => shown.surplus.0 += 1,
                _ => shown.surplus = Money(shown.surplus.get().saturating_neg()),
            }
        }
        // The accounts without their leaves in the tree.
        26..=33 => {
            let Some(account) = witnessed(scene, random) else {
                return;
            };
            match case {
                26 => account.cash.0 += 1,
                27 => account.positions[row].0 += 1,
                28 => account.nonce ^= 1,
                29 => account.min_id.0 ^= 1,
                30 => bump(&mut account.view_key),
                31 => bump(&mut account.key.x),
                32 => bump(&mut account.orders_root),
                _ => *account = crate::support::account(random),
            }
        }
        // One left out, one made up, two that trade places.
        34 => w.accounts[spot] = None,
        35 => w.accounts[spot] = Some(Account::fresh(Key::default(), random.field())),
        36 => w.accounts.swap(spot, (spot + 1) % 16),
        37 => w.accounts.rotate_left(8),
        // The nodes.
        38 => bump(&mut w.branches[random.below(2) as usize][child]),
        39 => bump(&mut w.path[level][child]),
        40 => w.path[level].swap(child, (child + 1) % 8),
        41 => w.branches.swap(0, 1),
        42 => w.path = other.witness.path,
        // The table.
        43 => w.table.rows[row].value.0 ^= 1,
        44 => w.table.header.maintenance ^= 1,
        // The sums.
        45 => w.before.found.debt.0 += 1,
        46 => w.before = Sums::default(),
        47 => bump(&mut w.blinding),
        48 => bump(&mut w.house.key),
        49 => w.house.positions[row] = Position(1 << 40),
        // Made anew: valid but for what is asked.
        50 => {
            w.house = house(random);
            scene.restate();
        }
        51 => {
            let range = scene.statement.first.get()..SMALL.next(scene.statement.first).get();
            scene.accounts = range.map(|index| (index, extreme_account(random))).collect();
            scene.restate();
        }
        52 => {
            if let Some(account) = someone(scene, random) {
                account.positions[row] = Position([1 << 40, -(1 << 40) - 1][random.below(2) as usize]);
                scene.replant();
            }
        }
        53 => {
            if let Some(account) = someone(scene, random) {
                account.cash = Money([1 << 101, -(1 << 101) - 1, i128::MAX / 4][random.below(3) as usize]);
                account.positions = Default::default();
                scene.replant();
            }
        }
        // Prices that no table has: exposures leave their widths.
        54 => {
            if let Some(account) = someone(scene, random) {
                account.positions = [Position(-(1 << 40)); 32];
                let s = random.below(16) as usize;
                for row in &mut scene.witness.table.rows {
                    row.scenarios[s] = PerLot(i64::MAX);
                }
                scene.replant();
            }
        }
        // The owner's flags.
        55 => {
            if let Some(account) = witnessed(scene, random) {
                account.switches.transfers ^= true;
            }
        }
        // Fewer found than there are, or more.
        _ => {
            let mut found = scene.found();
            match random.below(3) {
                0 => found.short ^= 1,
                1 => found.debt = Total(signed(random, 100).unsigned_abs()),
                _ => found.live_debt = Total(found.live_debt.get() + 1),
            }
            scene.claim(found);
        }
    }
}

/// Native code and circuit must agree.
fn judge(scene: &Scene, case: u64) -> Result<(), SolvencyError> {
    let native = scene.statement.check(scene.shape, &scene.witness);
    let broken = scene.system().all_unsatisfied();
    let agree = native.is_ok() == broken.is_empty();
    assert!(agree, "case {case}: native {native:?}, circuit {broken:?}");
    native
}

#[test]
fn statements_over_random_markets_should_hold() {
    let found: Vec<Found> = (0..96u64)
        .into_par_iter()
        .map(|seed| {
            let scene = Scene::random(&mut Random::new(seed), SMALL);
            assert_eq!(judge(&scene, seed), Ok(()));
            Found {
                short: scene.found().short - scene.witness.before.found.short,
                debt: Total(scene.found().debt.get() - scene.witness.before.found.debt.get()),
                live_debt: Total::ZERO,
            }
        })
        .collect();
    let [short, broke] = [
        found.iter().filter(|found| found.short > 0).count(),
        found.iter().filter(|found| !found.debt.is_zero()).count(),
    ];
    println!(
        "{short} of {} statements have short accounts, {broke} have debts",
        found.len()
    );
    assert!(short > 40 && broke > 40 && short < 90);
}

/// Runs of ten subtrees reach into three branches, as those of the production shape can.
#[test]
fn runs_over_three_branches_should_be_judged_alike() {
    let shape = SolvencyShape { subtrees: 10 };
    let mut refused = 0;
    for (seed, place) in [(1, 7), (2, 6), (3, 60)] {
        let mut random = Random::new(seed);
        let first = 8 * place;
        let end = shape.next(AccountIndex(first)).get();
        let accounts = (first..end).step_by(3).map(|index| (index, account(&mut random)));
        let mut accounts: BTreeMap<u32, Account> = accounts.collect();
        // An account of the last subtree is left out, then one of the first; both owe money.
        let left_out = [end - 8, first].map(|from| *accounts.range(from..).next().expect("one").0);
        for index in left_out {
            accounts.get_mut(&index).expect("it is there").cash = Money(-1 << 60);
        }
        let table = table(5, 1, &mut random);
        let scene = Scene::of(shape, first, accounts, table, true, &mut random);
        assert!(scene.system().is_satisfied());
        assert_eq!(scene.statement.check(shape, &scene.witness), Ok(()));
        for index in left_out {
            let mut scene = scene.clone();
            assert!(scene.found() != scene.found_but(index), "it counts");
            scene.claim(scene.found_but(index));
            assert!(scene.statement.check(shape, &scene.witness).is_err());
            assert!(!scene.system().is_satisfied());
            refused += 1;
        }
    }
    assert_eq!(refused, 6);
}

#[test]
fn spoiled_statements_should_be_judged_alike() {
    let verdicts: Vec<bool> = (0..5 * CASES)
        .into_par_iter()
        .map(|i| {
            let mut random = Random::new(i);
            let mut scene = Scene::random(&mut random, SMALL);
            spoil(&mut scene, i % CASES, &mut random);
            judge(&scene, i % CASES).is_ok()
        })
        .collect();
    let valid = verdicts.iter().filter(|ok| **ok).count();
    println!("{valid} of {} spoiled statements are valid", verdicts.len());
    assert!(valid > 25 && verdicts.len() - valid > 180);
}

#[test]
fn deficits_of_zero_and_one_should_be_told_apart_in_every_scenario() {
    // With a ratio of 255/256: 256 lots lose 256, and 255 of equity leave a deficit of 0; 255 lots lose 255, and 254 of
    // equity leave one of 1.
    for scenario in 0..16 {
        let table = unit_table(scenario);
        for (lots, cash, deficit) in [(256, 255, 0), (255, 254, 1), (255, 255, -255), (256, 254, 256)] {
            let mut random = Random::new(scenario as u64);
            let mut holder = account(&mut random);
            holder.positions = Default::default();
            holder.positions[0] = Position(lots);
            holder.cash = Money(cash);
            let assessment = Assessment::new(&table, &holder.positions, holder.cash).unwrap();
            assert_eq!(assessment.worst(255).unwrap().1.get(), deficit);
            let accounts = BTreeMap::from([(11, holder)]);
            let scene = Scene::of(SMALL, 8, accounts, table.clone(), true, &mut random);
            assert_eq!(judge(&scene, 0), Ok(()));
            let found = scene.found().short - scene.witness.before.found.short;
            assert_eq!(found, u32::from(deficit > 0), "deficit {deficit}");
        }
    }
}

#[test]
fn equity_of_zero_should_be_no_debt() {
    for (cash, debt) in [(0, 0), (-1, 1), (1, 0)] {
        let mut random = Random::new(1);
        let mut holder = account(&mut random);
        holder.positions = Default::default();
        holder.cash = Money(cash);
        let accounts = BTreeMap::from([(8, holder)]);
        let mut scene = Scene::of(SMALL, 8, accounts, unit_table(3), true, &mut random);
        scene.witness.before = Sums::default();
        scene.restate();
        assert_eq!(judge(&scene, 0), Ok(()));
        // Without lots none of it is owed by anyone who could be liquidated.
        let found = Found {
            short: (debt > 0).into(),
            debt: Total(debt),
            live_debt: Total::ZERO,
        };
        assert_eq!(scene.found(), found);
    }
}

#[test]
fn parts_should_have_the_values_of_the_whole() {
    let scene = Scene::market();
    let whole = Assignment::of(scene.circuit()).expect("the witness fits");
    let parts = Assignment::from_parts(scene.circuit().values_in_parts().expect("the witness fits"));
    assert!(whole == parts);
}

#[test]
fn round_should_cover_every_index_once() {
    use cloister_ledger::SolvencyShape;
    for (shape, per_block) in [(SolvencyShape::DEV, 11), (SolvencyShape::STANDARD, 5)] {
        assert_eq!(shape.statements(AccountIndex(512)), per_block);
        assert_eq!(
            shape.statements(AccountIndex(100_000)),
            195 * per_block + shape.statements(AccountIndex(160))
        );
        let mut first = AccountIndex::ZERO;
        while first < AccountIndex(2_048) {
            let next = shape.next(first);
            // A run ends with its block.
            assert!(next > first && first.get() / 512 == (next.get() - 1) / 512);
            first = next;
        }
        assert_eq!(shape.next(AccountIndex((1 << 24) - 8)), AccountIndex(1 << 24));
    }
}
