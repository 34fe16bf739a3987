//! `cloister receipts report`: shows the chain two receipts of one number (C-SLASH).

use super::error::CommandError;
use crate::cli::Global;
use cloister_client::{chain::Until, report};
use cloister_receipts::{Scope, SignedReceipt};
use cloister_runtime::constants::money::{SYMBOL, UNIT};
use cloister_types::GroupId;
use std::collections::BTreeMap;

pub async fn run(global: &Global, receipts: &[SignedReceipt], key: Option<[u8; 32]>) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let keys: Vec<[u8; 32]> = match key {
        Some(key) => vec![key],
        None => {
            let members = chain.submitters(global.group, None).await?;
            members.into_iter().map(Into::into).collect()
        }
    };
    let scope = Scope {
        genesis: chain.genesis().0,
        group: GroupId(global.group),
    };
    let (key, pair) = contradiction(&scope, &keys, receipts).ok_or(CommandError::NothingToReport)?;
    let number = pair[0].receipt.number;
    let done = report::receipts(&chain, global.group, key.into(), pair, wallet.keys(), Until::Final).await?;
    say!(
        "0x{} has signed two receipts of number {number}, and loses its bond of {}; {} of it are the wallet's",
        hex::encode(key),
        shown(done.amount),
        shown(done.reward)
    );
    Ok(())
}

/// Two different receipts of one number that one of the keys has signed, and the key. Nothing is staked on receipts of
/// series 0, so those are passed over.
fn contradiction(
    scope: &Scope,
    keys: &[[u8; 32]],
    receipts: &[SignedReceipt],
) -> Option<([u8; 32], [SignedReceipt; 2])> {
    keys.iter().find_map(|key| {
        let mut known: BTreeMap<u64, &SignedReceipt> = BTreeMap::new();
        let counts = |signed: &&SignedReceipt| signed.receipt.series() > 0 && signed.verify(scope, key).is_ok();
        let signed = receipts.iter().filter(counts);
        let mut pairs = signed.filter_map(|signed| {
            let first = known.entry(signed.receipt.number).or_insert(signed);
            (first.receipt != signed.receipt).then_some([**first, *signed])
        });
        pairs.next().map(|pair| (*key, pair))
    })
}

/// An amount of the native token.
pub(super) fn shown(amount: u128) -> String {
    let fraction = format!("{:012}", amount % UNIT);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction} {SYMBOL}", amount / UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_receipts::{first_of, Outcome, Receipt};
    use cloister_types::Lots;
    use polkadot_sdk::sp_core::{sr25519, Pair};

    const SCOPE: Scope = Scope {
        genesis: [1; 32],
        group: GroupId(1),
    };

    fn key(number: u8) -> sr25519::Pair {
        sr25519::Pair::from_seed(&[number; 32])
    }

    /// At a place of the first series.
    fn signed(place: u64, filled: u64, key: &sr25519::Pair) -> SignedReceipt {
        let receipt = Receipt {
            scope: SCOPE,
            number: first_of(1) + place,
            previous: [0; 32],
            instruction: [3; 32],
            received_at: 1_700_000_000_000,
            outcome: Outcome::Cancel { filled: Lots(filled) },
        };
        let signature = key.sign(&receipt.message()).0;
        SignedReceipt { receipt, signature }
    }

    #[test]
    fn two_receipts_of_one_number_and_key_should_be_found() {
        let (own, other) = (key(1), key(2));
        let keys = [other.public().0, own.public().0];
        let (one, two) = (signed(4, 3, &own), signed(4, 5, &own));
        let between = [signed(3, 3, &own), one, signed(5, 3, &own), signed(4, 3, &own), two];
        assert_eq!(
            contradiction(&SCOPE, &keys, &between),
            Some((own.public().0, [one, two]))
        );
    }

    #[test]
    fn what_the_chain_would_refuse_should_not_be_found() {
        let (own, other) = (key(1), key(2));
        let keys = [other.public().0, own.public().0];
        let mut elsewhere = signed(4, 5, &own);
        elsewhere.receipt.scope.group = GroupId(2);
        let mut forged = signed(4, 5, &own);
        forged.receipt.received_at += 1;
        // Of different numbers, of different keys, the same again, of another group, changed.
        let others = [
            signed(5, 5, &own),
            signed(4, 5, &other),
            signed(4, 3, &own),
            elsewhere,
            forged,
        ];
        for second in others {
            assert_eq!(contradiction(&SCOPE, &keys, &[signed(4, 3, &own), second]), None);
        }
        // Before the first series.
        let before = [3, 5].map(|filled| {
            let mut receipt = signed(4, filled, &own).receipt;
            receipt.number = 4;
            let signature = own.sign(&receipt.message()).0;
            SignedReceipt { receipt, signature }
        });
        assert_eq!(contradiction(&SCOPE, &keys, &before), None);
        let pair = [signed(4, 3, &own), signed(4, 5, &own)];
        assert_eq!(contradiction(&SCOPE, &keys[..1], &pair), None);
        assert_eq!(contradiction(&SCOPE, &[], &pair), None);
    }

    #[test]
    fn amounts_should_be_shown_in_the_native_token() {
        assert_eq!(shown(0), "0 CLO");
        assert_eq!(shown(1_000 * UNIT), "1000 CLO");
        assert_eq!(shown(UNIT / 4), "0.25 CLO");
        assert_eq!(shown(1), "0.000000000001 CLO");
    }
}
