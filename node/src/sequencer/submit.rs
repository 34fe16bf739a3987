//! Batches and re-keys on their way to the chain: signing, the transaction pool, and what became of them.

use super::{
    chain::{unavailable, NodeChain},
    context::SUBMITTER_KEY,
};
use crate::parts::TransactionPool;
use cloister_runtime::{
    constants::money::MILLI_UNIT,
    opaque::Block,
    transaction::{bound_to, Binding, Unsigned},
    AccountId, Balance, Execution, Hash, Nonce, Runtime, RuntimeCall, RuntimeEvent,
};
use cloister_sequencer::chain::{At, ChainError, InvalidBatch, SubmitOutcome, SubmitRejection};
use codec::Decode;
use frame_support::traits::PalletInfoAccess;
use frame_system_rpc_runtime_api::AccountNonceApi;
use futures::StreamExt;
use pallet_cloister_execution::Error;
use polkadot_sdk::*;
use sc_transaction_pool_api::{TransactionPool as _, TransactionSource, TransactionStatus, TransactionStatusStreamFor};
use sp_runtime::{generic::Era, traits::Header as _, DispatchError, MultiSignature, OpaqueExtrinsic};
use std::{pin::Pin, time::Duration};
use tokio::time::timeout;

/// Blocks in which a batch may be included after it was signed. A later one is stale anyway, and a transaction that
/// never dies could come back after the sequencer has made another.
const LIFETIME: u64 = 32;

/// How long a transaction may wait for a block before it is sent again with a tip: two blocks.
const PATIENCE: Duration = Duration::from_secs(12);
/// Maximum number of times that the tip doubles; it ends at 1.024 tokens.
const MAX_DOUBLINGS: u32 = 10;

/// What a transaction offers for its place after so many replacements: nothing at first, then a thousandth of the
/// native token, twice as much each time.
fn tip(replacements: u32) -> Balance {
    match replacements.checked_sub(1) {
        None => 0,
        Some(doublings) => MILLI_UNIT << doublings.min(MAX_DOUBLINGS),
    }
}

/// What a refusal of the runtime means for the sequencer.
fn rejection(error: DispatchError) -> SubmitRejection {
    let other = |module: u8, number: u8| SubmitRejection::Invalid(InvalidBatch::Other(module, number));
    match error {
        DispatchError::Module(module) if usize::from(module.index) == Execution::index() => {
            match Error::<Runtime>::decode(&mut &module.error[..]) {
                Ok(error) => SubmitRejection::from_name(error.into()).unwrap_or(other(module.index, module.error[0])),
                Err(_) => other(module.index, module.error[0]),
            }
        }
        DispatchError::Module(module) => other(module.index, module.error[0]),
        // Not of a pallet: the outer enum's variant is all there is.
        _ => other(u8::MAX, u8::MAX),
    }
}

impl NodeChain {
    /// Signs a call, gives it to the pool, and waits until it is in a block of the best chain or refused. While no
    /// block takes it, it is replaced by one with a higher tip.
    pub(super) async fn submit(&self, call: RuntimeCall) -> Result<SubmitOutcome, ChainError> {
        let (mut statuses, nonce) = self.enter(call.clone(), tip(0), None).await?;
        let mut replacements = 0;
        loop {
            let status = match timeout(PATIENCE, statuses.next()).await {
                Ok(Some(status)) => status,
                // The pool ended the stream, as it does when the node stops.
                Ok(None) => return Err(ChainError::Dropped),
                Err(_) => {
                    replacements += 1;
                    // The pool refuses it if a block has taken the one before meanwhile, which its statuses tell.
                    match self.enter(call.clone(), tip(replacements), Some(nonce)).await {
                        Ok((newer, _)) => {
                            log::info!(target: "cloister", "No block takes a transaction; it is sent again for a tip");
                            statuses = newer;
                        }
                        Err(error) => log::debug!(target: "cloister", "A transaction is not replaced: {error}"),
                    }
                    continue;
                }
            };
            match status {
                TransactionStatus::InBlock((block, index)) | TransactionStatus::Finalized((block, index)) => {
                    return self.outcome(block, index);
                }
                TransactionStatus::Usurped(_) | TransactionStatus::Dropped | TransactionStatus::Invalid => {
                    return Err(ChainError::Dropped);
                }
                TransactionStatus::Future
                | TransactionStatus::Ready
                | TransactionStatus::Broadcast(_)
                | TransactionStatus::Retracted(_)
                | TransactionStatus::FinalityTimeout(_) => {}
            }
        }
    }

    /// Gives a call to the pool, signed with a nonce or with the account's next. Returns what becomes of it, and the
    /// nonce.
    async fn enter(
        &self,
        call: RuntimeCall,
        tip: Balance,
        nonce: Option<Nonce>,
    ) -> Result<(Pin<Box<TransactionStatusStreamFor<TransactionPool>>>, Nonce), ChainError> {
        let (best, _) = self.block(At::Best);
        let nonce = match nonce {
            Some(nonce) => nonce,
            None => self.next_nonce(best)?,
        };
        let extrinsic = self.sign(call, best, nonce, tip)?;
        let pool = &self.context.pool;
        let statuses = pool.submit_and_watch(best, TransactionSource::Local, extrinsic).await;
        Ok((statuses.map_err(unavailable)?, nonce))
    }

    fn next_nonce(&self, best: Hash) -> Result<Nonce, ChainError> {
        let account = AccountId::from(self.submitter);
        AccountNonceApi::<Block, AccountId, Nonce>::account_nonce(&*self.api(), best, account).map_err(unavailable)
    }

    fn sign(&self, call: RuntimeCall, best: Hash, nonce: Nonce, tip: Balance) -> Result<OpaqueExtrinsic, ChainError> {
        use sp_blockchain::HeaderBackend;

        let client = &self.context.client;
        let account = AccountId::from(self.submitter);
        let header = client
            .header(best)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the best block is gone"))?;
        let number = u64::from(bound_to(*header.number(), client.info().finalized_number, LIFETIME));
        let era = Era::mortal(LIFETIME, number);
        // An era begins at or before its block.
        let birth = u32::try_from(era.birth(number)).map_err(unavailable)?;
        let birth = client
            .hash(birth)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the era's first block is gone"))?;
        let binding = Binding {
            genesis: client.info().genesis_hash,
            nonce,
            era,
            birth,
            tip,
            fee_asset: None,
        };
        let unsigned = Unsigned::new(call, binding);
        let signature = self
            .context
            .keystore
            .sr25519_sign(SUBMITTER_KEY, &self.submitter, unsigned.message())
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the key that signs batches is gone from the keystore"))?;
        Ok(unsigned.signed_by(account, MultiSignature::Sr25519(signature)).into())
    }

    /// What the transaction with this index did in a block.
    fn outcome(&self, block: Hash, index: usize) -> Result<SubmitOutcome, ChainError> {
        use sp_blockchain::HeaderBackend;

        let client = &self.context.client;
        let number = client
            .number(block)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the block is gone"))?;
        for (_, event) in self.events(block)?.into_iter().filter(|(at, _)| *at == index) {
            match event {
                RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { .. }) => {
                    return Ok(SubmitOutcome::InBlock(number.into()));
                }
                RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) => {
                    return Ok(SubmitOutcome::Rejected(rejection(dispatch_error)));
                }
                _ => {}
            }
        }
        Err(unavailable("a transaction without an outcome"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_should_rise_from_nothing_to_its_most_and_no_further() {
        assert_eq!([0, 1, 2, 3].map(tip), [0, MILLI_UNIT, 2 * MILLI_UNIT, 4 * MILLI_UNIT]);
        assert_eq!(
            (tip(11), tip(12), tip(u32::MAX)),
            (1_024 * MILLI_UNIT, tip(11), tip(11))
        );
    }
}
