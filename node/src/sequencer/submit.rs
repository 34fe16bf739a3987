//! Batches and re-keys on their way to the chain: signing, the transaction pool, and what became of them.

use super::{
    chain::{unavailable, NodeChain},
    context::SUBMITTER_KEY,
};
use cloister_runtime::{
    opaque::Block,
    transaction::{Binding, Unsigned},
    AccountId, Execution, Hash, Nonce, Runtime, RuntimeCall, RuntimeEvent,
};
use cloister_sequencer::chain::{At, ChainError, InvalidBatch, SubmitOutcome, SubmitRejection};
use codec::Decode;
use frame_support::traits::PalletInfoAccess;
use frame_system_rpc_runtime_api::AccountNonceApi;
use futures::StreamExt;
use pallet_cloister_execution::Error;
use polkadot_sdk::*;
use sc_transaction_pool_api::{TransactionPool as _, TransactionSource, TransactionStatus};
use sp_runtime::{generic::Era, traits::Header as _, DispatchError, MultiSignature, OpaqueExtrinsic};

/// Blocks in which a batch may be included after it was signed. A later one is stale anyway, and a transaction that
/// never dies could come back after the sequencer has made another.
const LIFETIME: u64 = 32;

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
    /// Signs a call, gives it to the pool, and waits until it is in a block of the best chain or refused.
    pub(super) async fn submit(&self, call: RuntimeCall) -> Result<SubmitOutcome, ChainError> {
        let (best, _) = self.block(At::Best);
        let extrinsic = self.sign(call, best)?;
        let mut statuses = self
            .context
            .pool
            .submit_and_watch(best, TransactionSource::Local, extrinsic)
            .await
            .map_err(unavailable)?;
        while let Some(status) = statuses.next().await {
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
        // The pool ended the stream, as it does when the node stops.
        Err(ChainError::Dropped)
    }

    fn sign(&self, call: RuntimeCall, best: Hash) -> Result<OpaqueExtrinsic, ChainError> {
        use sp_blockchain::HeaderBackend;

        let client = &self.context.client;
        let account = AccountId::from(self.submitter);
        let nonce = AccountNonceApi::<Block, AccountId, Nonce>::account_nonce(&*self.api(), best, account.clone())
            .map_err(unavailable)?;
        let header = client
            .header(best)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the best block is gone"))?;
        let number = u64::from(*header.number());
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
            tip: 0,
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
