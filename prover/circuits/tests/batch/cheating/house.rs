//! The house and conservation.

use cloister_circuits::{statements::batch::PUBLIC_INPUT, Fr};
use cloister_ledger::{Fill, HouseRecord, Side, UnitRequest};
use cloister_risk::{MarginChoice, Status};
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Total};

use crate::support::{
    holding, idle, liquidated, market, must_break, set_equity, settled, system, taken_over, traded, Scene, SHORT,
    SMALL, STEP,
};

#[test]
fn lots_from_nowhere_should_break_b_house_growth() {
    let mut scene = traded();
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    scene.place().fill.quantity.0 += 1;
    scene.place().fill.cost.0 += mark;
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-GROWTH/row 0/grows by what was shed only/in range",
        &["B-HOUSE-GROWTH"],
    );
}

#[test]
fn money_from_nowhere_should_break_b_house_equity() {
    let mut scene = traded();
    scene.place().fill.cost.0 -= 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-EQUITY/falls by takeovers only/in range",
        &["B-HOUSE-EQUITY"],
    );
}

#[test]
fn insurance_beyond_its_width_should_break_b_conserve_cash() {
    let mut scene = traded();
    scene.witness.house.insurance = Money((1 << 79) - 1);
    scene.place().fill.cost.0 += 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-CASH/insurance in range/in range",
        &["B-CONSERVE-CASH"],
    );
}

#[test]
fn sweep_above_the_fees_should_break_b_house() {
    let mut scene = traded();
    scene.witness.sweep = Amount(200_001);
    must_break(
        &scene.witness,
        "B-HOUSE/fee pool is not negative/in range",
        &["B-HOUSE"],
    );
    scene.witness.sweep = Amount(200_000);
    assert!(scene.witness.check(SMALL).is_ok(), "all fees can be paid out");
}

#[test]
fn mask_over_a_row_with_positions_should_break_b_house() {
    let mut scene = traded();
    scene.witness.empty_mask = 0b11;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 0/claimed empty",
        &["B-HOUSE"],
    );
    scene.witness.empty_mask = !1;
    assert!(scene.witness.check(SMALL).is_ok(), "all other rows are empty");
}

#[test]
fn open_interest_beyond_its_width_should_break_b_house() {
    let mut scene = traded();
    scene.witness.house.open_interest[0] = (1 << 50) - 1;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 0/in range/in range",
        &["B-HOUSE"],
    );
}

#[test]
fn house_that_grows_without_a_liquidation_should_break_b_house_growth() {
    // The same fill, but signed: nothing was shed.
    let mut scene = traded();
    scene.witness.house.positions[0] = Position(-3);
    assert!(scene.witness.check(SMALL).is_ok(), "a house may keep what it has");
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    // Trader 1 buys nine lots of the ten that trader 0 sells: the house gets closer to zero, which it may.
    scene.place().fill.quantity.0 -= 1;
    scene.place().fill.cost.0 -= mark;
    assert!(scene.witness.check(SMALL).is_ok(), "a house may shrink");
    scene.witness.house.positions[0] = Position::ZERO;
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-GROWTH/row 0/grows by what was shed only/in range",
        &["B-HOUSE-GROWTH"],
    );
}

#[test]
fn house_that_takes_more_than_was_shed_should_break_b_house_growth() {
    // Trader 1 is liquidated of four lots, of which trader 0 buys three.
    let mut world = holding();
    set_equity(&mut world, 1, SHORT);
    let mark = world.table.rows[0].mark.get() as u64;
    let order = world.order(0, 0, Side::Buy, mark, 3);
    let fill = Fill {
        quantity: Lots(3),
        cost: Total(3 * u128::from(mark)),
        ..Fill::default()
    };
    let units = vec![
        world.liquidate(1, 0, STEP, mark),
        UnitRequest::Normal {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
            places: vec![(world.sign(order), fill)],
        },
    ];
    let request = world.request(units);
    let mut scene = Scene::new(world, SMALL, &request);
    // Now trader 0 sells three more to the house.
    scene.resign(|i| i.side = Side::Sell);
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-GROWTH/row 0/grows by what was shed only/in range",
        &["B-HOUSE-GROWTH"],
    );
}

#[test]
fn house_without_margin_for_what_it_takes_should_break_b_house_margin() {
    let mut scene = liquidated(SHORT);
    scene.witness.house.positions[0] = Position::ZERO;
    scene.witness.house.insurance = Money(1_000_000);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty()
            && failing.iter().all(|n| n.starts_with("B-HOUSE/B-HOUSE-MARGIN/deficit ")
                && n.ends_with("/not above the threshold/in range")),
        "{failing:?}"
    );
    // Not worse than before is no way out: it had nothing to lose.
    scene.witness.house_margin = MarginChoice::NotWorse(0);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(!failing.is_empty() && scene.witness.check(SMALL).is_err());
    for choice in [MarginChoice::NotWorse(16), MarginChoice::Tight(0)] {
        scene.witness.house_margin = choice;
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        assert!(
            failing.contains(&"B-HOUSE/B-HOUSE-MARGIN/scenario/exactly one".into()),
            "{failing:?}"
        );
        assert!(scene.witness.check(SMALL).is_err());
    }
}

#[test]
fn house_short_of_margin_may_stand_still() {
    let mut scene = idle(market());
    scene.witness.house.positions[0] = Position(1_000);
    scene.witness.house.insurance = Money(-scene.witness.context.table.rows[0].value.get() as i128 * 1_000 + 1);
    assert!(scene.witness.check(SMALL).is_err(), "short of initial margin");
    scene.witness.house_margin = MarginChoice::NotWorse(2);
    // Only a worst scenario bounds all others.
    let worst = (0..16u8).find(|s| {
        scene.witness.house_margin = MarginChoice::NotWorse(*s);
        scene.witness.check(SMALL).is_ok()
    });
    assert!(worst.is_some());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn house_drained_by_a_takeover_should_break_b_house_equity() {
    // The account owes 5 units; a prover that says it owes more would keep the difference.
    let scene = taken_over();
    let mut system = system(SMALL, &scene.witness);
    let name = "unit 1/B-TAKEOVER/equity taken over";
    let owed = system.set(name, -Fr::from(6_000_000)).unwrap();
    assert_eq!(owed, -Fr::from(5_000_000));
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn house_position_beyond_its_width_should_break_b_range() {
    let mut scene = idle(market());
    scene.witness.house.positions[5] = Position(1 << 40);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"B-HOUSE/old house/B-RANGE/position 5/q/in range".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
    // Four lots more than fit.
    let mut scene = liquidated(SHORT);
    scene.witness.house.positions[0] = Position((1 << 40) - 4);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"B-HOUSE/B-CONSERVE-Q/position 0/q/in range".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn position_taken_in_an_empty_row_should_break_b_conserve_q() {
    let mut scene = taken_over();
    scene.witness.context.table.rows[0].status = Status::Empty;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-Q/row 0/the house stands still in an empty or a stale row",
        &["B-CONSERVE-Q"],
    );
}

#[test]
fn mask_over_a_row_of_the_house_should_break_b_house() {
    let mut scene = idle(market());
    scene.witness.house.positions[1] = Position(-1);
    scene.witness.empty_mask = 0b10;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 1/claimed empty",
        &["B-HOUSE"],
    );
}

#[test]
fn shorts_alone_should_keep_a_row_from_being_claimed_empty() {
    // All longs of an expired row are settled; trader 0 is still short.
    let mut scene = settled();
    scene.witness.empty_mask = 1;
    must_break(
        &scene.witness,
        "B-HOUSE/open interest/row 0/claimed empty",
        &["B-HOUSE"],
    );
}

#[test]
fn a_changed_house_key_should_break_b_statement() {
    // A key that only the prover knows: nobody else could prove the next batch. There is no wire for it, so a prover
    // can only state another house than the one that is computed.
    let scene = traded();
    let effect = scene.witness.check(SMALL).expect("a good batch");
    let mut system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    assert_eq!(effect.house.key, scene.witness.house.key);
    let mut house = effect.house.clone();
    house.key += Fr::one();
    let mut stated = effect.statement;
    stated.new_house = house.commitment();
    stated.house = HouseRecord::encrypt(&house, stated.stream_salt());
    system.set_input(0, stated.hash());
    assert_eq!(system.all_unsatisfied(), [PUBLIC_INPUT]);
}
