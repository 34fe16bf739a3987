//! Re-keys of a group's house (C-HOUSE).

use crate::{
    batch::{Field, KeyId, PROOF_BYTES},
    secrets::LedgerSecrets,
};
use cloister_crypto::{
    constants::HOUSE_RECORD,
    field::{from_bytes, to_bytes, FieldError},
    seal::Sealed,
    stream::Scope,
    Fr,
};
use cloister_ledger::{House, HouseRecord, HouseRekeyStatement, Key};
use cloister_types::GroupId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A proven re-key (C-HOUSE).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct HouseRekey {
    /// The verifying key of its proof.
    pub key: KeyId,
    /// House commitment before: must be the group's.
    pub old_house: Field,
    /// House commitment after.
    pub new_house: Field,
    /// The new key sealed to the sequencers (P-SEAL).
    pub sealed_key: [u8; Sealed::LENGTH],
    /// The house's record under the new key (H-RECORD).
    pub house_record: [Field; HOUSE_RECORD],
    /// The proof (C-VERIFIER).
    pub proof: [u8; PROOF_BYTES],
}

impl HouseRekey {
    /// The submission of a proven statement.
    pub fn new(key: KeyId, statement: &HouseRekeyStatement, proof: [u8; PROOF_BYTES]) -> Self {
        Self {
            key,
            old_house: to_bytes(&statement.old_house),
            new_house: to_bytes(&statement.new_house),
            sealed_key: statement.sealed().0,
            house_record: statement.record.ciphertext.map(|element| to_bytes(&element)),
            proof,
        }
    }

    /// What the chain keeps of it. `batch_no` is the number of the group's next batch, `sealing_key` the one in force.
    pub fn kept(&self, batch_no: u64, sealing_key: (Field, Field)) -> HouseRekeyed {
        HouseRekeyed {
            batch_no,
            sealing_key,
            new_house: self.new_house,
            sealed_key: self.sealed_key,
            house_record: self.house_record,
        }
    }
}

/// A re-key that the chain has taken, as it keeps it for whoever reads the house.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct HouseRekeyed {
    /// It came after all batches with lower numbers, and before the one with this number.
    pub batch_no: u64,
    /// The sealing key that the new key is sealed to.
    pub sealing_key: (Field, Field),
    /// House commitment after it.
    pub new_house: Field,
    /// The sealed key.
    pub sealed_key: [u8; Sealed::LENGTH],
    /// The house's record under the new key.
    pub house_record: [Field; HOUSE_RECORD],
}

impl HouseRekeyed {
    /// The statement that was proven (H-STATEMENT).
    ///
    /// # Errors
    /// A field element is not canonical.
    pub fn statement(
        &self,
        genesis: [u8; 32],
        group: GroupId,
        old_house: &Field,
    ) -> Result<HouseRekeyStatement, FieldError> {
        let (x, y) = &self.sealing_key;
        let mut record = [Fr::zero(); HOUSE_RECORD];
        for (element, bytes) in record.iter_mut().zip(&self.house_record) {
            *element = from_bytes(bytes)?;
        }
        HouseRekeyStatement::new(
            genesis,
            group,
            (from_bytes(old_house)?, from_bytes(&self.new_house)?),
            Key {
                x: from_bytes(x)?,
                y: from_bytes(y)?,
            },
            &Sealed(self.sealed_key),
            HouseRecord { ciphertext: record },
        )
    }

    /// The house after the re-key, from this alone. `number` is the re-key's among those of its group, from 0. `None`
    /// if no secret opens the seal.
    ///
    /// # Errors
    /// A field element is not canonical.
    pub fn open(&self, scope: &Scope, number: u32, secrets: &impl LedgerSecrets) -> Result<Option<House>, FieldError> {
        // The house before takes no part in what is read.
        let statement = self.statement(scope.genesis, GroupId(scope.group), &Field::default())?;
        // Every batch and every re-key adds one.
        let nonce = self.batch_no.saturating_add(number.into()).saturating_add(1);
        Ok(secrets
            .house_keys(&Sealed(self.sealed_key))
            .find_map(|key| statement.open(key, nonce)))
    }
}

/// The house commitment that a batch starts from: that of the last re-key before it, or what the batch before it left.
pub fn house_before(rekeyed: &[HouseRekeyed], batch_no: u64, left: Field) -> Field {
    let last = rekeyed.iter().rev().find(|rekeyed| rekeyed.batch_no == batch_no);
    last.map_or(left, |rekeyed| rekeyed.new_house)
}
