//! The account, its tree and its opening.

use cloister_circuits::{
    statements::batch::{BatchCircuit, PUBLIC_INPUT},
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::{
    jubjub::{AffinePoint, ExtendedPoint},
    schnorr::generator_affine,
    stream::{view_commitment, Scope},
};
use cloister_ledger::{HouseRecord, Key, KeyRecord, Mode, RecordKind, Statement, UnitRecord, UnitWitness};
use cloister_types::{AccountIndex, Amount, InstructionId, Money, Position};

use crate::support::{
    forced, idle, liquidated, market, must_break, opened, rekeyed, settled, system, taken_over, traded, transferred,
    Scene, SHORT, SMALL,
};

#[test]
fn scenes_should_be_valid_before_they_are_spoiled() {
    let scenes = [
        traded(),
        opened(),
        idle(market()),
        liquidated(SHORT),
        settled(),
        taken_over(),
        forced(u64::MAX),
        forced(1_000),
        rekeyed(),
        transferred(),
    ];
    for mut scene in scenes {
        assert!(scene.witness.check(SMALL).is_ok());
        assert_eq!(system(SMALL, &scene.witness).all_unsatisfied(), Vec::<String>::new());
        assert!(scene.unit().index > AccountIndex::ZERO);
    }
}

#[test]
fn account_other_than_the_one_in_the_tree_should_break_b_opens() {
    let name = "unit 1/B-OPENS/account tree/level 0/child 1 is the old node at the digit";
    let mut scene = idle(market());
    scene.unit().before.cash.0 += 1;
    must_break(&scene.witness, name, &["B-OPENS"]);
    let mut scene = idle(market());
    scene.unit().before.nonce += 1;
    must_break(&scene.witness, name, &["B-OPENS"]);
    let mut scene = idle(market());
    scene.unit().before.view_key += Fr::one();
    scene.unit().new_view_key += Fr::one();
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
    scene.unit().index.0 += 1 << 24;
    must_break(&scene.witness, "unit 1/index/in range", &["unit 1/index/in range"]);
}

#[test]
fn two_modes_at_once_should_break_b_unit() {
    let scene = traded();
    for mode in ["open", "re-key", "forced", "liquidation", "expiry", "takeover"] {
        let mut system = system(SMALL, &scene.witness);
        system.set(&format!("unit 1/B-UNIT/mode {mode}"), Fr::one()).unwrap();
        assert!(system
            .all_unsatisfied()
            .contains(&"unit 1/B-UNIT/at most one mode".into()));
    }
}

#[test]
fn cash_beyond_its_width_should_break_b_range() {
    let mut world = market();
    let mut state = world.state.account(AccountIndex(1)).unwrap().clone();
    state.account.cash = Money((1 << 79) - 1);
    world.state.restore_account(AccountIndex(1), state);
    let mut scene = idle(world);
    scene.unit().deposit = Amount(1);
    must_break(&scene.witness, "unit 1/B-RANGE/new cash/in range", &["B-RANGE"]);
}

#[test]
fn position_beyond_its_width_should_break_b_range() {
    let mut scene = idle(market());
    // Also another leaf, since the packing carries into the next position.
    scene.unit().before.positions[0] = Position(1 << 40);
    scene.unit().before.positions[1] = Position(-1);
    must_break(
        &scene.witness,
        "unit 1/old account/B-RANGE/position 0/q/in range",
        &["B-OPENS", "B-RANGE"],
    );
}

#[test]
fn carry_from_one_packed_position_into_the_next_should_break_b_range() {
    // Another reading of the same word, so of the same leaf: 2^41 lots of the first instrument for one of the second.
    let mut scene = idle(market());
    scene.unit().before.positions[0] = Position(1 << 41);
    scene.unit().before.positions[1] = Position(-1);
    must_break(
        &scene.witness,
        "unit 1/old account/B-RANGE/position 0/q/in range",
        &["B-RANGE"],
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
        (
            |s| s.unit().before.min_id = InstructionId(3),
            "min id is 0",
            &["B-OPEN"],
        ),
        (|s| s.unit().before.cash = Money(3), "cash is 0", &["B-OPEN"]),
        (
            |s| s.unit().before.orders_root = Fr::one(),
            "order tree is empty",
            &["B-OPEN"],
        ),
        (
            |s| s.unit().before.positions[7] = Position(1),
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
    scene.unit().index = AccountIndex(1);
    let path = scene
        .world
        .state
        .account(AccountIndex(1))
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
    set_key(
        &mut scene,
        Key {
            x: mixed.get_u(),
            y: mixed.get_v(),
        },
    );
    must_break(
        &scene.witness,
        "unit 1/B-OPEN/key x is of eight times the preimage",
        &["B-OPEN"],
    );

    let identity = Key {
        x: Fr::zero(),
        y: Fr::one(),
    };
    for mut scene in [opened(), rekeyed()] {
        set_key(&mut scene, identity);
        scene.unit().preimage = identity;
        must_break(&scene.witness, "unit 1/B-OPEN/key is not the identity", &["B-OPEN"]);
    }

    let mut scene = opened();
    scene.unit().preimage.y += Fr::one();
    must_break(
        &scene.witness,
        "unit 1/B-OPEN/preimage on the curve/curve equation",
        &["B-OPEN"],
    );

    let generator = generator_affine();
    for mut scene in [opened(), rekeyed()] {
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
}

/// Gives the last unit another key after it, and before it in an open.
fn set_key(scene: &mut Scene, key: Key) {
    let unit = scene.unit();
    unit.new_key = key;
    if unit.mode == Mode::Open {
        unit.before.key = key;
    }
}

#[test]
fn keys_changed_outside_a_re_key_should_break_b_rekey() {
    type Change = fn(&mut UnitWitness);
    let cases: [(Change, &str); 3] = [
        (|u| u.new_key.x += Fr::one(), "key x"),
        (|u| u.new_key.y += Fr::one(), "key y"),
        (|u| u.new_view_key += Fr::one(), "view key"),
    ];
    for (change, name) in cases {
        for mut scene in [idle(market()), traded(), forced(1_000), opened()] {
            change(scene.unit());
            let failing = system(SMALL, &scene.witness).all_unsatisfied();
            let name = format!("unit 1/B-REKEY/{name} changes only here");
            assert!(failing.contains(&name), "{failing:?}");
            assert!(scene.witness.check(SMALL).is_err());
        }
        let mut scene = idle(market());
        change(scene.unit());
        must_break(
            &scene.witness,
            &format!("unit 1/B-REKEY/{name} changes only here"),
            &["B-REKEY"],
        );
    }
}

#[test]
fn re_key_that_changes_more_than_keys_should_break_b_opens() {
    let mut scene = rekeyed();
    scene.unit().before.min_id = InstructionId::ZERO;
    scene.unit().before.cash.0 += 1;
    must_break(
        &scene.witness,
        "unit 1/B-OPENS/account tree/level 0/child 1 is the old node at the digit",
        &["B-OPENS"],
    );
}

#[test]
fn swapped_units_should_break_b_opens() {
    let mut scene = idle(market());
    scene.witness.units.swap(0, 1);
    let failing = system(SMALL, &scene.witness).all_unsatisfied();
    assert!(scene.witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty() && failing.iter().all(|name| name.contains("/B-OPENS/")),
        "{failing:?}"
    );
}

#[test]
fn ciphertext_of_another_account_should_not_be_the_statement() {
    let scene = traded();
    let mut statement = scene.witness.check(SMALL).unwrap().statement;
    let [first, second] = &mut statement.units[..] else {
        unreachable!("two units")
    };
    std::mem::swap(&mut first.ciphertext, &mut second.ciphertext);
    let circuit = BatchCircuit::proving(SMALL, scene.witness, statement.hash());
    assert_eq!(TestSystem::of(circuit).unwrap().all_unsatisfied(), [PUBLIC_INPUT]);
}

/// The circuit of the scene's witness refuses a statement, and nothing but the statement.
fn only_the_statement_breaks(scene: &Scene, statement: &Statement) {
    let circuit = BatchCircuit::proving(SMALL, scene.witness.clone(), statement.hash());
    assert_eq!(TestSystem::of(circuit).unwrap().all_unsatisfied(), [PUBLIC_INPUT]);
}

#[test]
fn proof_should_be_good_for_no_other_payee() {
    let scene = traded();
    let statement = scene.witness.check(SMALL).unwrap().statement;
    for at in [0, 15, 16, 31] {
        // A copy that has the copier paid.
        let mut copied = statement.clone();
        copied.payee[at] ^= 1;
        only_the_statement_breaks(&scene, &copied);
        // The copier does not have the witness; with it, it would be another statement all the same.
        let mut remade = traded();
        remade.witness.context.payee[at] ^= 1;
        assert_eq!(remade.witness.check(SMALL).unwrap().statement, copied);
        only_the_statement_breaks(&remade, &statement);
    }
}

/// Another group of the chain, and another chain.
fn other_scopes(scope: Scope) -> [Scope; 2] {
    let mut genesis = scope.genesis;
    genesis[31] ^= 1;
    let group = scope.group + 1;
    [Scope { group, ..scope }, Scope { genesis, ..scope }]
}

#[test]
fn records_under_the_pads_of_another_group_or_chain_should_not_be_the_statement() {
    let scene = traded();
    let effect = scene.witness.check(SMALL).unwrap();
    for scope in other_scopes(effect.statement.scope()) {
        let salt = scope.salt(effect.statement.salt);
        let mut statement = effect.statement.clone();
        let (unit, record) = (&effect.units[1], &mut statement.units[1]);
        record.ciphertext = UnitRecord::encrypt(record.index, &unit.after, &unit.slots, salt);
        assert_ne!(record.ciphertext, effect.statement.units[1].ciphertext);
        only_the_statement_breaks(&scene, &statement);
        let mut statement = effect.statement.clone();
        statement.house = HouseRecord::encrypt(&effect.house, salt);
        only_the_statement_breaks(&scene, &statement);
    }
}

#[test]
fn view_commitment_of_another_group_or_chain_should_not_be_the_statement() {
    for (scene, key) in [opened(), rekeyed()].map(|scene| {
        let key = scene.witness.units.last().unwrap().new_view_key;
        (scene, key)
    }) {
        let honest = scene.witness.check(SMALL).unwrap().statement;
        for scope in other_scopes(honest.scope()) {
            let mut statement = honest.clone();
            let record = statement.units.last_mut().unwrap();
            let (RecordKind::Open(keys) | RecordKind::Rekey(keys)) = &mut record.kind else {
                unreachable!("keys are shown")
            };
            assert_eq!(keys.view_commitment, view_commitment(&honest.scope(), key));
            keys.view_commitment = view_commitment(&scope, key);
            only_the_statement_breaks(&scene, &statement);
        }
    }
}

#[test]
fn record_of_other_keys_or_of_another_amount_should_not_be_the_statement() {
    let scene = rekeyed();
    let honest = scene.witness.check(SMALL).unwrap().statement;
    let RecordKind::Rekey(asked) = honest.units.last().unwrap().kind else {
        unreachable!("keys are shown")
    };
    // The keys that were asked for are in the statement; the account gets no others, and not in another mode.
    let other = scene.witness.units.last().unwrap().before.key;
    let shown = [
        RecordKind::Rekey(KeyRecord {
            x: other.x,
            y: other.y,
            ..asked
        }),
        RecordKind::Rekey(KeyRecord {
            view_commitment: asked.view_commitment + Fr::one(),
            ..asked
        }),
        RecordKind::Open(asked),
        RecordKind::Update,
    ];
    let forced_scene = forced(1_000);
    let requested = |amount| RecordKind::Forced {
        requested: Amount(amount),
    };
    let amounts = [requested(999), requested(1_001), RecordKind::Update];
    let cases = shown.map(|kind| (&scene, kind));
    for (scene, kind) in cases.into_iter().chain(amounts.map(|kind| (&forced_scene, kind))) {
        let mut statement = scene.witness.check(SMALL).unwrap().statement;
        assert_ne!(statement.units.last().unwrap().kind, kind);
        statement.units.last_mut().unwrap().kind = kind;
        only_the_statement_breaks(scene, &statement);
    }
}
