//! `cloister receipts`: what the sequencer has promised, kept and checked (Q-RECEIPT).

use super::{
    error::CommandError,
    kept::{kept_at, read, read_good, Kept},
    report::{self, shown},
    report_cancel,
    session::Session,
};
use crate::cli::{Global, ReceiptsCommand};
use cloister_cli::receipts::checked;
use cloister_receipts::{Outcome as Promise, Scope, SignedReceipt};
use cloister_runtime::{Balance, BlockNumber};
use cloister_types::GroupId;
use std::path::PathBuf;

pub async fn run(global: &Global, command: ReceiptsCommand) -> Result<(), CommandError> {
    match command {
        ReceiptsCommand::Fetch { from } => fetch(global, from).await,
        ReceiptsCommand::Report { files, key } => {
            let key = key.as_deref().map(public_key).transpose()?;
            report::run(global, &receipts_of(&read_good(&own_or(global, files)?)?), key).await
        }
        ReceiptsCommand::ReportCancel { files, disclose } => {
            let kept = read_good(&own_or(global, files)?)?;
            report_cancel::run(global, &kept, disclose).await
        }
        ReceiptsCommand::Verify { files, key } => verify(global, files, key.as_deref()).await,
    }
}

/// The files, or if there are none that of the wallet.
fn own_or(global: &Global, files: Vec<PathBuf>) -> Result<Vec<PathBuf>, CommandError> {
    Ok(match files.is_empty() {
        true => vec![kept_at(global.open_wallet()?.path(), global.group)],
        false => files,
    })
}

fn receipts_of(kept: &[Kept]) -> Vec<SignedReceipt> {
    kept.iter().map(|kept| kept.receipt).collect()
}

async fn fetch(global: &Global, mut from: u64) -> Result<(), CommandError> {
    let (session, _) = Session::with_sequencer(global).await?;
    loop {
        let page = session.sequencer.receipts(&session.trader, from).await?;
        let mut last = None;
        for text in &page {
            say!("{text}");
            last = SignedReceipt::from_hex(text).ok().map(|signed| signed.receipt.number);
        }
        match last {
            Some(last) => from = last.saturating_add(1),
            None => return Ok(()),
        }
    }
}

async fn verify(global: &Global, files: Vec<PathBuf>, key: Option<&str>) -> Result<(), CommandError> {
    let receipts = receipts_of(&read(&own_or(global, files)?)?);
    let chain = global.connect().await?;
    let keys = match key {
        Some(text) => vec![public_key(text)?],
        None => {
            let members = chain.submitters(global.group, None).await?;
            members.into_iter().map(Into::into).collect()
        }
    };
    let scope = Scope {
        genesis: chain.genesis().0,
        group: GroupId(global.group),
    };
    let (checked, key) = checked(&scope, &keys, &receipts)?;
    for signed in &receipts {
        say!("{}", line(signed));
    }
    say!(
        "{} receipts of 0x{} are good, {} of them follow the one before that is here; nothing contradicts",
        checked.receipts,
        hex::encode(key),
        checked.links
    );
    let (who, at) = (key.into(), Some(chain.finalized().await?));
    let begun = chain.series_of_receipts(global.group, &who, at).await?;
    say!("{}", staked(begun.map(|series| series.number), &receipts));
    let bond = chain.bond(global.group, &who, at).await?;
    say!("{}", bonded(bond.map(|bond| (bond.held, bond.free_at))));
    Ok(())
}

/// What the sequencer has staked: an amount, and the block from which on it may be taken back, if there is one.
fn bonded(bond: Option<(Balance, Option<BlockNumber>)>) -> String {
    match bond {
        None => "the sequencer has bonded nothing: nobody loses anything by these".into(),
        Some((held, None)) => format!("it has bonded {}", shown(held)),
        Some((held, Some(free_at))) => format!(
            "it has bonded {}, and can take it back from block {free_at} on: report before",
            shown(held)
        ),
    }
}

/// Which of these receipts a bond answers for, where the chain has this series of the sequencer.
fn staked(begun: Option<u32>, receipts: &[SignedReceipt]) -> String {
    let Some(begun) = begun else {
        return "the sequencer has begun no series of receipts on the chain: nothing is staked on these".into();
    };
    let count = |is: &dyn Fn(u32) -> bool| receipts.iter().filter(|signed| is(signed.receipt.series())).count();
    let present = count(&|series| series == begun);
    let others = count(&|series| 0 < series && series != begun);
    let unstaked = count(&|series| series == 0);
    let mut said = format!("{present} are of series {begun}, which the chain has of the sequencer");
    if others > 0 {
        said +=
            &format!("; {others} are of other series, good only if they were given while those were the present one");
    }
    if unstaked > 0 {
        said += &format!("; {unstaked} are of series 0: nothing is staked on these");
    }
    said
}

fn public_key(text: &str) -> Result<[u8; 32], CommandError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let bytes = hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(CommandError::ReceiptKey)
}

fn line(signed: &SignedReceipt) -> String {
    let receipt = &signed.receipt;
    let promise = match &receipt.outcome {
        Promise::Order {
            filled,
            resting,
            waits,
            dropped,
        } => {
            let waits = if *waits { ", waits for a mark" } else { "" };
            let dropped = dropped.map(|why| format!(", the rest dropped: {why:?}"));
            format!(
                "order: {filled} lots filled, {resting} at rest{waits}{}",
                dropped.unwrap_or_default()
            )
        }
        Promise::Cancel { filled } => format!("cancel: no more than {filled} lots were filled until then"),
        Promise::CancelAll => "cancel of everything before".into(),
        Promise::Withdrawal { amount } => format!(
            "withdrawal of {}",
            cloister_client_core::amount::show_money(amount.get().into())
        ),
        Promise::Control => "control".into(),
    };
    format!("{}  {}  {promise}", receipt.number, receipt.received_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_receipts::{Chain, CheckError, Hash, ReceiptError};
    use cloister_types::Lots;
    use polkadot_sdk::sp_core::{sr25519, Pair};
    use std::{fs, io::Write};

    const SCOPE: Scope = Scope {
        genesis: [1; 32],
        group: GroupId(1),
    };

    fn key(number: u8) -> sr25519::Pair {
        sr25519::Pair::from_seed(&[number; 32])
    }

    /// A receipt of a chain, signed.
    fn issue(chain: &mut Chain, instruction: Hash, filled: u64, key: &sr25519::Pair) -> SignedReceipt {
        let outcome = Promise::Cancel { filled: Lots(filled) };
        let receipt = chain.issue(SCOPE, instruction, 1_700_000_000_000, outcome);
        let signature = key.sign(&receipt.message()).0;
        SignedReceipt { receipt, signature }
    }

    fn file(receipts: &[&SignedReceipt]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for signed in receipts {
            writeln!(file, "{}\n", signed.to_hex()).unwrap();
        }
        file
    }

    #[test]
    fn receipts_of_a_file_should_be_checked_under_the_key_that_signed_them() {
        let (other, own) = (key(1), key(2));
        let mut chain = Chain::default();
        let receipts: Vec<_> = (0..3).map(|n| issue(&mut chain, [n; 32], n.into(), &own)).collect();
        let file = file(&receipts.iter().collect::<Vec<_>>());
        let read = receipts_of(&read(&[file.path().into()]).unwrap());
        assert_eq!(read, receipts);
        let keys = [other.public().0, own.public().0];
        let (found, key) = checked(&SCOPE, &keys, &read).unwrap();
        assert_eq!((found.receipts, found.links, key), (3, 2, own.public().0));
        assert_eq!(
            line(&read[1]),
            "1  1700000000000  cancel: no more than 1 lots were filled until then"
        );
    }

    #[test]
    fn a_trader_should_read_on_which_receipts_something_is_staked() {
        let mut chain = Chain::default();
        let mut given = Vec::new();
        for series in [0, 1, 2, 2, 3] {
            chain.begin(series);
            given.push(issue(&mut chain, [1; 32], 3, &key(2)));
        }
        let said = staked(None, &given);
        assert!(said.contains("nothing is staked"), "{said}");
        let said = staked(Some(2), &given);
        for part in ["2 are of series 2,", "; 2 are of other series", "; 1 are of series 0"] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(
            staked(Some(2), &given[2..4]),
            "2 are of series 2, which the chain has of the sequencer"
        );
    }

    #[test]
    fn a_trader_should_read_what_is_staked_and_for_how_long() {
        use cloister_runtime::constants::money::UNIT;
        assert!(bonded(None).contains("bonded nothing"));
        assert_eq!(bonded(Some((1_000 * UNIT, None))), "it has bonded 1000 CLO");
        let said = bonded(Some((UNIT / 2, Some(7))));
        assert!(said.contains("0.5 CLO") && said.contains("from block 7 on"), "{said}");
    }

    #[test]
    fn two_stories_should_end_with_a_code_of_their_own() {
        let own = key(2);
        let one = issue(&mut Chain::default(), [1; 32], 3, &own);
        let other = issue(&mut Chain::default(), [1; 32], 4, &own);
        let file = file(&[&one, &other]);
        let read = receipts_of(&read(&[file.path().into()]).unwrap());
        let error = checked(&SCOPE, &[own.public().0], &read).unwrap_err();
        assert!(matches!(error, CheckError::Contradiction { number: 0, .. }), "{error}");
        assert_eq!(
            CommandError::from(error).code(),
            super::super::outcome::code::TWO_STORIES
        );
    }

    #[test]
    fn a_receipt_of_another_key_chain_or_wording_should_be_refused() {
        let own = key(2);
        let signed = issue(&mut Chain::default(), [1; 32], 3, &own);
        let found = checked(&SCOPE, &[key(3).public().0], std::slice::from_ref(&signed));
        assert!(matches!(found, Err(CheckError::Receipt(_))), "{found:?}");
        let elsewhere = Scope {
            genesis: [2; 32],
            ..SCOPE
        };
        let found = checked(&elsewhere, &[own.public().0], std::slice::from_ref(&signed));
        assert_eq!(found.unwrap_err(), CheckError::Receipt(ReceiptError::Scope(0)));
        let mut changed = signed;
        changed.receipt.outcome = Promise::Cancel { filled: Lots(9) };
        assert!(checked(&SCOPE, &[own.public().0], &[changed]).is_err());
    }

    #[test]
    fn what_is_no_receipt_should_be_named_by_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "\n0x00\n").unwrap();
        let error = read(&[file.path().into()]).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        fs::write(file.path(), "\n").unwrap();
        let error = read(&[file.path().into()]).unwrap_err();
        assert!(matches!(error, CommandError::NoReceipts), "{error}");
        assert!(public_key("0x12").is_err());
    }
}
