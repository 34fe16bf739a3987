//! The seal and exit statements: layouts as the specification writes them, and what natively refuses.

use cloister_crypto::{
    constants::domain,
    field::{from_i128, from_u128, limbs},
    jubjub::{AffinePoint, ExtendedPoint},
    poseidon2::sponge,
    schnorr::{PublicKeyError, SecretKey},
    seal::{seal, SealKey, SealPublicKey, Sealed},
    stream::view_commitment,
    Fr,
};
use cloister_ledger::{
    Account, AccountTree, ExitError, ExitWitness, FinalValues, Key, SealStatement, SealStatementError, SealWitness,
    Shape,
};
use cloister_ledger_testing::{table, Random, World, PAYEE};
use cloister_types::{AccountIndex, GroupId, Money, PerLot, Position, Total};

const GENESIS: [u8; 32] = [0xC1; 32];
const OWNER: [u8; 32] = [0x07; 32];
const GROUP: u32 = 3;

fn sealed() -> (SealStatement, SealWitness, SealKey) {
    let secret = SealKey::from_seed(&[1; 32]);
    let sealing_key = secret.public().expect("not the identity");
    let key = SecretKey::from_seed(&[2; 32]).public();
    let (statement, witness) = SealStatement::seal(
        GENESIS,
        GroupId(GROUP),
        OWNER,
        &sealing_key,
        &key,
        Fr::from(42),
        &[9; 64],
    );
    (statement, witness, secret)
}

#[test]
fn seal_statement_should_have_the_layout_of_v_statement() {
    let (s, ..) = sealed();
    let [(genesis_lo, genesis_hi), (owner_lo, owner_hi)] = [limbs(&GENESIS), limbs(&OWNER)];
    let elements = [
        Fr::one(),
        genesis_lo,
        genesis_hi,
        Fr::from(u64::from(GROUP)),
        owner_lo,
        owner_hi,
        s.sealing_key.x,
        s.sealing_key.y,
        s.ephemeral.x,
        s.ephemeral.y,
        s.ciphertext,
        s.key.x,
        s.key.y,
        view_commitment(&s.scope(), Fr::from(42)),
    ];
    assert_eq!(s.hash(), sponge(domain::SEAL_STATEMENT, &elements));
}

#[test]
fn stated_seal_should_be_the_one_that_p_seal_makes() {
    let (statement, witness, secret) = sealed();
    let sealing_key = secret.public().expect("not the identity");
    let bytes: Sealed = seal(Fr::from(42), &sealing_key, &[9; 64]);
    assert_eq!(statement.sealed(), bytes);
    assert_eq!(secret.open(&bytes), Ok(Fr::from(42)));
    assert_eq!(statement.check(&witness), Ok(()));
}

#[test]
fn sealing_key_with_a_small_component_should_be_refused() {
    let (mut statement, witness, _) = sealed();
    let order_two = ExtendedPoint::from(AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()));
    let honest = AffinePoint::from_raw_unchecked(statement.sealing_key.x, statement.sealing_key.y);
    let mixed = AffinePoint::from(ExtendedPoint::from(honest) + order_two);
    let key = SealPublicKey::from_coordinates(mixed.get_u(), mixed.get_v());
    assert_eq!(key, Err(PublicKeyError::NotPrimeOrder));
    statement.sealing_key = Key {
        x: mixed.get_u(),
        y: mixed.get_v(),
    };
    let error = SealStatementError::SealingKey(PublicKeyError::NotPrimeOrder);
    assert_eq!(statement.check(&witness), Err(error));
}

#[test]
fn batch_statement_should_name_its_payee_after_the_time() {
    let shape = Shape { units: 2, places: 1 };
    let mut world = World::with_traders(1, 2, shape);
    let request = world.random_batch(shape);
    let (_, effect) = world.apply(shape, &request);
    let s = effect.statement;
    let [(genesis_lo, genesis_hi), (payee_lo, payee_hi)] = [limbs(&s.genesis), limbs(&PAYEE)];
    assert_ne!(payee_lo, payee_hi);
    let head = [
        Fr::from(4),
        genesis_lo,
        genesis_hi,
        Fr::from(u64::from(s.group.get())),
        Fr::from(s.batch_no),
        Fr::from(s.time),
        payee_lo,
        payee_hi,
        s.salt,
        s.old_root,
    ];
    assert_eq!(s.elements()[..head.len()], head);
    // A copy with another payee, in either limb, is another statement.
    for at in [0, 31] {
        let mut copied = s.clone();
        copied.payee[at] ^= 1;
        assert_ne!(copied.hash(), s.hash());
    }
}

#[test]
fn commitment_of_another_group_or_chain_should_be_refused() {
    let (statement, witness, _) = sealed();
    let mut genesis = statement.genesis;
    genesis[31] ^= 1;
    let group = GroupId(GROUP + 1);
    for other in [
        SealStatement { genesis, ..statement },
        SealStatement { group, ..statement },
    ] {
        assert_eq!(other.check(&witness), Err(SealStatementError::Commitment));
    }
}

fn exiting() -> ExitWitness {
    let mut random = Random::new(5);
    let key = Key::from(&SecretKey::from_seed(&[2; 32]).public());
    let mut account = Account::fresh(key, Fr::from(42));
    account.cash = Money(1_000);
    account.positions[1] = Position(-2);
    let mut tree = AccountTree::default();
    tree.set(77, account.leaf());
    ExitWitness {
        path: tree.path(77),
        account,
        values: FinalValues::of(&table(3, 9, &mut random)),
    }
}

#[test]
fn exit_statement_should_have_the_layout_of_x_statement() {
    let mut witness = exiting();
    // Short two lots and owed for them: an account in the black.
    witness.values.values[1] = PerLot(-500);
    let s = witness
        .statement(GENESIS, GroupId(GROUP), AccountIndex(77))
        .expect("a good exit");
    assert_eq!(s.claim, Total(2_000));
    let (lo, hi) = limbs(&GENESIS);
    let mut values = vec![Fr::from(u64::from(GROUP)), Fr::from(9), witness.values.risk_hash];
    values.extend(witness.values.values.iter().map(|v| from_i128((*v).get().into())));
    let final_hash = sponge(domain::FINAL, &values);
    let group = Fr::from(u64::from(GROUP));
    let elements = [
        Fr::one(),
        lo,
        hi,
        group,
        Fr::from(77),
        s.root,
        final_hash,
        from_u128(2_000),
    ];
    assert_eq!(s.hash(), sponge(domain::EXIT, &elements));
    assert_eq!(s.check(&witness), Ok(()));
}

#[test]
fn final_values_should_name_the_table_they_were_taken_from() {
    let mut random = Random::new(5);
    let table = table(3, 9, &mut random);
    let values = FinalValues::of(&table);
    assert_eq!((values.version, values.risk_hash), (9, table.hash()));
    assert!(values.values.iter().zip(&table.rows).all(|(v, row)| *v == row.value));
    assert_ne!(values.hash(GroupId(1)), values.hash(GroupId(2)));
}

#[test]
fn debt_should_claim_nothing() {
    let mut witness = exiting();
    witness.values.values[1] = PerLot(501);
    let s = witness
        .statement(GENESIS, GroupId(GROUP), AccountIndex(77))
        .expect("a good exit");
    assert_eq!(witness.values.equity(&witness.account), Some(Money(-2)));
    assert_eq!(s.claim, Total::ZERO);
    assert_eq!(s.check(&witness), Ok(()));
}

#[test]
fn witness_that_proves_nothing_should_make_no_statement() {
    let good = exiting();
    assert_eq!(
        good.statement(GENESIS, GroupId(GROUP), AccountIndex(1 << 24)),
        Err(ExitError::Index)
    );
    assert_eq!(
        good.statement(GENESIS, GroupId(GROUP), AccountIndex(78)),
        Err(ExitError::Path)
    );
    let mut witness = good.clone();
    witness.account.cash = Money(1 << 79);
    assert_eq!(
        witness.statement(GENESIS, GroupId(GROUP), AccountIndex(77)),
        Err(ExitError::Cash)
    );
    let mut witness = good.clone();
    witness.account.positions[4] = Position(1 << 40);
    assert_eq!(
        witness.statement(GENESIS, GroupId(GROUP), AccountIndex(77)),
        Err(ExitError::Position(4))
    );
    let mut witness = good;
    witness.account.nonce += 1;
    assert_eq!(
        witness.statement(GENESIS, GroupId(GROUP), AccountIndex(77)),
        Err(ExitError::Path)
    );
}

#[test]
fn median_of_a_window_should_be_the_lower_one_and_ignore_other_instruments() {
    let mut random = Random::new(8);
    let tables: Vec<_> = [40, 10, 30, 20]
        .into_iter()
        .enumerate()
        .map(|(n, value)| {
            let mut table = table(3, 5 + n as u64, &mut random);
            table.rows[1].value = PerLot(value);
            table.rows[2].value = PerLot(100 + value);
            table
        })
        .collect();
    let hash = tables[3].hash();
    let median = |tables: &[_]| FinalValues::median(tables, hash).expect("there are tables");
    let of_four = median(&tables);
    assert_eq!((of_four.version, of_four.risk_hash), (8, hash));
    assert_eq!(of_four.values[1..3], [PerLot(20), PerLot(120)]);
    assert_eq!(median(&tables[1..]).values[1], PerLot(20));
    assert_eq!(median(&tables[3..]), FinalValues::of(&tables[3]));
    assert_eq!(FinalValues::median(&[], hash), None);
    // Another instrument stood in the row before.
    let mut other = tables.clone();
    for table in &mut other[..3] {
        table.rows[1].instrument_id.0 += 1_000;
    }
    assert_eq!(median(&other).values[1..3], [PerLot(20), PerLot(120)]);
    other[3].rows[1].value = PerLot(7);
    assert_eq!(median(&other).values[1..3], [PerLot(7), PerLot(120)]);
}
