//! Receipts that are kept beside the wallet, one on a line, with or without what they are of (Q-RECEIPT).

use super::error::CommandError;
use cloister_ledger::SignedInstruction;
use cloister_receipts::{ReceiptError, SignedReceipt};
use cloister_sequencer_rpc::types::AcceptedInfo;
use codec::{DecodeAll, Encode};
use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Who may read receipts: their owner alone, as they tell orders.
const PRIVATE: u32 = 0o600;

/// Where the receipts of a wallet's account in a group are kept, one on a line.
pub(super) fn kept_at(wallet: &Path, group: u32) -> PathBuf {
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
    if let Some(receipt) = readable(accepted) {
        add(wallet, group, &receipt.to_hex());
    }
}

/// As [`keep`], with the instruction: a receipt has its hash alone, and a report shows it (C-OVERFILL).
pub(super) fn keep_with(wallet: &Path, group: u32, accepted: &AcceptedInfo, signed: &SignedInstruction) {
    let Some(receipt) = readable(accepted) else { return };
    if !receipt.receipt.is_of(signed) {
        eprintln!("the sequencer's receipt is of another instruction than was sent: its promise is worth nothing");
    }
    let line = format!("{} 0x{}", receipt.to_hex(), hex::encode(signed.encode()));
    add(wallet, group, &line);
}

/// The receipt of an answer. One that cannot be read is told and not kept: it would spoil the file.
fn readable(accepted: &AcceptedInfo) -> Option<SignedReceipt> {
    let receipt = SignedReceipt::from_hex(accepted.receipt.as_ref()?);
    let told = |error: &ReceiptError| eprintln!("the sequencer's receipt is not kept: {error}");
    receipt.inspect_err(told).ok()
}

fn add(wallet: &Path, group: u32, line: &str) {
    let path = kept_at(wallet, group);
    if let Err(error) = append(&path, line) {
        eprintln!("the receipt is not kept: {}: {error}; it is {line}", path.display());
    }
}

/// Adds a line, behind one that was cut off too.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).read(true).append(true).mode(PRIVATE).open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let ends = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{ends}{line}\n").as_bytes())
}

/// The receipts in files, each on a line of its own, with or without what it is of.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Kept>, CommandError> {
    read_or(files, Err)
}

/// As [`read`], without lines that are no receipts, which are told.
pub(super) fn read_good(files: &[PathBuf]) -> Result<Vec<Kept>, CommandError> {
    read_or(files, |error| {
        eprintln!("left out: {error}");
        Ok(())
    })
}

fn read_or(
    files: &[PathBuf],
    bad: impl Fn(CommandError) -> Result<(), CommandError>,
) -> Result<Vec<Kept>, CommandError> {
    let mut out = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|source| CommandError::ReceiptFile {
            path: path.clone(),
            source,
        })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (number, line) in lines {
            match kept(line) {
                Ok(kept) => out.push(kept),
                Err(source) => bad(unreadable(path, number, source))?,
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_receipts::{instruction_hash, Chain, Outcome, Scope};
    use cloister_types::{GroupId, Lots};
    use serde_json::json;

    #[test]
    fn a_receipt_should_be_kept_with_what_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let wallet = folder.path().join("wallet.json");
        let signed = SignedInstruction::default();
        let scope = Scope {
            genesis: [1; 32],
            group: GroupId(1),
        };
        let outcome = Outcome::Cancel { filled: Lots(3) };
        let receipt = SignedReceipt {
            receipt: Chain::default().issue(scope, instruction_hash(&signed), 1_700_000_000_000, outcome),
            signature: [7; 64],
        };
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
            // Whoever looks for an offence passes over it, and what comes next is on a line of its own.
            assert_eq!(read_good(std::slice::from_ref(&path)).unwrap(), [of(None)]);
            keep(&wallet, 1, &accepted);
            assert_eq!(read_good(std::slice::from_ref(&path)).unwrap(), [of(None), of(None)]);
        }
        // What is no receipt does not get there.
        fs::write(&path, "").unwrap();
        keep(&wallet, 1, &answer(Some("0x01\n0x02".into())));
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}
