//! The re-key of a house: its layout as the specification writes it, who reads what, and what natively refuses.

use cloister_crypto::{
    constants::domain,
    field::limbs,
    poseidon2::sponge,
    seal::{seal, SealKey},
    Fr,
};
use cloister_ledger::{
    House, HouseRecord, HouseRekeyError as Error, HouseRekeyStatement, HouseRekeyWitness, SealStatementError,
};
use cloister_ledger_testing::{entropy, house, house_rekey, Random, GENESIS, GROUP};
use cloister_types::{GroupId, Money, Position, Total};

fn secret() -> SealKey {
    SealKey::from_seed(&[1; 32])
}

/// A re-key of a drawn house, sealed to [`secret`].
fn rekeyed(seed: u64) -> (HouseRekeyStatement, HouseRekeyWitness) {
    let mut random = Random::new(seed);
    let (house, key, entropy) = (house(&mut random), random.field(), entropy(&mut random));
    let sealing_key = secret().public().expect("not the identity");
    HouseRekeyStatement::rekey(GENESIS, GroupId(GROUP), &sealing_key, house, key, &entropy).expect("the nonce fits")
}

#[test]
fn statement_should_have_the_layout_of_h_statement() {
    let (s, witness) = rekeyed(1);
    let (lo, hi) = limbs(&GENESIS);
    let mut elements = vec![
        Fr::one(),
        lo,
        hi,
        Fr::from(u64::from(GROUP)),
        witness.house.commitment(),
        witness.house.rekeyed(witness.new_key).expect("it fits").commitment(),
        s.sealing_key.x,
        s.sealing_key.y,
        s.ephemeral.x,
        s.ephemeral.y,
        s.ciphertext,
    ];
    elements.extend(s.record.ciphertext);
    assert_eq!(elements.len(), 25);
    assert_eq!(s.hash(), sponge(domain::HOUSE_REKEY, &elements));
    assert_eq!(s.check(&witness), Ok(()));
}

#[test]
fn seal_should_be_the_one_that_p_seal_makes() {
    let mut random = Random::new(2);
    let (house, key, entropy) = (house(&mut random), random.field(), entropy(&mut random));
    let sealing_key = secret().public().expect("not the identity");
    let (s, _) = HouseRekeyStatement::rekey(GENESIS, GroupId(GROUP), &sealing_key, house, key, &entropy).expect("fits");
    assert_eq!(s.sealed(), seal(key, &sealing_key, &entropy));
    let given = HouseRekeyStatement::new(
        s.genesis,
        s.group,
        (s.old_house, s.new_house),
        s.sealing_key,
        &s.sealed(),
        s.record,
    );
    assert_eq!(given, Ok(s));
}

#[test]
fn whoever_has_the_secret_of_the_sealing_key_should_read_the_house() {
    for seed in 0..32 {
        let (s, witness) = rekeyed(seed);
        // Without anything from before the re-key but the number of batches and re-keys.
        let key = secret().open(&s.sealed()).expect("a good seal");
        let read = s.open(key, witness.house.nonce + 1);
        assert_eq!(read, witness.house.rekeyed(witness.new_key));
        assert_eq!(s.open(key, witness.house.nonce), None);
        // And nobody else does, the reader of the house before included.
        let other = SealKey::from_seed(&[2; 32]).open(&s.sealed()).expect("a good seal");
        assert_eq!(s.open(other, witness.house.nonce + 1), None);
        assert_eq!(s.open(witness.house.key, witness.house.nonce + 1), None);
    }
}

#[test]
fn a_rekey_should_change_key_and_nonce_alone() {
    let before = house(&mut Random::new(3));
    let after = before.rekeyed(Fr::from(7)).expect("it fits");
    let expected = House {
        key: Fr::from(7),
        nonce: before.nonce + 1,
        ..before.clone()
    };
    assert_eq!(after, expected);
    // Even the same key gives another commitment.
    assert_ne!(
        before.rekeyed(before.key).expect("it fits").commitment(),
        before.commitment()
    );
    let last = House {
        nonce: u64::MAX,
        ..before
    };
    assert_eq!(last.rekeyed(Fr::one()), None);
}

/// Makes commitment and record anew, as a cheat does.
fn restate(s: &mut HouseRekeyStatement, after: &House) {
    s.new_house = after.commitment();
    s.record = HouseRecord::encrypt(after, s.stream_salt());
}

#[test]
fn changed_contents_or_a_wrong_nonce_should_be_refused() {
    let changes: [fn(&mut House); 8] = [
        |h| h.insurance = Money(h.insurance.get() + 1),
        |h| h.fee_pool = Total(h.fee_pool.get() ^ 1),
        |h| h.positions[0] = Position(h.positions[0].get() ^ 1),
        |h| h.positions[31] = Position(h.positions[31].get() ^ 1),
        |h| h.open_interest[0] ^= 1,
        |h| h.open_interest[31] ^= 1,
        |h| h.nonce -= 1,
        |h| h.nonce += 1,
    ];
    for change in changes {
        let (mut s, witness) = rekeyed(4);
        let mut after = witness.house.rekeyed(witness.new_key).expect("it fits");
        change(&mut after);
        restate(&mut s, &after);
        assert_eq!(s.check(&witness), Err(Error::NewHouse));
    }
}

#[test]
fn another_house_before_should_be_refused() {
    let (mut s, mut witness) = rekeyed(5);
    witness.house.insurance = Money(0);
    restate(&mut s, &witness.house.rekeyed(witness.new_key).expect("it fits"));
    assert_eq!(s.check(&witness), Err(Error::OldHouse));
}

#[test]
fn a_key_that_is_not_sealed_should_be_refused() {
    let refused = |s: &HouseRekeyStatement, witness: &HouseRekeyWitness, error| {
        assert_eq!(s.check(witness), Err(Error::Seal(error)));
    };
    // Any other key in the seal.
    let (mut s, witness) = rekeyed(6);
    s.ciphertext += Fr::one();
    refused(&s, &witness, SealStatementError::Ciphertext);
    // The right one, sealed to a key of one's own.
    let (s, witness) = rekeyed(6);
    let (other, _) = house_rekey(&mut Random::new(7));
    let mut to_other = s;
    to_other.sealing_key = other.sealing_key;
    refused(&to_other, &witness, SealStatementError::Ciphertext);
    let mut wrong = s;
    wrong.ephemeral = other.ephemeral;
    refused(&wrong, &witness, SealStatementError::Ephemeral);
    let mut zero = witness;
    zero.scalar = [0; 32];
    refused(&s, &zero, SealStatementError::IdentityEphemeral);
}

#[test]
fn a_record_of_something_else_should_be_refused() {
    let (good, witness) = rekeyed(8);
    for i in 0..good.record.ciphertext.len() {
        let mut s = good;
        s.record.ciphertext[i] += Fr::one();
        assert_eq!(s.check(&witness), Err(Error::Record));
    }
    // Under the old key, which a reader of the new one does not have.
    let mut s = good;
    s.record = HouseRecord::encrypt(&witness.house, s.stream_salt());
    assert_eq!(s.check(&witness), Err(Error::Record));
}
