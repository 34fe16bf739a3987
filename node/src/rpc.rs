//! JSON-RPC of the node beyond what the SDK serves by itself, and the place where other modules join it.

use crate::parts::{FullBackend, FullClient, TransactionPool};
use cloister_runtime::{opaque::Block, BlockNumber, Hash};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use polkadot_sdk::*;
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// Why the modules do not make one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two modules have a method of the same name.
    #[error("two RPC modules clash: {0}")]
    Clash(#[from] RegisterMethodError),
}

/// What the modules need. The SDK builds the RPC twice, for the server and for calls inside the process, so everything
/// here is shared.
#[derive(Clone)]
pub struct Deps {
    /// The chain.
    pub client: Arc<FullClient>,
    /// Transactions that wait for a block.
    pub pool: Arc<TransactionPool>,
    /// Finality.
    pub finality: Finality,
    /// Modules of other services of this process (the sequencer's). Their methods must not clash with the node's.
    pub extra: Vec<RpcModule<()>>,
}

/// What the finality module needs.
#[derive(Clone)]
pub struct Finality {
    /// Authority sets, past and present.
    pub authorities: SharedAuthoritySet<Hash, BlockNumber>,
    /// Rounds of the local voter.
    pub voter: SharedVoterState,
    /// Justifications as they are made.
    pub justifications: GrandpaJustificationStream<Block>,
    /// Proofs that a block is final.
    pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// Builds the module that the service merges into the SDK's own.
///
/// # Errors
/// [`Error::Clash`].
pub fn build(deps: Deps, executor: SubscriptionTaskExecutor) -> Result<RpcModule<()>, Error> {
    let Deps {
        client,
        pool,
        finality,
        extra,
    } = deps;
    let mut module = RpcModule::new(());
    module.merge(System::new(client.clone(), pool).into_rpc())?;
    module.merge(TransactionPayment::new(client).into_rpc())?;
    module.merge(
        Grandpa::new(
            executor,
            finality.authorities,
            finality.voter,
            finality.justifications,
            finality.proofs,
        )
        .into_rpc(),
    )?;
    for other in extra {
        module.merge(other)?;
    }
    Ok(module)
}
