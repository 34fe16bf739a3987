//! One cheat a rule: the witness breaks exactly that rule, everything else of it being consistent, and the named constraint
//! must fail.

use cloister_circuits::Fr;
use cloister_crypto::{
    jubjub::{AffinePoint, ExtendedPoint},
    schnorr::generator_affine,
};
use cloister_ledger::{
    instruction::flags, state::AccountState, testing::World, Fill, Key, Kind, Mode, Shape, UnitRequest,
};
use cloister_risk::{MarginChoice, Status};

use crate::support::{
    idle, instructed, market, must_break, must_break_shape, opened, system, trade, traded, traded_in, Scene, LOTS,
    SMALL,
};

/// The market after a trade in which trader 1 bought ten lots from trader 0.
fn holding() -> World {
    let mut world = market();
    let request = trade(&mut world);
    world.apply(SMALL, &request);
    world
}

#[test]
fn scenes_should_be_valid_before_they_are_spoiled() {
    for mut scene in [traded(), opened(), idle(market())] {
        assert!(scene.witness.check(SMALL).is_ok());
        assert_eq!(system(SMALL, &scene.witness).all_unsatisfied(), Vec::<String>::new());
        assert!(scene.unit().index > 0);
    }
}

#[test]
fn account_other_than_the_one_in_the_tree_should_break_b_opens() {
    let name = "unit 1/B-OPENS/account tree/level 0/child 1 is the old node at the digit";
    let mut scene = idle(market());
    scene.unit().before.cash += 1;
    must_break(&scene.witness, name, &["B-OPENS"]);
    let mut scene = idle(market());
    scene.unit().before.nonce += 1;
    must_break(&scene.witness, name, &["B-OPENS"]);
    let mut scene = idle(market());
    scene.unit().before.view_key += Fr::one();
    must_break(&scene.witness, name, &["B-OPENS"]);
}

#[test]
fn path_of_another_tree_should_break_b_opens() {
    let mut scene = idle(market());
    scene.unit().path[3][5] += Fr::one();
    must_break(
        &scene.witness,
        "unit 1/B-OPENS/account tree/level 4/child 0 is the old node at the digit",
        &["B-OPENS"],
    );
    let mut scene = idle(market());
    scene.unit().path[7][5] += Fr::one();
    must_break(&scene.witness, "unit 1/B-OPENS/old root", &["B-OPENS"]);
}

#[test]
fn index_beyond_the_tree_should_be_refused() {
    let mut scene = idle(market());
    scene.unit().index += 1 << 24;
    must_break(&scene.witness, "unit 1/index/in range", &["unit 1/index/in range"]);
}

#[test]
fn two_modes_at_once_should_break_b_unit() {
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    system.set("unit 1/B-UNIT/mode open", Fr::one()).unwrap();
    assert!(system.all_unsatisfied().contains(&"unit 1/B-UNIT/one mode".into()));
}

#[test]
fn cash_beyond_its_width_should_break_b_range() {
    let mut world = market();
    let mut state = world.state.account(1).unwrap().clone();
    state.account.cash = (1 << 79) - 1;
    world.state.restore_account(1, state);
    let mut scene = idle(world);
    scene.unit().deposit = 1;
    must_break(&scene.witness, "unit 1/B-RANGE/new cash/in range", &["B-RANGE"]);
}

#[test]
fn position_beyond_its_width_should_break_b_range() {
    let mut scene = idle(market());
    // Also another leaf, since the packing carries into the next position.
    scene.unit().before.positions[0] = 1 << 40;
    scene.unit().before.positions[1] = -1;
    must_break(
        &scene.witness,
        "unit 1/old account/B-RANGE/position 0/q/in range",
        &["B-OPENS", "B-RANGE"],
    );
}

#[test]
fn deposit_beyond_its_width_should_break_b_deposit() {
    let scene = idle(market());
    let mut system = system(SMALL, &scene.witness);
    system.set("unit 1/B-DEPOSIT/deposit", -Fr::one()).unwrap();
    assert!(system
        .all_unsatisfied()
        .contains(&"unit 1/B-DEPOSIT/deposit/in range".into()));
}

#[test]
fn open_of_an_account_that_is_not_fresh_should_break_b_open() {
    type Change = fn(&mut Scene);
    let cases: [(Change, &str, &[&str]); 5] = [
        (|s| s.unit().before.nonce = 3, "nonce is 0", &["B-OPEN"]),
        (|s| s.unit().before.min_id = 3, "min id is 0", &["B-OPEN"]),
        (|s| s.unit().before.cash = 3, "cash is 0", &["B-OPEN"]),
        (
            |s| s.unit().before.orders_root = Fr::one(),
            "order tree is empty",
            &["B-OPEN"],
        ),
        (
            |s| s.unit().before.positions[7] = 1,
            "word 1 holds no positions",
            &["B-OPEN"],
        ),
    ];
    for (change, name, rules) in cases {
        let mut scene = opened();
        change(&mut scene);
        must_break(&scene.witness, &format!("unit 1/B-OPEN/{name}"), rules);
    }
}

#[test]
fn open_over_an_existing_account_should_break_b_opens() {
    let mut scene = opened();
    scene.unit().index = 1;
    let path = scene
        .world
        .state
        .account(1)
        .map(|_| scene.witness.units[0].path)
        .unwrap();
    // The path of the tree after unit 0, in which accounts 0 and 1 are neighbours.
    scene.unit().path = path;
    let system = system(SMALL, &scene.witness);
    let name = "unit 1/B-OPENS/account tree/level 0/child 1 is the old node at the digit";
    assert!(system.all_unsatisfied().contains(&name.to_string()));
    assert!(scene.witness.check(SMALL).is_err());
}

#[test]
fn keys_outside_the_subgroup_should_break_b_open() {
    // A key with a component of order two: no preimage exists, so the honest one of the other part does not fit.
    let mut scene = opened();
    let key = scene.unit().before.key;
    let order_two = AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one());
    let mixed = AffinePoint::from(ExtendedPoint::from(AffinePoint::from_raw_unchecked(key.x, key.y)) + order_two);
    scene.unit().before.key = Key {
        x: mixed.get_u(),
        y: mixed.get_v(),
    };
    must_break(
        &scene.witness,
        "unit 1/B-OPEN/key x is of eight times the preimage",
        &["B-OPEN"],
    );

    let mut scene = opened();
    scene.unit().before.key = Key {
        x: Fr::zero(),
        y: Fr::one(),
    };
    scene.unit().preimage = Key {
        x: Fr::zero(),
        y: Fr::one(),
    };
    must_break(&scene.witness, "unit 1/B-OPEN/key is not the identity", &["B-OPEN"]);

    let mut scene = opened();
    scene.unit().preimage.y += Fr::one();
    must_break(
        &scene.witness,
        "unit 1/B-OPEN/preimage on the curve/curve equation",
        &["B-OPEN"],
    );

    let mut scene = opened();
    let generator = generator_affine();
    scene.unit().preimage = Key {
        x: generator.get_u(),
        y: generator.get_v(),
    };
    must_break(
        &scene.witness,
        "unit 1/B-OPEN/key y is of eight times the preimage",
        &["B-OPEN"],
    );
}

#[test]
fn instruction_outside_mode_normal_should_be_refused() {
    let mut scene = traded();
    scene.unit().mode = Mode::Padding;
    must_break(
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/only in mode normal",
        &["S-INSTRUCTION"],
    );
}

#[test]
fn two_kinds_at_once_should_be_refused() {
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    system
        .set("unit 1/place 0/S-INSTRUCTION/withdrawal", Fr::one())
        .unwrap();
    assert!(system
        .all_unsatisfied()
        .contains(&"unit 1/place 0/S-INSTRUCTION/at most one kind".into()));
}

#[test]
fn altered_instruction_should_break_b_sig() {
    let mut scene = traded();
    scene.place().signed.instruction.limit += 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum",
        &["B-SIG"],
    );
    // Signed for another account, replayed here.
    let mut scene = traded();
    let other = scene.witness.units[0].places[0].signed.clone();
    let mut moved = other.instruction.clone();
    moved.side = cloister_ledger::Side::Buy;
    moved.limit += 2_000;
    let mut signed = scene.world.sign(moved);
    signed.instruction.index = 1;
    scene.put(signed);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SIG/challenge is the low half of the hash/sum",
        &["B-SIG"],
    );
}

#[test]
fn quantity_beyond_its_width_should_be_refused() {
    let mut scene = traded();
    scene.resign(|i| i.quantity = 1 << 40);
    must_break(
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/quantity/in range",
        &["S-INSTRUCTION", "B-SLOT"],
    );
}

#[test]
fn expired_order_should_break_b_alive() {
    let mut scene = traded();
    let time = scene.witness.context.time;
    scene.resign(|i| i.expiry = time - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-ALIVE/not expired/in range",
        &["B-ALIVE"],
    );
    scene.resign(|i| i.expiry = time);
    assert!(scene.witness.check(SMALL).is_ok(), "the last millisecond is good");
}

#[test]
fn order_below_the_minimum_id_should_break_b_alive() {
    let mut world = market();
    world.traders[1].next_id = 40;
    let cancel = world.instruct(1, Kind::CancelAll, 0);
    let minimum = cancel.instruction.id;
    let units = vec![
        UnitRequest::Padding { index: 0, deposit: 0 },
        UnitRequest::Normal {
            index: 1,
            deposit: 0,
            places: vec![(cancel, Fill::default())],
        },
    ];
    let request = world.request(units);
    world.apply(SMALL, &request);
    let mut scene = traded_in(world);
    scene.resign(|i| i.id = minimum - 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-ALIVE/id is not below the minimum/in range",
        &["B-ALIVE"],
    );
}

#[test]
fn slot_with_a_higher_id_should_break_b_slot() {
    let mut world = market();
    world.traders[1].next_id = 511 + 30;
    let request = trade(&mut world);
    world.apply(SMALL, &request);
    let mut scene = traded_in(world);
    // The slot of this id holds the id 512 higher.
    let used = scene.world.traders[1].next_id - 1;
    scene.resign(|i| i.id = used - 512);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/slot holds no higher id/in range",
        &["B-SLOT"],
    );
}

#[test]
fn fill_beyond_the_quantity_should_break_b_slot() {
    let name = "unit 1/place 0/B-SLOT/fill within the quantity/in range";
    let mut scene = traded();
    scene.resign(|i| i.quantity = LOTS - 1);
    must_break(&scene.witness, name, &["B-SLOT"]);

    // The same order once more: ten of twelve lots are filled already.
    let world = holding();
    let used = world.traders[1].next_id;
    let mut scene = traded_in(world);
    scene.resign(|i| i.id = used);
    must_break(&scene.witness, name, &["B-SLOT"]);

    // An order that was cancelled.
    let mut world = market();
    let cancel = world.instruct(1, Kind::Cancel, 0);
    let cancelled = cancel.instruction.id;
    let mut scene = instructed(world, cancel);
    scene.world.apply(SMALL, &rebuilt(&scene));
    let mut scene = traded_in(scene.world);
    scene.resign(|i| i.id = cancelled);
    must_break(&scene.witness, name, &["B-SLOT"]);
}

/// The request from which the batch of [`instructed`] was made.
fn rebuilt(scene: &Scene) -> cloister_ledger::state::BatchRequest {
    let unit = &scene.witness.units[1];
    let places = unit.places.iter().map(|p| (p.signed.clone(), p.fill)).collect();
    cloister_ledger::state::BatchRequest {
        context: scene.witness.context.clone(),
        house_key: scene.witness.house_key,
        sweep: 0,
        empty_mask: 0,
        units: vec![
            UnitRequest::Padding { index: 0, deposit: 0 },
            UnitRequest::Normal {
                index: 1,
                deposit: 0,
                places,
            },
        ],
    }
}

#[test]
fn second_use_of_a_withdrawal_should_break_b_slot() {
    let mut world = market();
    let withdrawal = world.instruct(1, Kind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal.clone());
    scene.world.apply(SMALL, &rebuilt(&scene));
    let fresh = scene.world.instruct(1, Kind::Withdrawal, 1_000);
    let mut scene = instructed(scene.world, fresh);
    scene.put(withdrawal);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/withdrawal not used before",
        &["B-SLOT"],
    );
}

#[test]
fn slot_of_a_made_up_tree_should_break_b_slot() {
    let mut scene = traded();
    scene.place().path[2][7] += Fr::one();
    must_break(
        &scene.witness,
        "unit 1/place 0/B-SLOT/slot opens the order tree",
        &["B-SLOT"],
    );
}

#[test]
fn empty_fill_of_an_order_should_be_refused() {
    let mut scene = traded();
    scene.place().fill = Fill {
        row: 0,
        quantity: 0,
        cost: 0,
        fee: 0,
    };
    let name = "unit 1/place 0/fill/at least one lot of an order/in range";
    must_break(&scene.witness, name, &[name, "B-CONSERVE-Q"]);
}

#[test]
fn fill_without_an_order_should_be_refused() {
    let mut world = market();
    let cancel = world.instruct(1, Kind::Cancel, 0);
    let mut scene = instructed(world, cancel);
    scene.place().fill.fee = 1;
    let name = "unit 1/place 0/fill/only an order can be filled";
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(failing.contains(&name.to_string()), "{failing:?}");
}

#[test]
fn fill_of_another_instrument_should_break_b_instrument() {
    let mut scene = traded();
    scene.resign(|i| i.instrument_id += 1);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-INSTRUMENT/signed instrument",
        &["B-INSTRUMENT"],
    );
    let mut scene = traded();
    scene.place().fill.row = 32;
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/place 0/B-INSTRUMENT/row/exactly one".into()),
        "{failing:?}"
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
    let mark = |s: &Scene| s.witness.context.table.rows[0].mark as u64;
    let mut scene = traded();
    let limit = mark(&scene) - 1;
    scene.resign(|i| i.limit = limit);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-PRICE/not worse than the limit/in range",
        &["B-PRICE"],
    );
    // At the limit is good.
    scene.resign(|i| i.limit = limit + 1);
    assert!(scene.witness.check(SMALL).is_ok());
}

#[test]
fn price_outside_the_band_should_break_b_band() {
    let mut scene = traded();
    let band = scene.witness.context.table.rows[0].band;
    scene.resign(|i| i.limit += 2 * band);
    // The buyer pays a little more than the band allows; the surplus goes to the insurance.
    scene.place().fill.cost += u128::from(band * LOTS) + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-BAND/not above the band/in range",
        &["B-BAND"],
    );
    scene.place().fill.cost -= 1;
    assert!(scene.witness.check(SMALL).is_ok(), "at the band is good");

    let mut scene = traded();
    scene.place().fill.cost -= u128::from(band * LOTS) + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-BAND/not below the band/in range",
        &["B-BAND", "B-CONSERVE-CASH"],
    );
}

#[test]
fn fee_above_a_bound_should_break_b_fee() {
    let mut scene = traded();
    scene.resign(|i| i.max_fee = 9_999);
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the signed maximum/in range",
        &["B-FEE"],
    );
    scene.resign(|i| i.max_fee = 10_000);
    assert!(scene.witness.check(SMALL).is_ok(), "at the maximum is good");

    let mut scene = traded();
    scene.resign(|i| i.max_fee = 1 << 30);
    let cap = scene.place().fill.cost * 1_000 / 1_000_000;
    scene.place().fill.fee = cap + 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-FEE/not above the cap/in range",
        &["B-FEE"],
    );
    scene.place().fill.fee = cap;
    assert!(scene.witness.check(SMALL).is_ok(), "at the cap is good");
}

#[test]
fn fill_that_does_not_reduce_should_break_b_reduce() {
    let name = "unit 1/place 0/B-REDUCE/fill only reduces/in range";
    let mut scene = traded();
    scene.resign(|i| i.flags = flags::REDUCE_ONLY);
    must_break(&scene.witness, name, &["B-REDUCE"]);
    let mut scene = traded();
    scene.witness.context.table.rows[0].status = Status::CloseOnly;
    must_break(&scene.witness, name, &["B-REDUCE"]);
}

#[test]
fn position_beyond_its_limit_should_break_b_limit() {
    let mut scene = traded();
    scene.witness.context.table.rows[0].limit = LOTS - 1;
    must_break(
        &scene.witness,
        "unit 1/place 0/B-LIMIT/size within the bound/in range",
        &["B-LIMIT"],
    );
    scene.witness.context.table.rows[0].limit = LOTS;
    assert!(scene.witness.check(SMALL).is_ok(), "at the limit is good");
}

#[test]
fn withdrawal_that_leaves_margin_short_should_break_b_margin() {
    let mut world = holding();
    let withdrawal = world.instruct(1, Kind::Withdrawal, 1_000);
    let mut scene = instructed(world, withdrawal);
    let equity = {
        let account = &scene.account(1).account;
        let row = &scene.witness.context.table.rows[0];
        account.cash + i128::from(account.positions[0]) * i128::from(row.value)
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
    let withdrawal = world.instruct(1, Kind::Withdrawal, 0);
    let mut scene = instructed(world, withdrawal);
    scene.unit().margin = MarginChoice {
        initial: false,
        threshold: 0,
    };
    must_break(
        &scene.witness,
        "unit 1/B-MARGIN/no withdrawal when relaxed",
        &["B-MARGIN"],
    );
}

#[test]
fn more_risk_under_the_relaxed_rule_should_break_b_margin() {
    // A trade against an account without positions raises every deficit that the fee touches.
    let mut scene = traded();
    scene.unit().margin = MarginChoice {
        initial: false,
        threshold: 3,
    };
    must_break(
        &scene.witness,
        "unit 1/B-MARGIN/deficit 3/not above the threshold/in range",
        &["B-MARGIN"],
    );
    let mut scene = traded();
    scene.unit().margin = MarginChoice {
        initial: false,
        threshold: 16,
    };
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(
        failing.contains(&"unit 1/B-MARGIN/threshold/scenario/exactly one".into()),
        "{failing:?}"
    );
}

#[test]
fn negative_equity_should_break_b_equity() {
    let mut world = market();
    let mut state: AccountState = world.state.account(1).unwrap().clone();
    state.account.cash = -1;
    world.state.restore_account(1, state);
    let cancel = world.instruct(1, Kind::Cancel, 0);
    let mut scene = idle(world);
    scene.unit().mode = Mode::Normal;
    scene.unit().margin = MarginChoice {
        initial: false,
        threshold: 0,
    };
    scene.put(cancel);
    must_break(
        &scene.witness,
        "unit 1/B-EQUITY/equity is not negative/in range",
        &["B-EQUITY"],
    );
    scene.unit().deposit = 1;
    assert!(
        scene.witness.check(SMALL).is_ok(),
        "a deposit that pays the debt heals the account"
    );
}

#[test]
fn withdrawal_before_the_last_place_should_be_refused() {
    let shape = Shape { units: 2, orders: 2 };
    let mut world = World::with_traders(7, 2, shape);
    let withdrawal = world.instruct(1, Kind::Withdrawal, 10);
    let units = vec![
        UnitRequest::Padding { index: 0, deposit: 0 },
        UnitRequest::Normal {
            index: 1,
            deposit: 0,
            places: vec![(withdrawal, Fill::default())],
        },
    ];
    let request = world.request(units);
    let mut scene = Scene::new(world, shape, &request);
    scene.unit().places.swap(0, 1);
    must_break_shape(
        shape,
        &scene.witness,
        "unit 1/place 0/S-INSTRUCTION/withdrawal only in the last place",
        &["S-INSTRUCTION"],
    );
}

#[test]
fn lots_from_nowhere_should_break_b_conserve_q() {
    let mut scene = traded();
    let mark = scene.witness.context.table.rows[0].mark as u128;
    scene.place().fill.quantity += 1;
    scene.place().fill.cost += mark;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-Q/row 0 is balanced",
        &["B-CONSERVE-Q"],
    );
}

#[test]
fn money_from_nowhere_should_break_b_conserve_cash() {
    let mut scene = traded();
    scene.place().fill.cost -= 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-CASH/insurance does not fall/in range",
        &["B-CONSERVE-CASH"],
    );
}

#[test]
fn insurance_beyond_its_width_should_break_b_conserve_cash() {
    let mut scene = traded();
    scene.witness.house.insurance = (1 << 79) - 1;
    scene.place().fill.cost += 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-CONSERVE-CASH/insurance in range/in range",
        &["B-CONSERVE-CASH"],
    );
}

#[test]
fn sweep_above_the_fees_should_break_b_house() {
    let mut scene = traded();
    scene.witness.sweep = 200_001;
    must_break(
        &scene.witness,
        "B-HOUSE/fee pool is not negative/in range",
        &["B-HOUSE"],
    );
    scene.witness.sweep = 200_000;
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
fn every_wire_of_a_trade_should_be_bound() {
    let scene = traded();
    let mut system = system(SMALL, &scene.witness);
    assert!(system.is_satisfied());
    // The inverse of a zero test is unused where the tested number is zero; nothing else may be free.
    let free: Vec<String> = system
        .free_wires()
        .into_iter()
        .filter(|name| !name.ends_with("/inverse"))
        .collect();
    assert_eq!(free, Vec::<String>::new());
}
