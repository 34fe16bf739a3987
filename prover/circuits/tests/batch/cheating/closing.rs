//! Liquidation, expiry and takeover.

use cloister_circuits::Fr;
use cloister_ledger::{Fill, Mode, Side, UnitRequest};
use cloister_risk::{Assessment, MarginChoice, Status};
use cloister_types::{AccountIndex, Amount, Deficit, Lots, Position, Price, Total};

use crate::support::{
    change_house, holding, last, liquidated, must_break, set_equity, settled, system, taken_over, Scene, LOTS, SHORT,
    SMALL, STEP,
};

const SHORT_ENOUGH: &str = "unit 1/B-MARGIN/B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE/short enough/in range";
const SHORT_RULE: &str = "B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE";
/// A penalty over 2^8 under which the band is what bounds a price.
const WIDE_PENALTY: u16 = 4_000;

/// Penalty and discount that bound no price.
fn widen(scene: &mut Scene) {
    let header = &mut scene.witness.context.table.header;
    (header.penalty, header.max_discount) = (WIDE_PENALTY, WIDE_PENALTY);
}

/// The maintenance deficits of the last unit's account before.
fn deficits(scene: &mut Scene) -> [i128; 16] {
    let table = scene.witness.context.table.clone();
    let entry = scene.unit().entry().unwrap();
    let before = Assessment::new(&table, &entry.positions, entry.cash).unwrap();
    before.deficits(table.header.maintenance).unwrap().map(Deficit::get)
}

#[test]
fn liquidation_of_a_healthy_account_should_break_b_liquidation() {
    let mut scene = liquidated(SHORT);
    let MarginChoice::NotWorse(worst) = scene.unit().margin else {
        unreachable!("a liquidation")
    };
    // A deposit that brings the chosen deficit down to exactly 0.
    let deficit = deficits(&mut scene)[usize::from(worst)];
    scene.unit().deposit = Amount((deficit / 256) as u64);
    // An account at the edge needs little more.
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let fill = &mut scene.place().fill;
    (fill.quantity, fill.cost, fill.fee) = (Lots(1), Total(mark), Total::ZERO);
    assert_eq!(deficit % 256, 0, "a whole amount pays for it");
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);
    scene.unit().deposit.0 -= 1;
    assert!(scene.witness.check(SMALL).is_ok(), "one below maintenance is short");
}

#[test]
fn step_above_the_chunk_should_break_b_slot() {
    let mut scene = liquidated(SHORT);
    scene.witness.context.table.rows[0].chunk = Lots(crate::support::STEP - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/fill within the quantity or the chunk/in range",
        &["B-SLOT"],
    );
    scene.witness.context.table.rows[0].chunk.0 += 1;
    assert!(scene.witness.check(SMALL).is_ok(), "a whole chunk is good");
}

#[test]
fn liquidation_beyond_the_position_should_break_b_reduce() {
    // Insolvent, so that all of it may go.
    let mut scene = liquidated(-SHORT);
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let fill = &mut scene.place().fill;
    (fill.quantity, fill.cost, fill.fee) = (Lots(LOTS + 1), Total(mark * u128::from(LOTS + 1)), Total::ZERO);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range",
        &["B-REDUCE, B-LIMIT"],
    );
}

#[test]
fn liquidation_that_enlarges_should_break_b_reduce() {
    let mut scene = liquidated(SHORT);
    scene.place().fill.side = Side::Buy;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn liquidation_against_a_lesser_deficit_should_break_b_margin() {
    let mut scene = liquidated(SHORT);
    let deficits = deficits(&mut scene);
    // Short in this scenario too, but less than the account will still be in the worst.
    let (least, _) = deficits
        .iter()
        .enumerate()
        .filter(|(_, d)| **d >= 1)
        .min_by_key(|(_, d)| **d)
        .unwrap();
    scene.unit().margin = MarginChoice::NotWorse(least as u8);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty() && failing.iter().all(|n| n.starts_with("unit 1/B-MARGIN/deficit ")),
        "{failing:?}"
    );
}

#[test]
fn liquidation_without_a_chosen_scenario_should_break_b_margin() {
    for choice in [
        MarginChoice::Initial,
        MarginChoice::NotWorse(16),
        MarginChoice::Tight(1),
    ] {
        let mut scene = liquidated(SHORT);
        scene.unit().margin = choice;
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        assert!(
            failing.contains(&"unit 1/B-MARGIN/chosen deficit/scenario/exactly one".into()),
            "{failing:?}"
        );
        assert!(scene.witness.check(SMALL).is_err());
    }
    // The deficit of equity in place of a scenario's.
    let mut scene = liquidated(SHORT);
    let mut system = system(SMALL, &scene.witness);
    let MarginChoice::NotWorse(worst) = scene.unit().margin else {
        unreachable!("a liquidation")
    };
    let choice = |s| format!("unit 1/B-MARGIN/chosen deficit/scenario/choice {s}");
    system.set(&choice(worst.into()), Fr::zero()).unwrap();
    system.set(&choice(16), Fr::one()).unwrap();
    let name = "unit 1/B-MARGIN/chosen deficit/a scenario where deficits must not get worse";
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn liquidation_fee_above_the_penalty_should_break_b_fee() {
    let mut scene = liquidated(SHORT);
    scene.place().fill.fee.0 += 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        &["B-FEE"],
    );
}

#[test]
fn price_that_takes_more_than_the_penalty_should_break_b_fee() {
    // With the highest fee, one unit of money worse; without a fee, worse by the whole fee and one.
    for (fee, worse) in [(None, 1), (Some(0), 1)] {
        let mut scene = liquidated(SHORT);
        let fill = &mut scene.place().fill;
        let conceded = fee.map_or(0, |_| fill.fee.get());
        fill.fee = Total(fee.unwrap_or(fill.fee.get()));
        fill.cost.0 -= conceded + worse;
        must_break(
            &scene.witness,
            "unit 1/place 0/B-FEE/not above the rate/in range",
            &["B-FEE"],
        );
        scene.place().fill.cost.0 += 1;
        assert!(scene.witness.check(SMALL).is_ok(), "the whole penalty is good");
    }
}

#[test]
fn penalty_that_leaves_the_house_should_break_b_house_equity() {
    // The house buys above the mark, out of the penalty of the same batch.
    let mut scene = liquidated(SHORT);
    scene.place().fill.cost.0 += 1;
    assert!(scene.place().fill.fee > Total(1));
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-EQUITY/falls by takeovers only/in range",
        &["B-HOUSE-EQUITY"],
    );
}

#[test]
fn liquidation_that_deepens_a_debt_should_break_b_equity() {
    let mut scene = liquidated(-SHORT);
    assert_eq!(scene.place().fill.fee, Total::ZERO);
    assert!(system(SMALL, &scene.witness).is_satisfied());
    scene.place().fill.fee = Total(1);
    must_break(
        &scene.witness,
        "unit 1/B-EQUITY/equity is not negative/in range",
        &["B-EQUITY"],
    );
}

#[test]
fn owing_in_another_mode_should_break_b_equity() {
    for scene in [settled(), taken_over(), crate::support::traded()] {
        let mut system = system(SMALL, &scene.witness);
        system.set("unit 1/B-EQUITY/owes money", Fr::one()).unwrap();
        let failing = system.all_unsatisfied();
        assert!(
            failing.contains(&"unit 1/B-EQUITY/owing only in liquidation and deleveraging".into()),
            "{failing:?}"
        );
    }
}

#[test]
fn liquidation_outside_the_band_should_break_b_band() {
    let mut scene = liquidated(SHORT);
    // A quarter of what is freed allows for more.
    scene.witness.context.table.rows[0].band = Price(1_000_000);
    let band = scene.witness.context.table.rows[0].band;
    widen(&mut scene);
    scene.place().fill.fee = Total::ZERO;
    scene.place().fill.cost.0 -= u128::from(band.get() * crate::support::STEP) + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-BAND/not below the band/in range",
        &["B-BAND"],
    );
    scene.place().fill.cost.0 += 1;
    assert!(scene.witness.check(SMALL).is_ok(), "at the band is good");
}

#[test]
fn liquidation_into_debt_should_break_b_equity() {
    // Of one unit of money the penalty takes two: within all that B-FEE allows, and little of what is freed.
    let mut world = holding();
    change_house(&mut world, |house| house.positions[0] = Position(-5));
    set_equity(&mut world, 1, 1);
    let mark = world.table.rows[0].mark.get() as u64;
    let mut fill = world.liquidation_fill(1, 0, STEP, mark);
    assert!(fill.fee > Total(2));
    fill.fee = Total(1);
    let unit = UnitRequest::Liquidation {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        fills: vec![fill],
    };
    let mut scene = last(world, unit);
    scene.place().fill.fee = Total(2);
    must_break(
        &scene.witness,
        "unit 1/B-EQUITY/equity is not negative/in range",
        &["B-EQUITY"],
    );
}

#[test]
fn liquidation_in_a_row_that_does_not_trade_should_break_b_instrument() {
    let name = "unit 1/place 0/B-INSTRUMENT/trading or close-only";
    for status in [Status::Expired, Status::Empty] {
        let mut scene = liquidated(SHORT);
        scene.witness.context.table.rows[0].status = status;
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        assert!(failing.contains(&name.into()), "{failing:?}");
        assert!(scene.witness.check(SMALL).is_err());
    }
    let mut scene = liquidated(SHORT);
    scene.witness.context.table.rows[0].status = Status::CloseOnly;
    assert!(scene.witness.check(SMALL).is_ok(), "a liquidation closes");
}

#[test]
fn unsigned_fill_in_another_mode_should_be_refused() {
    for mode in [Mode::Padding, Mode::Normal, Mode::Forced, Mode::Rekey] {
        let mut scene = liquidated(SHORT);
        scene.unit().mode = mode;
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        assert!(
            failing.contains(&"unit 1/place 0/B-FILL/nothing without a fill".into()),
            "{failing:?}"
        );
        assert!(scene.witness.check(SMALL).is_err());
        // The prover may claim that there is one.
        let mut system = system(SMALL, &scene.witness);
        system.set("unit 1/place 0/B-UNIT/unsigned fill", Fr::one()).unwrap();
        let name = "unit 1/place 0/B-UNIT/unsigned fill only in liquidation, expiry and deleveraging";
        assert!(system.all_unsatisfied().contains(&name.into()));
    }
}

#[test]
fn settling_before_expiry_should_break_b_instrument() {
    for status in [Status::Trading, Status::CloseOnly] {
        let mut scene = settled();
        scene.witness.context.table.rows[0].status = status;
        must_break(
            &scene.witness,
            "unit 1/place 0/B-INSTRUMENT/settled after expiry",
            &["B-INSTRUMENT"],
        );
    }
}

#[test]
fn settling_a_part_should_break_b_expiry() {
    let mut scene = settled();
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let fill = &mut scene.place().fill;
    (fill.quantity, fill.cost) = (Lots(LOTS - 1), Total(mark * u128::from(LOTS - 1)));
    must_break(&scene.witness, "unit 1/place 0/B-EXPIRY/whole position", &["B-EXPIRY"]);
}

#[test]
fn settling_at_another_price_should_break_b_expiry() {
    let mut scene = settled();
    scene.place().fill.cost.0 -= 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-EXPIRY, B-DELEVERAGE/at the mark",
        &["B-EXPIRY, B-DELEVERAGE"],
    );
    // Money for the account is money of the house.
    scene.place().fill.cost.0 += 2;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-EXPIRY, B-DELEVERAGE/at the mark",
        &["B-EXPIRY, B-DELEVERAGE", "B-HOUSE-EQUITY"],
    );
}

#[test]
fn fee_of_an_expiry_should_break_b_fee() {
    let mut scene = settled();
    scene.place().fill.fee = Total(1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        // It would be a penalty, too.
        &["B-FEE", "B-MARGIN"],
    );
}

#[test]
fn settling_on_the_wrong_side_should_break_b_expiry() {
    let mut scene = settled();
    scene.place().fill.side = Side::Buy;
    must_break(&scene.witness, "unit 1/place 0/B-EXPIRY/whole position", &["B-EXPIRY"]);
}

#[test]
fn settling_nothing_is_padding() {
    let mut scene = settled();
    scene.place().fill = Fill::default();
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn takeover_of_a_solvent_account_should_break_b_takeover() {
    let mut scene = taken_over();
    scene.unit().deposit = Amount(5_000_000);
    must_break(&scene.witness, SHORT_ENOUGH, &[SHORT_RULE]);
    scene.unit().deposit.0 -= 1;
    assert!(scene.witness.check(SMALL).is_ok(), "one below zero is insolvent");
}

#[test]
fn takeover_with_a_fill_should_be_refused() {
    let mut scene = taken_over();
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    scene.place().fill = Fill {
        side: Side::Sell,
        quantity: Lots(1),
        cost: Total(mark),
        ..Fill::default()
    };
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/place 0/B-FILL/nothing without a fill".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn takeover_that_leaves_something_should_break_b_takeover() {
    for name in ["cash", "positions/row 0", "long sides/row 0"] {
        let name = format!("unit 1/B-TAKEOVER/{name}");
        let mut system = system(SMALL, &taken_over().witness);
        let old = system.set(&name, Fr::zero()).unwrap();
        assert_ne!(old, Fr::zero(), "{name}");
        assert!(system.all_unsatisfied().contains(&name));
    }
}
