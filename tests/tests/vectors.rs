//! Golden bytes: hashes and signatures that must never change by accident. Another implementation can be checked
//! against the files in `vectors/`, which hold inputs and outputs. `CLOISTER_REGENERATE_VECTORS=1 cargo
//! test --release -p cloister-tests --test vectors` writes them anew.

use cloister_crypto::{constants::INSTRUMENTS, field::to_bytes, schnorr::SecretKey, seal::SealKey, Fr};
use cloister_ledger::{
    Account, AccountTree, ExitWitness, FinalValues, House, Instruction, InstructionKind, Key, SealStatement, Shape,
    Side, Switches, Trigger,
};
use cloister_ledger_testing::{Random, World, GENESIS, GROUP};
use cloister_types::{AccountIndex, GroupId, InstructionId, InstrumentId, Money, Position, Price, Total};
use serde_json::{json, Value};
use std::{env, fs, path::PathBuf};

/// Set to write the files instead of comparing with them.
const REGENERATE: &str = "CLOISTER_REGENERATE_VECTORS";

fn hex_of(x: &Fr) -> String {
    hex::encode(to_bytes(x))
}

/// Compares with the file, or writes it.
fn check(name: &str, computed: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(format!("{name}.json"));
    let text = serde_json::to_string_pretty(computed).expect("JSON") + "\n";
    if env::var_os(REGENERATE).is_some() {
        fs::write(&path, text).expect("the vectors can be written");
        return;
    }
    let golden =
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; set {REGENERATE}=1 once", path.display()));
    let golden: Value = serde_json::from_str(&golden).expect("the file is JSON");
    assert!(
        golden.as_array().is_some_and(|cases| !cases.is_empty()),
        "{name} has no cases"
    );
    for (i, (wanted, found)) in golden
        .as_array()
        .into_iter()
        .flatten()
        .zip(computed.as_array().into_iter().flatten())
        .enumerate()
    {
        assert_eq!(wanted, found, "case {i} of {name}");
    }
    assert_eq!(&golden, computed, "{name}");
}

fn account_json(account: &Account) -> Value {
    let positions: Vec<Value> = account
        .positions
        .iter()
        .enumerate()
        .filter(|(_, q)| !q.is_zero())
        .map(|(row, q)| json!([row, q.to_string()]))
        .collect();
    json!({
        "key": [hex_of(&account.key.x), hex_of(&account.key.y)],
        "view_key": hex_of(&account.view_key),
        "nonce": account.nonce.to_string(),
        "min_id": account.min_id.to_string(),
        "cash": account.cash.to_string(),
        "orders_root": hex_of(&account.orders_root),
        "positions": positions,
        "ext": account.switches.bits(),
        "leaf": hex_of(&account.leaf()),
    })
}

#[test]
fn account_leaves_should_have_their_golden_hashes() {
    let mut random = Random::new(1);
    let mut cases = Vec::new();
    for i in 0..8u64 {
        let secret = SecretKey::from_seed(&random.bytes());
        let mut account = Account::fresh(Key::from(&secret.public()), random.field());
        if i > 0 {
            account.nonce = random.word();
            account.min_id = InstructionId(random.word());
            account.cash = Money(i128::from(random.word()) - i128::from(random.word()));
            account.orders_root = random.field();
            account.switches = Switches { transfers: i % 2 == 1 };
            for _ in 0..i {
                let row = random.below(INSTRUMENTS as u64) as usize;
                account.positions[row] = Position(random.below(1 << 41) as i64 - (1 << 40) + 1);
            }
        }
        cases.push(account_json(&account));
    }
    check("account_leaf", &Value::Array(cases));
}

#[test]
fn instructions_should_have_their_golden_messages_and_signatures() {
    let mut random = Random::new(2);
    let kinds = [
        InstructionKind::Order,
        InstructionKind::Cancel,
        InstructionKind::CancelAll,
        InstructionKind::Withdrawal,
        InstructionKind::Transfer,
    ];
    let mut cases = Vec::new();
    for kind in kinds.iter().cycle().take(10) {
        let secret = SecretKey::from_seed(&random.bytes());
        let instruction = Instruction {
            kind: *kind,
            group: GroupId(random.word() as u32),
            index: AccountIndex(random.below(1 << 24) as u32),
            id: InstructionId(random.word()),
            instrument_id: InstrumentId(random.word() as u32),
            side: if random.once_in(2) { Side::Sell } else { Side::Buy },
            flags: random.below(16) as u8,
            trigger: Price::ZERO,
            limit: random.word(),
            quantity: random.below(1 << 40),
            expiry: random.below(1 << 48),
            max_fee: Price(random.below(1 << 40)),
        };
        let waits = *kind == InstructionKind::Order && !cases.is_empty();
        let trigger = waits.then_some(Trigger::AtOrBelow(Price(instruction.limit)));
        let instruction = instruction.waiting_for(trigger);
        let signed = instruction.clone().sign(&GENESIS, &secret);
        assert!(secret
            .public()
            .verify(instruction.message(&GENESIS), &signed.signature)
            .is_ok());
        cases.push(json!({
            "genesis": hex::encode(GENESIS),
            "key": [hex_of(&secret.public().x()), hex_of(&secret.public().y())],
            "kind": instruction.kind as u8,
            "group": instruction.group,
            "index": instruction.index,
            "id": instruction.id.to_string(),
            "instrument_id": instruction.instrument_id,
            "side": instruction.side as u8,
            "flags": instruction.flags,
            "trigger": instruction.trigger.to_string(),
            "limit": instruction.limit.to_string(),
            "quantity": instruction.quantity.to_string(),
            "expiry": instruction.expiry.to_string(),
            "max_fee": instruction.max_fee.to_string(),
            "message": hex_of(&instruction.message(&GENESIS)),
            "signature": hex::encode(signed.signature.to_bytes()),
        }));
    }
    check("instruction", &Value::Array(cases));
}

#[test]
fn houses_should_have_their_golden_commitments() {
    let mut random = Random::new(3);
    let mut cases = vec![json!({ "genesis": hex_of(&House::default().commitment()) })];
    for _ in 0..4 {
        let mut house = House {
            key: random.field(),
            nonce: random.word(),
            insurance: Money(i128::from(random.word())),
            fee_pool: Total(u128::from(random.word())),
            ..House::default()
        };
        for open in house.open_interest.iter_mut().step_by(5) {
            *open = random.below(1 << 50);
        }
        cases.push(json!({
            "key": hex_of(&house.key),
            "nonce": house.nonce.to_string(),
            "insurance": house.insurance.to_string(),
            "fee_pool": house.fee_pool.to_string(),
            "open_interest": house.open_interest.iter().map(u64::to_string).collect::<Vec<_>>(),
            "commitment": hex_of(&house.commitment()),
        }));
    }
    check("house", &Value::Array(cases));
}

#[test]
fn batch_statements_should_have_their_golden_elements_and_hashes() {
    let mut world = World::with_traders(4, 4, Shape::DEV);
    let mut cases = Vec::new();
    for _ in 0..3 {
        let request = world.random_batch(Shape::DEV);
        let (_, effect) = world.apply(Shape::DEV, &request);
        let statement = &effect.statement;
        cases.push(json!({
            "risk_hash": hex_of(&request.context.table.hash()),
            "old_root": hex_of(&statement.old_root),
            "new_root": hex_of(&statement.new_root),
            "old_house": hex_of(&statement.old_house),
            "new_house": hex_of(&statement.new_house),
            "accounts": effect.units.iter().map(|unit| account_json(&unit.after)).collect::<Vec<_>>(),
            "elements": statement.elements().iter().map(hex_of).collect::<Vec<_>>(),
            "hash": hex_of(&statement.hash()),
        }));
    }
    check("statement", &Value::Array(cases));
}

#[test]
fn seal_statements_should_have_their_golden_elements_and_hashes() {
    let mut random = Random::new(5);
    let mut cases = Vec::new();
    for _ in 0..4 {
        let sealing_key = SealKey::from_seed(&random.bytes());
        let public = sealing_key.public().expect("the seed gives a key");
        let secret = SecretKey::from_seed(&random.bytes());
        let (group, owner, view_key) = (random.word() as u32, random.bytes(), random.field());
        let mut entropy = [0; 64];
        entropy[..32].copy_from_slice(&random.bytes());
        entropy[32..].copy_from_slice(&random.bytes());
        let (statement, witness) = SealStatement::seal(
            GENESIS,
            GroupId(group),
            owner,
            &public,
            &secret.public(),
            view_key,
            &entropy,
        );
        assert_eq!(statement.check(&witness), Ok(()));
        assert_eq!(sealing_key.open(&statement.sealed()), Ok(view_key));
        cases.push(json!({
            "genesis": hex::encode(GENESIS),
            "group": group,
            "owner": hex::encode(owner),
            "sealing_key": [hex_of(&public.x()), hex_of(&public.y())],
            "key": [hex_of(&statement.key.x), hex_of(&statement.key.y)],
            "view_key": hex_of(&view_key),
            "scalar": hex::encode(witness.scalar),
            "sealed_view_key": hex::encode(statement.sealed().0),
            "elements": statement.elements().iter().map(hex_of).collect::<Vec<_>>(),
            "hash": hex_of(&statement.hash()),
        }));
    }
    check("seal", &Value::Array(cases));
}

#[test]
fn exit_statements_should_have_their_golden_elements_and_hashes() {
    let mut world = World::with_traders(6, 4, Shape::DEV);
    let request = world.random_batch(Shape::DEV);
    world.apply(Shape::DEV, &request);
    let values = FinalValues::of(&world.table);
    let mut tree = AccountTree::default();
    for (index, state) in world.state.accounts() {
        tree.set(index.get(), state.account.leaf());
    }
    let mut cases = Vec::new();
    for (index, state) in world.state.accounts() {
        let witness = ExitWitness {
            account: state.account.clone(),
            path: tree.path(index.get()),
            values: values.clone(),
        };
        let statement = witness
            .statement(GENESIS, GroupId(GROUP), index)
            .expect("inside the widths");
        assert_eq!(statement.check(&witness), Ok(()));
        cases.push(json!({
            "account": account_json(&witness.account),
            "group": GROUP,
            "index": index,
            "root": hex_of(&statement.root),
            "final_values": values.elements(GroupId(GROUP)).iter().map(hex_of).collect::<Vec<_>>(),
            "final_hash": hex_of(&statement.final_hash),
            "claim": statement.claim.to_string(),
            "elements": statement.elements().iter().map(hex_of).collect::<Vec<_>>(),
            "hash": hex_of(&statement.hash()),
        }));
    }
    check("exit", &Value::Array(cases));
}
