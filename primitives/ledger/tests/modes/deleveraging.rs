//! B-DELEVERAGE.

use super::{accept, fill, insured, margin, mark, poor, refuse, refuse_spoiled, LOTS, POOR, SHAPE};
use cloister_ledger::{
    BatchError, Fill, FillError, InstructionKind, Mode, Party, PlaceError, Shape, Side, UnitError, UnitRequest,
};
use cloister_ledger_testing::World;
use cloister_risk::{Assessment, MarginChoice, MarginError, Status};
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Price, Total};

/// The trader on the other side of the poor one's trade.
const RICH: usize = 2;

/// The poor trader owes money.
fn insolvent(side: Side) -> World {
    let mut world = insured();
    let percent = match side {
        Side::Buy => -30,
        Side::Sell => 30,
    };
    poor(&mut world, side, percent);
    assert!(world.assess(POOR).equity < Money::ZERO);
    world
}

/// The poor trader sheds lots of row 0, which the rich one gives up.
fn both(world: &World, lots: u64) -> Vec<UnitRequest> {
    vec![
        world.deleverage(POOR, Party::Insolvent, &[(0, lots)]),
        world.deleverage(RICH, Party::Counterparty, &[(0, lots)]),
    ]
}

/// A change of the fills of one unit.
fn changed(mut unit: UnitRequest, change: impl FnOnce(&mut Fill)) -> UnitRequest {
    if let UnitRequest::Deleveraging { fills, .. } = &mut unit {
        change(&mut fills[0]);
    }
    unit
}

/// The equity of a trader becomes this.
fn set_equity(world: &mut World, trader: usize, equity: i128) {
    let missing = equity - world.assess(trader).equity.get();
    let mut state = world.state.account(AccountIndex(trader as u32)).expect("open").clone();
    state.account.cash.0 += missing;
    world.state.restore_account(AccountIndex(trader as u32), state);
}

#[test]
fn both_sides_are_closed_at_the_mark_and_the_debt_stays() {
    for side in [Side::Buy, Side::Sell] {
        let mut world = insolvent(side);
        // Longs have paid funding, shorts have received it.
        world.table.rows[0].funding.0 += 1_000_000;
        world.set_mark(0, mark(&world, 0) as i64);
        let (house, owed, won) = (
            world.state.house().clone(),
            world.assess(POOR).equity,
            world.assess(RICH).equity,
        );
        let held = world.position(RICH, 0);
        let units = both(&world, LOTS);
        let (_, effect) = accept(&mut world, units);
        assert_eq!(world.position(POOR, 0), 0);
        assert_eq!(world.position(RICH, 0), held + side.sign() * LOTS as i64);
        assert_eq!((world.assess(POOR).equity, world.assess(RICH).equity), (owed, won));
        let now = world.state.house();
        assert_eq!((now.insurance, now.positions), (house.insurance, house.positions));
        assert_eq!(now.open_interest[0] + 2 * LOTS, house.open_interest[0]);
        for (unit, record) in effect.units.iter().zip(&effect.statement.units).take(2) {
            assert_eq!(record.kind.code(), 0, "deleveraging looks like any update");
            assert!(unit.slots.iter().all(|slot| *slot == cloister_crypto::Fr::zero()));
        }
    }
}

#[test]
fn lots_beyond_a_liquidation_step_and_close_only_rows_are_closed_too() {
    let mut world = insolvent(Side::Buy);
    assert!(Lots(LOTS) > world.table.rows[0].chunk);
    world.set_status(0, Status::CloseOnly);
    let units = both(&world, LOTS);
    accept(&mut world, units);
}

#[test]
fn several_legs_are_closed_in_one_unit_against_several_counterparties() {
    let shape = Shape { units: 4, places: 2 };
    let mut world = insured();
    let open = world.open(4_000_000_000);
    accept(&mut world, vec![open]);
    for row in 0..2 {
        let price = mark(&world, row);
        let units = vec![
            world.fill_order(POOR, row, Side::Buy, 100, price),
            world.fill_order(RICH + row % 2, row, Side::Sell, 100, price),
        ];
        accept(&mut world, units);
    }
    for row in 0..2 {
        let low = mark(&world, row) as i64 / 100 * 65;
        world.set_mark(row, low);
    }
    let units = vec![
        world.deleverage(POOR, Party::Insolvent, &[(0, 100), (1, 60)]),
        world.deleverage(RICH, Party::Counterparty, &[(0, 100)]),
        world.deleverage(RICH + 1, Party::Counterparty, &[(1, 60)]),
    ];
    let request = world.padded(shape, units);
    world.apply(shape, &request);
    assert_eq!((world.position(POOR, 0), world.position(POOR, 1)), (0, 40));
}

#[test]
fn a_solvent_account_should_not_shed_lots_onto_others() {
    let mut world = insolvent(Side::Buy);
    let owed = u64::try_from(-world.assess(POOR).equity.get()).expect("small");
    let shed = |world: &World, deposit| {
        let mut units = both(world, 10);
        if let UnitRequest::Deleveraging { deposit: of, .. } = &mut units[0] {
            *of = Amount(deposit);
        }
        units
    };
    let units = shed(&world, owed);
    refuse(&mut world, units, margin(0, MarginError::Solvent));
    let units = shed(&world, owed - 1);
    accept(&mut world.clone(), units);
    // What comes in from another account counts, too.
    let [send, _] = world.transfer(3, POOR, owed);
    let units = [vec![send], both(&world, 10)].concat();
    refuse(&mut world, units, margin(1, MarginError::Solvent));
}

#[test]
fn two_accounts_that_can_keep_their_lots_should_not_be_closed_against_each_other() {
    let mut world = insolvent(Side::Buy);
    let price = mark(&world, 0);
    let trade = vec![
        world.fill_order(0, 0, Side::Buy, 50, price),
        world.fill_order(1, 0, Side::Sell, 50, price),
    ];
    accept(&mut world, trade);
    let pair = |lots| {
        vec![
            world.deleverage(0, Party::Counterparty, &[(0, lots)]),
            world.deleverage(1, Party::Counterparty, &[(0, lots)]),
        ]
    };
    let alone = pair(50);
    // Nor behind one lot of an insolvent account, nor with a long one shed by it that a long one stands for.
    let behind = [both(&world, 1), pair(49)].concat();
    let twice = vec![
        world.deleverage(POOR, Party::Insolvent, &[(0, 10)]),
        world.deleverage(RICH, Party::Counterparty, &[(0, 20)]),
        world.deleverage(0, Party::Counterparty, &[(0, 10)]),
    ];
    for units in [alone, behind, twice] {
        refuse(&mut world.clone(), units, BatchError::DeleveragedWithoutNeed(0));
    }
    let honest = both(&world, 10);
    accept(&mut world, honest);
}

#[test]
fn the_lots_of_a_row_should_sum_to_zero() {
    let mut world = insolvent(Side::Buy);
    let unequal = |poor, rich| {
        vec![
            world.deleverage(POOR, Party::Insolvent, &[(0, poor)]),
            world.deleverage(RICH, Party::Counterparty, &[(0, rich)]),
        ]
    };
    let cases = [unequal(10, 9), unequal(9, 10), both(&world, 10)[..1].to_vec()];
    for units in cases {
        refuse(&mut world.clone(), units, BatchError::DeleveragedLots(0));
    }
    // Lots of another row are no counterpart, whatever the house could take.
    let price = mark(&world, 1);
    let trade = vec![
        world.fill_order(0, 1, Side::Buy, 50, price),
        world.fill_order(RICH, 1, Side::Sell, 50, price),
    ];
    accept(&mut world, trade);
    let units = vec![
        world.deleverage(POOR, Party::Insolvent, &[(0, 10)]),
        world.deleverage(RICH, Party::Counterparty, &[(1, 10)]),
    ];
    refuse(&mut world, units, BatchError::DeleveragedLots(0));
}

#[test]
fn two_insolvent_accounts_are_closed_against_each_other_as_shedder_and_counterparty() {
    let mut world = insolvent(Side::Buy);
    set_equity(&mut world, RICH, -1_000_000);
    let shed = |party| {
        vec![
            world.deleverage(POOR, Party::Insolvent, &[(0, LOTS)]),
            world.deleverage(RICH, party, &[(0, LOTS)]),
        ]
    };
    let (both, one) = (shed(Party::Insolvent), shed(Party::Counterparty));
    refuse(&mut world.clone(), both, BatchError::DeleveragedWithoutNeed(0));
    accept(&mut world, one);
    assert_eq!(world.assess(RICH).equity, Money(-1_000_000));
}

/// Adds a hedge in row 1 to a trader that holds row 0: the opposite lots of an instrument with the same scenarios.
fn hedge(world: &mut World, trader: usize) {
    let mut state = world.state.account(AccountIndex(trader as u32)).expect("open").clone();
    let held = state.account.positions[0];
    state.account.positions[1] = Position(-held.get());
    world.state.restore_account(AccountIndex(trader as u32), state);
    let row = world.table.rows[0].clone();
    let at = &mut world.table.rows[1];
    (at.mark, at.funding, at.value, at.scenarios) = (row.mark, row.funding, row.value, row.scenarios);
    (at.floor_long, at.floor_short) = (Price::ZERO, Price::ZERO);
}

#[test]
fn a_hedge_is_taken_from_a_counterparty_only_as_far_as_it_keeps_initial_margin() {
    let mut world = insolvent(Side::Buy);
    hedge(&mut world, RICH);
    // Initial margin of the leg that would be left alone after ten lots, and of one more lot.
    let held = world
        .state
        .account(AccountIndex(RICH as u32))
        .expect("open")
        .account
        .positions;
    let required = |lots: i64| {
        let mut positions = held;
        positions[0].0 += lots;
        let alone = Assessment::new(&world.table, &positions, Money::ZERO).expect("small");
        alone.requirement(world.table.header.initial).expect("small").get()
    };
    let enough = required(10);
    assert!(required(11) > enough);
    set_equity(&mut world, RICH, enough);
    let units = both(&world, 11);
    refuse(&mut world.clone(), units, margin(1, MarginError::RiskIncreased));
    let units = both(&world, 10);
    accept(&mut world.clone(), units);
    set_equity(&mut world, RICH, enough - 1);
    let units = both(&world, 10);
    refuse(&mut world, units, margin(1, MarginError::RiskIncreased));
}

#[test]
fn a_short_counterparty_does_not_get_worse_and_may_give_up_what_reduces() {
    let mut world = insolvent(Side::Buy);
    set_equity(&mut world, RICH, 1_000_000);
    assert!(world.assess(RICH).worst(256).is_ok_and(|(_, d)| d.get() > 0));
    let units = both(&world, 10);
    accept(&mut world.clone(), units);
    // All that a hedged account must carry are the floors, and it is short of those.
    hedge(&mut world, RICH);
    world.table.rows[1].floor_long = Price(10_000);
    set_equity(&mut world, RICH, 1_000_000);
    assert!(world.assess(RICH).worst(256).is_ok_and(|(_, d)| d.get() > 0));
    let units = both(&world, 10);
    refuse(&mut world, units, margin(1, MarginError::RiskIncreased));
}

#[test]
fn an_insolvent_account_should_not_shed_its_hedge_and_keep_the_gamble() {
    let mut world = insolvent(Side::Buy);
    hedge(&mut world, POOR);
    let units = both(&world, 10);
    refuse(&mut world, units, margin(0, MarginError::RiskIncreased));
}

#[test]
fn the_choice_of_margin_is_one_that_the_rule_offers() {
    let mut world = insolvent(Side::Buy);
    set_equity(&mut world, RICH, 1_000_000);
    let deficits = world.assess(RICH).deficits(256).expect("small");
    let least = (0..16u8).min_by_key(|s| deficits[usize::from(*s)]).expect("16");
    let cases = [
        (MarginChoice::NotWorse(least), MarginError::RiskIncreased),
        (MarginChoice::NotWorse(16), MarginError::Threshold),
        (MarginChoice::Initial, MarginError::InitialMarginShort),
        (MarginChoice::Tight(0), MarginError::Choice),
    ];
    for (choice, error) in cases {
        let units = both(&world, 1);
        refuse_spoiled(&world, units, |w| w.units[1].margin = choice, margin(1, error));
    }
}

#[test]
fn each_bound_of_a_fill_refuses_with_its_error() {
    type Change = fn(&mut Fill, &mut World);
    let cases: [(Change, FillError); 10] = [
        (|f, _| f.cost.0 += 1, FillError::NotAtMark),
        (|f, _| f.cost.0 -= 1, FillError::NotAtMark),
        (|f, _| f.fee = Total(1), FillError::FeeOfDeleveraging),
        (|f, _| f.side = f.side.opposite(), FillError::NotReducing),
        (
            |f, _| (f.cost, f.quantity) = (Total(f.cost.get() / 10 * u128::from(LOTS + 1)), Lots(LOTS + 1)),
            FillError::NotReducing,
        ),
        (|_, w| w.set_status(0, Status::Expired), FillError::NotTrading),
        (|f, _| f.row = 31, FillError::NotTrading),
        (|f, _| f.row = 32, FillError::Instrument),
        (|f, _| f.quantity = Lots::ZERO, FillError::Nothing),
        (|f, _| f.quantity = Lots(u64::MAX), FillError::Width),
    ];
    for (change, error) in cases {
        for at in 0..2 {
            let mut world = insolvent(Side::Buy);
            let mut units = both(&world, 10);
            units.swap(0, at);
            units[0] = changed(units[0].clone(), |f| change(f, &mut world));
            refuse(&mut world, units, fill(0, error));
        }
    }
}

#[test]
fn nothing_signed_stands_in_deleveraging() {
    let mut world = insolvent(Side::Buy);
    for (trader, at) in [(POOR, 0), (RICH, 1)] {
        let signed = world.instruct(trader, InstructionKind::Cancel, 0);
        refuse_spoiled(
            &world,
            both(&world, 10),
            |w| w.units[at].places[0].signed = signed,
            BatchError::Unit(at as u16, UnitError::InstructionInMode),
        );
    }
    for mode in [Mode::Padding, Mode::Forced, Mode::Takeover, Mode::Normal] {
        let error = match mode {
            Mode::Normal => UnitError::Place(0, PlaceError::FillWithoutOrder),
            _ => UnitError::FillInMode,
        };
        let spoil = |w: &mut cloister_ledger::BatchWitness| w.units[0].mode = mode;
        refuse_spoiled(&world, both(&world, 10), spoil, BatchError::Unit(0, error));
    }
    let mut units = both(&world, 10);
    if let UnitRequest::Deleveraging { fills, .. } = &mut units[0] {
        fills.push(fills[0]);
    }
    let too_many = world.padded(SHAPE, units);
    let found = world.state.apply(SHAPE, &too_many).map(|_| ());
    assert_eq!(found, Err(cloister_ledger::StateError::TooManyPlaces(0)));
}
