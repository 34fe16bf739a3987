//! Forced withdrawals and transfers.

use cloister_circuits::Fr;
use cloister_ledger::{InstructionKind, Mode};
use cloister_risk::MarginChoice;
use cloister_types::Amount;

use crate::support::{forced, instructed, last, market, must_break, rebuilt, set_equity, system, transferred, SMALL};

const SHORT_ENOUGH: &str = "unit 1/B-MARGIN/B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE/short enough/in range";
const SHORT_RULE: &str = "B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE";

#[test]
fn paying_more_than_margin_allows_should_break_b_margin() {
    let mut scene = forced(u64::MAX);
    assert!(scene.unit().paid > Amount::ZERO);
    let MarginChoice::Tight(s) = scene.unit().margin else {
        unreachable!("not all is paid")
    };
    scene.unit().paid.0 += 1;
    must_break(
        &scene.witness,
        &format!("unit 1/B-MARGIN/deficit {s}/not above the threshold/in range"),
        &["B-MARGIN"],
    );
}

#[test]
fn paying_more_than_equity_should_break_b_equity() {
    let mut world = market();
    set_equity(&mut world, 1, 1_000_000);
    let unit = world.force(1, u64::MAX);
    let mut scene = last(world, unit);
    assert_eq!(scene.unit().paid, Amount(1_000_000));
    scene.unit().paid.0 += 1;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/B-EQUITY/equity is not negative/in range".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
    // Without a position the deficit of equity is as tight as that of any scenario.
    scene.unit().paid.0 -= 1;
    scene.unit().margin = MarginChoice::Tight(16);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    scene.unit().paid.0 -= 1;
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);
}

#[test]
fn paying_less_than_margin_allows_should_break_b_forced() {
    let mut scene = forced(u64::MAX);
    scene.unit().paid.0 -= 1;
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);
    scene.unit().paid = Amount::ZERO;
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);

    // All could be paid, and less is.
    let mut scene = forced(1_000);
    assert_eq!(
        (scene.unit().paid, scene.unit().margin),
        (Amount(1_000), MarginChoice::Initial)
    );
    scene.unit().paid = Amount(999);
    must_break(
        &scene.witness,
        "unit 1/B-FORCED/all is paid unless limited",
        &["B-FORCED"],
    );
    scene.unit().margin = MarginChoice::Tight(3);
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);
}

#[test]
fn paying_more_than_requested_should_break_b_forced() {
    let mut scene = forced(u64::MAX);
    scene.unit().requested = Amount(scene.unit().paid.get() - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-ALIVE/id not below the minimum, or not more paid than requested/in range",
        &["B-ALIVE"],
    );
}

#[test]
fn paying_a_short_account_should_break_b_margin() {
    let mut world = crate::support::holding();
    set_equity(&mut world, 1, 1_000_000);
    let unit = world.force(1, 5_000);
    let mut scene = last(world, unit);
    assert_eq!(scene.unit().paid, Amount::ZERO, "nothing can be paid");
    scene.unit().paid = Amount(1);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty() && failing.iter().all(|n| n.starts_with("unit 1/B-MARGIN/deficit ")),
        "{failing:?}"
    );
}

#[test]
fn forced_amounts_in_another_mode_should_break_b_forced() {
    for mode in [Mode::Padding, Mode::Expiry, Mode::Normal] {
        let mut scene = forced(1_000);
        scene.unit().mode = mode;
        must_break(&scene.witness, "unit 1/B-FORCED/paid only with margin", &["B-FORCED"]);
        scene.unit().paid = Amount::ZERO;
        must_break(
            &scene.witness,
            "unit 1/B-FORCED/all is paid unless limited",
            &["B-FORCED"],
        );
        // The prover may claim what is claimed in the mode.
        for claim in ["pays", "limited"] {
            let mut system = system(SMALL, &scene.witness);
            system.set(&format!("unit 1/B-FORCED/{claim}"), Fr::one()).unwrap();
            assert!(system
                .all_unsatisfied()
                .contains(&"unit 1/B-FORCED/only in this mode".into()));
        }
    }
}

#[test]
fn transfer_that_arrives_larger_or_smaller_should_break_b_transfer() {
    let name = "B-TRANSFER/unit 1/incoming is what was sent";
    let mut scene = transferred();
    scene.unit().incoming.0 -= 1;
    must_break(&scene.witness, name, &["B-TRANSFER"]);
    // Money from nowhere would be paid by the house.
    scene.unit().incoming.0 += 2;
    must_break(&scene.witness, name, &["B-TRANSFER", "B-HOUSE-EQUITY"]);
    let mut scene = transferred();
    scene.witness.units[0].incoming = Amount(5);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"B-TRANSFER/unit 0/incoming is what was sent".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn transfer_to_another_account_should_break_b_transfer() {
    let mut scene = transferred();
    let mut instruction = scene.witness.units[0].places[0].signed.instruction.clone();
    // Neither slot nor cash know the receiver.
    instruction.quantity = 5;
    scene.witness.units[0].places[0].signed = scene.world.sign(instruction);
    must_break(
        &scene.witness,
        "B-TRANSFER/unit 1/at the signed account",
        &["B-TRANSFER"],
    );
}

#[test]
fn transfer_in_the_last_unit_should_break_b_transfer() {
    let mut world = market();
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal);
    scene.resign(|i| i.kind = InstructionKind::Transfer);
    must_break(&scene.witness, "B-TRANSFER/none in the last unit", &["B-TRANSFER"]);
}

#[test]
fn transfer_under_the_relaxed_rule_should_break_b_margin() {
    let mut scene = transferred();
    scene.witness.units[0].margin = MarginChoice::NotWorse(0);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 0/B-MARGIN/no payment when relaxed".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn second_use_of_a_transfer_should_break_b_slot() {
    let mut world = market();
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal.clone());
    scene.world.apply(SMALL, &rebuilt(&scene));
    let fresh = scene.world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(scene.world, fresh);
    // The id is used up, whatever kind is signed for it now.
    let mut again = withdrawal.instruction;
    again.kind = InstructionKind::Transfer;
    let again = scene.world.sign(again);
    scene.put(again);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/payment not used before",
        &["B-SLOT", "B-TRANSFER"],
    );
}
