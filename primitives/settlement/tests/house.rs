//! Re-keys of the house: in their place, readable by whoever has the secret of the sealing key of their time, and by
//! nobody else.

mod common;

use cloister_crypto::{
    field::from_bytes,
    seal::{SealKey, Sealed},
    Fr,
};
use cloister_ledger::{GroupLedger, HouseRecord};
use cloister_ledger_testing::SCOPE;
use cloister_settlement::{replay_rekey, HouseRekeyed, LedgerError, LedgerSecrets};
use common::{replay, Market, Secrets, SEED};

/// The seed after the rotation.
const NEW: u8 = 10;

/// A market whose seed was rotated between two batches, with two batches after it.
fn rotated() -> Market {
    let mut market = Market::new(1);
    market.rotate(NEW);
    market.trade(0);
    market.trade(1);
    market
}

#[test]
fn ledger_should_be_rebuilt_over_rekeys() {
    let mut market = rotated();
    assert_eq!(market.replayed(), market.world.state);
    // Two in a row, to the same key.
    market.rekey();
    market.rekey();
    assert_eq!(market.replayed(), market.world.state);
    market.trade(2);
    assert_eq!(market.rekeyed.len(), 4);
    assert_eq!(market.replayed(), market.world.state);
    // Batches and re-keys are all that counts.
    let house = market.world.state.house();
    assert_eq!(house.nonce, market.settled.len() as u64 + 4);
}

/// What the holder of a secret can try on the record of a house: whatever the secret opens any seal to.
fn keys_of(seed: u8, market: &Market) -> Vec<Fr> {
    let secrets = Secrets::of(seed);
    let open = |rekeyed: &HouseRekeyed| secrets.house_keys(&Sealed(rekeyed.sealed_key)).collect::<Vec<_>>();
    market.rekeyed.iter().flat_map(open).collect()
}

fn record(bytes: &[[u8; 32]; 14]) -> HouseRecord {
    HouseRecord {
        ciphertext: bytes.map(|element| from_bytes(&element).expect("canonical")),
    }
}

#[test]
fn whoever_has_the_old_seed_should_read_no_house_after_the_rotation() {
    let market = rotated();
    let before = market.rekeyed[1].batch_no as usize;
    let reads = |seed: u8, number: usize| {
        let settled = &market.settled[number];
        let nonce = number as u64 + if number < before { 2 } else { 3 };
        let salt = from_bytes(&settled.batch.salt).expect("canonical");
        keys_of(seed, &market).into_iter().any(|key| {
            let house = record(&settled.batch.house_record).open(key, nonce, SCOPE.salt(salt));
            house.is_some_and(|house| house.commitment() == settled.statement.new_house)
        })
    };
    for number in 0..market.settled.len() {
        assert_eq!(reads(SEED, number), number < before, "batch {number}");
        assert_eq!(reads(NEW, number), number >= before, "batch {number}");
    }
    // Nor the house in the re-key itself.
    let open = |seed, number: u32| {
        market.rekeyed[number as usize]
            .open(&SCOPE, number, &Secrets::of(seed))
            .expect("canonical")
    };
    assert!(open(SEED, 0).is_some() && open(SEED, 1).is_none());
    assert!(open(NEW, 0).is_none() && open(NEW, 1).is_some());
    let old = replay(&market.settled, &market.rekeyed, &Secrets::of(SEED));
    assert_eq!(old, Err(LedgerError::Sealed(1)));
}

#[test]
fn rotation_in_the_wrong_order_should_show_the_house_to_the_old_seed() {
    // Why the sealing key comes first.
    let mut market = Market::new(1);
    market.rekey();
    market.secrets.seal = SealKey::from_seed(&[NEW; 32]);
    let opened = market.rekeyed[1]
        .open(&SCOPE, 1, &Secrets::of(SEED))
        .expect("canonical");
    assert_eq!(opened.as_ref(), Some(market.world.state.house()));
}

#[test]
fn the_new_secret_alone_should_be_enough_to_go_on_with_the_house() {
    let mut market = Market::new(1);
    market.rotate(NEW);
    let house = market.rekeyed[1].open(&SCOPE, 1, &Secrets::of(NEW)).expect("canonical");
    assert_eq!(house.as_ref(), Some(market.world.state.house()));
    let mut house = house.expect("it is read");
    for _ in 0..2 {
        market.trade(0);
        let settled = market.settled.last().expect("a batch");
        let salt = from_bytes(&settled.batch.salt).expect("canonical");
        house = record(&settled.batch.house_record)
            .open(house.key, house.nonce + 1, SCOPE.salt(salt))
            .expect("the key stays");
        assert_eq!(&house, market.world.state.house());
    }
}

#[test]
fn rekey_in_another_place_should_be_refused() {
    let market = rotated();
    let mut ledger = GroupLedger::default();
    let error = LedgerError::RekeyOrder {
        number: 1,
        expected: 0,
        found: 5,
    };
    assert_eq!(
        replay_rekey(&mut ledger, &SCOPE, 1, &market.rekeyed[1], &market.secrets),
        Err(error)
    );
    // One that is left out: no key reads the batches after it.
    let left_out = replay(&market.settled, &market.rekeyed[..1], &market.secrets);
    assert_eq!(left_out, Err(LedgerError::House(5)));
    // One that is taken twice.
    let mut ledger = GroupLedger::default();
    let mut again = |number| replay_rekey(&mut ledger, &SCOPE, number, &market.rekeyed[0], &market.secrets);
    assert_eq!(again(0), Ok(()));
    assert_eq!(again(0), Err(LedgerError::Contents(0)));
    assert_eq!(again(1), Err(LedgerError::Sealed(1)));
}

#[test]
fn rekey_of_another_house_should_be_refused() {
    // As many batches and re-keys, but other trades.
    let (market, mut other) = (rotated(), Market::new(2));
    other.rotate(NEW);
    let mut rekeyed = market.rekeyed.clone();
    rekeyed[1] = other.rekeyed[1].clone();
    let replayed = replay(&market.settled, &rekeyed, &market.secrets);
    assert_eq!(replayed, Err(LedgerError::Contents(1)));
}

#[test]
fn element_that_is_not_canonical_should_be_named() {
    let market = Market::new(1);
    let changes: [fn(&mut HouseRekeyed); 4] = [
        |r| r.new_house = [0xFF; 32],
        |r| r.sealed_key[64..].fill(0xFF),
        |r| r.house_record[13] = [0xFF; 32],
        |r| r.sealing_key.1 = [0xFF; 32],
    ];
    for change in changes {
        let mut rekeyed = market.rekeyed[0].clone();
        change(&mut rekeyed);
        let refused = replay_rekey(&mut GroupLedger::default(), &SCOPE, 0, &rekeyed, &market.secrets);
        assert!(
            matches!(refused, Err(LedgerError::Rekey { number: 0, .. })),
            "{refused:?}"
        );
    }
}
