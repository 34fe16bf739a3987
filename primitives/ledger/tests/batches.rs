//! Instructions, fills of orders and fees: what is accepted, and refusals with their exact error. Other modes:
//! `modes/`.

use cloister_crypto::constants::FILLED_MAX;
use cloister_ledger::{
    instruction::flags, state::BatchRequest, BatchError, Fill, FillError, InstructionKind, PlaceError, Shape, Side,
    SignedInstruction, StateError, UnitError, UnitRequest,
};
use cloister_ledger_testing::{World, FAR_EXPIRY};
use cloister_risk::{MarginError, Status};
use cloister_types::{AccountIndex, Amount, InstructionId, Lots, Price, Total};

const SHAPE: Shape = Shape { units: 4, places: 1 };

fn place_error(unit: u16, error: PlaceError) -> StateError {
    StateError::Batch(BatchError::Unit(unit, UnitError::Place(0, error)))
}

fn world() -> World {
    World::with_traders(1, 4, SHAPE)
}

/// A batch in which trader 0 buys from trader 1 and the order of trader 0 is changed before signing.
fn trade(
    world: &mut World,
    change: impl FnOnce(&mut cloister_ledger::Instruction),
    change_fill: impl FnOnce(&mut Fill),
) -> BatchRequest {
    let mark = world.table.rows[0].mark.get() as u64;
    let mut buy = world.order(0, 0, Side::Buy, mark, 10);
    let sell = world.order(1, 0, Side::Sell, mark, 10);
    change(&mut buy);
    let fill = Fill {
        row: 0,
        quantity: Lots(10),
        cost: Total(u128::from(mark) * 10),
        fee: Total(100_000),
        ..Fill::default()
    };
    let mut buy_fill = fill;
    change_fill(&mut buy_fill);
    let (buy, sell) = (world.sign(buy), world.sign(sell));
    request(world, vec![(0, buy, buy_fill), (1, sell, fill)])
}

fn request(world: &mut World, places: Vec<(u32, SignedInstruction, Fill)>) -> BatchRequest {
    let mut units: Vec<_> = places
        .into_iter()
        .map(|(index, signed, fill)| UnitRequest::Normal {
            index: AccountIndex(index),
            deposit: Amount::ZERO,
            places: vec![(signed, fill)],
        })
        .collect();
    while units.len() < usize::from(SHAPE.units) {
        units.push(UnitRequest::Padding {
            index: AccountIndex(3),
            deposit: Amount::ZERO,
        });
    }
    world.request(units)
}

fn refused(world: &mut World, request: &BatchRequest, error: StateError) {
    let before = world.state.clone();
    assert_eq!(world.state.apply(SHAPE, request).map(|_| ()), Err(error));
    assert!(world.state == before, "a refused batch changes nothing");
}

#[test]
fn a_bad_signature_should_be_refused() {
    let mut world = world();
    let mut request = trade(&mut world, |_| (), |_| ());
    if let UnitRequest::Normal { places, .. } = &mut request.units[0] {
        places[0].0.instruction.limit += 1;
    }
    let found = world.state.clone().apply(SHAPE, &request).map(|_| ());
    assert!(matches!(
        found,
        Err(StateError::Batch(BatchError::Unit(
            0,
            UnitError::Place(0, PlaceError::Signature(_))
        )))
    ));
}

#[test]
fn each_rule_of_an_order_refuses_with_its_error() {
    type Change = fn(&mut cloister_ledger::Instruction);
    type ChangeFill = fn(&mut Fill);
    let same: Change = |_| ();
    let full: ChangeFill = |_| ();
    let cases: Vec<(Change, ChangeFill, PlaceError)> = vec![
        (|o| o.expiry = 5, full, PlaceError::Expired),
        (|o| o.quantity = 9, full, PlaceError::BeyondQuantity),
        (|o| o.limit -= 1, full, FillError::Price.into()),
        (
            |o| o.limit += 10_000_000,
            |f| f.cost.0 += 40_000_000,
            FillError::Band.into(),
        ),
        (|o| o.max_fee = Price(1), full, FillError::FeeAboveMaximum.into()),
        (
            |o| o.max_fee = Price(1_000_000),
            |f| f.fee = Total(1_000_000),
            FillError::FeeAboveCap.into(),
        ),
        (|o| o.flags = flags::REDUCE_ONLY, full, FillError::NotReducing.into()),
        (|o| o.instrument_id.0 += 1, full, FillError::Instrument.into()),
        (same, |f| f.quantity = Lots::ZERO, FillError::Nothing.into()),
        (same, |f| f.quantity = Lots((1 << 40) + 1), FillError::Width.into()),
        (same, |f| f.quantity = Lots(1 << 40), PlaceError::BeyondQuantity),
        (same, |f| f.cost = Total(1 << 80), FillError::Width.into()),
        (|o| o.group.0 += 1, full, PlaceError::Addressee),
    ];
    for (change, change_fill, error) in cases {
        let mut world = world();
        let request = trade(&mut world, change, change_fill);
        refused(&mut world, &request, place_error(0, error));
    }
}

#[test]
fn an_instrument_that_is_not_trading_should_be_refused() {
    let mut world = world();
    world.set_status(0, Status::Expired);
    let request = trade(&mut world, |_| (), |_| ());
    refused(&mut world, &request, place_error(0, FillError::NotTrading.into()));
    world.set_status(0, Status::CloseOnly);
    let request = trade(&mut world, |_| (), |_| ());
    refused(&mut world, &request, place_error(0, FillError::NotReducing.into()));
}

#[test]
fn an_order_short_of_margin_should_be_refused() {
    let mut world = world();
    let mark = world.table.rows[0].mark.get() as u64;
    let quantity = 200_000;
    let fill = Fill {
        row: 0,
        quantity: Lots(quantity),
        cost: Total(u128::from(mark) * u128::from(quantity)),
        fee: Total::ZERO,
        ..Fill::default()
    };
    let (buy, sell) = (
        world.order(0, 0, Side::Buy, mark, quantity),
        world.order(1, 0, Side::Sell, mark, quantity),
    );
    let (buy, sell) = (world.sign(buy), world.sign(sell));
    let request = request(&mut world, vec![(0, buy, fill), (1, sell, fill)]);
    let error = UnitError::Margin(MarginError::InitialMarginShort);
    refused(&mut world, &request, StateError::Batch(BatchError::Unit(0, error)));
}

#[test]
fn a_position_beyond_its_limit_should_be_refused() {
    let mut world = world();
    world.table.rows[0].limit = Lots(9);
    let request = trade(&mut world, |_| (), |_| ());
    refused(&mut world, &request, place_error(0, FillError::PositionLimit.into()));
}

#[test]
fn an_unbalanced_batch_should_be_refused() {
    let mut world = world();
    let mut request = trade(&mut world, |_| (), |_| ());
    request.units[1] = UnitRequest::Padding {
        index: AccountIndex(2),
        deposit: Amount::ZERO,
    };
    refused(&mut world, &request, StateError::Batch(BatchError::HouseGrowth(0)));
}

#[test]
fn minting_by_prices_that_differ_should_be_refused() {
    let mut world = world();
    // The buyer pays less than the seller receives.
    let request = trade(&mut world, |_| (), |f| f.cost.0 -= 1);
    refused(&mut world, &request, StateError::Batch(BatchError::HouseEquity));
}

#[test]
fn an_order_cannot_be_filled_twice_nor_after_its_cancel() {
    let mut world = world();
    let first = trade(&mut world, |_| (), |_| ());
    world.apply(SHAPE, &first);
    let mut again = first.clone();
    again.context.batch_no = world.state.batch_no();
    refused(&mut world, &again, place_error(0, PlaceError::BeyondQuantity));

    let fresh = trade(&mut world, |_| (), |_| ());
    let UnitRequest::Normal { places, .. } = &fresh.units[0] else {
        panic!("a trade")
    };
    let mut cancel = places[0].0.instruction.clone();
    cancel.kind = InstructionKind::Cancel;
    let cancel = world.sign(cancel);
    let cancel = request(&mut world, vec![(0, cancel, Fill::default())]);
    world.apply(SHAPE, &cancel);
    let mut late = fresh;
    late.context.batch_no = world.state.batch_no();
    refused(&mut world, &late, place_error(0, PlaceError::BeyondQuantity));
    assert!(FILLED_MAX > u64::from(u32::MAX));
}

#[test]
fn a_cancel_all_kills_lower_ids_only() {
    let mut world = world();
    let stale = trade(&mut world, |_| (), |_| ());
    let all = world.instruct(0, InstructionKind::CancelAll, 0);
    let all = request(&mut world, vec![(0, all, Fill::default())]);
    world.apply(SHAPE, &all);
    let mut late = stale;
    late.context.batch_no = world.state.batch_no();
    refused(&mut world, &late, place_error(0, PlaceError::IdBelowMinimum));
    let fresh = trade(&mut world, |_| (), |_| ());
    world.apply(SHAPE, &fresh);
}

#[test]
fn a_lower_id_in_a_taken_slot_should_be_refused() {
    let mut world = world();
    let newer = trade(&mut world, |o| o.id = InstructionId(512 + 7), |_| ());
    world.apply(SHAPE, &newer);
    let older = trade(&mut world, |o| o.id = InstructionId(7), |_| ());
    refused(&mut world, &older, place_error(0, PlaceError::SlotTaken));
}

#[test]
fn a_withdrawal_pays_once_and_never_below_margin() {
    let mut world = world();
    let signed = world.instruct(0, InstructionKind::Withdrawal, 5_000_000);
    let pay = request(&mut world, vec![(0, signed.clone(), Fill::default())]);
    let (_, effect) = world.apply(SHAPE, &pay);
    assert_eq!(effect.statement.units[0].withdrawal, Amount(5_000_000));
    let again = request(&mut world, vec![(0, signed, Fill::default())]);
    refused(&mut world, &again, place_error(0, PlaceError::IdUsed));
    let all = world.instruct(0, InstructionKind::Withdrawal, u64::MAX);
    let all = request(&mut world, vec![(0, all, Fill::default())]);
    let error = UnitError::Margin(MarginError::NegativeEquity);
    refused(&mut world, &all, StateError::Batch(BatchError::Unit(0, error)));
    let trade = trade(&mut world, |_| (), |_| ());
    world.apply(SHAPE, &trade);
    let cash = 1_000_000_000_000 - 5_000_000 - 1_000_000;
    let nearly = world.instruct(0, InstructionKind::Withdrawal, cash);
    let nearly = request(&mut world, vec![(0, nearly, Fill::default())]);
    let error = UnitError::Margin(MarginError::WithdrawalWhileShort);
    refused(&mut world, &nearly, StateError::Batch(BatchError::Unit(0, error)));
}

#[test]
fn a_second_open_of_an_index_should_be_refused() {
    let mut world = world();
    let mut open = world.open(1);
    if let UnitRequest::Open { index, .. } = &mut open {
        *index = AccountIndex::ZERO;
    }
    let pad = UnitRequest::Padding {
        index: AccountIndex(3),
        deposit: Amount::ZERO,
    };
    let request = world.request(vec![open, pad.clone(), pad.clone(), pad]);
    refused(&mut world, &request, StateError::AccountExists(0));
}

#[test]
fn the_house_refuses_a_sweep_above_its_fees_and_a_false_empty_mask() {
    let mut world = world();
    let mut request = trade(&mut world, |_| (), |_| ());
    request.sweep = Amount(200_001);
    refused(&mut world, &request, StateError::Batch(BatchError::Sweep));
    request.sweep = Amount(200_000);
    request.empty_mask = 1;
    refused(&mut world, &request, StateError::Batch(BatchError::NotEmpty(0)));
    request.empty_mask = 2;
    world.apply(SHAPE, &request);
    assert_eq!(world.state.house().fee_pool, Total::ZERO);
    assert!(world.time < FAR_EXPIRY);
}
