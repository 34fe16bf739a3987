//! The statement of a house re-key: the contents of the house stay, its key becomes the one that is sealed to the
//! sequencers' key (H-STATEMENT). So whoever has the secret of the sealing key reads the house and can go on with it.

use crate::{
    account::Key,
    house::House,
    record::HouseRecord,
    seal::{check_sealed, coordinates, seal_secret, SealStatementError},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, HOUSE_REKEY_STATEMENT_VERSION},
    field::{limbs, FieldError},
    poseidon2::sponge,
    seal::{SealPublicKey, Sealed},
    stream::{Scope, StreamSalt},
    Fr,
};
use cloister_types::GroupId;

/// Everything public of a re-key. The chain fills in genesis, group, old house and sealing key from its own storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HouseRekeyStatement {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// House commitment before.
    pub old_house: Fr,
    /// House commitment after.
    pub new_house: Fr,
    /// The sequencers' sealing key `Q`.
    pub sealing_key: Key,
    /// The ephemeral point `E` of the sealed key.
    pub ephemeral: Key,
    /// The ciphertext `ct` of the sealed key.
    pub ciphertext: Fr,
    /// The house's record under the new key; its salt is `E.x`.
    pub record: HouseRecord,
}

/// What only those who read the house know of a re-key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseRekeyWitness {
    /// The house before.
    pub house: House,
    /// The new key.
    pub new_key: Fr,
    /// The ephemeral scalar `e`, little-endian.
    pub scalar: [u8; 32],
}

/// Why a re-key does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HouseRekeyError {
    /// H-OPENS: the old commitment is not the house's.
    #[error("the old commitment is not the house's")]
    OldHouse,
    /// H-CONTENTS: the new commitment is not of the same house under the new key.
    #[error("the new commitment is not of the same house under the new key")]
    NewHouse,
    /// H-CONTENTS: the nonce does not fit 64 bits.
    #[error("the nonce is used up")]
    Nonce,
    /// H-SEAL: the seal does not give the new key to whoever has the secret of the sealing key.
    #[error("the new key is not sealed: {0}")]
    Seal(SealStatementError),
    /// H-RECORD: the record is not the house under the new key.
    #[error("the record is not of the house under the new key")]
    Record,
}

impl HouseRekeyStatement {
    /// The statement about a re-key as it is submitted.
    ///
    /// # Errors
    /// [`FieldError::NonCanonical`] if an element of the sealed key is not below the order of the field.
    pub fn new(
        genesis: [u8; 32],
        group: GroupId,
        (old_house, new_house): (Fr, Fr),
        sealing_key: Key,
        sealed: &Sealed,
        record: HouseRecord,
    ) -> Result<Self, FieldError> {
        let [x, y, ciphertext] = sealed.elements()?;
        Ok(Self {
            genesis,
            group,
            old_house,
            new_house,
            sealing_key,
            ephemeral: Key { x, y },
            ciphertext,
            record,
        })
    }

    /// Gives a house a new key, seals the key and states it. `entropy` is secret, uniformly random and used once.
    ///
    /// # Errors
    /// [`HouseRekeyError::Nonce`].
    pub fn rekey(
        genesis: [u8; 32],
        group: GroupId,
        sealing_key: &SealPublicKey,
        house: House,
        new_key: Fr,
        entropy: &[u8; 64],
    ) -> Result<(Self, HouseRekeyWitness), HouseRekeyError> {
        let after = house.rekeyed(new_key).ok_or(HouseRekeyError::Nonce)?;
        let (ephemeral, ciphertext, scalar) = seal_secret(new_key, sealing_key, entropy);
        let scope = Scope {
            genesis,
            group: group.get(),
        };
        let statement = Self {
            genesis,
            group,
            old_house: house.commitment(),
            new_house: after.commitment(),
            sealing_key: coordinates(&sealing_key.point()),
            ephemeral,
            ciphertext,
            record: HouseRecord::encrypt(&after, scope.salt(ephemeral.x)),
        };
        let witness = HouseRekeyWitness { house, new_key, scalar };
        Ok((statement, witness))
    }

    /// What the record's keystream is made with. Its salt `E.x` is public, and as fresh as the ephemeral scalar, which
    /// is used once.
    pub fn stream_salt(&self) -> StreamSalt {
        let scope = Scope {
            genesis: self.genesis,
            group: self.group.get(),
        };
        scope.salt(self.ephemeral.x)
    }

    /// The sealed key, as the chain keeps it.
    pub fn sealed(&self) -> Sealed {
        Sealed::from_elements(&[self.ephemeral.x, self.ephemeral.y, self.ciphertext])
    }

    /// The statement's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let (genesis_lo, genesis_hi) = limbs(&self.genesis);
        let head = [
            Fr::from(HOUSE_REKEY_STATEMENT_VERSION),
            genesis_lo,
            genesis_hi,
            Fr::from(u64::from(self.group.get())),
            self.old_house,
            self.new_house,
            self.sealing_key.x,
            self.sealing_key.y,
            self.ephemeral.x,
            self.ephemeral.y,
            self.ciphertext,
        ];
        head.into_iter().chain(self.record.ciphertext).collect()
    }

    /// The public input.
    pub fn hash(&self) -> Fr {
        sponge(domain::HOUSE_REKEY, &self.elements())
    }

    /// Checks the statement as the circuit does.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, witness: &HouseRekeyWitness) -> Result<(), HouseRekeyError> {
        let HouseRekeyWitness { house, new_key, scalar } = witness;
        if house.commitment() != self.old_house {
            return Err(HouseRekeyError::OldHouse);
        }
        let after = house.rekeyed(*new_key).ok_or(HouseRekeyError::Nonce)?;
        if after.commitment() != self.new_house {
            return Err(HouseRekeyError::NewHouse);
        }
        check_sealed(&self.sealing_key, &self.ephemeral, self.ciphertext, *new_key, scalar)
            .map_err(HouseRekeyError::Seal)?;
        if HouseRecord::encrypt(&after, self.stream_salt()) == self.record {
            Ok(())
        } else {
            Err(HouseRekeyError::Record)
        }
    }

    /// The house after, for whoever opened the seal: `key` is what the seal holds, `nonce` the nonce after the re-key.
    /// `None` if the key does not read it.
    pub fn open(&self, key: Fr, nonce: u64) -> Option<House> {
        let house = self.record.open(key, nonce, self.stream_salt())?;
        (house.commitment() == self.new_house).then_some(house)
    }
}
