//! What a sequencer could try, and what others could.

use cloister_ledger::{Instruction, SignedInstruction};
use cloister_receipts::{
    check, instruction_hash, Chain, CheckError, Checked, Dropped, Outcome, Receipt, ReceiptError, Scope, SignedReceipt,
};
use cloister_types::{Amount, GroupId, Lots};
use proptest::prelude::*;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};

const SCOPE: Scope = Scope {
    genesis: [1; 32],
    group: GroupId(1),
};
const NOW: u64 = 1_700_000_000_000;

fn key(seed: u8) -> Keypair {
    let secret = MiniSecretKey::from_bytes(&[seed; 32]).unwrap();
    secret.expand_to_keypair(ExpansionMode::Ed25519)
}

fn public() -> [u8; 32] {
    key(1).public.to_bytes()
}

fn signed(receipt: Receipt) -> SignedReceipt {
    signed_by(1, receipt)
}

fn signed_by(seed: u8, receipt: Receipt) -> SignedReceipt {
    let signature = key(seed).sign_simple(b"substrate", &receipt.message()).to_bytes();
    SignedReceipt { receipt, signature }
}

fn instruction(id: u64) -> SignedInstruction {
    SignedInstruction {
        instruction: Instruction {
            id: cloister_types::InstructionId(id),
            ..Instruction::default()
        },
        ..SignedInstruction::default()
    }
}

fn cancelled(filled: u64) -> Outcome {
    Outcome::Cancel { filled: Lots(filled) }
}

/// So many receipts, each linked to the one before.
fn chain(count: u64) -> Vec<SignedReceipt> {
    let mut chain = Chain::default();
    (0..count)
        .map(|id| signed(chain.issue(SCOPE, instruction_hash(&instruction(id)), NOW + id, cancelled(id))))
        .collect()
}

#[test]
fn a_chain_should_check_in_any_order_and_with_the_receipts_of_others_missing() {
    let all = chain(6);
    let found = |receipts, links| Ok(Checked { receipts, links });
    assert_eq!(check(&SCOPE, &public(), &all), found(6, 5));
    assert_eq!(check(&SCOPE, &public(), all.iter().rev()), found(6, 5));
    assert_eq!(
        check(&SCOPE, &public(), [&all[0], &all[2], &all[3], &all[5]]),
        found(4, 1)
    );
    // The same receipt signed anew is the same receipt.
    assert_eq!(
        check(&SCOPE, &public(), [&all[2], &signed(all[2].receipt)]),
        found(1, 0)
    );
}

#[test]
fn a_receipt_that_another_key_signed_should_be_refused() {
    let mut all = chain(2);
    all[1] = signed_by(2, all[1].receipt);
    let refused = check(&SCOPE, &public(), &all);
    assert_eq!(refused, Err(CheckError::Receipt(ReceiptError::Signature(1))));
}

#[test]
fn a_receipt_of_another_chain_or_group_should_be_refused() {
    let others = [
        Scope {
            genesis: [2; 32],
            ..SCOPE
        },
        Scope {
            group: GroupId(2),
            ..SCOPE
        },
    ];
    for scope in others {
        let receipt = signed(Chain::default().issue(scope, [0; 32], NOW, cancelled(0)));
        assert_eq!(receipt.verify(&SCOPE, &public()), Err(ReceiptError::Scope(0)));
        // Nor does it help to say that it is of this one.
        let moved = SignedReceipt {
            receipt: Receipt {
                scope: SCOPE,
                ..receipt.receipt
            },
            ..receipt
        };
        assert_eq!(moved.verify(&SCOPE, &public()), Err(ReceiptError::Signature(0)));
    }
}

#[test]
fn a_receipt_in_which_anything_was_changed_should_be_refused() {
    let good = chain(3)[2];
    let receipt = good.receipt;
    let changed = [
        Receipt { number: 3, ..receipt },
        Receipt {
            previous: [9; 32],
            ..receipt
        },
        Receipt {
            instruction: [9; 32],
            ..receipt
        },
        Receipt {
            received_at: NOW,
            ..receipt
        },
        Receipt {
            outcome: cancelled(3),
            ..receipt
        },
        Receipt {
            outcome: Outcome::CancelAll,
            ..receipt
        },
        Receipt {
            outcome: Outcome::Withdrawal { amount: Amount(2) },
            ..receipt
        },
    ];
    for receipt in changed {
        let number = receipt.number;
        let forged = SignedReceipt { receipt, ..good };
        assert_eq!(forged.verify(&SCOPE, &public()), Err(ReceiptError::Signature(number)));
    }
    assert_eq!(good.verify(&SCOPE, &public()), Ok(()));
}

#[test]
fn two_signed_receipts_of_one_number_should_be_named() {
    let all = chain(3);
    let other = signed(Receipt {
        outcome: cancelled(1_000),
        ..all[1].receipt
    });
    let expected = CheckError::Contradiction {
        number: 1,
        first: all[1].receipt.hash(),
        second: other.receipt.hash(),
    };
    assert_eq!(check(&SCOPE, &public(), all.iter().chain([&other])), Err(expected));
    assert!(expected.to_string().contains("number 1"), "{expected}");
}

#[test]
fn a_receipt_that_hides_the_one_before_it_should_be_named() {
    let all = chain(3);
    // As if receipt 1 had been another one.
    let mut forked = Chain::default();
    forked.issue(SCOPE, instruction_hash(&instruction(0)), NOW, cancelled(0));
    forked.issue(SCOPE, [5; 32], NOW + 1, cancelled(0));
    let other = signed(forked.issue(SCOPE, instruction_hash(&instruction(2)), NOW + 2, cancelled(2)));
    assert_eq!(
        check(&SCOPE, &public(), [&all[0], &all[1], &other]),
        Err(CheckError::Link { number: 2 })
    );
    // Without the one before it nothing can be said.
    assert!(check(&SCOPE, &public(), [&all[0], &other]).is_ok());
    let first = signed(Receipt {
        previous: [3; 32],
        ..all[0].receipt
    });
    assert_eq!(check(&SCOPE, &public(), [&first]), Err(CheckError::Link { number: 0 }));
}

#[test]
fn a_receipt_should_be_of_one_instruction_alone() {
    let all = chain(2);
    assert!(all[1].receipt.is_of(&instruction(1)));
    assert!(!all[1].receipt.is_of(&instruction(0)));
    let mut signature = instruction(1);
    signature.signature.challenge = 1;
    assert!(!all[1].receipt.is_of(&signature));
}

#[test]
fn bytes_that_are_no_receipt_should_be_refused() {
    let good = chain(1)[0];
    let bytes = good.to_bytes();
    assert_eq!(SignedReceipt::from_bytes(&bytes), Ok(good));
    assert_eq!(SignedReceipt::from_hex(&good.to_hex()), Ok(good));
    assert_eq!(SignedReceipt::from_bytes(&[]), Err(ReceiptError::Format));
    assert_eq!(SignedReceipt::from_hex("0xzz"), Err(ReceiptError::Format));
    for length in 1..bytes.len() {
        assert_eq!(SignedReceipt::from_bytes(&bytes[..length]), Err(ReceiptError::Format));
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(SignedReceipt::from_bytes(&longer), Err(ReceiptError::Format));
    let other = [&[9], &bytes[1..]].concat();
    assert_eq!(SignedReceipt::from_bytes(&other), Err(ReceiptError::Version(9)));
}

#[test]
fn what_a_key_signs_here_should_be_no_transaction() {
    // A transaction's payload ends with versions, genesis hash and block hash; a long one is signed as its hash alone.
    let shortest = 4 + 4 + 32 + 32;
    let message = chain(1)[0].receipt.message();
    assert!(message.len() > 32 && message.len() < shortest, "{}", message.len());
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(filled, resting, dropped)| Outcome::Order {
            filled: Lots(filled),
            resting: Lots(resting),
            waits: !dropped,
            dropped: dropped.then_some(Dropped::Immediate),
        }),
        any::<u64>().prop_map(cancelled),
        Just(Outcome::CancelAll),
        any::<u64>().prop_map(|amount| Outcome::Withdrawal { amount: Amount(amount) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever one byte becomes, the receipt is refused or is of something else than it was.
    #[test]
    fn no_changed_byte_should_go_unnoticed(
        outcome in outcome(),
        at in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let good = signed(Chain::default().issue(SCOPE, [4; 32], NOW, outcome));
        let mut bytes = good.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let verified = SignedReceipt::from_bytes(&bytes).and_then(|changed| changed.verify(&SCOPE, &public()));
        prop_assert!(verified.is_err());
    }
}
