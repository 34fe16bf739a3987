//! Native code and circuit agree on every exit, valid or not.

use cloister_ledger::{Account, AccountTree, ExitError, ExitWitness, FinalValues};
use cloister_ledger_testing::{table, Random};
use cloister_types::{AccountIndex, Money, PerLot, Position, Total};
use rayon::prelude::*;

use crate::support::{account, bump, Scene};

const CASES: u64 = 41;

/// Changes one thing of an exit. Some changes leave it valid.
fn spoil(scene: &mut Scene, case: u64, random: &mut Random) {
    let row = random.below(32) as usize;
    let level = random.below(8) as usize;
    let child = random.below(8) as usize;
    let other = Scene::random(random);
    let Scene {
        statement: s,
        witness: w,
        ..
    } = &mut *scene;
    match case {
        // Still valid: what only names the place.
        0 => s.genesis[row] ^= 1,
        // The public values.
        1 => s.group.0 ^= 1,
        2 => s.index.0 ^= 1,
        3 => s.index.0 ^= 1 << random.below(24),
        4 => s.index.0 += 1 << 24,
        5 => s.index = other.statement.index,
        6 => bump(&mut s.root),
        7 => s.root = other.statement.root,
        8 => bump(&mut s.final_hash),
        9 => s.final_hash = other.statement.final_hash,
        10 => s.claim = Total(s.claim.get().wrapping_add(1)),
        11 => s.claim = Total(s.claim.get().wrapping_sub(1)),
        12 => s.claim = other.statement.claim,
        13 => s.claim = Total::ZERO,
        14 => s.claim = Total(u128::MAX),
        // The account without its leaf in the tree.
        15 => w.account.cash.0 += 1,
        16 => w.account.positions[row].0 += 1,
        17 => w.account.nonce ^= 1,
        18 => w.account.min_id.0 ^= 1,
        19 => bump(&mut w.account.view_key),
        20 => bump(&mut w.account.key.x),
        21 => bump(&mut w.account.orders_root),
        22 => w.account = other.witness.account,
        23 => bump(&mut w.path[level][child]),
        24 => w.path[level].swap(child, (child + 1) % 8),
        25 => w.path = other.witness.path,
        // The values.
        26 => w.values.values[row].0 ^= 1,
        27 => w.values.version ^= 1,
        28 => bump(&mut w.values.risk_hash),
        29 => w.values.values.swap(row, (row + 1) % 32),
        // A position and its neighbour with the same packed sum.
        30 => {
            w.account.positions[0].0 += 1 << 41;
            w.account.positions[1].0 -= 1;
        }
        // Leaf, root and hash made anew: valid but for what is asked.
        31 => {
            w.account = account(random);
            scene.restate();
        }
        32 => {
            w.values.values[row] = PerLot(random.below(1000) as i64);
            scene.restate();
        }
        33 => {
            w.account.cash = Money(random.below(100) as i128 - 50);
            w.account.positions = Default::default();
            scene.restate();
        }
        34 => {
            w.account.cash = Money([1 << 79, -(1 << 79) - 1, i128::MAX / 4][random.below(3) as usize]);
            scene.replant();
        }
        35 => {
            w.account.positions[row] = Position([1 << 40, -(1 << 40) - 1, i64::MAX / 4][random.below(3) as usize]);
            scene.replant();
        }
        // Values that no table has: the equity leaves its width.
        36 => {
            w.account.positions[row] = Position((1 << 40) - 1);
            w.values.values[row] = PerLot(i64::MAX);
            scene.replant();
        }
        37 => {
            w.account.positions = [Position(-(1 << 40)); 32];
            w.values.values = [PerLot(i64::MAX); 32];
            scene.replant();
        }
        // A debt claimed as a credit.
        38 => {
            w.account.positions = Default::default();
            w.account.cash = Money(-1 - random.below(1 << 40) as i128);
            scene.restate();
            scene.statement.claim = Total(scene.witness.account.cash.get().unsigned_abs());
        }
        39 => w.account.switches.transfers ^= true,
        _ => {
            s.group = other.statement.group;
            scene.restate();
        }
    }
}

/// Judges one exit by both; returns the native verdict.
fn judge(scene: &Scene, what: u64) -> Result<(), ExitError> {
    let native = scene.statement.check(&scene.witness);
    let failing = scene.system().all_unsatisfied();
    assert_eq!(
        native.is_ok(),
        failing.is_empty(),
        "case {what}: {native:?} but {failing:?}"
    );
    native
}

#[test]
fn good_exits_should_hold_natively_and_in_the_circuit() {
    let debts: usize = (0..64u64)
        .into_par_iter()
        .map(|seed| {
            let scene = Scene::random(&mut Random::new(seed));
            assert_eq!(judge(&scene, 0), Ok(()));
            assert_eq!(scene.system().input(0), scene.statement.hash());
            usize::from(scene.statement.claim == Total::ZERO)
        })
        .sum();
    assert!((10..54).contains(&debts), "{debts} accounts in debt");
}

#[test]
fn spoiled_exits_should_be_judged_alike() {
    let verdicts: Vec<bool> = (0..56 * CASES)
        .into_par_iter()
        .map(|i| {
            let mut random = Random::new(20_000 + i);
            let mut scene = Scene::random(&mut random);
            spoil(&mut scene, i % CASES, &mut random);
            judge(&scene, i % CASES).is_ok()
        })
        .collect();
    let valid = verdicts.iter().filter(|ok| **ok).count();
    println!("{valid} of {} spoiled exits are valid", verdicts.len());
    assert!(valid > 250 && verdicts.len() - valid > 1_500);
}

#[test]
fn claim_should_be_the_equity_of_the_margin_code() {
    let mut random = Random::new(3);
    for _ in 0..200 {
        let table = table(3, random.word(), &mut random);
        let mut holder = Account::fresh(account(&mut random).key, random.field());
        for q in &mut holder.positions[..5] {
            *q = Position(random.below(2_000) as i64 - 1_000);
        }
        holder.cash = Money(random.below(1 << 40) as i128 - (1 << 39));
        let equity = cloister_risk::Assessment::new(&table, &holder.positions, holder.cash)
            .unwrap()
            .equity;
        let mut tree = AccountTree::default();
        tree.set(9, holder.leaf());
        let witness = ExitWitness {
            path: tree.path(9),
            account: holder,
            values: FinalValues::of(&table),
        };
        let statement = witness.statement([1; 32], table.header.group, AccountIndex(9)).unwrap();
        assert_eq!(statement.claim, Total(equity.max(Money::ZERO).get() as u128));
        assert_eq!(statement.check(&witness), Ok(()));
    }
}
