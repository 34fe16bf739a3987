//! One cheat per rule: the witness breaks exactly that rule, everything else of it being consistent, and the named
//! constraint must fail. Native code refuses each with the error of the rule.

use std::collections::BTreeMap;

use cloister_circuits::{statements::solvency::PUBLIC_INPUT, Fr};
use cloister_ledger::{
    solvency::{Found, Sums},
    Account, AccountTree, SolvencyError as Error, SolvencyOutcome, SolvencyShape, SolvencyStatement, SolvencyWitness,
};
use cloister_ledger_testing::{table, Random};
use cloister_types::{AccountIndex, Money, PerLot, Position, Total};

use crate::{
    common::{good_for_no_other, must_break, must_break_rule},
    support::{account, bump, house, name_of, other_group, unit_table, Scene, BARE, BROKE, SHORT, SMALL},
};

const AFTER: &str = "D-SUMS/the sums after are the committed ones";
const BEFORE: &str = "D-SUMS/the sums before are the committed ones";
const ROOT: &str = "D-OPENS/root is the stated one";
const TABLE: &str = "D-TABLE/values are those of the table";
const FIRST: &str = "D-RUN/first begins a subtree";
const NEXT: &str = "D-RUN/next is the one after the run";
const HOUSE: &str = "D-OUTCOME/house is that of the root's batch";
const COUNT: &str = "D-OUTCOME/number of short accounts";
const DEBTS: &str = "D-OUTCOME/debts";
const LIVE: &str = "D-OUTCOME/debts with live lots";
const SURPLUS: &str = "D-OUTCOME/insurance less debts";

/// Native code refuses the statement with the error, the circuit with exactly these constraints.
fn refused(scene: &Scene, error: Error, constraints: &[&str]) {
    assert_eq!(scene.statement.check(scene.shape, &scene.witness), Err(error));
    must_break(&scene.system(), constraints);
}

/// The constraint that compares subtree `k` of a scene with a child of its branch.
fn place(scene: &Scene, k: u32) -> String {
    let child = scene.statement.first.get() / 8 % 8 + k;
    format!(
        "D-OPENS/place of subtree {k}/child {} of branch {}",
        child % 8,
        child / 8
    )
}

#[test]
fn honest_scenes_should_hold() {
    for scene in [Scene::market(), Scene::middle()] {
        assert_eq!(scene.statement.check(scene.shape, &scene.witness), Ok(()));
        must_break(&scene.system(), &[]);
        let [before, after] = [scene.witness.before.found, scene.found()];
        assert_eq!(after.short - before.short, 3);
        assert_eq!(after.debt.get() - before.debt.get(), 5_700);
        assert_eq!(after.live_debt.get() - before.live_debt.get(), 5_000);
    }
}

#[test]
fn short_account_that_is_not_counted_should_break_d_sums() {
    type Change = fn(&mut Found);
    let changes: [Change; 5] = [
        |found| found.short -= 1,
        |found| found.short += 1,
        |found| found.debt.0 -= 700,
        |found| found.debt.0 += 1,
        |found| found.live_debt.0 -= 5_000,
    ];
    for change in changes {
        let mut scene = Scene::middle();
        let mut found = scene.found();
        change(&mut found);
        scene.claim(found);
        refused(&scene, Error::After, &[AFTER]);
    }
}

#[test]
fn short_account_said_to_be_well_should_break_d_short() {
    // And the reverse: the sign of the spare margin is no choice.
    for (i, honest) in [(SHORT, Fr::zero()), (BROKE, Fr::zero()), (0, Fr::one()), (1, Fr::one())] {
        let name = format!("{}/D-SHORT/spare margin", name_of(i));
        let mut system = Scene::middle().system();
        let sign = format!("{name}/bit 114");
        assert_eq!(system.set(&sign, Fr::one() - honest), Some(honest), "{i}");
        let broken = system.all_unsatisfied();
        assert!(broken.contains(&format!("{name}/in range")), "{broken:?}");
    }
}

#[test]
fn debtor_said_to_be_solvent_should_break_d_debt() {
    for (i, honest) in [(BROKE, Fr::zero()), (BARE, Fr::zero()), (SHORT, Fr::one())] {
        let name = format!("{}/D-DEBT/equity", name_of(i));
        let mut system = Scene::middle().system();
        let sign = format!("{name}/bit 101");
        assert_eq!(system.set(&sign, Fr::one() - honest), Some(honest));
        let broken = system.all_unsatisfied();
        assert!(broken.contains(&format!("{name}/in range")), "{broken:?}");
    }
    // A debt that is not what is owed.
    let mut system = Scene::middle().system();
    let debt = format!("{}/D-DEBT/debt", name_of(BROKE));
    assert_eq!(system.set(&debt, Fr::zero()), Some(Fr::from(5_000)));
    assert!(system.all_unsatisfied().contains(&debt));
}

#[test]
fn live_debt_said_to_be_dead_should_break_d_live() {
    let name = name_of(BROKE);
    let mut system = Scene::middle().system();
    assert_eq!(
        system.set(&format!("{name}/D-LIVE/none/bit"), Fr::one()),
        Some(Fr::zero())
    );
    let broken = system.all_unsatisfied();
    for constraint in ["one where not zero", "zero where one"] {
        assert!(
            broken.contains(&format!("{name}/D-LIVE/none/{constraint}")),
            "{broken:?}"
        );
    }
    // Lots that an account does not hold.
    let name = name_of(BARE);
    let mut system = Scene::middle().system();
    assert_eq!(
        system.set(&format!("{name}/D-LIVE/none/bit"), Fr::zero()),
        Some(Fr::one())
    );
    assert!(system
        .all_unsatisfied()
        .contains(&format!("{name}/D-LIVE/none/one where not zero")));
}

/// What a scene found beside what it began with: debt, and live debt.
fn debts(scene: &Scene) -> (u128, u128) {
    let (found, before) = (scene.found(), scene.witness.before.found);
    (
        found.debt.get() - before.debt.get(),
        found.live_debt.get() - before.live_debt.get(),
    )
}

#[test]
fn debt_with_lots_in_dead_rows_alone_should_not_be_live() {
    let mut scene = Scene::market();
    assert_eq!(debts(&scene), (5_700, 5_000));
    // The feed of the row that the broke account holds dies.
    scene.witness.table.rows[1].stale = true;
    scene.restate();
    assert_eq!(debts(&scene), (5_700, 0));
    assert!(scene.system().is_satisfied());
    let found = scene.found();
    for live_debt in [found.live_debt.get() + 5_000, found.live_debt.get() + 1] {
        let mut scene = scene.clone();
        let live_debt = Total(live_debt);
        scene.claim(Found { live_debt, ..found });
        let broken = scene.system().all_unsatisfied();
        assert!(broken.iter().any(|name| name.starts_with("D-SUMS/")), "{broken:?}");
    }
    let bit = format!("{}/D-LIVE/none/bit", name_of(BROKE));
    let mut system = scene.system();
    assert_eq!(system.set(&bit, Fr::zero()), Some(Fr::one()));
    assert!(!system.is_satisfied());
    // With a lot in a row whose feed lives it is.
    let value = scene.witness.table.rows[2].value.get();
    let index = scene.statement.first.get() + 2 * BROKE;
    let account = scene.accounts.get_mut(&index).expect("the broke account");
    account.positions[2] = Position(1);
    account.cash.0 -= i128::from(value);
    scene.restate();
    assert_eq!(debts(&scene), (5_700, 5_000));
    assert!(scene.system().is_satisfied());
    // The bit of the row is the table's.
    let mut other = scene.clone();
    other.witness.table.rows[2].stale = true;
    let broken = other.system().all_unsatisfied();
    assert!(broken.iter().any(|name| name.starts_with("D-TABLE/")), "{broken:?}");
}

#[test]
fn largest_loss_of_another_scenario_should_break_d_short() {
    // Only the last scenario makes the account short; whoever could drop it from the comparison would spare it.
    let mut random = Random::new(3);
    let mut holder = account(&mut random);
    holder.positions = Default::default();
    holder.positions[0] = Position(255);
    holder.cash = Money(254);
    for scenario in [0, 1, 15] {
        let accounts = BTreeMap::from([(8, holder.clone())]);
        let scene = Scene::of(SMALL, 8, accounts, unit_table(scenario), false, &mut random);
        assert_eq!(scene.found().short - scene.witness.before.found.short, 1);
        // Of scenario 0 the next comparison is the one to twist.
        let name = format!("subtree 0/account 0/D-SHORT/scenario {}/larger", scenario.max(1));
        let mut system = scene.system();
        let larger = Fr::from(u64::from(scenario > 0));
        assert_eq!(system.set(&format!("{name}/bit 101"), Fr::one() - larger), Some(larger));
        assert!(system.all_unsatisfied().contains(&format!("{name}/in range")));
    }
}

#[test]
fn account_left_out_should_break_d_opens() {
    // Broke and not shown: its leaf is 0 in the witness, and the sums are those of the others.
    let mut scene = Scene::middle();
    let at = (2 * BROKE) as usize;
    let left_out = scene.witness.accounts[at].take().expect("is there");
    let mut found = scene.found();
    found.short -= 1;
    found.debt.0 -= 5_000;
    found.live_debt.0 -= 5_000;
    scene.claim(found);
    let name = place(&scene, 0);
    refused(&scene, Error::Subtree(0), &[&name]);
    // A whole subtree that is left out.
    let mut scene = Scene::middle();
    scene.witness.accounts[8..].fill(None);
    let mut found = scene.witness.before.found;
    for i in 0..4 {
        let account = scene.accounts.values().nth(i).expect("is there");
        let standing = cloister_ledger::solvency::Standing::of(account, &scene.witness.table, 0).expect("fits");
        found = found.and(standing).expect("fits");
    }
    scene.claim(found);
    let name = place(&scene, 1);
    refused(&scene, Error::Subtree(1), &[&name]);
    // Somebody else in its place.
    let mut scene = Scene::middle();
    let mut other = left_out;
    other.cash = Money(1 << 40);
    scene.witness.accounts[at] = Some(other);
    let mut found = scene.found();
    found.short -= 1;
    found.debt.0 -= 5_000;
    found.live_debt.0 -= 5_000;
    scene.claim(found);
    let name = place(&scene, 0);
    refused(&scene, Error::Subtree(0), &[&name]);
}

#[test]
fn account_made_up_should_break_d_opens_or_d_vacant() {
    // A debt that nobody has would withhold everybody's payouts.
    let mut scene = Scene::middle();
    let mut debtor = Account::fresh(Default::default(), Fr::from(5));
    debtor.cash = Money(-1_000_000);
    scene.witness.accounts[1] = Some(debtor);
    let mut found = scene.found();
    found.short += 1;
    found.debt.0 += 1_000_000;
    scene.claim(found);
    let name = place(&scene, 0);
    refused(&scene, Error::Subtree(0), &[&name]);
    // The same where the leaf is 0.
    let mut system = scene.system();
    let at = "subtree 0/account 1";
    assert_eq!(system.set(&format!("{at}/present"), Fr::zero()), Some(Fr::one()));
    system
        .set(&format!("{at}/D-OPENS/leaf or 0"), Fr::zero())
        .expect("is there");
    let broken = system.all_unsatisfied();
    let name = format!("{at}/D-VACANT/nothing is found where no account is");
    assert!(broken.contains(&name), "{broken:?}");
}

#[test]
fn wrong_neighbours_should_break_d_opens() {
    // Two accounts that trade places have the same sums.
    let mut scene = Scene::middle();
    scene.witness.accounts.swap(0, 2);
    let name = place(&scene, 0);
    refused(&scene, Error::Subtree(0), &[&name]);
    // Two subtrees that do.
    let mut scene = Scene::middle();
    scene.witness.accounts.rotate_left(8);
    let names = [place(&scene, 0), place(&scene, 1)];
    refused(&scene, Error::Subtree(0), &[&names[0], &names[1]]);
    // One subtree twice.
    let mut scene = Scene::middle();
    let first = scene.witness.accounts[..8].to_vec();
    scene.witness.accounts[8..].clone_from_slice(&first);
    let mut found = scene.witness.before.found;
    for account in scene.witness.accounts.iter().flatten() {
        let standing = cloister_ledger::solvency::Standing::of(account, &scene.witness.table, 0).expect("fits");
        found = found.and(standing).expect("fits");
    }
    scene.claim(found);
    let name = place(&scene, 1);
    refused(&scene, Error::Subtree(1), &[&name]);
}

#[test]
fn accounts_of_another_place_should_break_d_opens() {
    // The run claims to be one subtree further on, with all that follows from the index.
    let mut scene = Scene::middle();
    scene.statement.first.0 += 8;
    scene.statement.next.0 += 8;
    let names = [place(&scene, 0), place(&scene, 1)];
    refused(&scene, Error::Subtree(0), &[&names[0], &names[1]]);
    // In the next branch of the block.
    let mut scene = Scene::middle();
    scene.statement.first.0 += 64;
    scene.statement.next.0 += 64;
    let names = [0, 1].map(|b| format!("D-OPENS/block/branch {b}/is child {} of the block", 3 + b));
    refused(&scene, Error::Branch(1), &[&names[0], &names[1]]);
    // In another block.
    let mut scene = Scene::middle();
    scene.statement.first.0 += 1 << 23;
    scene.statement.next.0 += 1 << 23;
    let name = "D-OPENS/account tree/level 4/child 4 is the node at the digit";
    refused(&scene, Error::Path, &[name]);
}

#[test]
fn branch_of_another_tree_should_break_d_opens() {
    // The last subtree of a branch and the first of the next: a second branch of one's own.
    let mut random = Random::new(6);
    let accounts: BTreeMap<_, _> = (56..72).map(|index| (index, account(&mut random))).collect();
    let honest = Scene::of(SMALL, 56, accounts, table(5, 1, &mut random), false, &mut random);
    must_break(&honest.system(), &[]);
    let mut scene = honest.clone();
    scene.accounts.get_mut(&66).expect("is there").cash.0 += 1 << 50;
    let root = scene.statement.root;
    let path = scene.witness.path;
    scene.restate();
    scene.statement.root = root;
    scene.witness.path = path;
    refused(
        &scene,
        Error::Branch(1),
        &["D-OPENS/block/branch 1/is child 1 of the block"],
    );
    // The first branch.
    let mut scene = honest;
    scene.accounts.get_mut(&57).expect("is there").cash.0 += 1 << 50;
    scene.restate();
    scene.statement.root = root;
    scene.witness.path = path;
    refused(&scene, Error::Path, &["D-OPENS/block/branch 0/is child 0 of the block"]);
}

#[test]
fn another_root_should_break_d_opens() {
    let mut scene = Scene::middle();
    bump(&mut scene.statement.root);
    refused(&scene, Error::Root, &[ROOT]);
    // A tree of one's own, in which the debtor is rich.
    let mut scene = Scene::middle();
    let root = scene.statement.root;
    let index = scene.statement.first.get() + 2 * BROKE;
    scene.accounts.get_mut(&index).expect("is there").cash.0 += 1_000_000_000;
    scene.restate();
    scene.statement.root = root;
    refused(&scene, Error::Root, &[ROOT]);
    // The tree before the last batch.
    let mut scene = Scene::middle();
    scene.tree.set(scene.statement.first.get() ^ (1 << 20), Fr::one());
    scene.statement.root = scene.tree.root();
    refused(&scene, Error::Root, &[ROOT]);
}

#[test]
fn path_of_another_tree_should_break_d_opens() {
    let mut scene = Scene::middle();
    let child = (scene.statement.first.get() >> 12) % 8;
    bump(&mut scene.witness.path[2][(child as usize + 1) % 8]);
    let digit = (scene.statement.first.get() >> 15) % 8;
    let name = format!("D-OPENS/account tree/level 2/child {digit} is the node at the digit");
    refused(&scene, Error::Path, &[&name]);
}

#[test]
fn another_table_should_break_d_table() {
    type Change = fn(&mut SolvencyWitness);
    let changes: [Change; 4] = [
        // Scenarios in which nobody loses anything.
        |w| {
            w.table
                .rows
                .iter_mut()
                .for_each(|row| row.scenarios = Default::default())
        },
        |w| w.table.header.maintenance = 0,
        |w| w.table.rows[1].value = PerLot(1),
        |w| w.table.rows[31].floor_short.0 += 1,
    ];
    for change in changes {
        let mut scene = Scene::middle();
        change(&mut scene.witness);
        let found = scene.found();
        scene.claim(found);
        refused(&scene, Error::Table, &[TABLE]);
    }
}

#[test]
fn group_version_and_time_should_be_those_of_the_table() {
    type Change = fn(&mut SolvencyStatement);
    let changes: [Change; 3] = [
        |s| s.group = other_group(s.group),
        |s| s.table_version += 1,
        |s| s.table_time += 1,
    ];
    for change in changes {
        let mut scene = Scene::middle();
        change(&mut scene.statement);
        refused(&scene, Error::Table, &[PUBLIC_INPUT]);
        // Named by the table in the witness, the table is another one.
        let header = &mut scene.witness.table.header;
        header.group = scene.statement.group;
        header.version = scene.statement.table_version;
        header.time = scene.statement.table_time;
        refused(&scene, Error::Table, &[TABLE]);
    }
}

#[test]
fn gap_in_the_indices_should_break_d_run() {
    // The cursor jumps over a subtree that was not opened, or stays back.
    for step in [8i64, 512, -8, -16] {
        let mut scene = Scene::middle();
        scene.statement.next.0 = (i64::from(scene.statement.next.get()) + step) as u32;
        refused(&scene, Error::Next, &[NEXT]);
    }
}

#[test]
fn run_that_begins_within_a_subtree_should_break_d_run() {
    for step in 1..8 {
        let mut scene = Scene::middle();
        scene.statement.first.0 += step;
        scene.statement.next.0 += step;
        refused(&scene, Error::First, &[FIRST]);
    }
    // An index with a bit more has the same digits.
    let mut scene = Scene::middle();
    scene.statement.first.0 += 1 << 24;
    scene.statement.next.0 += 1 << 24;
    refused(&scene, Error::First, &[FIRST]);
}

/// A run that begins with the last subtree of a block, and so covers one only.
fn at_the_end() -> Scene {
    let mut random = Random::new(5);
    let first = 512 * 3 - 8;
    let accounts: BTreeMap<_, _> = (first..first + 8).map(|index| (index, account(&mut random))).collect();
    Scene::of(SMALL, first, accounts, table(5, 1, &mut random), false, &mut random)
}

#[test]
fn account_beyond_the_block_should_break_d_run() {
    let honest = at_the_end();
    must_break(&honest.system(), &[]);
    assert_eq!(honest.statement.next, AccountIndex(512 * 3));
    // A debtor of one's own, in a branch that no root knows.
    let mut scene = honest;
    let mut debtor = account(&mut Random::new(1));
    debtor.positions = Default::default();
    debtor.cash = Money(-1_000);
    let mut found = scene.found();
    found.short += 1;
    found.debt.0 += 1_000;
    let mut tree = AccountTree::default();
    tree.set(0, debtor.leaf());
    scene.witness.branches[1] = tree.path(0)[1];
    scene.witness.accounts[8] = Some(debtor);
    scene.claim(found);
    let name = "D-RUN/no account of subtree 1 is beyond the block";
    refused(&scene, Error::Beyond(8), &[name]);
    // Nor is such a subtree covered.
    scene.statement.next.0 += 8;
    refused(&scene, Error::Beyond(8), &[NEXT, name]);
    let mut scene = at_the_end();
    scene.statement.next.0 += 8;
    refused(&scene, Error::Next, &[NEXT]);
}

#[test]
fn carry_from_one_position_into_the_next_should_break_d_range() {
    // The packed word, the leaf and the root are those of the honest account, the equity is not: a debtor is rich.
    let mut scene = Scene::middle();
    let root = scene.statement.root;
    let index = scene.statement.first.get() + 2 * BROKE;
    let positions = &mut scene.accounts.get_mut(&index).expect("is there").positions;
    positions[0].0 += 1 << 41;
    positions[1].0 -= 1;
    scene.replant();
    assert_eq!(scene.statement.root, root);
    let mut found = scene.found_but(index);
    found.short += 1;
    scene.claim(found);
    let name = format!("{}/D-RANGE/position 0/sign/in range", name_of(BROKE));
    let error = scene.statement.check(scene.shape, &scene.witness);
    assert_eq!(error, Err(Error::Position(2 * BROKE as u16)));
    assert!(scene.system().all_unsatisfied().contains(&name));
}

#[test]
fn equity_and_exposures_beyond_their_widths_should_be_refused() {
    let index = |scene: &Scene| scene.statement.first.get();
    let mut scene = Scene::middle();
    scene.accounts.get_mut(&index(&scene)).expect("is there").cash = Money(1 << 101);
    scene.replant();
    let name = "subtree 0/account 0/D-DEBT/equity/in range";
    assert_eq!(scene.statement.check(SMALL, &scene.witness), Err(Error::Equity(0)));
    assert!(scene.system().all_unsatisfied().contains(&name.into()));
    // Only prices that no table has can do it.
    let mut scene = Scene::middle();
    let positions = &mut scene.accounts.get_mut(&index(&scene)).expect("is there").positions;
    *positions = [Position((1 << 40) - 1); 32];
    for row in &mut scene.witness.table.rows {
        row.value = PerLot(0);
        row.scenarios[1] = PerLot(-i64::MAX);
    }
    scene.replant();
    let name = "subtree 0/account 0/D-SHORT/scenario 1/larger/in range";
    assert_eq!(scene.statement.check(SMALL, &scene.witness), Err(Error::Exposure(0)));
    assert!(scene.system().all_unsatisfied().contains(&name.into()));
}

#[test]
fn sums_of_another_round_should_break_d_sums() {
    // A round that begins with what suits.
    let mut scene = Scene::middle();
    bump(&mut scene.statement.before);
    refused(&scene, Error::Before, &[BEFORE]);
    // The sums of the statement before are forgotten, with the same blinding and with another.
    let mut scene = Scene::middle();
    let before = scene.statement.before;
    assert_ne!(scene.witness.before.found, Found::default());
    for blinding in [scene.witness.before.blinding, Fr::from(3)] {
        scene.witness.before = Sums {
            blinding,
            found: Found::default(),
        };
        scene.restate();
        scene.statement.before = before;
        refused(&scene, Error::Before, &[BEFORE]);
    }
    // Commitments that trade places.
    let mut scene = Scene::middle();
    let s = &mut scene.statement;
    std::mem::swap(&mut s.before, &mut s.after);
    assert_eq!(s.check(SMALL, &scene.witness), Err(Error::Before));
    must_break(&scene.system(), &[BEFORE, AFTER]);
    // Nothing found: the commitment stays.
    let mut scene = Scene::middle();
    scene.statement.after = scene.statement.before;
    refused(&scene, Error::After, &[AFTER]);
}

#[test]
fn number_shown_before_the_end_should_break_d_outcome() {
    // The outcome is typed: it is there or not. In the circuit its parts are wires, and none may show anything.
    let hidden = Scene::middle();
    let outcome = SolvencyOutcome {
        house: hidden.witness.house.commitment(),
        found: hidden.found(),
        surplus: Money(hidden.witness.house.insurance.get() - hidden.found().debt.get() as i128),
    };
    let shown = [
        ("house", outcome.house, HOUSE),
        ("short", Fr::from(u64::from(outcome.found.short)), COUNT),
        ("debt", Fr::from(outcome.found.debt.get() as u64), DEBTS),
        ("live debt", Fr::from(outcome.found.live_debt.get() as u64), LIVE),
        ("surplus", Fr::from(7), SURPLUS),
    ];
    for (wire, value, constraint) in shown {
        let mut system = hidden.system();
        assert_eq!(system.set(&format!("public/{wire}"), value), Some(Fr::zero()));
        assert!(system.all_unsatisfied().contains(&constraint.into()), "{wire}");
    }
}

#[test]
fn number_hidden_at_the_end_should_break_d_outcome() {
    type Change = fn(&mut SolvencyOutcome);
    let changes: [(Change, &str); 6] = [
        (|o| o.found.short = 0, COUNT),
        (|o| o.found.debt.0 -= 1, DEBTS),
        (|o| o.found.live_debt = Total::ZERO, LIVE),
        (|o| o.surplus.0 += 1, SURPLUS),
        (|o| o.surplus = Money(0), SURPLUS),
        (|o| o.surplus.0 = -o.surplus.0, SURPLUS),
    ];
    for (change, constraint) in changes {
        let mut scene = Scene::market();
        change(scene.statement.outcome.as_mut().expect("the last"));
        refused(&scene, Error::Outcome, &[constraint]);
    }
    // A bit that is no bit: half of everything.
    let mut system = Scene::market().system();
    assert_eq!(system.set("public/last", Fr::from(2)), Some(Fr::one()));
    assert!(system.all_unsatisfied().contains(&"public/last".into()));
}

#[test]
fn another_house_should_break_d_outcome() {
    let mut scene = Scene::market();
    bump(&mut scene.statement.outcome.as_mut().expect("the last").house);
    refused(&scene, Error::House, &[HOUSE]);
    // A rich house of one's own.
    let mut scene = Scene::market();
    let committed = scene.statement.outcome.expect("the last").house;
    scene.witness.house.insurance.0 += 1 << 60;
    scene.restate();
    scene.statement.outcome.as_mut().expect("the last").house = committed;
    refused(&scene, Error::House, &[HOUSE]);
    // The house before its last batch.
    let mut scene = Scene::market();
    scene.witness.house = house(&mut Random::new(77));
    scene.restate();
    scene.statement.outcome.as_mut().expect("the last").house = committed;
    refused(&scene, Error::House, &[HOUSE]);
}

#[test]
fn lots_carried_between_rows_of_the_house_should_break_d_house() {
    let mut scene = Scene::market();
    let house = scene.witness.house.commitment();
    scene.witness.house.positions[0].0 -= 1 << 41;
    scene.witness.house.positions[1].0 += 1;
    assert_eq!(scene.witness.house.commitment(), house);
    let error = scene.statement.check(SMALL, &scene.witness);
    assert_eq!(error, Err(Error::HousePosition(0)));
    let name = "D-HOUSE/position 0/sign/in range";
    assert!(scene.system().all_unsatisfied().contains(&name.into()));
    let mut scene = Scene::market();
    scene.witness.house.insurance = Money(-(1 << 101) - (1 << 60));
    assert_eq!(scene.statement.check(SMALL, &scene.witness), Err(Error::HouseEquity));
    must_break_rule_too(&scene, "D-HOUSE/equity/in range");
}

/// The constraint is among those that are broken; what is shown does not fit either.
fn must_break_rule_too(scene: &Scene, name: &str) {
    assert!(scene.system().all_unsatisfied().contains(&name.to_string()));
}

#[test]
fn bits_that_spell_another_number_should_break_their_range() {
    let name = format!("{}/D-RANGE/position 5/sign", name_of(0));
    let mut system = Scene::middle().system();
    // Position 5 is 0: its bits are those of 2^40.
    assert_eq!(system.set(&format!("{name}/bit 3"), Fr::one()), Some(Fr::zero()));
    must_break_rule(&system, &format!("{name}/in range"));
    system.set(&format!("{name}/bit 3"), Fr::from(2)).unwrap();
    must_break_rule(&system, &format!("{name}/bit 3"));
}

#[test]
fn witness_of_another_shape_should_prove_nothing() {
    let scene = Scene::market();
    let wide = SolvencyShape { subtrees: 3 };
    assert_eq!(scene.statement.check(wide, &scene.witness), Err(Error::Shape));
    let mut short = scene.clone();
    short.witness.branches.pop();
    assert_eq!(short.statement.check(SMALL, &short.witness), Err(Error::Shape));
}

#[test]
fn proof_should_be_good_for_no_other_statement() {
    type Change = fn(&mut SolvencyStatement);
    let changes: [Change; 16] = [
        |s| s.genesis[0] ^= 1,
        |s| s.genesis[31] ^= 1,
        |s| s.group = other_group(s.group),
        |s| s.payee[0] ^= 1,
        |s| s.payee[31] ^= 1,
        |s| s.root += Fr::one(),
        |s| s.risk_hash += Fr::one(),
        |s| s.table_version += 1,
        |s| s.table_time += 1,
        |s| s.first.0 ^= 8,
        |s| s.next.0 ^= 8,
        |s| s.before += Fr::one(),
        |s| s.after += Fr::one(),
        |s| s.outcome = None,
        |s| s.outcome.as_mut().expect("the last").found.short += 1,
        |s| s.outcome.as_mut().expect("the last").surplus.0 += 1,
    ];
    let scene = Scene::market();
    good_for_no_other(
        scene.system(),
        scene.statement,
        SolvencyStatement::hash,
        &changes,
        PUBLIC_INPUT,
    );
}
