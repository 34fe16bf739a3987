//! `cloister sequencer`.

use clap::{Args, Subcommand};
use cloister_runtime::AccountId;
use std::path::PathBuf;

/// What to do as a sequencer of a group.
///
/// All of it asks the node of --node what to seal to whom: it should be the sequencer's own.
#[derive(Debug, Subcommand)]
pub enum SequencerCommand {
    /// Publish the key to which the others seal the group's secret for this sequencer.
    #[command(after_help = "\
Makes the transport key if there is no such file: 64 hexadecimal digits, which only its owner can read. Shows what it
publishes, so that others can compare it. With another key, what was handed over before is gone.

EXAMPLE
  cloister sequencer transport-key --transport-secret transport.hex --key-file account.key")]
    TransportKey(TransportArguments),
    /// Hand the group's secret over to another sequencer.
    #[command(after_help = "\
The secret must be that of the group's present sealing key. Former secrets, the newest first, let the other one read
what was sealed to former keys. Only it can open what is then on the chain.

EXAMPLE
  cloister sequencer hand-over --to 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty \\
      --secret secret.hex --former-secret former.hex --key-file account.key")]
    HandOver(HandOverArguments),
    /// Take the secret that another sequencer has handed over into a file.
    #[command(after_help = "\
What opens is compared with the group's sealing key. Former secrets, which nothing can be compared with here, go into
files beside it, which end in .former-1, .former-2 and so on, the newest first. No file is overwritten.

EXAMPLE
  cloister sequencer receive --account 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty \\
      --transport-secret transport.hex --secret secret.hex")]
    Receive(ReceiveArguments),
    /// Propose another secret, where a sequencer was taken away.
    #[command(after_help = "\
Makes the secret, keeps it in the file, and seals it to every other sequencer of the group. Its key is the sealing key as
soon as all of them have confirmed it, and at once if there is no other.

EXAMPLE
  cloister sequencer propose --secret new.hex --key-file account.key")]
    Propose(ProposeArguments),
    /// Take a proposed secret into a file, and confirm it.
    #[command(after_help = "\
The last one that confirms puts the key in force. Before, let the node have the new secret as a former one, so that it
reads what is sealed to either.

EXAMPLE
  cloister sequencer confirm --transport-secret transport.hex --secret new.hex --key-file account.key")]
    Confirm(ConfirmArguments),
    /// Show who has which transport key, what was handed over, and what is proposed.
    Status,
}

/// Who signs.
#[derive(Debug, Args)]
pub struct Account {
    /// File with the secret URI or phrase of the sequencer's account, which only its owner can read.
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
}

/// A transport key.
#[derive(Debug, Args)]
pub struct TransportArguments {
    /// File of the transport key's secret.
    #[arg(long, value_name = "FILE")]
    pub transport_secret: PathBuf,
    /// Who signs.
    #[command(flatten)]
    pub account: Account,
}

/// A hand-over.
#[derive(Debug, Args)]
pub struct HandOverArguments {
    /// Account of the other sequencer.
    #[arg(long, value_name = "ACCOUNT")]
    pub to: AccountId,
    /// File of the group's secret.
    #[arg(long, value_name = "FILE")]
    pub secret: PathBuf,
    /// Files of former secrets, the newest first; up to seven.
    #[arg(long, value_name = "FILE")]
    pub former_secret: Vec<PathBuf>,
    /// Refuse unless this is the other one's transport key, 64 hexadecimal digits.
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub transport_key: Option<[u8; 32]>,
    /// Who signs.
    #[command(flatten)]
    pub account: Account,
}

/// What to take.
#[derive(Debug, Args)]
pub struct ReceiveArguments {
    /// Account of this sequencer.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: AccountId,
    /// Who has handed it over [default: whoever has, if all have handed over the same].
    #[arg(long, value_name = "ACCOUNT")]
    pub from: Option<AccountId>,
    /// File of the transport key's secret.
    #[arg(long, value_name = "FILE")]
    pub transport_secret: PathBuf,
    /// File that the group's secret goes into.
    #[arg(long, value_name = "FILE")]
    pub secret: PathBuf,
}

/// A proposal.
#[derive(Debug, Args)]
pub struct ProposeArguments {
    /// File that the new secret goes into; there must be none. A proposal that is made again has another secret.
    #[arg(long, value_name = "FILE")]
    pub secret: PathBuf,
    /// Who signs.
    #[command(flatten)]
    pub account: Account,
}

/// A confirmation.
#[derive(Debug, Args)]
pub struct ConfirmArguments {
    /// File of the transport key's secret.
    #[arg(long, value_name = "FILE")]
    pub transport_secret: PathBuf,
    /// File that the new secret goes into.
    #[arg(long, value_name = "FILE")]
    pub secret: PathBuf,
    /// Whose proposal [default: the first that opens].
    #[arg(long, value_name = "ACCOUNT")]
    pub proposer: Option<AccountId>,
    /// Who signs.
    #[command(flatten)]
    pub account: Account,
}

fn key(text: &str) -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode_to_slice(digits, &mut key).map_err(|_| "a transport key has 64 hexadecimal digits".to_owned())?;
    Ok(key)
}
