//! Fills, prices and margin.

use cloister_circuits::Fr;
use cloister_ledger::{instruction::flags, state::AccountState, Fill, InstructionKind, Mode};
use cloister_risk::{MarginChoice, Status};
use cloister_types::{AccountIndex, Amount, Lots, Money, PerLot, Position, Price, Total};

use crate::support::{holding, idle, instructed, market, must_break, system, traded, traded_in, Scene, LOTS, SMALL};

#[test]
fn empty_fill_of_an_order_should_be_refused() {
    let mut scene = traded();
    scene.place().fill = Fill {
        row: 0,
        quantity: Lots::ZERO,
        cost: Total::ZERO,
        fee: Total::ZERO,
        ..Fill::default()
    };
    let name = "unit 1/place 0/B-FILL/at least one lot/in range";
    // Nobody buys what trader 0 sells, so the house would.
    must_break(&scene.witness, name, &["B-FILL", "B-HOUSE-GROWTH"]);
}

#[test]
fn fill_without_an_order_should_be_refused() {
    let mut world = market();
    let cancel = world.instruct(1, InstructionKind::Cancel, 0);
    let mut scene = instructed(world, cancel);
    scene.place().fill.fee = Total(1);
    let name = "unit 1/place 0/B-FILL/nothing without a fill";
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(failing.contains(&name.to_string()), "{failing:?}");
}

#[test]
fn fill_of_another_instrument_should_break_b_instrument() {
    let mut scene = traded();
    scene.resign(|i| i.instrument_id.0 += 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-INSTRUMENT/signed instrument",
        &["B-INSTRUMENT"],
    );
    let mut scene = traded();
    scene.place().fill.row = 32;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/place 0/B-FILL/B-INSTRUMENT/row/exactly one".into()),
        "{failing:?}"
    );
}

#[test]
fn fill_of_a_relisted_row_should_break_b_instrument() {
    let mut scene = traded();
    // The order was signed for what the row listed before.
    scene.witness.context.table.rows[0].instrument_id.0 += 77;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert_eq!(
        failing,
        [
            "unit 0/place 0/B-INSTRUMENT/signed instrument",
            "unit 1/place 0/B-INSTRUMENT/signed instrument"
        ]
    );
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn fee_within_the_cap_twice_should_break_b_fee() {
    let mut scene = traded();
    scene.resign(|i| i.max_fee = Price(1 << 30));
    let cap = scene.place().fill.cost.get() * 1_000 / 1_000_000;
    scene.place().fill.fee = Total(2 * cap);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        &["B-FEE"],
    );
}

#[test]
fn instrument_that_does_not_trade_should_break_b_instrument() {
    for status in [Status::Expired, Status::Empty] {
        let mut scene = traded();
        scene.witness.context.table.rows[0].status = status;
        must_break(
            &scene.witness,
            "unit 1/place 0/B-INSTRUMENT/trading or close-only",
            &["B-INSTRUMENT"],
        );
    }
}

#[test]
fn price_worse_than_the_limit_should_break_b_price() {
    let mark = |s: &Scene| s.witness.context.table.rows[0].mark.get() as u64;
    let mut scene = traded();
    let limit = mark(&scene) - 1;
    scene.resign(|i| i.limit = limit);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-PRICE, B-DISCOUNT/not worse than the limit or the discount/in range",
        &["B-PRICE, B-DISCOUNT"],
    );
    // At the limit is good.
    scene.resign(|i| i.limit = limit + 1);
    assert!(scene.witness.check(SMALL).is_ok());
}

#[test]
fn price_outside_the_band_should_break_b_band() {
    let mut scene = traded();
    let band = scene.witness.context.table.rows[0].band.get();
    scene.resign(|i| i.limit += 2 * band);
    // The buyer pays a little more than the band allows; the surplus goes to the insurance.
    scene.place().fill.cost.0 += u128::from(band * LOTS) + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-BAND/not above the band/in range",
        &["B-BAND"],
    );
    scene.place().fill.cost.0 -= 1;
    assert!(scene.witness.check(SMALL).is_ok(), "at the band is good");

    let mut scene = traded();
    scene.place().fill.cost.0 -= u128::from(band * LOTS) + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-BAND/not below the band/in range",
        &["B-BAND", "B-HOUSE-EQUITY"],
    );
}

#[test]
fn flip_to_the_other_side_above_the_limit_should_break_b_limit() {
    // Trader 0 closes ten lots; trader 1 turns a short of six into a long of four.
    let mut world = market();
    for (trader, lots) in [(0, LOTS as i64), (1, 4 - LOTS as i64)] {
        let mut state: AccountState = world.state.account(AccountIndex(trader)).unwrap().clone();
        state.account.positions[0] = Position(lots);
        world.state.restore_account(AccountIndex(trader), state);
    }
    crate::support::change_house(&mut world, |house| {
        house.positions[0] = Position(-4);
        house.open_interest[0] = 16;
    });
    let mut scene = traded_in(world);
    scene.witness.context.table.rows[0].limit = Lots(4);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
    // The position is smaller than before, and above the limit on the other side.
    scene.witness.context.table.rows[0].limit = Lots(3);
    let name = "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range";
    must_break(&scene.witness, name, &["B-REDUCE, B-LIMIT"]);
    // Whatever the prover claims of the fill.
    for claim in [Fr::zero(), Fr::one()] {
        let mut system = system(SMALL, &scene.witness);
        let wire = "unit 1/place 0/B-REDUCE, B-LIMIT/reduces";
        system.set(wire, claim).unwrap();
        assert!(!system.is_satisfied());
    }
}

#[test]
fn fee_above_a_bound_should_break_b_fee() {
    let mut scene = traded();
    scene.resign(|i| i.max_fee = Price(9_999));
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the signed maximum/in range",
        &["B-FEE"],
    );
    scene.resign(|i| i.max_fee = Price(10_000));
    assert!(scene.witness.check(SMALL).is_ok(), "at the maximum is good");

    let mut scene = traded();
    scene.resign(|i| i.max_fee = Price(1 << 30));
    let cap = scene.place().fill.cost.get() * 1_000 / 1_000_000;
    scene.place().fill.fee = Total(cap + 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the rate/in range",
        &["B-FEE"],
    );
    scene.place().fill.fee = Total(cap);
    assert!(scene.witness.check(SMALL).is_ok(), "at the cap is good");
}

#[test]
fn fill_that_does_not_reduce_should_break_b_reduce() {
    let name = "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range";
    let mut scene = traded();
    scene.resign(|i| i.flags = flags::REDUCE_ONLY);
    must_break(&scene.witness, name, &["B-REDUCE, B-LIMIT"]);
    let mut scene = traded();
    scene.witness.context.table.rows[0].status = Status::CloseOnly;
    must_break(&scene.witness, name, &["B-REDUCE, B-LIMIT"]);
}

#[test]
fn position_beyond_its_limit_should_break_b_limit() {
    let mut scene = traded();
    scene.witness.context.table.rows[0].limit = Lots(LOTS - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-REDUCE, B-LIMIT/reduces or stays within its bound/in range",
        &["B-REDUCE, B-LIMIT"],
    );
    scene.witness.context.table.rows[0].limit = Lots(LOTS);
    assert!(scene.witness.check(SMALL).is_ok(), "at the limit is good");
}

#[test]
fn withdrawal_that_leaves_margin_short_should_break_b_margin() {
    let mut world = holding();
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal);
    let equity = {
        let account = &scene.account(1).account;
        let row = &scene.witness.context.table.rows[0];
        account.cash.get() + i128::from(account.positions[0].get()) * i128::from(row.value.get())
    };
    scene.resign(|i| i.limit = equity as u64);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(!failing.is_empty() && scene.witness.check(SMALL).is_err());
    assert!(
        failing
            .iter()
            .all(|n| n.starts_with("unit 1/B-MARGIN/deficit ") && n.ends_with("/not above the threshold/in range")),
        "{failing:?}"
    );
}

#[test]
fn withdrawal_under_the_relaxed_rule_should_break_b_margin() {
    let mut world = market();
    let withdrawal = world.instruct(1, InstructionKind::Withdrawal, 0);
    let mut scene = instructed(world, withdrawal);
    scene.unit().margin = MarginChoice::NotWorse(0);
    must_break(&scene.witness, "unit 1/B-MARGIN/no payment when relaxed", &["B-MARGIN"]);
}

#[test]
fn more_risk_under_the_relaxed_rule_should_break_b_margin() {
    // A long position raises the deficits of the scenarios in which the price falls.
    let mut scene = traded();
    scene.unit().margin = MarginChoice::NotWorse(3);
    must_break(
        &scene.witness,
        "unit 1/B-MARGIN/deficit 1/not above the threshold/in range",
        &["B-MARGIN"],
    );
    let mut scene = traded();
    scene.unit().margin = MarginChoice::NotWorse(16);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/B-MARGIN/chosen deficit/scenario/exactly one".into()),
        "{failing:?}"
    );
}

#[test]
fn no_scenario_should_be_skipped() {
    // Each alone asks for more than the buyer has.
    for s in 0..16 {
        let mut scene = traded();
        scene.witness.context.table.rows[0].scenarios[s] = PerLot(-(1 << 54));
        must_break(
            &scene.witness,
            &format!("unit 1/B-MARGIN/deficit {s}/not above the threshold/in range"),
            &["B-MARGIN"],
        );
        let failing = system(SMALL, &scene.witness).all_unsatisfied();
        assert_eq!(failing.len(), 1, "{failing:?}");
    }
}

#[test]
fn negative_equity_should_break_b_equity() {
    let mut world = market();
    let mut state: AccountState = world.state.account(AccountIndex(1)).unwrap().clone();
    state.account.cash = Money(-1);
    world.state.restore_account(AccountIndex(1), state);
    let cancel = world.instruct(1, InstructionKind::Cancel, 0);
    let mut scene = idle(world);
    scene.unit().mode = Mode::Normal;
    scene.unit().margin = MarginChoice::NotWorse(0);
    scene.put(cancel);
    must_break(
        &scene.witness,
        "unit 1/B-EQUITY/equity is not negative/in range",
        &["B-EQUITY"],
    );
    scene.unit().deposit = Amount(1);
    assert!(
        scene.witness.check(SMALL).is_ok(),
        "a deposit that pays the debt heals the account"
    );
}
