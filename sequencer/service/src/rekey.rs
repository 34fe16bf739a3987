//! The re-key of the group's house, when the sequencer starts (Q-KEYS, C-HOUSE).

use crate::{
    chain::{ChainClient, ChainError, SubmitOutcome},
    error::StartError,
    shared::Shared,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{GroupLedger, HouseRekeyStatement};
use cloister_prover_job::{ProofJob, Prover};
use cloister_settlement::{HouseRekey, HouseRekeyed};
use cloister_types::GroupId;

/// Whether the house must be re-keyed before batches are made: it never was, or the sealing key in force is this
/// sequencer's and the house was last re-keyed to another. `None` if it must be, and the sealing key is not this
/// sequencer's: a key sealed to another could not be read here again.
pub(crate) async fn must_rekey<C: ChainClient>(
    shared: &Shared<C>,
    rekeyed: &[HouseRekeyed],
) -> Result<Option<bool>, ChainError> {
    let in_force = shared.chain.seal_key(shared.config.group).await?;
    let own = shared.keys.public();
    let own = (to_bytes(&own.x()), to_bytes(&own.y()));
    let (is_own, last) = (in_force == Some(own), rekeyed.last());
    if last.is_none() && !is_own {
        log::warn!(
            target: "cloister",
            "The house of group {} must be re-keyed, and the chain's sealing key is not this sequencer's",
            shared.config.group,
        );
        return Ok(None);
    }
    Ok(Some(is_own && last.is_none_or(|last| last.sealing_key != own)))
}

/// Proves and submits a re-key of the house of a settled ledger. What fails, or what the chain refuses, is tried again
/// by the caller, who looks at the chain anew.
///
/// # Errors
/// [`StartError`], if trying again does not help.
pub(crate) async fn rekey<C: ChainClient, P: Prover>(
    shared: &Shared<C>,
    prover: &P,
    state: &GroupLedger,
) -> Result<(), StartError> {
    let group = shared.config.group;
    let verifying_key = prover.verifying_key();
    let keys = shared.chain.rekey_keys().await?;
    let key = keys.iter().find(|found| found.active && found.key == verifying_key);
    let key = key.ok_or(StartError::NoRekeyKey)?.id;
    let (new_key, entropy) = shared.keys.house_secrets(&to_bytes(&state.house().commitment()));
    let (statement, witness) = HouseRekeyStatement::rekey(
        shared.chain.genesis_hash(),
        GroupId(group),
        shared.keys.public(),
        state.house().clone(),
        new_key,
        &entropy,
    )?;
    let proof = match prover.prove(ProofJob::house_rekey(statement, witness)).await {
        Ok(proof) => proof,
        Err(error) => {
            log::error!(target: "cloister", "The re-key of the house cannot be proven: {error}");
            return Ok(());
        }
    };
    let submission = HouseRekey::new(key, &statement, proof.0);
    match shared.chain.submit_rekey(group, &submission).await {
        Ok(SubmitOutcome::InBlock(block)) => {
            log::info!(target: "cloister", "The house of group {group} is re-keyed in block {block}");
        }
        Ok(SubmitOutcome::Rejected(rejection)) => {
            log::warn!(target: "cloister", "The chain refuses the re-key of the house: {rejection}");
        }
        Err(error) => log::warn!(target: "cloister", "The re-key of the house: {error}"),
    }
    Ok(())
}
