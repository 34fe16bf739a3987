//! Witnesses as bytes: what is written is read back, and whatever else the bytes hold is refused with its reason.

use cloister_crypto::Fr;
use cloister_ledger::{
    wire::{Wire, WireError, MAX_PLACES, MAX_UNITS},
    BatchWitness, ExitWitness, HouseRekeyWitness, Mode, Party, PlaceWitness, SealWitness, Shape, SolvencyShape,
    SolvencyWitness, UnitWitness,
};
use cloister_ledger_testing::{exit, house_rekey, seal, solvency, spoil, Random, World, GENESIS, GROUP};
use cloister_risk::MarginChoice;
use cloister_types::{AccountIndex, GroupId};
use codec::{Compact, Decode, DecodeAll, Encode};
use proptest::prelude::*;
use std::fmt::Debug;

/// Width of an encoded field element.
const ELEMENT: usize = 32;

fn shapes() -> impl Strategy<Value = Shape> {
    (1u16..6, 1u16..4).prop_map(|(units, places)| Shape { units, places })
}

/// A batch of a market after some others.
fn witness(seed: u64, shape: Shape, batches: usize) -> (World, BatchWitness) {
    let mut world = World::with_traders(seed, 4, shape);
    for _ in 1..batches {
        let request = world.random_batch(shape);
        world.apply(shape, &request);
    }
    let request = world.random_batch(shape);
    let (witness, _) = world.apply(shape, &request);
    (world, witness)
}

fn read<T: Wire>(bytes: &[u8]) -> Result<T, WireError> {
    T::read_from(&mut &bytes[..])
}

/// Everything that holds of every value.
fn check<T: Wire + Encode + Decode + PartialEq + Debug>(value: &T, random: &mut Random) {
    let bytes = value.encode();
    let mut rest = &bytes[..];
    assert_eq!(T::read_from(&mut rest).as_ref(), Ok(value));
    assert!(rest.is_empty());
    assert_eq!(T::decode_all(&mut &bytes[..]).as_ref(), Ok(value));

    // Any end that comes too early.
    let cut = random.below(bytes.len() as u64) as usize;
    assert_eq!(read::<T>(&bytes[..cut]), Err(WireError::Truncated));
    assert!(T::decode(&mut &bytes[..cut]).is_err());

    // Any end that comes too late.
    let long = [&bytes[..], &[0]].concat();
    assert!(T::decode_all(&mut &long[..]).is_err());

    // Any other byte: either it is refused, or it is the one encoding of another value.
    for _ in 0..20 {
        let mut altered = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        altered[at] ^= 1 << random.below(8);
        let mut rest = &altered[..];
        if let Ok(other) = T::read_from(&mut rest) {
            assert_ne!(&other, value);
            let consumed = altered.len() - rest.len();
            assert_eq!(other.encode(), altered[..consumed]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn witnesses_should_be_read_back_from_their_bytes(
        seed in any::<u64>(),
        shape in shapes(),
        batches in 1usize..6,
        spoiled in 0usize..4,
    ) {
        let mut random = Random::new(seed);
        let (world, mut batch) = witness(seed, shape, batches);
        // Whether a witness follows the rules makes no difference here.
        for _ in 0..spoiled {
            spoil(&mut batch, &mut random);
        }
        check(&batch, &mut random);
        let exit = exit(&world, 1);
        check(&exit, &mut random);
        check(&exit.statement(GENESIS, GroupId(GROUP), AccountIndex(1)).expect("a good exit"), &mut random);
        let (statement, seal) = seal(&mut random);
        check(&statement, &mut random);
        check(&seal, &mut random);
        let (statement, rekey) = house_rekey(&mut random);
        check(&statement, &mut random);
        check(&rekey, &mut random);
        let shape = SolvencyShape { subtrees: shape.units };
        let (statement, witness) = solvency(&world, &mut random, shape, batches % 2 == 0);
        check(&statement, &mut random);
        check(&witness, &mut random);
    }

    #[test]
    fn any_bytes_should_be_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..20_000)) {
        let _ = read::<BatchWitness>(&bytes);
        let _ = read::<UnitWitness>(&bytes);
        let _ = read::<ExitWitness>(&bytes);
        let _ = read::<SealWitness>(&bytes);
        let _ = read::<HouseRekeyWitness>(&bytes);
        let _ = read::<SolvencyWitness>(&bytes);
    }
}

#[test]
fn an_element_that_is_not_canonical_should_be_refused() {
    // The order of the field: another encoding of zero.
    let mut order = (-Fr::one()).to_bytes();
    order[0] += 1;
    assert_eq!(read::<Fr>(&order), Err(WireError::NonCanonical));

    let (_, witness) = witness(1, Shape::DEV, 2);
    let bytes = witness.encode();
    let roots = witness.old_root.to_bytes();
    let at = bytes
        .windows(ELEMENT)
        .position(|w| w == roots)
        .expect("the root is there");
    let mut altered = bytes.clone();
    altered[at..at + ELEMENT].copy_from_slice(&[0xFF; ELEMENT]);
    assert_eq!(read::<BatchWitness>(&altered), Err(WireError::NonCanonical));
    assert!(BatchWitness::decode(&mut &altered[..]).is_err());
}

#[test]
fn a_scalar_that_is_not_canonical_should_be_refused() {
    let (_, seal) = seal(&mut Random::new(2));
    let mut bytes = seal.encode();
    bytes[ELEMENT..2 * ELEMENT].copy_from_slice(&[0xFF; ELEMENT]);
    assert_eq!(read::<SealWitness>(&bytes), Err(WireError::NonCanonical));

    let (_, rekey) = house_rekey(&mut Random::new(2));
    let mut bytes = rekey.encode();
    let scalar = bytes.len() - ELEMENT;
    bytes[scalar..].copy_from_slice(&[0xFF; ELEMENT]);
    assert_eq!(read::<HouseRekeyWitness>(&bytes), Err(WireError::NonCanonical));

    let mut place = PlaceWitness::default();
    place.signed.signature.response = [0xFF; ELEMENT];
    assert_eq!(read::<PlaceWitness>(&place.encode()), Err(WireError::NonCanonical));
}

#[test]
fn an_unknown_tag_should_be_refused() {
    let (_, mut witness) = witness(3, Shape::DEV, 2);
    let unit = &witness.units[0];
    let mut bytes = unit.encode();
    // After the index.
    bytes[4] = 200;
    assert_eq!(read::<UnitWitness>(&bytes), Err(WireError::Value));
    // The last one is the house's margin choice.
    witness.house_margin = MarginChoice::Initial;
    let mut bytes = witness.encode();
    let last = bytes.len() - 1;
    bytes[last] = 3;
    assert_eq!(read::<BatchWitness>(&bytes), Err(WireError::Value));
}

#[test]
fn a_long_list_should_be_refused_before_it_is_read() {
    let places = |count: u32| Compact(count).encode();
    let refused = read::<Vec<PlaceWitness>>(&places(MAX_PLACES + 1));
    assert_eq!(
        refused,
        Err(WireError::TooMany {
            found: MAX_PLACES + 1,
            max: MAX_PLACES
        })
    );
    let refused = read::<Vec<UnitWitness>>(&places(u32::MAX));
    assert_eq!(
        refused,
        Err(WireError::TooMany {
            found: u32::MAX,
            max: MAX_UNITS
        })
    );
    // As many as allowed, and none of them there.
    assert_eq!(read::<Vec<UnitWitness>>(&places(MAX_UNITS)), Err(WireError::Truncated));
    // A length in more bytes than it takes.
    assert_eq!(read::<Vec<UnitWitness>>(&[0b01, 0]), Err(WireError::Value));
}

#[test]
fn every_mode_should_have_its_tag() {
    let tags: [(Mode, &[u8]); 12] = [
        (Mode::Open, &[0]),
        (Mode::Rekey, &[1]),
        (Mode::Normal, &[2]),
        (Mode::Forced, &[3]),
        (Mode::Liquidation, &[4]),
        (Mode::Expiry, &[5]),
        (Mode::Takeover, &[6]),
        (Mode::Padding, &[7]),
        (Mode::Deleveraging(Party::Insolvent), &[8, 0]),
        (Mode::Deleveraging(Party::Counterparty), &[8, 1]),
        (Mode::Switch, &[9]),
        (Mode::Close, &[10]),
    ];
    for (mode, bytes) in tags {
        assert_eq!((mode.encode(), read(bytes)), (bytes.to_vec(), Ok(mode)));
    }
    assert_eq!(read::<Mode>(&[8]), Err(WireError::Truncated));
    for bytes in [&[8, 2][..], &[11], &[255]] {
        assert_eq!(read::<Mode>(bytes), Err(WireError::Value));
    }
}
