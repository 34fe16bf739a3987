//! Blocks: their transactions and the effects of these.

use super::{decode, Chain, ChainError};
use cloister_runtime::{Hash, Header, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};
use jsonrpsee::rpc_params;
use polkadot_sdk::{
    frame_support::storage::storage_prefix,
    frame_system::{self, EventRecord, Phase},
    sp_core::Bytes,
    sp_runtime::{
        generic::Preamble,
        traits::{BlakeTwo256, Hash as _},
        DispatchError, MultiAddress,
    },
};
use serde::Deserialize;

/// One transaction of a block.
#[derive(Clone, Debug)]
pub struct Extrinsic {
    /// Its position in the block.
    pub index: u32,
    /// Its bytes on the chain, with the length in front.
    pub bytes: Vec<u8>,
    /// What it calls.
    pub call: RuntimeCall,
    /// Who signed it, if anybody did.
    pub signer: Option<cloister_runtime::AccountId>,
    /// What it did, in order.
    pub events: Vec<RuntimeEvent>,
}

impl Extrinsic {
    /// Hash of the transaction.
    pub fn hash(&self) -> Hash {
        BlakeTwo256::hash(&self.bytes)
    }

    /// Why it failed, `None` if it did not.
    pub fn failure(&self) -> Option<DispatchError> {
        self.events.iter().find_map(|event| match event {
            RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) => Some(*dispatch_error),
            _ => None,
        })
    }
}

/// A block with decoded transactions and events.
#[derive(Clone, Debug)]
pub struct BlockView {
    /// Its hash.
    pub hash: Hash,
    /// Its header.
    pub header: Header,
    /// Its transactions.
    pub extrinsics: Vec<Extrinsic>,
    /// What happened at its beginning and end, outside transactions.
    pub other_events: Vec<RuntimeEvent>,
}

#[derive(Deserialize)]
struct SignedBlock {
    block: Block,
}

#[derive(Deserialize)]
struct Block {
    header: Header,
    extrinsics: Vec<Bytes>,
}

impl Chain {
    /// The calls in a block, whether or not they succeeded; of a block whose state the node may have dropped.
    ///
    /// # Errors
    /// The block is unknown, or something in it cannot be decoded.
    pub async fn calls(&self, hash: Hash) -> Result<Vec<RuntimeCall>, ChainError> {
        let extrinsics = self.encoded_transactions(hash).await?;
        let calls = extrinsics.iter().map(|encoded| {
            let extrinsic: UncheckedExtrinsic = decode("a transaction", encoded)?;
            Ok(extrinsic.function)
        });
        calls.collect()
    }

    /// The transactions of a block as they are on the chain, with the length in front.
    pub(super) async fn encoded_transactions(&self, hash: Hash) -> Result<Vec<Bytes>, ChainError> {
        let signed: Option<SignedBlock> = self.call("chain_getBlock", rpc_params![hash]).await?;
        Ok(signed.ok_or(ChainError::UnknownBlock(hash))?.block.extrinsics)
    }

    /// Reads a block.
    ///
    /// # Errors
    /// The block is unknown, or something in it cannot be decoded.
    pub async fn block(&self, hash: Hash) -> Result<BlockView, ChainError> {
        let signed: Option<SignedBlock> = self.call("chain_getBlock", rpc_params![hash]).await?;
        let Block { header, extrinsics } = signed.ok_or(ChainError::UnknownBlock(hash))?.block;
        let key = storage_prefix(b"System", b"Events").to_vec();
        let records: Vec<Box<EventRecord<RuntimeEvent, Hash>>> =
            self.storage(key, Some(hash)).await?.unwrap_or_default();
        let mut view = BlockView {
            hash,
            header,
            extrinsics: Vec::with_capacity(extrinsics.len()),
            other_events: Vec::new(),
        };
        for (index, encoded) in extrinsics.into_iter().enumerate() {
            let extrinsic: UncheckedExtrinsic = decode("a transaction", &encoded)?;
            let signer = match extrinsic.preamble {
                Preamble::Signed(MultiAddress::Id(account), ..) => Some(account),
                _ => None,
            };
            view.extrinsics.push(Extrinsic {
                index: index as u32,
                bytes: encoded.0,
                call: extrinsic.function,
                signer,
                events: Vec::new(),
            });
        }
        for record in records {
            match record.phase {
                Phase::ApplyExtrinsic(index) => {
                    if let Some(extrinsic) = view.extrinsics.get_mut(index as usize) {
                        extrinsic.events.push(record.event);
                    }
                }
                Phase::Initialization | Phase::Finalization => view.other_events.push(record.event),
            }
        }
        Ok(view)
    }
}
