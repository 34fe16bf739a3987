//! The bytes of batches and queue items, as transactions and storage have them: field by field, in this order.

use bounded_collections::BoundedVec;
use cloister_ledger::Switches;
use cloister_settlement::{
    batch::{CIPHERTEXT_FIXED, MAX_CIPHERTEXT, MAX_UNITS},
    Batch, FormError, ItemKind, OpenKeys, QueueItem, SealProof, Terms, UnitSubmission,
};
use cloister_types::{AccountIndex, Amount};
use codec::{Compact, Decode, Encode, MaxEncodedLen};

/// Bytes that differ from one another and from those of other seeds.
fn bytes<const N: usize>(seed: u8) -> [u8; N] {
    std::array::from_fn(|i| seed.wrapping_mul(31).wrapping_add(i as u8))
}

fn unit(seed: u8, elements: u8) -> UnitSubmission {
    UnitSubmission {
        index: AccountIndex(0x0102_0300 + u32::from(seed)),
        request: seed % 2 == 1,
        withdrawal: Amount(0x1112_1314_1516_1700 + u64::from(seed)),
        new_leaf: bytes(seed),
        ciphertext: BoundedVec::truncate_from((0..elements).map(|i| bytes(seed + i)).collect()),
    }
}

fn unit_bytes(unit: &UnitSubmission) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(unit.index.get().to_le_bytes());
    out.push(u8::from(unit.request));
    out.extend(unit.withdrawal.get().to_le_bytes());
    out.extend(unit.new_leaf);
    // A length below 64 is one byte, shifted by two.
    out.push((unit.ciphertext.len() as u8) << 2);
    unit.ciphertext.iter().for_each(|element| out.extend(element));
    out
}

fn batch() -> Batch {
    Batch {
        key: 0x0201,
        batch_no: 3,
        risk_version: 4,
        time: 1_700_000_000_005,
        payee: bytes(11),
        salt: bytes(6),
        new_root: bytes(7),
        new_house: bytes(8),
        sweep: Amount(9),
        take_insurance: Some(Amount(10)),
        empty_mask: 0x0d0c_0b0a,
        units: BoundedVec::truncate_from(vec![unit(10, 9), unit(20, 16)]),
        house_record: std::array::from_fn(|i| bytes(30 + i as u8)),
        proof: bytes(50),
    }
}

#[test]
fn batch_should_have_the_bytes_of_its_fields_in_order() {
    let batch = batch();
    let mut expected = Vec::new();
    expected.extend([0x01, 0x02]);
    expected.extend([3, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([4, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend(1_700_000_000_005u64.to_le_bytes());
    expected.extend(bytes::<32>(11));
    expected.extend(bytes::<32>(6));
    expected.extend(bytes::<32>(7));
    expected.extend(bytes::<32>(8));
    expected.extend([9, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([1, 10, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([0x0a, 0x0b, 0x0c, 0x0d]);
    expected.push(2 << 2);
    batch.units.iter().for_each(|unit| expected.extend(unit_bytes(unit)));
    (0..14).for_each(|i| expected.extend(bytes::<32>(30 + i)));
    expected.extend(bytes::<192>(50));
    assert_eq!(batch.encode(), expected);
    assert_eq!(
        expected.len(),
        2 + 3 * 8 + 4 * 32 + 8 + 9 + 4 + 1 + (46 + 9 * 32) + (46 + 16 * 32) + 14 * 32 + 192
    );
    assert_eq!(Batch::decode(&mut &expected[..]), Ok(batch));
}

#[test]
fn queue_items_should_have_the_bytes_of_their_fields_in_order() {
    let deposit = QueueItem {
        owner: bytes::<32>(1),
        index: AccountIndex(0x0403_0201),
        amount: Amount(5),
        queued_at: 6,
        ready_at: 7,
        deadline: 8,
        kind: ItemKind::Deposit,
        until: None,
    };
    let mut expected = bytes::<32>(1).to_vec();
    expected.extend([1, 2, 3, 4]);
    expected.extend([5, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([6, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([7, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([8, 0, 0, 0, 0, 0, 0, 0]);
    // The kind, and that nobody takes it back.
    expected.extend([0, 0]);
    assert_eq!(deposit.encode(), expected);
    let keys = OpenKeys {
        pk_x: bytes(2),
        pk_y: bytes(3),
        view_commitment: bytes(4),
        sealed_view_key: bytes(5),
    };
    expected.truncate(expected.len() - 2);
    let mut request = deposit.clone();
    for (kind, bytes) in [
        (ItemKind::Switch(Switches { transfers: true }), &[2, 1][..]),
        (ItemKind::Close, &[3]),
        (
            ItemKind::ForcedWithdrawal {
                amount: Amount(0x0807_0605_0403_0201),
            },
            &[4, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (ItemKind::Rekey(keys.clone()), &[&[5][..], &keys.encode()].concat()),
        (ItemKind::PayInsurance, &[6]),
        (
            ItemKind::TakeInsurance {
                amount: Amount(9),
                keep: Amount(8),
            },
            &[7, 9, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0],
        ),
    ] {
        request.kind = kind;
        assert_eq!(request.encode(), [&expected, bytes, &[0]].concat());
    }
    let open = QueueItem {
        kind: ItemKind::Open(keys),
        until: Some(9),
        ..deposit
    };
    expected.push(1);
    expected.extend(bytes::<32>(2));
    expected.extend(bytes::<32>(3));
    expected.extend(bytes::<32>(4));
    expected.extend(bytes::<96>(5));
    expected.extend([1, 9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(open.encode(), expected);
    assert_eq!(QueueItem::<[u8; 32]>::max_encoded_len(), expected.len());
}

#[test]
fn terms_should_be_the_notice_and_the_share() {
    let terms = Terms { notice: 6, share: 7 };
    assert_eq!(terms.encode(), [6, 0, 0, 0, 0, 0, 0, 0, 7]);
}

#[test]
fn seal_proof_should_be_its_key_and_the_proof() {
    let seal = SealProof {
        key: 0x0201,
        proof: bytes(1),
    };
    assert_eq!(seal.encode(), [&[1, 2][..], &bytes::<192>(1)].concat());
}

#[test]
fn batch_beyond_the_bounds_should_not_decode() {
    let batch = batch();
    let (head, rest) = (2 + 3 * 8 + 4 * 32 + 8 + 9 + 4, 14 * 32 + 192);
    let encoded = batch.encode();
    let with_units = |units: &[UnitSubmission]| {
        let mut out = encoded[..head].to_vec();
        Compact(units.len() as u32).encode_to(&mut out);
        units.iter().for_each(|unit| out.extend(unit_bytes(unit)));
        out.extend(&encoded[encoded.len() - rest..]);
        Batch::decode(&mut &out[..]).is_ok()
    };
    let most = MAX_UNITS as usize;
    assert!(with_units(&vec![unit(1, 16); most]));
    assert!(!with_units(&vec![unit(1, 16); most + 1]));
    assert_eq!((CIPHERTEXT_FIXED, MAX_CIPHERTEXT), (8, 16));
    let mut long = unit_bytes(&unit(1, 16));
    long[45] = 17 << 2;
    long.extend(bytes::<32>(1));
    assert!(UnitSubmission::decode(&mut &long[..]).is_err());
}

#[test]
fn form_errors_should_say_what_does_not_fit() {
    let error = FormError::RecordTooLong { unit: 3, length: 17 };
    assert_eq!(
        error.to_string(),
        "the record of unit 3 has 17 encrypted elements, the chain takes 16"
    );
}
