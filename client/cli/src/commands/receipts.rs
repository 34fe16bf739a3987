//! `cloister receipts`: what the sequencer has promised, kept and checked (Q-RECEIPT).

use super::{error::CommandError, report, report_cancel, session::Session};
use crate::cli::{Global, ReceiptsCommand};
use cloister_cli::receipts::checked;
use cloister_ledger::SignedInstruction;
use cloister_receipts::{Outcome as Promise, ReceiptError, Scope, SignedReceipt};
use cloister_sequencer_rpc::types::AcceptedInfo;
use cloister_types::GroupId;
use codec::{DecodeAll, Encode};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

pub async fn run(global: &Global, command: ReceiptsCommand) -> Result<(), CommandError> {
    match command {
        ReceiptsCommand::Fetch { from } => fetch(global, from).await,
        ReceiptsCommand::Report { files, key } => {
            let key = key.as_deref().map(public_key).transpose()?;
            report::run(global, &receipts_of(&read(&files)?), key).await
        }
        ReceiptsCommand::ReportCancel { files, disclose } => {
            let kept = read(&own_or(global, files)?)?;
            report_cancel::run(global, &kept, disclose).await
        }
        ReceiptsCommand::Verify { files, key } => verify(global, files, key.as_deref()).await,
    }
}

/// Who may read receipts: their owner alone, as they tell orders.
const PRIVATE: u32 = 0o600;

/// Where the receipts of a wallet's account in a group are kept, one on a line.
fn kept_at(wallet: &Path, group: u32) -> PathBuf {
    wallet.with_extension(format!("group-{group}.receipts"))
}

/// A receipt, and what it is of, where that was kept with it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub receipt: SignedReceipt,
    pub instruction: Option<SignedInstruction>,
}

/// Keeps the receipt of an answer, if it has one, beside the file of the wallet. The instruction is taken whether or
/// not this works, so a disk that is full is told and is no failure.
pub(super) fn keep(wallet: &Path, group: u32, accepted: &AcceptedInfo) {
    if let Some(receipt) = &accepted.receipt {
        add(wallet, group, receipt);
    }
}

/// As [`keep`], with the instruction: a receipt has its hash alone, and a report shows it (C-OVERFILL).
pub(super) fn keep_with(wallet: &Path, group: u32, accepted: &AcceptedInfo, signed: &SignedInstruction) {
    if let Some(receipt) = &accepted.receipt {
        add(wallet, group, &format!("{receipt} 0x{}", hex::encode(signed.encode())));
    }
}

fn add(wallet: &Path, group: u32, line: &str) {
    let path = kept_at(wallet, group);
    let file = OpenOptions::new().create(true).append(true).mode(PRIVATE).open(&path);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
        eprintln!("the receipt is not kept: {}: {error}; it is {line}", path.display());
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
    let begun = chain.series_of_receipts(global.group, &key.into(), None).await?;
    say!("{}", staked(begun.map(|series| series.number), &receipts));
    Ok(())
}

/// What the sequencer loses by a contradiction of these receipts, where the chain has this series of it.
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

/// The receipts in files, each on a line of its own, with or without what it is of.
fn read(files: &[PathBuf]) -> Result<Vec<Kept>, CommandError> {
    let mut out = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|source| CommandError::ReceiptFile {
            path: path.clone(),
            source,
        })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (number, line) in lines {
            out.push(kept(line).map_err(|source| unreadable(path, number, source))?);
        }
    }
    if out.is_empty() {
        return Err(CommandError::NoReceipts);
    }
    Ok(out)
}

/// Reads a line.
fn kept(line: &str) -> Result<Kept, ReceiptError> {
    let (receipt, instruction) = match line.trim().split_once(char::is_whitespace) {
        Some((receipt, instruction)) => (receipt, Some(instruction)),
        None => (line, None),
    };
    let of = |text: &str| {
        let text = text.trim();
        let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()?;
        SignedInstruction::decode_all(&mut &bytes[..]).ok()
    };
    Ok(Kept {
        receipt: SignedReceipt::from_hex(receipt)?,
        instruction: instruction
            .map(|text| of(text).ok_or(ReceiptError::Format))
            .transpose()?,
    })
}

fn unreadable(path: &Path, line: usize, source: ReceiptError) -> CommandError {
    CommandError::ReceiptLine {
        path: path.into(),
        line: line.saturating_add(1),
        source,
    }
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
        Promise::Cancel { filled } => format!("cancel: {filled} lots were filled until then"),
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
    use cloister_receipts::{instruction_hash, Chain, CheckError, Hash};
    use cloister_types::Lots;
    use polkadot_sdk::sp_core::{sr25519, Pair};
    use serde_json::json;

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
            "1  1700000000000  cancel: 1 lots were filled until then"
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
    fn a_receipt_should_be_kept_with_what_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let wallet = folder.path().join("wallet.json");
        let signed = SignedInstruction::default();
        let receipt = issue(&mut Chain::default(), instruction_hash(&signed), 3, &key(2));
        let answer = |receipt: Option<String>| -> AcceptedInfo {
            let answer = json!({ "time": 0, "filled": "3", "resting": "0", "fills": [], "receipt": receipt });
            serde_json::from_value(answer).unwrap()
        };
        let accepted = answer(Some(receipt.to_hex()));
        keep(&wallet, 1, &accepted);
        keep_with(&wallet, 1, &accepted, &signed);
        keep_with(&wallet, 1, &answer(None), &signed);
        let path = kept_at(&wallet, 1);
        let read = read(std::slice::from_ref(&path)).unwrap();
        let of = |instruction| Kept { receipt, instruction };
        assert_eq!(read, [of(None), of(Some(signed))]);

        let text = fs::read_to_string(&path).unwrap();
        for (cut, line) in [(2, 2), (1, 2), (200, 2)] {
            fs::write(&path, &text[..text.len() - 1 - cut]).unwrap();
            let error = super::read(std::slice::from_ref(&path)).unwrap_err();
            let is_there = matches!(&error, CommandError::ReceiptLine { line: found, .. } if *found == line);
            assert!(is_there, "{cut}: {error}");
        }
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
