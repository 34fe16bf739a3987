//! B-LIQUIDATION.

use super::{accept, fill, insured, margin, mark, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{BatchError, Fill, FillError, Mode, PlaceError, Side, UnitError, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::{MarginChoice, MarginError, Status};
use cloister_types::{AccountIndex, Amount, Deficit, Lots, Money, Position, Price, Total};

/// An account short of maintenance margin, not insolvent.
fn short(side: Side) -> World {
    let mut world = insured();
    let percent = match side {
        Side::Buy => -20,
        Side::Sell => 15,
    };
    poor(&mut world, side, percent);
    world
}

fn liquidation(fills: Vec<Fill>) -> Vec<UnitRequest> {
    vec![UnitRequest::Liquidation {
        index: AccountIndex(POOR as u32),
        deposit: Amount::ZERO,
        fills,
    }]
}

#[test]
fn a_short_account_is_liquidated_to_the_house_again_and_again_while_it_is_short() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = short(side);
        let house = world.state.house().clone();
        let fills = vec![world.liquidation_fill(POOR, 0, 1, mark(&world, 0))];
        for n in 1..=3 {
            let (_, effect) = accept(&mut world, liquidation(fills.clone()));
            assert_eq!(effect.house.positions[0], Position(side.sign() * n));
        }
        let now = world.state.house();
        let fee = fills[0].fee;
        assert!(fee > Total::ZERO);
        assert_eq!(now.fee_pool, house.fee_pool, "the penalty is no fee");
        let row = &world.table.rows[0];
        let equity = now.insurance.get() + i128::from(now.positions[0].get()) * i128::from(row.value.get());
        assert_eq!(
            equity,
            house.insurance.get() + 3 * fee.get() as i128,
            "the penalty is the insurance's"
        );
    }
}

#[test]
fn a_trader_may_take_the_other_side() {
    let mut world = short(Side::Buy);
    let price = mark(&world, 0) - 10_000;
    let units = vec![
        world.liquidate(POOR, 0, 100, price),
        world.fill_order(3, 0, Side::Buy, 100, price),
    ];
    let (_, effect) = accept(&mut world, units);
    assert_eq!(effect.house.positions[0], Position::ZERO);
    assert_eq!(world.position(POOR, 0), LOTS as i64 - 100);
    let record = &effect.statement.units[0];
    assert_eq!(record.kind.code(), 0, "a liquidation looks like any update");
}

#[test]
fn several_positions_are_reduced_in_one_unit() {
    let mut world = short(Side::Buy);
    let shape = cloister_ledger::Shape { units: 1, places: 3 };
    let fills = vec![world.liquidation_fill(POOR, 0, 60, mark(&world, 0)); 2];
    let request = world.padded(shape, liquidation(fills));
    world.apply(shape, &request);
    assert_eq!(world.position(POOR, 0), LOTS as i64 - 120);
}

#[test]
fn a_healthy_account_should_not_be_liquidated() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -1);
    let units = vec![world.liquidate(POOR, 0, 1, mark(&world, 0))];
    refuse(&mut world, units, margin(0, MarginError::NotShort));
    // Short of initial margin only.
    world.set_mark(0, mark(&world, 0) as i64 / 100 * 92);
    assert!(world.assess(POOR).worst(320).is_ok_and(|(_, d)| d > Deficit::ZERO));
    let units = vec![world.liquidate(POOR, 0, 1, mark(&world, 0))];
    refuse(&mut world, units, margin(0, MarginError::NotShort));
}

#[test]
fn the_edge_of_maintenance_margin_is_exact() {
    let mut world = short(Side::Buy);
    let (_, worst) = world.assess(POOR).worst(256).expect("in range");
    // Deposits count before. One unit less than what is missing leaves a deficit of at least one.
    let missing = u64::try_from((worst.get() + 255) / 256).expect("short");
    for (deposit, error) in [(missing - 1, None), (missing, Some(margin(0, MarginError::NotShort)))] {
        let units = vec![UnitRequest::Liquidation {
            index: AccountIndex(POOR as u32),
            deposit: Amount(deposit),
            fills: vec![world.liquidation_fill(POOR, 0, 1, mark(&world, 0))],
        }];
        match error {
            Some(error) => refuse(&mut world, units, error),
            None => drop(accept(&mut world.clone(), units)),
        }
    }
}

#[test]
fn an_insolvent_account_is_liquidated_where_it_costs_it_nothing() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = insured();
        let percent = match side {
            Side::Buy => -30,
            Side::Sell => 30,
        };
        poor(&mut world, side, percent);
        let before = world.assess(POOR).equity;
        assert!(before < Money::ZERO);
        let step = world.liquidation_fill(POOR, 0, 10, mark(&world, 0));
        assert_eq!(step.fee, Total::ZERO, "it has nothing to pay with");
        let worse = match side {
            Side::Buy => step.cost.get() - 1,
            Side::Sell => step.cost.get() + 1,
        };
        for spoiled in [
            Fill { fee: Total(1), ..step },
            Fill {
                cost: Total(worse),
                ..step
            },
        ] {
            refuse(
                &mut world,
                liquidation(vec![spoiled]),
                margin(0, MarginError::NegativeEquity),
            );
        }
        accept(&mut world, liquidation(vec![step]));
        assert_eq!(world.assess(POOR).equity, before);
    }
}

#[test]
fn a_solvent_account_should_not_be_liquidated_below_zero() {
    let mut world = short(Side::Buy);
    // A penalty that is larger than all it has: the positions' whole value.
    world.table.header.penalty = 4_095;
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    refuse(&mut world, units, margin(0, MarginError::NegativeEquity));
}

#[test]
fn price_and_fee_together_cost_at_most_the_penalty() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = short(side);
        let at_mark = world.liquidation_fill(POOR, 0, 10, mark(&world, 0));
        // The closed side's floor counts.
        let row = &mut world.table.rows[0];
        (row.floor_long, row.floor_short) = (Price(1_000_000), Price(3_000_000));
        let with_floor = world.liquidation_fill(POOR, 0, 10, mark(&world, 0));
        let floor = if side == Side::Buy { 1_000_000 } else { 3_000_000 };
        assert_eq!(with_floor.fee.get() - at_mark.fee.get(), 10 * floor * 4 / 256);
        // What the price concedes is no longer there for the fee, and the other way round.
        let price = match side {
            Side::Buy => mark(&world, 0) - 500_000,
            Side::Sell => mark(&world, 0) + 500_000,
        };
        let conceding = world.liquidation_fill(POOR, 0, 10, price);
        assert_eq!(with_floor.fee.get() - conceding.fee.get(), 5_000_000);
        let too_dear = Fill {
            fee: Total(conceding.fee.get() + 1),
            ..conceding
        };
        refuse(
            &mut world,
            liquidation(vec![too_dear]),
            fill(0, FillError::AbovePenalty),
        );
        accept(&mut world, liquidation(vec![conceding]));
    }
}

#[test]
fn each_bound_of_a_step_refuses_with_its_error() {
    type Change = fn(&mut Fill, &mut World);
    let cases: [(Change, FillError); 10] = [
        (|f, _| f.quantity = Lots(101), FillError::Chunk),
        (|f, _| f.side = Side::Buy, FillError::NotReducing),
        (
            |f, w| (w.table.rows[0].chunk, f.quantity) = (Lots(1_000), Lots(LOTS + 1)),
            FillError::NotReducing,
        ),
        (
            |f, w| f.cost.0 -= u128::from(w.table.rows[0].band.get()) * 10 + 1,
            FillError::Band,
        ),
        (|f, _| f.fee.0 += 1, FillError::AbovePenalty),
        (|f, _| f.cost.0 -= 1, FillError::AbovePenalty),
        (|_, w| w.set_status(0, Status::Expired), FillError::NotTrading),
        (|f, _| f.row = 31, FillError::NotTrading),
        (|f, _| f.row = 32, FillError::Instrument),
        (|f, _| f.quantity = Lots::ZERO, FillError::Nothing),
    ];
    for (change, error) in cases {
        let mut world = short(Side::Buy);
        let mut step = world.liquidation_fill(POOR, 0, 10, mark(&world, 0));
        change(&mut step, &mut world);
        if step.quantity > Lots(10) {
            step.cost = Total(u128::from(mark(&world, 0)) * u128::from(step.quantity.get()));
        }
        refuse(&mut world, liquidation(vec![step]), fill(0, error));
    }
}

#[test]
fn a_close_only_instrument_is_liquidated_too() {
    let mut world = short(Side::Buy);
    world.set_status(0, Status::CloseOnly);
    let units = vec![world.liquidate(POOR, 0, 100, mark(&world, 0))];
    accept(&mut world, units);
}

#[test]
fn a_step_that_makes_the_account_riskier_should_be_refused() {
    let mut world = short(Side::Buy);
    // Bounds so wide that a lot loses more than the margin it frees.
    world.table.rows[0].band = Price(40_000_000);
    (world.table.header.penalty, world.table.header.max_discount) = (110, 110);
    let mut step = world.liquidation_fill(POOR, 0, 10, mark(&world, 0) - 20_000_000);
    step.fee = Total::ZERO;
    refuse(
        &mut world,
        liquidation(vec![step]),
        margin(0, MarginError::RiskIncreased),
    );
}

#[test]
fn the_threshold_is_one_of_the_deficits_before_and_at_least_one() {
    let mut world = insured();
    poor(&mut world, Side::Buy, -20);
    let (worst, _) = world.assess(POOR).worst(256).expect("in range");
    let deficits = world.assess(POOR).deficits(256).expect("in range");
    let lower = (0..16u8)
        .find(|s| deficits[usize::from(*s)] >= Deficit(1) && deficits[usize::from(*s)] < deficits[usize::from(worst)])
        .expect("a milder scenario is short too");
    let healthy = (0..16u8)
        .find(|s| deficits[usize::from(*s)] < Deficit(1))
        .expect("not all are short");
    let cases = [
        (MarginChoice::NotWorse(lower), MarginError::RiskIncreased),
        (MarginChoice::NotWorse(healthy), MarginError::NotShort),
        (MarginChoice::NotWorse(16), MarginError::Threshold),
        (MarginChoice::Initial, MarginError::Choice),
        (MarginChoice::Tight(worst), MarginError::Choice),
    ];
    for (choice, error) in cases {
        let units = vec![world.liquidate(POOR, 0, 1, mark(&world, 0))];
        refuse_spoiled(&world, units, |w| w.units[0].margin = choice, margin(0, error));
    }
}

#[test]
fn nothing_signed_stands_in_a_liquidation_and_no_unsigned_fill_elsewhere() {
    let mut world = short(Side::Buy);
    let step = world.liquidation_fill(POOR, 0, 10, mark(&world, 0));
    let signed = world.instruct(POOR, cloister_ledger::InstructionKind::Cancel, 0);
    refuse_spoiled(
        &world,
        liquidation(vec![step]),
        |w| w.units[0].places[0].signed = signed,
        BatchError::Unit(0, UnitError::InstructionInMode),
    );
    for mode in [Mode::Padding, Mode::Forced, Mode::Takeover, Mode::Normal] {
        let error = match mode {
            Mode::Normal => UnitError::Place(0, PlaceError::FillWithoutOrder),
            _ => UnitError::FillInMode,
        };
        let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].mode = mode;
        refuse_spoiled(&world, liquidation(vec![step]), spoil, BatchError::Unit(0, error));
    }
    let too_many = world.padded(SHAPE, liquidation(vec![step; 2]));
    let found = world.state.apply(SHAPE, &too_many).map(|_| ());
    assert_eq!(found, Err(cloister_ledger::StateError::TooManyPlaces(0)));
}
