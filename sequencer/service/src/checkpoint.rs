//! Checkpoints: the settled ledger in a file, sealed, so that a start need not read the chain's whole past (Q-RESTART).
//!
//! A checkpoint is a shortcut and never an authority: it is refused unless the chain says the same, and the ledger can
//! always be rebuilt without it.

mod contents;
pub mod file;

pub use contents::ContentsError;

use crate::keys::SequencerKeys;
use blake2::{digest::consts::U32, Blake2b, Digest};
use chacha20poly1305::{
    aead::{Aead, Payload},
    KeyInit, XChaCha20Poly1305,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::GroupLedger;
use codec::{Decode, DecodeAll, Encode};

/// What every checkpoint begins with.
const MAGIC: &[u8; 8] = b"cloister";
/// Version of the format.
const VERSION: u8 = 1;
/// Length of the checksum at the end.
const CHECKSUM_BYTES: usize = 32;

/// Why bytes are not a checkpoint of a chain and group.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// They are something else, or too short.
    #[error("it is not a checkpoint")]
    NotACheckpoint,
    /// They have another version.
    #[error("it has version {0} of the format, and this program reads version {VERSION}")]
    Version(u8),
    /// They were changed since they were written.
    #[error("it is damaged: its checksum differs")]
    Checksum,
    /// What is in the open does not decode.
    #[error("its head does not decode: {0}")]
    Head(codec::Error),
    /// It is of another chain.
    #[error("it is of the chain with genesis 0x{}", hex::encode(.0))]
    Genesis([u8; 32]),
    /// It is of another group.
    #[error("it is of group {0}")]
    Group(u32),
    /// It was sealed with another secret, or somebody who does not have the secret made it.
    #[error("no secret opens it; is a former secret missing?")]
    Secret,
    /// It cannot be sealed.
    #[error("it is too long to be sealed")]
    TooLong,
    /// What was sealed is not a ledger.
    #[error("its contents: {0}")]
    Contents(#[from] ContentsError),
    /// The accounts do not hash to the root that it names.
    #[error("its accounts do not have the root that it names")]
    Root,
    /// The house does not have the commitment that it names.
    #[error("its house does not have the commitment that it names")]
    House,
}

/// What of a checkpoint is public on the chain and stands in the open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CheckpointHead {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Number of the next batch.
    pub batch_no: u64,
    /// How many re-keys of the house are in it.
    pub house_rekeys: u32,
    /// Number of a final block whose state is this ledger's.
    pub block: u64,
    /// Hash of that block.
    pub hash: [u8; 32],
    /// The last batch is behind this block, and in `block` at the latest.
    pub behind: u64,
    /// Account root.
    pub root: [u8; 32],
    /// House commitment.
    pub house: [u8; 32],
}

/// A settled ledger, and where on the chain it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What is public of it.
    pub head: CheckpointHead,
    /// The ledger.
    pub ledger: GroupLedger,
}

#[derive(Encode, Decode)]
struct Sealed {
    nonce: [u8; 24],
    contents: Vec<u8>,
}

impl Checkpoint {
    /// Its bytes, which tell nobody more than the chain does who does not have the sequencer's secret.
    ///
    /// # Errors
    /// [`CheckpointError::TooLong`], [`CheckpointError::Root`], [`CheckpointError::House`].
    pub fn seal(&self, keys: &SequencerKeys) -> Result<Vec<u8>, CheckpointError> {
        self.check()?;
        let contents = contents::encode(&self.ledger);
        let nonce = keys.checkpoint_nonce(&contents);
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        self.head.encode_to(&mut bytes);
        let payload = Payload {
            msg: &contents,
            aad: &bytes,
        };
        let key = keys.checkpoint_keys().next().ok_or(CheckpointError::Secret)?;
        let contents = XChaCha20Poly1305::new(&key.into())
            .encrypt(&nonce.into(), payload)
            .map_err(|_| CheckpointError::TooLong)?;
        Sealed { nonce, contents }.encode_to(&mut bytes);
        let checksum = checksum(&bytes);
        bytes.extend(checksum);
        Ok(bytes)
    }

    /// The checkpoint of a chain and group whose bytes they are. Root and commitment are those of its contents.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(bytes: &[u8], genesis: [u8; 32], group: u32, keys: &SequencerKeys) -> Result<Self, CheckpointError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(CheckpointError::NotACheckpoint)?;
        let version = *rest.first().ok_or(CheckpointError::NotACheckpoint)?;
        if version != VERSION {
            return Err(CheckpointError::Version(version));
        }
        let (body, found) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(CheckpointError::NotACheckpoint)?;
        if checksum(body) != *found {
            return Err(CheckpointError::Checksum);
        }
        let mut rest = body.get(MAGIC.len().saturating_add(1)..).unwrap_or_default();
        let head = CheckpointHead::decode(&mut rest).map_err(CheckpointError::Head)?;
        if head.genesis != genesis {
            return Err(CheckpointError::Genesis(head.genesis));
        }
        if head.group != group {
            return Err(CheckpointError::Group(head.group));
        }
        let in_the_open = body.get(..body.len().saturating_sub(rest.len())).unwrap_or_default();
        let sealed = Sealed::decode_all(&mut rest).map_err(CheckpointError::Head)?;
        let contents = keys
            .checkpoint_keys()
            .find_map(|key| {
                let payload = Payload {
                    msg: &sealed.contents,
                    aad: in_the_open,
                };
                XChaCha20Poly1305::new(&key.into())
                    .decrypt(&sealed.nonce.into(), payload)
                    .ok()
            })
            .ok_or(CheckpointError::Secret)?;
        let ledger = contents::decode(&contents, head.batch_no)?;
        let checkpoint = Self { head, ledger };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    fn check(&self) -> Result<(), CheckpointError> {
        if to_bytes(&self.ledger.root()) != self.head.root {
            return Err(CheckpointError::Root);
        }
        if to_bytes(&self.ledger.house().commitment()) != self.head.house {
            return Err(CheckpointError::House);
        }
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Blake2b::<U32>::digest(bytes).into()
}
