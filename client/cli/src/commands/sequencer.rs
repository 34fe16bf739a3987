//! `cloister sequencer`: the secret of a group's sealing key, handed over (C-HAND-OVER) and rotated (C-ROTATION).

use super::{
    error::CommandError,
    oracle::read_key,
    output::print_table,
    sequencer_files::{former, keep_secret, read_secret, secret_or_new},
};
use crate::cli::{
    Account, ConfirmArguments, Global, HandOverArguments, ProposeArguments, ReceiveArguments, SequencerCommand,
    TransportArguments,
};
use cloister_cli::{progress::Progress, table::TextTable};
use cloister_client::{
    chain::Chain,
    secrets::{SealingKey, Secrets},
};
use cloister_client_core::owner::OwnerKey;
use cloister_hand_over::{fresh_seed, Seeds, TransportKey, Zeroizing};
use cloister_runtime::AccountId;
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use std::path::Path;

pub async fn run(global: &Global, command: SequencerCommand) -> Result<(), CommandError> {
    match command {
        SequencerCommand::TransportKey(arguments) => publish(global, &arguments).await,
        SequencerCommand::HandOver(arguments) => hand_over(global, &arguments).await,
        SequencerCommand::Receive(arguments) => receive(global, &arguments).await,
        SequencerCommand::Propose(arguments) => propose(global, &arguments).await,
        SequencerCommand::Confirm(arguments) => confirm(global, &arguments).await,
        SequencerCommand::Status => status(global).await,
    }
}

fn signer(account: &Account) -> Result<OwnerKey, CommandError> {
    let text = Zeroizing::new(read_key(&account.key_file)?);
    // What the file holds must not be shown.
    OwnerKey::from_uri(text.trim()).map_err(|_| CommandError::NotAnAccount(account.key_file.clone()))
}

fn transport(path: &Path) -> Result<TransportKey, CommandError> {
    Ok(TransportKey::from_seed(&*read_secret(path)?))
}

fn show(key: &[u8; 32]) -> String {
    format!("0x{}", hex::encode(key))
}

async fn publish(global: &Global, arguments: &TransportArguments) -> Result<(), CommandError> {
    let signer = signer(&arguments.account)?;
    let key = TransportKey::from_seed(&*secret_or_new(&arguments.transport_secret)?);
    let chain = global.connect().await?;
    let secrets = Secrets::of(&chain, global.group).await?;
    waits();
    secrets.publish(&signer, &key).await?;
    say!("transport key {}", show(&key.public()));
    Ok(())
}

async fn hand_over(global: &Global, arguments: &HandOverArguments) -> Result<(), CommandError> {
    let signer = signer(&arguments.account)?;
    let files = std::iter::once(&arguments.secret).chain(&arguments.former_secret);
    let mut seeds = Seeds::default();
    for path in files {
        seeds.push(*read_secret(path)?);
    }
    let chain = global.connect().await?;
    let secrets = Secrets::of(&chain, global.group).await?;
    waits();
    secrets
        .hand_over(&signer, &arguments.to, arguments.transport_key, &seeds)
        .await?;
    say!(
        "handed over to {}: the present secret and {} former ones",
        arguments.to.to_ss58check(),
        seeds.len().saturating_sub(1)
    );
    Ok(())
}

async fn receive(global: &Global, arguments: &ReceiveArguments) -> Result<(), CommandError> {
    let own = transport(&arguments.transport_secret)?;
    let chain = global.connect().await?;
    let secrets = Secrets::of(&chain, global.group).await?;
    let from = arguments.from.as_ref();
    let (from, seeds) = secrets.receive(&arguments.account, &own, from).await?;
    eprintln!("handed over by {}", from.to_ss58check());
    for (number, seed) in seeds.iter().enumerate() {
        let path = match number {
            0 => arguments.secret.clone(),
            number => former(&arguments.secret, number),
        };
        keep_secret(&path, seed)?;
        say!("{}", path.display());
    }
    Ok(())
}

async fn propose(global: &Global, arguments: &ProposeArguments) -> Result<(), CommandError> {
    let signer = signer(&arguments.account)?;
    let chain = global.connect().await?;
    let secrets = Secrets::of(&chain, global.group).await?;
    // Another one each time: whoever was a member when a proposal was made, and is not, knows its secret.
    let seed = fresh_seed()?;
    let proposal = secrets.proposal(&AccountId::new(signer.public()), &seed).await?;
    // No secret is kept that cannot be proposed, and none is proposed that is not kept.
    keep_secret(&arguments.secret, &seed)?;
    waits();
    secrets.propose(&signer, proposal).await?;
    match secrets.members().len() {
        1 => say!("the secret of {} is the group's", arguments.secret.display()),
        members => say!(
            "the secret of {} is proposed; {} others must confirm it",
            arguments.secret.display(),
            members.saturating_sub(1)
        ),
    }
    Ok(())
}

async fn confirm(global: &Global, arguments: &ConfirmArguments) -> Result<(), CommandError> {
    let signer = signer(&arguments.account)?;
    let own = transport(&arguments.transport_secret)?;
    let chain = global.connect().await?;
    let secrets = Secrets::of(&chain, global.group).await?;
    let who = AccountId::new(signer.public());
    let (proposal, seeds) = secrets.proposed(&who, &own, arguments.proposer.as_ref()).await?;
    // Whoever confirms has the secret, whatever happens then.
    for seed in seeds.iter().take(1) {
        keep_secret(&arguments.secret, seed)?;
    }
    waits();
    secrets.confirm(&signer, &proposal).await?;
    let now = chain.seal_key(global.group, Some(chain.finalized().await?)).await?;
    say!(
        "confirmed the secret of {}, proposed by {}; {}",
        arguments.secret.display(),
        proposal.proposer.to_ss58check(),
        match now == proposal.key {
            true => "it is the group's",
            false => "others must confirm it",
        }
    );
    Ok(())
}

/// Everything that is signed here is waited for until it is final.
fn waits() {
    Progress::begin().say("waiting until it is final".to_owned());
}

async fn status(global: &Global) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let at = Some(chain.finalized().await?);
    let secrets = Secrets::of(&chain, global.group).await?;
    let mut facts = TextTable::facts();
    let due = match chain.rotation_due(global.group, at).await? {
        None => "not due".to_owned(),
        Some(since) => format!("DUE since {since} ms of Unix time"),
    };
    let key = chain.seal_key(global.group, at).await?;
    facts.fact("sealing key", shown(&key)).fact("rotation", due);
    for who in secrets.members() {
        let name = who.to_ss58check();
        let transport = chain.transport_key(global.group, who, at).await?;
        let transport = transport.map_or_else(|| "none".to_owned(), |key| show(&key));
        facts.fact("sequencer", &name).fact("  transport key", transport);
        for one in chain.hand_overs(global.group, who, at).await? {
            facts.fact("  handed over by", one.from.to_ss58check());
        }
    }
    proposals(&chain, global.group, &mut facts).await?;
    print_table(facts);
    Ok(())
}

async fn proposals(chain: &Chain, group: u32, facts: &mut TextTable) -> Result<(), CommandError> {
    let at = Some(chain.finalized().await?);
    for proposal in chain.proposals(group, at).await? {
        facts
            .fact("proposed by", proposal.proposer.to_ss58check())
            .fact("  sealing key", shown(&proposal.key));
        for who in &proposal.confirmed {
            facts.fact("  confirmed by", who.to_ss58check());
        }
    }
    Ok(())
}

fn shown((x, y): &SealingKey) -> String {
    format!("{} {}", show(x), show(y))
}
