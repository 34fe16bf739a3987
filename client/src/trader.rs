//! What a trader does: open, deposit, and sign instructions.

use crate::{
    chain::{Chain, ChainError, Included, Until},
    recovery::AccountKeys,
    seal::{SealError, SealProver},
    wallet::{entropy, Keys},
};
use cloister_crypto::{
    field::{self, FieldError},
    schnorr::KeyError,
    seal::SealPublicKey,
};
use cloister_ledger::{instruction::flags, Instruction, Key, Kind, SealStatement, Side, SignedInstruction};
use cloister_runtime::{AccountId, RuntimeCall, RuntimeEvent};
use cloister_settlement::OpenKeys;
use pallet_cloister_execution::{Call, Event};
use polkadot_sdk::sp_core::Pair;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Why a trader cannot act.
#[derive(Debug, thiserror::Error)]
pub enum TraderError {
    /// The chain refuses or cannot be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The sequencers' sealing key is not canonical.
    #[error("the chain's sealing key is malformed: {0}")]
    SealEncoding(#[from] FieldError),
    /// The sequencers' sealing key is not a key.
    #[error("the chain's sealing key is no key: {0}")]
    SealKey(#[from] KeyError),
    /// The seal of the view key cannot be proven.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// The owner has no account.
    #[error("this owner has no account in group {0}; open one with `cloister open`")]
    NoAccount(u32),
    /// The transaction was made, but says nothing of it.
    #[error("the transaction is in a block but shows no {0}")]
    NoEvent(&'static str),
}

/// Milliseconds of Unix time.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Terms of an order, in the exchange's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Instrument.
    pub instrument_id: u32,
    /// Side.
    pub side: Side,
    /// Worst price a lot, 10^-6.
    pub limit: u64,
    /// Lots.
    pub quantity: u64,
    /// See [`flags`].
    pub flags: u8,
    /// Last batch time at which it is good, milliseconds.
    pub expiry: u64,
    /// Highest fee a lot, 10^-6.
    pub max_fee: u64,
}

/// Keys of a trader on one chain and group, with the account they belong to.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Keys.
    pub keys: Keys,
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
    /// Index of the account.
    pub index: u32,
}

/// The chain account of a wallet's owner.
pub fn owner_of(keys: &Keys) -> AccountId {
    keys.owner.public().into()
}

/// An account whose open is queued.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The trader with its account.
    pub trader: Trader,
    /// How long the proof of the seal took.
    pub sealing: Duration,
}

/// Opens an account: seals the view key to the sequencers, proves the seal, takes the deposit and queues the open.
///
/// # Errors
/// [`TraderError`].
pub async fn open(
    chain: &Chain,
    seals: &SealProver,
    group: u32,
    keys: &Keys,
    deposit: u64,
    until: Until,
) -> Result<Opened, TraderError> {
    let (x, y) = chain.seal_key().await?;
    let seal_key = SealPublicKey::from_coordinates(field::from_bytes(&x)?, field::from_bytes(&y)?)?;
    let genesis = chain.genesis().0;
    let (statement, witness) = SealStatement::seal(
        genesis,
        group,
        owner_of(keys).into(),
        &seal_key,
        &keys.trading.public(),
        keys.view,
        &entropy(),
    );
    let (seal_proof, sealing) = seals.prove(statement, witness).await?;
    let call = Call::open {
        group,
        keys: OpenKeys::from(&statement),
        seal_proof: Box::new(seal_proof),
        amount: deposit,
    };
    let included = chain.submit(RuntimeCall::Execution(call), &keys.owner, until).await?;
    let index = included.event(|event| match event {
        RuntimeEvent::Execution(Event::OpenQueued { index, .. }) => Some(*index),
        _ => None,
    });
    let index = index.ok_or(TraderError::NoEvent("queued open"))?;
    let trader = Trader {
        keys: keys.clone(),
        genesis,
        group,
        index,
    };
    Ok(Opened { trader, sealing })
}

/// Adds to an open account: takes the amount and queues it.
///
/// # Errors
/// [`ChainError`].
pub async fn deposit(
    chain: &Chain,
    group: u32,
    keys: &Keys,
    amount: u64,
    until: Until,
) -> Result<Included, ChainError> {
    chain
        .submit(
            RuntimeCall::Execution(Call::deposit { group, amount }),
            &keys.owner,
            until,
        )
        .await
}

impl Trader {
    /// Finds the account of a wallet's owner on the chain.
    ///
    /// # Errors
    /// [`TraderError::NoAccount`].
    pub async fn find(chain: &Chain, group: u32, keys: &Keys) -> Result<Self, TraderError> {
        let index = chain
            .index_of(group, &owner_of(keys), None)
            .await?
            .ok_or(TraderError::NoAccount(group))?;
        Ok(Self {
            keys: keys.clone(),
            genesis: chain.genesis().0,
            group,
            index,
        })
    }

    /// The account's own keys, as records show them.
    pub fn account_keys(&self) -> AccountKeys {
        AccountKeys {
            key: Key::from(&self.keys.trading.public()),
            view_key: self.keys.view,
        }
    }

    fn sign(&self, instruction: Instruction) -> SignedInstruction {
        instruction.sign(&self.genesis, &self.keys.trading)
    }

    fn blank(&self, kind: Kind, id: u64, expiry: u64) -> Instruction {
        Instruction {
            kind,
            group: self.group,
            index: self.index,
            id,
            expiry,
            ..Instruction::default()
        }
    }

    /// Signs an order.
    pub fn order(&self, id: u64, terms: &Terms) -> SignedInstruction {
        self.sign(Instruction {
            instrument_id: terms.instrument_id,
            side: terms.side,
            flags: terms.flags & flags::ALL,
            limit: terms.limit,
            quantity: terms.quantity,
            max_fee: terms.max_fee,
            ..self.blank(Kind::Order, id, terms.expiry)
        })
    }

    /// Signs the death of one order.
    pub fn cancel(&self, order: u64, expiry: u64) -> SignedInstruction {
        self.sign(self.blank(Kind::Cancel, order, expiry))
    }

    /// Signs the death of every order with a lower id.
    pub fn cancel_all(&self, id: u64, expiry: u64) -> SignedInstruction {
        self.sign(self.blank(Kind::CancelAll, id, expiry))
    }

    /// Signs a withdrawal to the owner, 10^-6.
    pub fn withdrawal(&self, id: u64, amount: u64, expiry: u64) -> SignedInstruction {
        self.sign(Instruction {
            limit: amount,
            ..self.blank(Kind::Withdrawal, id, expiry)
        })
    }
}
