//! Liquidation by need, its discount, and what an account below initial margin concedes.

use cloister_circuits::Fr;
use cloister_crypto::field::from_i128;
use cloister_ledger::{BatchError, Fill, Shape, Side, UnitError, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::{Assessment, MarginChoice, MarginError};
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Total};

use crate::support::{
    change_house, holding, idle, last, liquidated, market, must_break, must_break_shape, refusal, set_equity, system,
    Scene, LOTS, SHORT, SMALL, STEP,
};

const RULE: &str = "B-NEED";
const NEEDED: &str = "unit 1/B-MARGIN/B-NEED/as much as is needed/in range";
const SIGN: &str = "unit 1/B-MARGIN/conceded/sign";
const SCENARIO: &str = "unit 1/B-MARGIN/B-NEED/scenario";
/// The deficit of who is long, in the scenario of the largest loss.
const DEFICIT: &str = "unit 1/B-MARGIN/deficit 12/not above the threshold/in range";

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
    close(&mut scene, 3);
    scene.place().fill.cost.0 += 3 * 3_000_000;
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
    // The tolerance is that of the side that is closed, and which side that is follows from the position: nobody signs
    // it, but a fill of the other side does not reduce.
    let scene = liquidated(SHORT);
    let system = system(SMALL, &scene.witness);
    let found = refusal(&system, "unit 1/place 0/S-INSTRUCTION/sell", Fr::zero());
    assert_eq!(
        found,
        "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range"
    );
    // A fill that is no liquidation's adds no tolerance to anything.
    let scene = crate::support::traded();
    let mut system = crate::support::system(SMALL, &scene.witness);
    let name = "unit 1/place 0/B-NEED/one lot of a liquidation";
    assert_eq!(system.set(name, Fr::one()), Some(Fr::zero()));
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn a_price_better_than_the_mark_does_not_stop_what_is_needed() {
    let mut scene = well_sold();
    // With what the price gained, initial margin would be met by more than the tolerance.
    let table = scene.witness.context.table.clone();
    let lot = table.rows[0].lone_lot(true).get() * i128::from(table.header.initial);
    let sold = scene.place().fill;
    let entry = scene.unit().entry().unwrap();
    let mut positions = entry.positions;
    positions[0].0 -= sold.quantity.get() as i64;
    let paid = sold.cost.get() as i128 - i128::from(table.rows[0].funding.get()) * i128::from(sold.quantity.get());
    let after = Assessment::new(&table, &positions, Money(entry.cash.get() + paid)).unwrap();
    assert!(after.worst(table.header.initial).unwrap().1.get() < -lot);
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

/// As [`below_initial_of`], with 100,000,000 and in row 0 alone: side, lots, cost.
fn below_initial(shape: Shape, fills: &[(Side, u64, u128)]) -> Scene {
    let fills: Vec<_> = fills
        .iter()
        .map(|(side, lots, cost)| (0, *side, *lots, *cost))
        .collect();
    below_initial_of(shape, 100_000_000, &[(0, -5)], &fills)
}

/// Trader 1, long ten lots and below initial margin, fills orders of its own: row, side, lots, cost. The house holds
/// lots that it gets rid of so.
fn below_initial_of(shape: Shape, equity: i128, house: &[(usize, i64)], fills: &[(usize, Side, u64, u128)]) -> Scene {
    let mut world = holding();
    change_house(&mut world, |of| {
        for (row, lots) in house {
            of.positions[*row] = Position(*lots);
        }
    });
    set_equity(&mut world, 1, equity);
    let places = fills
        .iter()
        .map(|(row, side, lots, cost)| {
            let limit = if *side == Side::Buy { u64::MAX >> 1 } else { 0 };
            let order = world.order(1, *row, *side, limit, *lots);
            let fill = Fill {
                row: *row as u8,
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
    after_padding(world, shape, unit)
}

fn after_padding(mut world: World, shape: Shape, unit: UnitRequest) -> Scene {
    let padding = UnitRequest::Padding {
        index: AccountIndex::ZERO,
        deposit: Amount::ZERO,
    };
    let request = world.request(vec![padding, unit]);
    Scene::new(world, shape, &request)
}

/// Trader 1, long ten lots and short of margin, sells one of them to trader 0 so much above the mark: by an order, or
/// in a liquidation. It is short of initial margin still.
fn bought_from(gain: u128, liquidated: bool) -> Scene {
    let mut world = holding();
    let maintenance = world.table.header.maintenance;
    set_equity(&mut world, 1, 0);
    let worst = world.assess(1).worst(maintenance).unwrap().1.get();
    set_equity(&mut world, 1, (worst - 1) / 256);
    let fill = Fill {
        side: Side::Sell,
        quantity: Lots(1),
        cost: Total(marks().0 + gain),
        ..Fill::default()
    };
    let order = |world: &mut World, trader: usize, side, limit| {
        let order = world.order(trader, 0, side, limit, 1);
        UnitRequest::Normal {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            places: vec![(world.sign(order), fill)],
        }
    };
    let buys = order(&mut world, 0, Side::Buy, u64::MAX >> 1);
    let sells = if liquidated {
        UnitRequest::Liquidation {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            fills: vec![fill],
        }
    } else {
        order(&mut world, 1, Side::Sell, 0)
    };
    let request = world.request(vec![buys, sells]);
    Scene::new(world, SMALL, &request)
}

/// Mark of row 0, and what a long lot requires.
fn marks() -> (u128, u128) {
    let row = &market().table.rows[0];
    (row.mark.get() as u128, row.lone_lot(true).get() as u128)
}

/// The native rule refuses what the prices of the last unit concede.
fn is_conceded(scene: &Scene, shape: Shape) -> bool {
    let error = UnitError::Margin(MarginError::Conceded);
    scene.witness.check(shape).map(drop) == Err(BatchError::Unit(1, error))
}

#[test]
fn conceding_below_initial_margin_should_break_b_margin() {
    let (mark, freed) = marks();
    let mut scene = below_initial(SMALL, &[(Side::Sell, 1, mark - freed / 4)]);
    assert!(matches!(scene.unit().margin, MarginChoice::NotWorse(_)));
    scene.place().fill.cost.0 -= 1;
    must_break(&scene.witness, DEFICIT, &["B-MARGIN"]);
    assert!(is_conceded(&scene, SMALL));
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
fn the_wrong_sign_of_what_is_conceded_should_break_b_margin() {
    let (mark, _) = marks();
    let by_order = |cost| below_initial(SMALL, &[(Side::Sell, 1, cost)]);
    let by_force = |worse| {
        let mut scene = barely_short();
        close(&mut scene, 2);
        scene.place().fill.cost.0 -= worse;
        scene
    };
    // Costs, gains that another trader pays, and nothing at all, which is no gain.
    let scenes = [
        (by_order(mark - 1), true),
        (by_order(mark), true),
        (bought_from(1, false), false),
        (bought_from(1_000_000, false), false),
        (by_force(1), true),
        (by_force(0), true),
        (bought_from(1, true), false),
        (bought_from(1_000_000, true), false),
        (idle(market()), true),
    ];
    for (number, (scene, positive)) in scenes.into_iter().enumerate() {
        let system = system(SMALL, &scene.witness);
        let bit = format!("{SIGN}/bit 98");
        let wire = system.find_wire(&bit).expect("the sign is a wire");
        assert_eq!(system.values()[wire] == Fr::one(), positive, "scene {number}");
        let other = Fr::one() - system.values()[wire];
        assert_eq!(
            refusal(&system, &bit, other),
            format!("{SIGN}/in range"),
            "scene {number}"
        );
    }
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
    must_break_shape(shape, &scene.witness, DEFICIT, &["B-MARGIN"]);
    assert!(is_conceded(&scene, shape));
}

#[test]
fn conceding_in_a_liquidation_should_break_b_margin() {
    let mut scene = liquidated(SHORT);
    let table = &mut scene.witness.context.table;
    (table.header.penalty, table.header.max_discount) = (4_000, 4_000);
    let (mark, freed) = marks();
    let fill = &mut scene.place().fill;
    let lots = u128::from(STEP);
    (fill.cost, fill.fee) = (Total((mark - freed / 4) * lots), Total::ZERO);
    assert!(scene.witness.check(SMALL).is_ok(), "a quarter of what is freed is good");
    assert!(system(SMALL, &scene.witness).is_satisfied());
    scene.place().fill.cost.0 -= lots;
    must_break(&scene.witness, DEFICIT, &["B-MARGIN"]);
    assert!(is_conceded(&scene, SMALL));
}

#[test]
fn a_neutral_pair_at_bad_prices_should_break_b_margin() {
    // Half of maintenance margin is left. The pair frees nothing, and five lots sold pay for it: no deficit grows.
    let shape = Shape { units: 2, places: 3 };
    let rows = market().table.rows;
    let at = |row: usize, lots: u64| rows[row].mark.get() as u128 * u128::from(lots);
    let fills = [
        (1, Side::Buy, 11, at(1, 11)),
        (2, Side::Sell, 10, at(2, 10)),
        (0, Side::Sell, 5, at(0, 5)),
    ];
    let house = [(0, -5), (1, 11), (2, -10)];
    let mut scene = below_initial_of(shape, 48_000_000, &house, &fills);
    assert!(matches!(scene.unit().margin, MarginChoice::NotWorse(_)));
    let unit = scene.unit();
    unit.places[0].fill.cost.0 += 18_000_000;
    unit.places[1].fill.cost.0 -= 18_000_000;
    must_break_shape(shape, &scene.witness, DEFICIT, &["B-MARGIN"]);
    assert!(is_conceded(&scene, shape), "every deficit is no higher than before");
}

const HEDGED: Shape = Shape { units: 2, places: 2 };

/// Short of maintenance margin by next to nothing, and both legs are closed at the mark.
fn hedge() -> Scene {
    let mut world = holding();
    change_house(&mut world, |house| {
        (house.positions[0], house.positions[1]) = (Position(-100), Position(100));
        (house.open_interest[0], house.open_interest[1]) = (36, 23);
    });
    let mut state = world.state.account(AccountIndex(1)).unwrap().clone();
    (state.account.positions[0], state.account.positions[1]) = (Position(36), Position(-23));
    world.state.restore_account(AccountIndex(1), state);
    let margin = world.assess(1).requirement(world.table.header.maintenance).unwrap();
    set_equity(&mut world, 1, margin.get() - 1);
    let fills = [(0, 9), (1, 6)].map(|(row, lots)| Fill {
        fee: Total::ZERO,
        ..world.liquidation_fill(1, row, lots, world.table.rows[row].mark.get() as u64)
    });
    let unit = UnitRequest::Liquidation {
        index: AccountIndex(1),
        deposit: Amount::ZERO,
        fills: fills.into(),
    };
    after_padding(world, HEDGED, unit)
}

#[test]
fn the_legs_of_a_hedge_at_bad_prices_should_break_b_margin() {
    // Each price is within its own bounds.
    let mut scene = hedge();
    let unit = scene.unit();
    unit.places[0].fill.cost.0 -= 8_000_000;
    unit.places[1].fill.cost.0 += 6_000_000;
    must_break_shape(HEDGED, &scene.witness, DEFICIT, &["B-MARGIN"]);
    assert!(is_conceded(&scene, HEDGED), "every deficit is no higher than before");
}

#[test]
fn the_legs_of_a_hedge_at_high_penalties_should_break_b_margin() {
    // Each penalty is within its own bound, and so is what price and penalty take of each leg.
    let [legs_alone, with_prices] = [
        [(0, 8_000_000), (0, 6_000_000)],
        [(4_000_000, 4_000_000), (3_000_000, 3_000_000)],
    ];
    for legs in [legs_alone, with_prices] {
        let mut scene = hedge();
        let unit = scene.unit();
        for (place, (worse, fee)) in unit.places.iter_mut().zip(legs) {
            let cost = &mut place.fill.cost.0;
            *cost = if place.fill.side == Side::Sell {
                *cost - worse
            } else {
                *cost + worse
            };
            place.fill.fee = Total(fee);
        }
        must_break_shape(HEDGED, &scene.witness, DEFICIT, &["B-MARGIN"]);
        assert!(is_conceded(&scene, HEDGED), "every deficit is no higher than before");
    }
}

#[test]
fn a_penalty_above_its_share_should_break_b_margin() {
    let (mark, freed) = marks();
    let lots = u128::from(STEP);
    // All of the share by the penalty; half of it by the price. A better price pays for no penalty.
    for (worse, fee) in [(0, lots * (freed / 4)), (freed / 8, lots * (freed / 4 - freed / 8))] {
        let mut scene = liquidated(SHORT);
        let table = &mut scene.witness.context.table;
        (table.header.penalty, table.header.max_discount) = (4_000, 4_000);
        let fill = &mut scene.place().fill;
        (fill.cost, fill.fee) = (Total((mark - worse) * lots), Total(fee));
        assert!(scene.witness.check(SMALL).is_ok(), "a quarter of what is freed is good");
        assert!(system(SMALL, &scene.witness).is_satisfied());
        scene.place().fill.fee.0 += lots;
        must_break(&scene.witness, DEFICIT, &["B-MARGIN"]);
        assert!(is_conceded(&scene, SMALL));
    }
}

#[test]
fn a_need_that_the_penalty_makes_should_break_b_need() {
    let mut scene = liquidated(SHORT);
    scene.witness.context.table.header.penalty = 4_000;
    let table = scene.witness.context.table.clone();
    let lot = table.rows[0].lone_lot(true).get();
    let initial = i128::from(table.header.initial);
    // Six of its ten lots could stay, so four must go, and one is tolerance.
    let equity = initial * lot * (LOTS as i128 - 4) / 256;
    scene.unit().deposit = Amount((equity - SHORT) as u64);
    scene.place().fill.fee = Total::ZERO;
    close(&mut scene, 5);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    // The sixth is needed only by who has paid for it.
    close(&mut scene, 6);
    must_break(&scene.witness, NEEDED, &[RULE]);
    let fee = 6 * lot / 4;
    scene.place().fill.fee = Total(fee as u128);
    must_break(&scene.witness, NEEDED, &[RULE]);
    let error = UnitError::Margin(MarginError::NotNeeded);
    assert_eq!(scene.witness.check(SMALL).map(drop), Err(BatchError::Unit(1, error)));
    let deficit = |equity| initial * lot * (LOTS as i128 - 6) - 256 * equity;
    assert!(deficit(equity) < -initial * lot && deficit(equity - fee) >= -initial * lot);
}
