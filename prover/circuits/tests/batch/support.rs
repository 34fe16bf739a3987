//! Building, changing and recording batches.

use std::collections::BTreeSet;

use cloister_circuits::{
    statements::batch::{BatchCircuit, PUBLIC_INPUT},
    Fr,
};
use cloister_circuits_testing::{Outcome, Recorded, Repair, Sheet, TestSystem, Uses};
use cloister_ledger::{
    slot::slot_number,
    state::{AccountState, BatchRequest},
    BatchWitness, Doors, Fill, House, Instruction, Party, PlaceWitness, Shape, Side, SignedInstruction, Trigger,
    UnitRequest, UnitWitness,
};
use cloister_ledger_testing::World;
use cloister_risk::Status;
use cloister_types::{AccountIndex, Amount, Lots, Money, Position, Price, Total};

/// Two units of one place.
pub const SMALL: Shape = Shape { units: 2, places: 1 };

/// Lots of the trade of [`traded`].
pub const LOTS: u64 = 10;

static RECORDED: Recorded<Shape> = Recorded::new();

/// The system of a batch whose public input is the hash that the circuit itself computes, so that only rules can fail.
pub fn system(shape: Shape, witness: &BatchWitness) -> TestSystem {
    let circuit = BatchCircuit::proving(shape, witness.clone(), Fr::zero());
    let mut system = RECORDED
        .of(shape, || BatchCircuit::blank(shape), circuit)
        .expect("every witness of the shape synthesises");
    // The constraint is `hash - input = 0`, and the input is still zero.
    let (hash, _) = system.sides(PUBLIC_INPUT).expect("the last constraint");
    system.set_input(0, hash);
    system
}

/// The innermost id of the specification in a name.
pub fn rule(name: &str) -> &str {
    name.split('/')
        .rev()
        .find(|part| part.starts_with("B-") || part.starts_with("S-"))
        .unwrap_or(name)
}

/// The batch must break exactly the named constraints' rules, and the named constraint among them.
pub fn must_break(witness: &BatchWitness, constraint: &str, rules: &[&str]) {
    must_break_shape(SMALL, witness, constraint, rules);
}

/// The same for any shape. Native code must refuse the batch too.
pub fn must_break_shape(shape: Shape, witness: &BatchWitness, constraint: &str, rules: &[&str]) {
    assert!(witness.check(shape).is_err(), "native code accepts the batch");
    let failing = system(shape, witness).all_unsatisfied();
    assert!(
        failing.iter().any(|name| name == constraint),
        "{constraint} holds; broken are {failing:?}"
    );
    let broken: BTreeSet<&str> = failing.iter().map(|name| rule(name)).collect();
    assert_eq!(broken, rules.iter().copied().collect(), "{failing:?}");
}

/// The constraint that refuses a prover who gives a wire another value and computes all that follows from it.
pub fn refusal(system: &TestSystem, wire: &str, value: Fr) -> String {
    let wire = system.find_wire(wire).expect("the wire exists");
    refusal_of(system, &[(wire, value)])
}

/// The same of several wires.
pub fn refusal_of(system: &TestSystem, changes: &[(usize, Fr)]) -> String {
    let uses = Uses::of(system);
    let sheet = Sheet::new(system, &uses, system.values().to_vec());
    assert!(sheet.unsatisfied().is_empty(), "the unit is valid");
    match Repair::new(system).attempt(&sheet, changes) {
        Outcome::Refused(k) => system.constraint_name(k),
        Outcome::Accepted(changed) => panic!("accepted with {changed} wires changed"),
    }
}

/// A market of two traders and the valid batch made from it; the market is as before the batch.
pub struct Scene {
    pub world: World,
    pub witness: BatchWitness,
}

impl Scene {
    /// Makes the batch of a request.
    pub fn new(world: World, shape: Shape, request: &BatchRequest) -> Self {
        let (witness, _) = world.clone().apply(shape, request);
        Self { world, witness }
    }

    /// The last unit; what it leaves behind is read by nobody else in the batch.
    pub fn unit(&mut self) -> &mut UnitWitness {
        self.witness.units.last_mut().expect("a batch has units")
    }

    /// The first place of the last unit.
    pub fn place(&mut self) -> &mut PlaceWitness {
        &mut self.unit().places[0]
    }

    /// Changes the instruction of the last unit, signs it anew and opens the slot of its id.
    pub fn resign(&mut self, change: impl FnOnce(&mut Instruction)) {
        let mut instruction = self.place().signed.instruction.clone();
        change(&mut instruction);
        let signed = self.world.sign(instruction);
        self.put(signed);
    }

    /// Puts a signed instruction into the last unit with the path of its slot.
    pub fn put(&mut self, signed: SignedInstruction) {
        let index = signed.instruction.index;
        let slot = slot_number(signed.instruction.id).into();
        let path = self.account(index.get()).orders.path(slot);
        let place = self.place();
        place.signed = signed;
        place.path = path;
    }

    /// An account before the batch.
    pub fn account(&self, index: u32) -> &AccountState {
        self.world
            .state
            .account(AccountIndex(index))
            .expect("the trader has an account")
    }
}

/// Two traders with ample cash, and a house that can pay.
pub fn market() -> World {
    let mut world = World::with_traders(7, 2, SMALL);
    change_house(&mut world, |house| house.insurance = Money(1_000_000_000_000));
    world
}

/// Changes the house between two batches.
pub fn change_house(world: &mut World, change: impl FnOnce(&mut House)) {
    let mut house = world.state.house().clone();
    change(&mut house);
    let batch_no = world.state.batch_no();
    world.state.restore_house(house, batch_no);
}

/// Gives a trader the cash that makes this equity.
pub fn set_equity(world: &mut World, trader: usize, equity: i128) {
    let mut state: AccountState = world.state.account(AccountIndex(trader as u32)).expect("open").clone();
    state.account.cash.0 += equity - world.assess(trader).equity.get();
    world.state.restore_account(AccountIndex(trader as u32), state);
}

/// Trader 0 sells ten lots of row 0 at the mark; trader 1 buys them in the last unit, with room in every bound.
pub fn traded() -> Scene {
    traded_in(market())
}

/// The trade of [`traded`] in a given market.
pub fn traded_in(mut world: World) -> Scene {
    let request = trade(&mut world);
    Scene::new(world, SMALL, &request)
}

/// The request of [`traded`].
pub fn trade(world: &mut World) -> BatchRequest {
    let mark = world.table.rows[0].mark.get() as u64;
    let cost = u128::from(mark) * u128::from(LOTS);
    let fill = Fill {
        row: 0,
        quantity: Lots(LOTS),
        cost: Total(cost),
        fee: Total(100_000),
        ..Fill::default()
    };
    let mut unit = |trader: usize, side, limit| {
        let order = world.order(trader, 0, side, limit, LOTS + 2);
        UnitRequest::Normal {
            index: AccountIndex(trader as u32),
            deposit: Amount::ZERO,
            places: vec![(world.sign(order), fill)],
        }
    };
    let units = vec![unit(0, Side::Sell, mark - 1_000), unit(1, Side::Buy, mark + 1_000)];
    world.request(units)
}

/// Padding of trader 0, then one signed instruction of trader 1.
pub fn instructed(mut world: World, signed: SignedInstruction) -> Scene {
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        UnitRequest::Normal {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
            places: vec![(signed, Fill::default())],
        },
    ];
    let request = world.request(units);
    Scene::new(world, SMALL, &request)
}

/// Two padding units, of trader 0 and of trader 1.
pub fn idle(mut world: World) -> Scene {
    let units = (0..2)
        .map(|index| UnitRequest::Padding {
            index: AccountIndex(index),
            deposit: Amount::ZERO,
        })
        .collect();
    let request = world.request(units);
    Scene::new(world, SMALL, &request)
}

/// Padding of trader 0, then an open of the next index.
pub fn opened() -> Scene {
    let mut world = market();
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        world.open(5_000_000),
    ];
    let request = world.request(units);
    Scene::new(world, SMALL, &request)
}

/// The market after a trade in which trader 1 bought ten lots from trader 0.
pub fn holding() -> World {
    let mut world = market();
    let request = trade(&mut world);
    world.apply(SMALL, &request);
    world
}

/// Padding of trader 0, then a unit of trader 1.
pub fn last(mut world: World, unit: UnitRequest) -> Scene {
    let units = vec![
        UnitRequest::Padding {
            index: AccountIndex::ZERO,
            deposit: Amount::ZERO,
        },
        unit,
    ];
    let request = world.request(units);
    Scene::new(world, SMALL, &request)
}

/// Lots of the liquidation of [`liquidated`].
pub const STEP: u64 = 4;

/// Trader 1, long ten lots and short of maintenance margin at this equity, is liquidated of some of them; the house,
/// itself short of five, takes them.
pub fn liquidated(equity: i128) -> Scene {
    let mut world = holding();
    change_house(&mut world, |house| house.positions[0] = Position(-5));
    set_equity(&mut world, 1, equity);
    let unit = world.liquidate(1, 0, STEP, world.table.rows[0].mark.get() as u64);
    last(world, unit)
}

/// An equity at which trader 1 of [`liquidated`] is short of maintenance margin.
pub const SHORT: i128 = 20_000_000;

/// The instrument of row 0 has expired and trader 1 is settled; the house was short of as much.
pub fn settled() -> Scene {
    let mut world = holding();
    change_house(&mut world, |house| house.positions[0] = Position(-(LOTS as i64)));
    world.set_status(0, Status::Expired);
    let unit = world.expire(1, &[0]);
    last(world, unit)
}

/// Trader 1 owes money, and the house takes cash and positions.
pub fn taken_over() -> Scene {
    let mut world = holding();
    set_equity(&mut world, 1, -5_000_000);
    let unit = world.take_over(1);
    last(world, unit)
}

/// Trader 1 is long ten lots of row 0 and owes money; trader 0 is short of them.
pub fn owing() -> World {
    let mut world = holding();
    set_equity(&mut world, 1, -5_000_000);
    world
}

/// Units of deleveraging, each valid by itself, of some lots of a row each.
pub fn deleveraged(mut world: World, shape: Shape, units: &[(usize, Party, usize, u64)]) -> Scene {
    let units = units
        .iter()
        .map(|(trader, party, row, lots)| world.deleverage(*trader, *party, &[(*row, *lots)]))
        .collect();
    let request = world.padded(shape, units);
    let witness = world.draft(shape, &request).expect("every unit is valid");
    Scene { world, witness }
}

/// Trader 1, in the last unit, sheds all its lots onto trader 0.
pub fn shedding() -> Scene {
    let units = [(0, Party::Counterparty, 0, LOTS), (1, Party::Insolvent, 0, LOTS)];
    deleveraged(owing(), SMALL, &units)
}

/// Trader 0, in the last unit, gives up all its lots to trader 1.
pub fn giving() -> Scene {
    let units = [(1, Party::Insolvent, 0, LOTS), (0, Party::Counterparty, 0, LOTS)];
    deleveraged(owing(), SMALL, &units)
}

/// Trader 1, who holds ten lots, is paid as much as margin allows of what was asked for.
pub fn forced(requested: u64) -> Scene {
    let mut world = holding();
    set_equity(&mut world, 1, 200_000_000);
    let unit = world.force(1, requested);
    last(world, unit)
}

/// Trader 1 gets new keys.
pub fn rekeyed() -> Scene {
    let mut world = market();
    let unit = world.rekey(1);
    last(world, unit)
}

/// The owner of trader 1's account allows transfers, or no longer.
pub fn switched(transfers: bool) -> Scene {
    let mut world = market();
    let before = world.switch(1, !transfers);
    let request = world.padded(SMALL, vec![before]);
    world.apply(SMALL, &request);
    let unit = world.switch(1, transfers);
    last(world, unit)
}

/// The owner of trader 1's account, which holds this, closes it.
pub fn closed(cash: i128, lots: i64) -> Scene {
    closed_with(cash, &[(0, lots)])
}

/// As [`closed`], with lots of some rows.
pub fn closed_with(cash: i128, lots: &[(usize, i64)]) -> Scene {
    let mut world = market();
    let mut state: AccountState = world.state.account(AccountIndex(1)).expect("open").clone();
    state.account.cash = Money(cash);
    for (row, lots) in lots {
        state.account.positions[*row] = Position(*lots);
    }
    world.state.restore_account(AccountIndex(1), state);
    let unit = world.close(1);
    last(world, unit)
}

/// The trade of [`traded`], in which the buyer waited for the mark that is there.
pub fn waited() -> Scene {
    let mut scene = traded();
    let mark = scene.witness.context.table.rows[0].mark.get() as u64;
    scene.resign(|i| *i = i.clone().waiting_for(Some(Trigger::AtOrAbove(Price(mark)))));
    assert!(scene.witness.check(SMALL).is_ok(), "the mark is there");
    scene
}

/// Trader 0 sends 1000 to trader 1.
pub fn transferred() -> Scene {
    let mut world = market();
    let units = world.transfer(0, 1, 1_000).into();
    let request = world.request(units);
    Scene::new(world, SMALL, &request)
}

/// The request from which the batch of [`instructed`] was made.
pub fn rebuilt(scene: &Scene) -> BatchRequest {
    let unit = &scene.witness.units[1];
    let places = unit.places.iter().map(|p| (p.signed.clone(), p.fill)).collect();
    BatchRequest {
        context: scene.witness.context.clone(),
        sweep: Amount::ZERO,
        doors: Doors::default(),
        empty_mask: 0,
        units: vec![
            UnitRequest::Padding {
                index: AccountIndex::ZERO,
                deposit: Amount::ZERO,
            },
            UnitRequest::Normal {
                index: AccountIndex(1),
                deposit: Amount::ZERO,
                places,
            },
        ],
    }
}
