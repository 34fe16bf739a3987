//! One cheat per rule: the witness breaks exactly that rule, everything else of it being consistent, and the named
//! constraint must fail. Native code refuses each with the error of the rule.

use cloister_circuits::{statements::exit::PUBLIC_INPUT, Fr};
use cloister_ledger::{Account, AccountTree, ExitError as Error, ExitStatement};
use cloister_ledger_testing::Random;
use cloister_types::{Money, PerLot, Position, Total};

use crate::{
    common::{good_for_no_other, must_break, must_break_rule},
    support::{account, bump, Scene},
};

const CLAIM: &str = "X-CLAIM/claim is the equity or 0";
const ROOT: &str = "X-OPENS/root is the final one";
const VALUES: &str = "X-FINAL/values are the final ones";

/// Native code refuses the exit with the error, the circuit with exactly these constraints.
fn refused(scene: &Scene, error: Error, constraints: &[&str]) {
    assert_eq!(scene.statement.check(&scene.witness), Err(error));
    must_break(&scene.system(), constraints);
}

#[test]
fn claim_off_by_one_should_break_x_claim() {
    let mut scene = Scene::solvent();
    scene.statement.claim.0 += 1;
    refused(&scene, Error::Claim, &[CLAIM]);
    scene.statement.claim.0 -= 2;
    refused(&scene, Error::Claim, &[CLAIM]);
}

#[test]
fn claim_of_a_debtor_should_break_x_claim() {
    let honest = Scene::insolvent();
    must_break(&honest.system(), &[]);
    for claim in [1, 5, u128::MAX] {
        let mut scene = honest.clone();
        scene.statement.claim = Total(claim);
        refused(&scene, Error::Claim, &[CLAIM]);
    }
    // A debt is p - 5 in the field, which the chain does not read as an amount; the circuit does not make one either.
    let mut system = honest.system();
    system.set("public/claim", -Fr::from(5)).unwrap();
    assert!(system.all_unsatisfied().contains(&CLAIM.to_string()));
}

#[test]
fn debt_read_as_a_credit_should_break_x_equity() {
    // The sign bit alone decides between claim and 0.
    let mut system = Scene::insolvent().system();
    let sign = "X-EQUITY/equity fits its width/bits/bit 101";
    assert_eq!(system.set(sign, Fr::one()), Some(Fr::zero()));
    must_break(&system, &["X-EQUITY/equity fits its width/in range", CLAIM]);
}

#[test]
fn claim_of_nothing_by_a_creditor_should_break_x_claim() {
    let mut scene = Scene::solvent();
    scene.statement.claim = Total::ZERO;
    refused(&scene, Error::Claim, &[CLAIM]);
}

#[test]
fn values_other_than_the_final_ones_should_break_x_final() {
    let mut scene = Scene::solvent();
    scene.witness.values.values[5].0 -= 1;
    // With the claim that these values give.
    scene.statement.claim.0 += 40;
    refused(&scene, Error::Values, &[VALUES]);
    let mut scene = Scene::solvent();
    scene.witness.values.values.swap(7, 8);
    refused(&scene, Error::Values, &[VALUES]);
    let mut scene = Scene::solvent();
    scene.witness.values.version += 1;
    refused(&scene, Error::Values, &[VALUES]);
    let mut scene = Scene::solvent();
    bump(&mut scene.witness.values.risk_hash);
    refused(&scene, Error::Values, &[VALUES]);
}

#[test]
fn values_of_another_group_should_break_x_final() {
    let mut scene = Scene::solvent();
    scene.statement.group.0 += 1;
    refused(&scene, Error::Values, &[VALUES]);
}

#[test]
fn account_other_than_the_one_in_the_tree_should_break_x_opens() {
    let digit = |scene: &Scene| {
        let digit = scene.statement.index.get() % 8;
        format!("X-OPENS/account tree/level 0/child {digit} is the node at the digit")
    };
    type Change = fn(&mut Scene);
    let changes: [Change; 6] = [
        |s| {
            s.witness.account.cash.0 += 1;
            s.statement.claim.0 += 1;
        },
        |s| s.witness.account.nonce += 1,
        |s| s.witness.account.min_id.0 += 1,
        |s| bump(&mut s.witness.account.view_key),
        |s| bump(&mut s.witness.account.key.y),
        |s| bump(&mut s.witness.account.orders_root),
    ];
    for change in changes {
        let mut scene = Scene::solvent();
        change(&mut scene);
        refused(&scene, Error::Path, &[&digit(&scene)]);
    }
    let mut scene = Scene::solvent();
    scene.witness.account.positions[9].0 += 1;
    scene.statement.claim.0 += 1_000_009;
    refused(&scene, Error::Path, &[&digit(&scene)]);
}

#[test]
fn another_index_should_break_x_opens() {
    let mut scene = Scene::solvent();
    scene.statement.index.0 ^= 1;
    let name = format!(
        "X-OPENS/account tree/level 0/child {} is the node at the digit",
        scene.statement.index.get() % 8
    );
    refused(&scene, Error::Path, &[&name]);
    // Higher up the tree.
    let mut scene = Scene::solvent();
    scene.statement.index.0 ^= 1 << 23;
    let digit = scene.statement.index.get() >> 21;
    let name = format!("X-OPENS/account tree/level 7/child {digit} is the node at the digit");
    refused(&scene, Error::Path, &[&name]);
}

#[test]
fn one_account_at_two_indices_should_be_impossible() {
    // An index with a bit more has the same digits.
    let mut scene = Scene::solvent();
    scene.statement.index.0 += 1 << 24;
    refused(&scene, Error::Index, &["X-OPENS/index/in range"]);
}

#[test]
fn another_root_should_break_x_opens() {
    let mut scene = Scene::solvent();
    bump(&mut scene.statement.root);
    refused(&scene, Error::Root, &[ROOT]);
    // A tree of ones own, in which the account is rich.
    let mut scene = Scene::solvent();
    let root = scene.statement.root;
    scene.witness.account.cash.0 += 1_000_000;
    scene.restate();
    scene.statement.root = root;
    refused(&scene, Error::Root, &[ROOT]);
    // The tree before the last batch.
    let mut scene = Scene::solvent();
    let neighbour = scene.statement.index.get() ^ 1;
    scene.tree.set(neighbour, Fr::one());
    scene.statement.root = scene.tree.root();
    refused(&scene, Error::Root, &[ROOT]);
}

#[test]
fn path_of_another_tree_should_break_x_opens() {
    let mut scene = Scene::solvent();
    let child = (scene.statement.index.get() >> 9) % 8;
    bump(&mut scene.witness.path[3][(child as usize + 1) % 8]);
    let digit = (scene.statement.index.get() >> 12) % 8;
    let name = format!("X-OPENS/account tree/level 4/child {digit} is the node at the digit");
    refused(&scene, Error::Path, &[&name]);
}

#[test]
fn empty_leaf_should_have_no_exit() {
    // No account hashes to 0, so an index that was never opened cannot be claimed.
    let mut scene = Scene::solvent();
    let mut tree = AccountTree::default();
    tree.set(scene.statement.index.get() ^ 9, Fr::one());
    scene.witness.path = tree.path(scene.statement.index.get());
    scene.statement.root = tree.root();
    let account = &mut scene.witness.account;
    *account = Account::fresh(account.key, account.view_key);
    scene.statement.claim = Total::ZERO;
    let name = format!(
        "X-OPENS/account tree/level 0/child {} is the node at the digit",
        scene.statement.index.get() % 8
    );
    refused(&scene, Error::Path, &[&name]);
}

#[test]
fn carry_from_one_position_into_the_next_should_break_x_range() {
    // The packed word, the leaf and the root are those of the honest account, the equity is not.
    let mut scene = Scene::solvent();
    let root = scene.statement.root;
    scene.witness.account.positions[1].0 += 1 << 41;
    scene.witness.account.positions[2].0 -= 1;
    scene.restate();
    assert_eq!(scene.statement.root, root);
    assert!(scene.statement.claim > Total(1 << 60));
    let name = "account/X-RANGE/position 1/q/in range";
    refused(&scene, Error::Position(1), &[name]);
    // The other way round the next one is too small.
    let mut scene = Scene::solvent();
    scene.witness.account.positions[2].0 -= 1 << 41;
    scene.witness.account.positions[3].0 += 1;
    scene.replant();
    assert_eq!(scene.statement.root, root);
    scene.statement.claim = Total::ZERO;
    refused(&scene, Error::Position(2), &["account/X-RANGE/position 2/q/in range"]);
}

#[test]
fn position_in_a_place_that_does_not_exist_should_break_x_range() {
    // The last word has two positions; a third would be a carry out of the second.
    let mut scene = Scene::solvent();
    scene.witness.account.positions[31] = Position(1 << 40);
    scene.restate();
    refused(&scene, Error::Position(31), &["account/X-RANGE/position 31/q/in range"]);
}

#[test]
fn cash_beyond_its_width_should_break_x_range() {
    for cash in [1i128 << 79, -(1i128 << 79) - 1] {
        let mut scene = Scene::solvent();
        scene.witness.account.cash = Money(cash);
        scene.restate();
        refused(&scene, Error::Cash, &["account/X-RANGE/cash/in range"]);
    }
}

#[test]
fn equity_beyond_its_width_should_break_x_equity() {
    // Only values that no table has can do it.
    let mut scene = Scene::solvent();
    scene.witness.account.positions = [Position((1 << 40) - 1); 32];
    scene.witness.values.values = [PerLot(i64::MAX); 32];
    scene.replant();
    scene.statement.claim = Total::ZERO;
    refused(&scene, Error::Equity, &["X-EQUITY/equity fits its width/in range"]);
}

#[test]
fn equity_at_the_edges_of_all_widths_should_hold() {
    let mut random = Random::new(8);
    for (q, value, cash) in [
        ((1i64 << 40) - 1, (1i64 << 55) - 1, (1i128 << 79) - 1),
        (-(1 << 40), (1 << 55) - 1, -(1 << 79)),
        (-(1 << 40), -(1 << 55) + 1, (1 << 79) - 1),
    ] {
        let mut scene = Scene::random(&mut random);
        scene.witness.account = account(&mut random);
        scene.witness.account.cash = Money(cash);
        scene.witness.account.positions = [Position(q); 32];
        scene.witness.values.values = [PerLot(value); 32];
        scene.restate();
        assert_eq!(scene.statement.check(&scene.witness), Ok(()));
        must_break(&scene.system(), &[]);
    }
}

#[test]
fn bits_that_spell_another_number_should_break_x_range() {
    let mut system = Scene::solvent().system();
    // Position 0 is 7: its bits are those of 7 + 2^40.
    assert_eq!(
        system.set("account/X-RANGE/position 0/q/bits/bit 3", Fr::one()),
        Some(Fr::zero())
    );
    must_break_rule(&system, "account/X-RANGE/position 0/q/in range");
    system
        .set("account/X-RANGE/position 0/q/bits/bit 3", Fr::from(2))
        .unwrap();
    must_break_rule(&system, "account/X-RANGE/position 0/q/bits/bit 3");
}

#[test]
fn proof_should_be_good_for_no_other_statement() {
    type Change = fn(&mut ExitStatement);
    let changes: [Change; 7] = [
        |s| s.genesis[0] ^= 1,
        |s| s.genesis[31] ^= 1,
        |s| s.group.0 += 1,
        |s| s.index.0 ^= 1,
        |s| s.root += Fr::one(),
        |s| s.final_hash += Fr::one(),
        |s| s.claim.0 += 1,
    ];
    let scene = Scene::solvent();
    good_for_no_other(
        scene.system(),
        scene.statement,
        ExitStatement::hash,
        &changes,
        PUBLIC_INPUT,
    );
}
