//! Deleveraging.

use cloister_circuits::Fr;
use cloister_ledger::{InstructionKind, Mode, Party, Shape, Side, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::{Assessment, MarginChoice, Positions, Status};
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Price, Total};

use crate::support::{
    change_house, deleveraged, forced, giving, liquidated, must_break, must_break_shape, owing, set_equity, settled,
    shedding, system, taken_over, Scene, LOTS, SHORT, SMALL,
};

const SHORT_ENOUGH: &str = "B-MARGIN/B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE/short enough/in range";
const SHORT_RULE: &str = "B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE";
const NET: &str = "B-DELEVERAGE/lots sum to zero/word 0";
const MATCHED: &str = "B-DELEVERAGE/each lot faces one of an insolvent account/word 0";
/// Four units of one place.
const FOUR: Shape = Shape { units: 4, places: 1 };

/// Traders 1 and 2 are long ten lots of row 0, traders 0 and 3 are short of them. Trader 1 owes money.
fn crowd() -> World {
    let mut world = World::with_traders(7, 4, FOUR);
    let mark = world.table.rows[0].mark.get() as u64;
    let units = [(0, Side::Sell), (1, Side::Buy), (2, Side::Buy), (3, Side::Sell)]
        .map(|(trader, side)| world.fill_order(trader, 0, side, LOTS, mark));
    let request = world.request(units.into());
    world.apply(FOUR, &request);
    set_equity(&mut world, 1, -5_000_000);
    world
}

/// The lots of one unit change, still at the mark.
fn set_lots(scene: &mut Scene, unit: usize, lots: u64) {
    let mark = scene.witness.context.table.rows[0].mark.get() as u128;
    let fill = &mut scene.witness.units[unit].places[0].fill;
    (fill.quantity, fill.cost) = (Lots(lots), Total(mark * u128::from(lots)));
}

#[test]
fn both_sides_should_hold_in_either_order() {
    for scene in [shedding(), giving()] {
        assert!(scene.witness.check(SMALL).is_ok());
        assert!(system(SMALL, &scene.witness).is_satisfied());
    }
}

#[test]
fn shedding_of_a_solvent_account_should_break_b_deleverage() {
    let mut scene = shedding();
    scene.unit().deposit = Amount(5_000_000);
    let name = format!("unit 1/{SHORT_ENOUGH}");
    must_break(&scene.witness, &name, &[SHORT_RULE]);
    scene.unit().deposit.0 -= 1;
    assert!(scene.witness.check(SMALL).is_ok(), "one below zero is insolvent");
    assert!(system(SMALL, &scene.witness).is_satisfied());
    // A prover that says that it owes something.
    scene.unit().deposit.0 += 1;
    let mut system = system(SMALL, &scene.witness);
    let name = format!("unit 1/B-MARGIN/{SHORT_RULE}/equity of an insolvent account");
    system.set(&name, -Fr::one()).unwrap();
    assert!(system.all_unsatisfied().contains(&name));
}

#[test]
fn another_price_should_break_b_deleverage() {
    for scene in [shedding(), giving()] {
        for up in [true, false] {
            let mut scene = Scene {
                world: scene.world.clone(),
                witness: scene.witness.clone(),
            };
            let cost = &mut scene.place().fill.cost;
            cost.0 = if up { cost.0 + 1 } else { cost.0 - 1 };
            let failing = system(SMALL, &scene.witness).all_unsatisfied();
            let name = "unit 1/place 0/B-EXPIRY, B-DELEVERAGE/at the mark";
            assert!(failing.contains(&name.into()), "{failing:?}");
            assert!(scene.witness.check(SMALL).is_err());
        }
    }
    // A better price for one of them, paid by the other, is nobody's business but theirs.
    let mut scene = shedding();
    for unit in &mut scene.witness.units {
        unit.places[0].fill.cost.0 += 1;
    }
    assert!(scene.witness.check(SMALL).is_err());
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    for unit in 0..2 {
        let name = format!("unit {unit}/place 0/B-EXPIRY, B-DELEVERAGE/at the mark");
        assert!(failing.contains(&name), "{failing:?}");
    }
}

#[test]
fn fee_of_deleveraging_should_break_b_fee() {
    let mut scene = giving();
    scene.place().fill.fee = Total(1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        &["B-FEE"],
    );
    // The account that owes money would owe more.
    let mut scene = shedding();
    scene.place().fill.fee = Total(1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        &["B-EQUITY", "B-FEE"],
    );
}

#[test]
fn deleveraging_beyond_the_position_should_break_b_reduce() {
    let mut scene = shedding();
    for unit in 0..2 {
        set_lots(&mut scene, unit, LOTS + 1);
    }
    must_break(
        &scene.witness,
        "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range",
        // The first unit leaves another tree than the one that the second opens.
        &["B-OPENS", "B-REDUCE, B-LIMIT"],
    );
}

#[test]
fn deleveraging_that_opens_should_break_b_reduce() {
    // Trader 0 wants more of what it is short of, and trader 1, who owes money, is to buy it.
    let mut scene = shedding();
    for unit in &mut scene.witness.units {
        let side = &mut unit.places[0].fill.side;
        *side = side.opposite();
    }
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    for unit in 0..2 {
        let name = format!("unit {unit}/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range");
        assert!(failing.contains(&name), "{failing:?}");
    }
}

#[test]
fn deleveraging_in_a_dead_row_should_break_b_instrument() {
    for status in [Status::Expired, Status::Empty] {
        let mut scene = shedding();
        scene.witness.context.table.rows[0].status = status;
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        let name = "unit 1/place 0/B-INSTRUMENT/trading or close-only";
        assert!(failing.contains(&name.into()), "{failing:?}");
        assert!(scene.witness.check(SMALL).is_err());
    }
    let mut scene = shedding();
    scene.witness.context.table.rows[0].status = Status::CloseOnly;
    assert!(scene.witness.check(SMALL).is_ok(), "deleveraging closes");
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn lots_for_the_house_should_break_b_deleverage() {
    // The house holds some on either side, so that it may take or give one.
    for (held, lots) in [(-5, [LOTS - 1, LOTS]), (5, [LOTS, LOTS - 1])] {
        let mut world = owing();
        change_house(&mut world, |house| house.positions[0] = Position(held));
        let units = [(0, Party::Counterparty, 0, lots[0]), (1, Party::Insolvent, 0, lots[1])];
        let scene = deleveraged(world, SMALL, &units);
        must_break(&scene.witness, NET, &["B-DELEVERAGE"]);
    }
}

#[test]
fn lots_of_another_row_should_break_b_deleverage() {
    let mut world = owing();
    let mut state = world.state.account(AccountIndex::ZERO).expect("open").clone();
    state.account.positions[1] = Position(-(LOTS as i64));
    world.state.restore_account(AccountIndex::ZERO, state);
    // The house may get rid of its lots in both rows.
    change_house(&mut world, |house| {
        house.positions[..2].copy_from_slice(&[Position(-20), Position(20)]);
        house.open_interest[1] = LOTS;
    });
    let units = [(0, Party::Counterparty, 1, LOTS), (1, Party::Insolvent, 0, LOTS)];
    let scene = deleveraged(world, SMALL, &units);
    must_break(&scene.witness, NET, &["B-DELEVERAGE"]);
}

#[test]
fn lots_of_every_row_should_be_matched() {
    let mut world = owing();
    world.live = 32;
    world.table = cloister_ledger_testing::table(world.live, 2, &mut world.random);
    let mut state = world.state.account(AccountIndex(1)).expect("open").clone();
    state.account.positions = [Position(3); 32];
    world.state.restore_account(AccountIndex(1), state);
    set_equity(&mut world, 1, -5_000_000);
    for row in (0..28).step_by(3).chain(28..32) {
        let padding = UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        };
        let units = vec![padding, world.deleverage(1, Party::Insolvent, &[(row, 2)])];
        let request = world.request(units);
        let witness = world.draft(SMALL, &request).expect("every unit is valid");
        assert!(witness.check(SMALL).is_err());
        let failing = system(SMALL, &witness).all_unsatisfied();
        for name in [NET, MATCHED] {
            let name = name.replace("word 0", &format!("word {}", row / 4));
            assert!(failing.contains(&name), "row {row}: {failing:?}");
        }
    }
}

#[test]
fn lots_of_the_last_word_should_be_matched_row_by_row() {
    let mut world = owing();
    world.live = 32;
    world.table = cloister_ledger_testing::table(world.live, 2, &mut world.random);
    for (trader, lots) in [(0, -3), (1, 3)] {
        let mut state = world.state.account(AccountIndex(trader)).expect("open").clone();
        for position in &mut state.account.positions[28..] {
            *position = Position(lots);
        }
        world.state.restore_account(AccountIndex(trader), state);
    }
    change_house(&mut world, |house| {
        for open in &mut house.open_interest[28..] {
            *open = 6;
        }
    });
    set_equity(&mut world, 1, -5_000_000);
    let units = |row, other, lots| [(0, Party::Counterparty, row, lots), (1, Party::Insolvent, other, 2)];
    for row in 28..32 {
        let scene = deleveraged(world.clone(), SMALL, &units(row, row, 2));
        assert!(scene.witness.check(SMALL).is_ok());
        assert!(system(SMALL, &scene.witness).is_satisfied());
        // Another row of the same word, and another number of lots.
        for units in [units(28 + (row + 1) % 4, row, 2), units(row, row, 1)] {
            let scene = deleveraged(world.clone(), SMALL, &units);
            assert!(scene.witness.check(SMALL).is_err());
            let failing = system(SMALL, &scene.witness).all_unsatisfied();
            for name in [NET, MATCHED] {
                let name = name.replace("word 0", "word 7");
                assert!(failing.contains(&name), "row {row}: {failing:?}");
            }
        }
    }
}

#[test]
fn accounts_that_can_keep_their_lots_should_not_be_closed_against_each_other() {
    let pair = |lots| [(2, Party::Counterparty, 0, lots), (3, Party::Counterparty, 0, lots)];
    let shed = |lots| (1, Party::Insolvent, 0, lots);
    let gives = |trader, lots| (trader, Party::Counterparty, 0, lots);
    let cases = [
        // Nobody owes anything.
        pair(LOTS).to_vec(),
        // Behind one lot of an account that does.
        [vec![shed(1), gives(0, 1)], pair(LOTS - 1).to_vec()].concat(),
        // Five lots of it, and five of another long one, against ten short ones.
        vec![shed(5), gives(2, 5), gives(3, 10)],
        // More lots of the same side than it sheds, twice.
        vec![shed(5), gives(2, 5), gives(0, 5), gives(3, 5)],
    ];
    for units in cases {
        let scene = deleveraged(crowd(), FOUR, &units);
        must_break_shape(FOUR, &scene.witness, MATCHED, &["B-DELEVERAGE"]);
    }
    let units = [shed(10), gives(0, 4), gives(3, 6)];
    let scene = deleveraged(crowd(), FOUR, &units);
    assert!(scene.witness.check(FOUR).is_ok());
    assert!(system(FOUR, &scene.witness).is_satisfied());
}

#[test]
fn insolvent_accounts_should_be_closed_against_each_other_as_shedder_and_counterparty() {
    let with = |party| {
        let mut world = owing();
        set_equity(&mut world, 0, -1);
        deleveraged(world, SMALL, &[(0, party, 0, LOTS), (1, Party::Insolvent, 0, LOTS)])
    };
    must_break(&with(Party::Insolvent).witness, MATCHED, &["B-DELEVERAGE"]);
    let scene = with(Party::Counterparty);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn changing_sides_should_break_b_deleverage() {
    let mut scene = shedding();
    scene.unit().mode = Mode::Deleveraging(Party::Counterparty);
    must_break(&scene.witness, MATCHED, &["B-DELEVERAGE"]);
    let mut scene = giving();
    scene.unit().mode = Mode::Deleveraging(Party::Insolvent);
    must_break(
        &scene.witness,
        &format!("unit 1/{SHORT_ENOUGH}"),
        &["B-DELEVERAGE", SHORT_RULE],
    );
    // On both sides at once.
    for (scene, other) in [
        (shedding(), "mode deleveraging of a counterparty"),
        (giving(), "mode deleveraging of an insolvent account"),
    ] {
        let mut system = system(SMALL, &scene.witness);
        system.set(&format!("unit 1/B-UNIT/{other}"), Fr::one()).unwrap();
        assert!(system
            .all_unsatisfied()
            .contains(&"unit 1/B-UNIT/at most one mode".into()));
    }
}

#[test]
fn hiding_what_was_closed_should_break_b_deleverage() {
    for name in ["net/word 0", "unmatched/word 0"] {
        let name = format!("unit 1/B-DELEVERAGE/{name}");
        let mut system = system(SMALL, &shedding().witness);
        let old = system.set(&name, Fr::zero()).unwrap();
        assert_ne!(old, Fr::zero(), "{name}");
        assert!(system.all_unsatisfied().contains(&name));
    }
}

/// The same scenarios in rows 0 and 1, and no floors: lots of one hedge those of the other.
fn hedged(world: &mut World, trader: usize) {
    let index = AccountIndex(trader as u32);
    let mut state = world.state.account(index).expect("open").clone();
    state.account.positions[1] = Position(-state.account.positions[0].get());
    world.state.restore_account(index, state);
    let row = world.table.rows[0].clone();
    let at = &mut world.table.rows[1];
    (at.mark, at.funding, at.value, at.scenarios) = (row.mark, row.funding, row.value, row.scenarios);
    for at in &mut world.table.rows {
        (at.floor_long, at.floor_short) = (Price::ZERO, Price::ZERO);
    }
}

fn only_deficits(scene: &Scene) {
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty() && failing.iter().all(|n| n.starts_with("unit 1/B-MARGIN/deficit ")),
        "{failing:?}"
    );
}

#[test]
fn hedge_taken_from_a_counterparty_should_break_b_margin() {
    let mut world = owing();
    hedged(&mut world, 0);
    // Just what the leg needs that is left alone.
    let leg = |positions| Assessment::new(&world.table, &positions, Money::ZERO).expect("small");
    let mut positions = Positions::default();
    positions[1] = Position(LOTS as i64);
    let required = leg(positions).requirement(world.table.header.initial).expect("small");
    set_equity(&mut world, 0, required.get());
    let units = [(1, Party::Insolvent, 0, LOTS), (0, Party::Counterparty, 0, LOTS)];
    let mut scene = deleveraged(world, SMALL, &units);
    assert_eq!(scene.unit().margin, MarginChoice::Initial);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    scene.witness.context.table.header.initial += 1;
    only_deficits(&scene);
    // Hedged it was never short, so it is worse off than before, whatever it is compared with.
    scene.unit().margin = MarginChoice::NotWorse(0);
    only_deficits(&scene);
}

#[test]
fn hedge_shed_by_an_insolvent_account_should_break_b_margin() {
    let mut scene = shedding();
    let MarginChoice::NotWorse(_) = scene.unit().margin else {
        unreachable!("it owes money")
    };
    // Without lots it owes what it owed; an exposure that is a profit in some scenario made it less before.
    let entry = scene.unit().entry().unwrap();
    let table = &scene.witness.context.table;
    let before = Assessment::new(table, &entry.positions, entry.cash).unwrap();
    let deficits = before.deficits(table.header.maintenance).unwrap();
    let least = (0..16u8).min_by_key(|s| deficits[usize::from(*s)]).unwrap();
    scene.unit().margin = MarginChoice::NotWorse(least);
    only_deficits(&scene);
    // It cannot meet initial margin.
    scene.unit().margin = MarginChoice::Initial;
    only_deficits(&scene);
}

#[test]
fn deleveraging_without_a_scenario_should_break_b_margin() {
    for choice in [MarginChoice::NotWorse(16), MarginChoice::Tight(1)] {
        for mut scene in [shedding(), giving()] {
            scene.unit().margin = choice;
            let failing = system(SMALL, &scene.witness).all_unsatisfied();
            let name = "unit 1/B-MARGIN/chosen deficit/scenario/exactly one";
            assert!(failing.contains(&name.into()), "{failing:?}");
            assert!(scene.witness.check(SMALL).is_err());
        }
    }
}

#[test]
fn relaxed_margin_should_be_of_normal_and_deleveraging_only() {
    for scene in [liquidated(SHORT), settled(), taken_over(), forced(1_000)] {
        let mut system = system(SMALL, &scene.witness);
        let old = system.set("unit 1/B-MARGIN/relaxed", Fr::one()).unwrap();
        assert_eq!(old, Fr::zero());
        let name = "unit 1/B-MARGIN/relaxed only in normal and deleveraging";
        assert!(system.all_unsatisfied().contains(&name.into()));
    }
}

#[test]
fn counterparty_without_debt_should_keep_its_equity_above_zero() {
    // A prover that says that a debt was there before.
    let mut system = system(SMALL, &giving().witness);
    let name = "unit 1/B-EQUITY/debt before";
    assert_eq!(system.set(name, -Fr::one()).unwrap(), Fr::zero());
    assert!(system.all_unsatisfied().contains(&name.into()));
}

#[test]
fn instruction_in_deleveraging_should_be_refused() {
    let mut scene = shedding();
    let signed = scene.world.instruct(1, InstructionKind::Cancel, 0);
    scene.put(signed);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/place 0/S-INSTRUCTION/only in mode normal".into()),
        "{failing:?}"
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn deleveraging_of_nothing_is_padding() {
    let mut world = owing();
    let units = [(0, Party::Counterparty), (1, Party::Insolvent)].map(|(who, party)| world.deleverage(who, party, &[]));
    let request = world.request(units.into());
    let scene = Scene::new(world, SMALL, &request);
    assert!(system(SMALL, &scene.witness).is_satisfied());
}
