//! Liquidation by need, its discount, and what an account below initial margin concedes.

use cloister_circuits::Fr;
use cloister_crypto::field::from_i128;
use cloister_ledger::{Fill, Shape, Side, UnitRequest};
use cloister_risk::{Assessment, MarginChoice};
use cloister_types::{AccountIndex, Amount, Lots, Position, Total};

use crate::support::{
    change_house, holding, idle, last, liquidated, market, must_break, must_break_shape, set_equity, system, Scene,
    SHORT, SMALL, STEP,
};

const RULE: &str = "B-NEED, B-MARGIN";
const NEEDED: &str = "unit 1/B-MARGIN/B-NEED, B-MARGIN/needed, or conceding little/in range";
const SIGN: &str = "unit 1/B-MARGIN/B-NEED, B-MARGIN/sign";
const SCENARIO: &str = "unit 1/B-MARGIN/B-NEED, B-MARGIN/scenario";

/// The last unit's account before, at the table of the batch.
fn before(scene: &mut Scene) -> Assessment {
    let table = scene.witness.context.table.clone();
    let entry = scene.unit().entry().unwrap();
    Assessment::new(&table, &entry.positions, entry.cash).unwrap()
}

/// The liquidation of [`liquidated`], at the mark and without fee, of an account that lacks the least there is.
fn barely_short() -> Scene {
    let mut scene = liquidated(SHORT);
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let maintenance = scene.witness.context.table.header.maintenance;
    let (_, worst) = before(&mut scene).worst(maintenance).unwrap();
    scene.unit().deposit = Amount(((worst.get() - 1) / 256) as u64);
    let fill = &mut scene.place().fill;
    (fill.cost, fill.fee) = (Total(mark * u128::from(STEP)), Total::ZERO);
    assert!(before(&mut scene).worst(maintenance).unwrap().1.get() >= 1);
    scene
}

/// Fewer or more lots, at the mark.
fn close(scene: &mut Scene, lots: u64) {
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let fill = &mut scene.place().fill;
    (fill.quantity, fill.cost) = (Lots(lots), Total(mark * u128::from(lots)));
}

/// The account of [`liquidated`] sells what it needs above the mark.
fn well_sold() -> Scene {
    let mut scene = barely_short();
    close(&mut scene, 2);
    scene.place().fill.cost.0 += 2 * 3_000_000;
    scene
}

#[test]
fn closing_more_than_is_needed_should_break_b_need() {
    let mut scene = barely_short();
    must_break(&scene.witness, NEEDED, &[RULE]);
    close(&mut scene, 3);
    assert!(
        scene.witness.check(SMALL).is_ok(),
        "what is needed is good, and one lot of tolerance"
    );
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn a_mild_scenario_should_break_b_need() {
    let mut scene = barely_short();
    close(&mut scene, 2);
    let accepted: Vec<bool> = (0..16)
        .map(|need| {
            scene.unit().need = need;
            let natively = scene.witness.check(SMALL).is_ok();
            let failing = system(SMALL, &scene.witness).all_unsatisfied();
            assert_eq!(failing.is_empty(), natively, "{failing:?}");
            assert!(failing.iter().all(|name| name == NEEDED), "{failing:?}");
            natively
        })
        .collect();
    assert!(accepted.contains(&true) && accepted.contains(&false), "{accepted:?}");
}

#[test]
fn a_scenario_of_need_that_is_not_one_should_break_b_need() {
    let one = format!("{SCENARIO}/exactly one");
    let mut scene = barely_short();
    close(&mut scene, 2);
    scene.unit().need = 16;
    assert!(scene.witness.check(SMALL).is_err());
    assert!(system(SMALL, &scene.witness).all_unsatisfied().contains(&one));
    // Two of them: their exposures would add up.
    let mut scene = liquidated(SHORT);
    let need = scene.unit().need;
    let mut system = system(SMALL, &scene.witness);
    system
        .set(&format!("{SCENARIO}/choice {}", need ^ 1), Fr::one())
        .unwrap();
    assert!(system.all_unsatisfied().contains(&one));
}

#[test]
fn a_scenario_of_need_in_another_mode_should_break_b_need() {
    let scene = idle(market());
    let mut system = system(SMALL, &scene.witness);
    system.set(&format!("{SCENARIO}/choice 3"), Fr::one()).unwrap();
    assert!(system.all_unsatisfied().contains(&format!("{SCENARIO}/exactly one")));
}

#[test]
fn a_loss_that_no_scenario_has_should_break_b_need() {
    // It would be the tolerance of every liquidation in the row.
    let scene = liquidated(SHORT);
    let row = &scene.witness.context.table.rows[0];
    for (side, sign) in [("long", -1), ("short", 1)] {
        let at = format!("context/S-RISK/row 0/B-NEED/loss of a {side} lot");
        let mut system = system(SMALL, &scene.witness);
        let chosen = from_i128(1 << 50);
        system.set(&format!("{at}/chosen"), chosen).unwrap();
        let differences = row
            .scenarios
            .map(|profit| chosen - from_i128(sign * i128::from(profit.get())));
        let mut product = differences[0];
        for (i, difference) in differences[1..15].iter().enumerate() {
            product *= difference;
            system.set(&format!("{at}/product {i}"), product).unwrap();
        }
        let failing = system.all_unsatisfied();
        let own: Vec<_> = failing.iter().filter(|name| name.starts_with(&at)).collect();
        assert_eq!(own, [&format!("{at}/one of the scenarios")]);
    }
}

#[test]
fn the_lot_of_the_other_side_should_break_b_need() {
    let scene = liquidated(SHORT);
    for name in ["one lot of the closed side", "one lot of a liquidation"] {
        let name = format!("unit 1/place 0/B-NEED/{name}");
        let mut system = system(SMALL, &scene.witness);
        let lot = system.set(&name, Fr::zero()).unwrap();
        system.set(&name, lot + Fr::one()).unwrap();
        assert!(system.all_unsatisfied().contains(&name));
    }
    // A fill that is no liquidation's adds no tolerance to anything.
    let scene = crate::support::traded();
    let mut system = system(SMALL, &scene.witness);
    let name = "unit 1/place 0/B-NEED/one lot of a liquidation";
    assert_eq!(system.set(name, Fr::one()), Some(Fr::zero()));
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn a_price_better_than_the_mark_does_not_stop_what_is_needed() {
    let mut scene = well_sold();
    // The house does not pay for it; with the last unit alone, every rule of the unit holds.
    let broken = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(broken.iter().all(|name| name.starts_with("B-HOUSE/")), "{broken:?}");
    // More than needed stays more than needed.
    close(&mut scene, STEP);
    scene.place().fill.cost.0 += u128::from(STEP) * 3_000_000;
    let broken = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(broken.contains(&NEEDED.into()), "{broken:?}");
}

#[test]
fn a_sign_that_is_not_asked_should_break_b_need() {
    let scene = idle(market());
    let mut system = system(SMALL, &scene.witness);
    system.set(SIGN, Fr::one()).unwrap();
    let name = "unit 1/B-MARGIN/B-NEED, B-MARGIN/a sign only where it is asked";
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn liquidation_worse_than_the_discount_should_break_b_discount() {
    let mut scene = liquidated(SHORT);
    let table = &mut scene.witness.context.table;
    (table.header.penalty, table.header.max_discount) = (13, 5);
    let worth = u128::from(STEP) * (table.rows[0].basis(true).get() as u128);
    let mark = table.rows[0].mark.get() as u128;
    let fill = &mut scene.place().fill;
    (fill.cost, fill.fee) = (Total(mark * u128::from(STEP) - worth * 5 / 256), Total::ZERO);
    assert!(scene.witness.check(SMALL).is_ok(), "the whole discount is good");
    scene.place().fill.cost.0 -= 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-PRICE, B-DISCOUNT/not worse than the limit or the discount/in range",
        &["B-PRICE, B-DISCOUNT"],
    );
}

/// Trader 1, long ten lots and below initial margin, fills orders of its own; row 0, side, lots, cost.
fn below_initial(shape: Shape, fills: &[(Side, u64, u128)]) -> Scene {
    let mut world = holding();
    change_house(&mut world, |house| house.positions[0] = Position(-5));
    set_equity(&mut world, 1, 100_000_000);
    let places = fills
        .iter()
        .map(|(side, lots, cost)| {
            let limit = if *side == Side::Buy { u64::MAX >> 1 } else { 0 };
            let order = world.order(1, 0, *side, limit, *lots);
            let fill = Fill {
                row: 0,
                quantity: Lots(*lots),
                cost: Total(*cost),
                ..Fill::default()
            };
            (world.sign(order), fill)
        })
        .collect();
    let unit = UnitRequest::Normal {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        places,
    };
    if shape == SMALL {
        return last(world, unit);
    }
    let padding = UnitRequest::Padding {
        index: AccountIndex::ZERO,
        deposit: Amount::ZERO,
    };
    let request = world.request(vec![padding, unit]);
    Scene::new(world, shape, &request)
}

/// Mark and basis of a long lot of row 0.
fn marks() -> (u128, u128) {
    let row = &market().table.rows[0];
    (row.mark.get() as u128, row.basis(true).get() as u128)
}

#[test]
fn conceding_below_initial_margin_should_break_b_margin() {
    let (mark, basis) = marks();
    let discount = basis * 8 / 256;
    let mut scene = below_initial(SMALL, &[(Side::Sell, 1, mark - discount)]);
    assert!(matches!(scene.unit().margin, MarginChoice::NotWorse(_)));
    scene.place().fill.cost.0 -= 1;
    must_break(&scene.witness, NEEDED, &[RULE]);
    // Without the claim, initial margin is short.
    scene.unit().margin = MarginChoice::Initial;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.iter().all(|name| name.starts_with("unit 1/B-MARGIN/deficit ")),
        "{failing:?}"
    );
    assert!(!failing.is_empty());
}

#[test]
fn the_wrong_sign_of_the_change_should_break_b_margin() {
    let (mark, _) = marks();
    let scene = below_initial(SMALL, &[(Side::Sell, 1, mark - 1)]);
    let mut system = system(SMALL, &scene.witness);
    assert_eq!(system.set(SIGN, Fr::one()), Some(Fr::zero()));
    let failing = system.all_unsatisfied();
    assert!(
        !failing.is_empty() && failing.iter().all(|name| name.contains(RULE)),
        "{failing:?}"
    );
}

#[test]
fn selling_and_buying_back_should_break_b_margin() {
    // Each fill alone concedes little; of a change that is taken back no part may be conceded.
    let shape = Shape { units: 2, places: 3 };
    let (mark, _) = marks();
    let fills = [
        (Side::Sell, 2, 2 * mark),
        (Side::Buy, 2, 2 * mark),
        (Side::Sell, 1, mark),
    ];
    let mut scene = below_initial(shape, &fills);
    let worse = 1_000_000;
    let unit = scene.unit();
    unit.places[0].fill.cost.0 -= 2 * worse;
    unit.places[1].fill.cost.0 += 2 * worse;
    unit.places[2].fill.cost.0 -= worse;
    must_break_shape(shape, &scene.witness, NEEDED, &[RULE]);
}
